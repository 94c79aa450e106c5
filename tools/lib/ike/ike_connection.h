/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection as charon is to have it.
 */
#ifndef AZVPN_IKE_CONNECTION_H
#define AZVPN_IKE_CONNECTION_H

#include <jansson.h>
#include <stdbool.h>

#include "model.h"

/**
 * azvpn_ike_connection() - what charon is to load for a connection
 * @connection: the connection
 * @gateway: its gateway
 * @local: its local network gateway
 * @here: the gateway's public address is one of this host's; if not, the host
 *	  is behind NAT and sends from whatever address leads to the peer
 *
 * Return: the definition for azvpn_vici_load(), which has no secret in it; a
 * new reference, or NULL if there is no memory.
 */
json_t *azvpn_ike_connection(const struct azvpn_connection *connection,
			     const struct azvpn_gateway *gateway,
			     const struct azvpn_local_gateway *local, bool here);

#endif /* AZVPN_IKE_CONNECTION_H */
