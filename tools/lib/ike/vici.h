/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to a charon over VICI. Messages are JSON values here: sections are
 * objects, lists are arrays, everything else is a string.
 */
#ifndef AZVPN_VICI_H
#define AZVPN_VICI_H

#include <jansson.h>

#include "addr.h"
#include "error.h"
#include "process.h"
#include "secret.h"

struct azvpn_vici;

/*
 * @socket: path of charon's VICI socket. Return: 0 or a negative errno
 * (-ETIMEDOUT: charon is there, but has not answered for ten seconds).
 */
int azvpn_vici_open(const char *socket, struct azvpn_vici **vici, struct azvpn_error *error);
void azvpn_vici_close(struct azvpn_vici *vici);

/*
 * The process on the other end of the socket, and its name as process.h has it.
 * Says nothing about whether it is well.
 *
 * Return: its process id, or a negative errno (-ENOENT, -ECONNREFUSED: nobody;
 * -ETIMEDOUT: somebody who has taken no connection for ten seconds).
 */
int azvpn_vici_peer(const char *socket, char process[AZVPN_PROCESS_SIZE]);

/* Load a connection, or replace that of the same name; its start action happens */
int azvpn_vici_load(struct azvpn_vici *vici, const char *name, const json_t *definition,
		    struct azvpn_error *error);
int azvpn_vici_unload(struct azvpn_vici *vici, const char *name, struct azvpn_error *error);
/* Load a pre-shared key for IKE between two addresses, or replace that of the same id */
int azvpn_vici_key_load(struct azvpn_vici *vici, const char *id, const struct azvpn_key *key,
			const struct azvpn_addr *local, const struct azvpn_addr *remote,
			struct azvpn_error *error);
int azvpn_vici_key_unload(struct azvpn_vici *vici, const char *id, struct azvpn_error *error);
/* Start negotiating; does not wait for the outcome */
int azvpn_vici_initiate(struct azvpn_vici *vici, const char *name, struct azvpn_error *error);
/* End the connection's IKE SAs, telling the peer if it can be reached within two seconds */
int azvpn_vici_terminate(struct azvpn_vici *vici, const char *name, struct azvpn_error *error);

/* Names of the connections loaded over VICI, as an array. NULL: see @error. */
json_t *azvpn_vici_connections(struct azvpn_vici *vici, struct azvpn_error *error);
/* Ids of the keys loaded over VICI, as an array */
json_t *azvpn_vici_keys(struct azvpn_vici *vici, struct azvpn_error *error);
/* All IKE SAs: an array of objects of one key each, the name of the connection */
json_t *azvpn_vici_sas(struct azvpn_vici *vici, struct azvpn_error *error);

#endif /* AZVPN_VICI_H */
