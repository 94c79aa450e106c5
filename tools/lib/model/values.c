// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "values.h"

/* The id that it had, if nobody else has it by now, or else the lowest free one */
static uint32_t choose_tunnel_id(const struct azvpn_gateway *gateway,
				 const struct azvpn_connection *before,
				 const struct azvpn_connection *connection)
{
	const struct azvpn_connection *user;

	if (before && !strcmp(before->gateway, connection->gateway)) {
		user = azvpn_tunnel_id_user(gateway, before->tunnel_id);
		if (!user || !strcmp(user->name, connection->name))
			return before->tunnel_id;
	}
	return azvpn_tunnel_id_free(gateway);
}

int azvpn_connection_complete(const struct azvpn_model *model, const void *before, void *object,
			      struct azvpn_error *error)
{
	const struct azvpn_connection *old = before;
	struct azvpn_connection *connection = object;

	if (!connection->tunnel_id)
		connection->tunnel_id = choose_tunnel_id(azvpn_gateway_find(model,
									    connection->gateway),
							 old, connection);
	if (!connection->tunnel_id)
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	/* charon keeps a key whose text did not change */
	if (old && (!*connection->key.text || !strcmp(old->key.text, connection->key.text))) {
		connection->key = old->key;
		return 0;
	}
	if (!*connection->key.text)
		return azvpn_key_generate(&connection->key, AZVPN_KEY_DEFAULT, error);
	return azvpn_key_tag(&connection->key, error);
}

void azvpn_gateway_derive(const struct azvpn_model *model, void *object)
{
	struct azvpn_gateway *gateway = object;
	const struct azvpn_prefix *subnet = azvpn_gateway_subnet(model, gateway);

	gateway->private_ip = azvpn_subnet_instance(subnet);
	gateway->bgp_ip = azvpn_subnet_bgp(subnet);
}

void azvpn_connection_derive(const struct azvpn_model *model, void *object)
{
	struct azvpn_connection *connection = object;

	connection->state.gateway_ip =
		azvpn_local_gateway_find(model, connection->local_gateway)->gateway_ip;
	snprintf(connection->state.device, sizeof(connection->state.device), "azvpn%u",
		 connection->tunnel_id);
}
