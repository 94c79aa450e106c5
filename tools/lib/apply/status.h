/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How connections are, asked of charon and the kernel.
 */
#ifndef AZVPN_STATUS_H
#define AZVPN_STATUS_H

#include <jansson.h>
#include <stdbool.h>

#include "model.h"
#include "net.h"

/**
 * struct azvpn_gateway_view - what charon and the kernel say of a gateway
 * @sas: IKE SAs as azvpn_vici_sas() has them; NULL if charon cannot be asked
 * @devices: of its namespace; none if the kernel cannot be asked
 */
struct azvpn_gateway_view {
	json_t *sas;
	struct azvpn_devices devices;
};

/**
 * struct azvpn_status - how a connection is
 * @text: "Unknown": nobody can be asked. "Connecting": the first tunnel is being
 *	  negotiated. "Connected": there is a tunnel, for charon and for the
 *	  kernel. "NotConnected": there was one, or the peer refused; it is
 *	  tried on.
 * @ingress: bytes of inner packets received since the device was made
 * @egress: bytes sent
 * @seconds: how long the IKE SA has been there; 0 if there is none
 */
struct azvpn_status {
	const char *text;
	uint64_t ingress;
	uint64_t egress;
	uint64_t seconds;
};

/* Never fails: what cannot be asked stays unknown */
void azvpn_gateway_view_open(const struct azvpn_gateway *gateway,
			     struct azvpn_gateway_view *view);
void azvpn_gateway_view_close(struct azvpn_gateway_view *view);

/* @connection is one of the gateway's */
void azvpn_status_get(const struct azvpn_gateway_view *view,
		      const struct azvpn_connection *connection, struct azvpn_status *status);

#endif /* AZVPN_STATUS_H */
