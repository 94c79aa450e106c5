/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of apply share: one gateway being applied.
 */
#ifndef AZVPN_APPLY_INTERNAL_H
#define AZVPN_APPLY_INTERNAL_H

#include "applied.h"
#include "apply.h"
#include "net.h"

/**
 * struct azvpn_apply_run - one gateway being applied
 * @apply: the whole
 * @gateway: the gateway; the calling thread is in its namespace
 * @ike: files of its charon
 * @rtnl: rtnetlink in its namespace
 * @devices: of the namespace, once its own are made
 * @process: its charon
 * @applied: what was applied before, kept up to date
 */
struct azvpn_apply_run {
	const struct azvpn_apply *apply;
	const struct azvpn_gateway *gateway;
	struct azvpn_ike ike;
	struct azvpn_rtnl rtnl;
	struct azvpn_devices devices;
	char process[AZVPN_PROCESS_SIZE];
	struct azvpn_applied applied;
};

/* The first connection of the gateway, or the one after @after; NULL: there is none */
const struct azvpn_connection *azvpn_apply_next(const struct azvpn_apply_run *run,
						const struct azvpn_connection *after);

void azvpn_apply_note(const struct azvpn_apply_run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Devices, addresses, routes */
int azvpn_apply_net(struct azvpn_apply_run *run, struct azvpn_error *error);
/* What charon has loaded */
int azvpn_apply_charon(struct azvpn_apply_run *run, struct azvpn_error *error);

#endif /* AZVPN_APPLY_INTERNAL_H */
