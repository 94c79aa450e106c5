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

/*
 * The words for how a connection is. "Unknown": nobody can be asked. "Connecting":
 * the first tunnel is being negotiated. "Connected": there is a tunnel, for charon
 * and for the kernel. "NotConnected": there was one, or the peer refused; it is
 * tried on.
 */

/* Never fails: what cannot be asked stays unknown */
void azvpn_gateway_view_open(const struct azvpn_gateway *gateway,
			     struct azvpn_gateway_view *view);
void azvpn_gateway_view_close(struct azvpn_gateway_view *view);

/* @connection is one of the gateway's, whose state is filled in */
void azvpn_status_get(const struct azvpn_gateway_view *view,
		      struct azvpn_connection *connection);

/* Fill in the state of all connections of the model, or of one gateway's if that is not NULL */
void azvpn_status_load(const struct azvpn_model *model, const char *gateway);

#endif /* AZVPN_STATUS_H */
