/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The charon of a gateway: one process in the gateway's network namespace, with
 * all its files in the run directory of the gateway, and a parent that keeps it
 * trying ("azvpnctl ike run").
 */
#ifndef AZVPN_IKE_H
#define AZVPN_IKE_H

#include <stdbool.h>

#include "error.h"
#include "process.h"

#define AZVPN_IKE_CHARON	"/usr/sbin/charon-systemd"
#define AZVPN_IKE_PATH_SIZE	256

/* Files of a gateway's charon, made up from the name of the gateway */
struct azvpn_ike {
	char name[81];
	char dir[AZVPN_IKE_PATH_SIZE];
	char config[AZVPN_IKE_PATH_SIZE];
	char log[AZVPN_IKE_PATH_SIZE];
	char pid[AZVPN_IKE_PATH_SIZE];
	char socket[108];	/* as long as a socket's path can be */
};

int azvpn_ike_init(struct azvpn_ike *ike, const char *gateway, struct azvpn_error *error);

/* Whether it is there. @process, if so, names the process. */
bool azvpn_ike_running(const struct azvpn_ike *ike, char process[AZVPN_PROCESS_SIZE]);

/* Make the run directory and write strongswan.conf into it */
int azvpn_ike_configure(const struct azvpn_ike *ike, struct azvpn_error *error);

/**
 * azvpn_ike_start() - start charon and wait until it answers
 * @ike: configured
 * @error: the reason, with the last lines of its log
 *
 * Where systemd runs and has the unit azvpn-ike@.service, it does the starting;
 * otherwise the two become processes of their own.
 *
 * Return: 0 or a negative errno.
 */
int azvpn_ike_start(const struct azvpn_ike *ike, struct azvpn_error *error);

/* Have it end, telling its peers; waits for that. Nothing to do if it does not run. */
int azvpn_ike_stop(const struct azvpn_ike *ike, struct azvpn_error *error);

/**
 * azvpn_ike_run() - run charon, and have it not give up
 * @ike: configured
 * @error: why charon could not be run
 *
 * Charon starts in the network namespace of the calling thread and lives and
 * dies with the calling process: whatever ends one ends the other. Connections
 * that a peer refused, which charon leaves at that, are tried again every few
 * seconds. Does not return before charon has ended.
 *
 * Return: charon's exit status, 128 if a signal ended it, or a negative errno.
 */
int azvpn_ike_run(const struct azvpn_ike *ike, struct azvpn_error *error);

#endif /* AZVPN_IKE_H */
