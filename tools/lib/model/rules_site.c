// SPDX-License-Identifier: GPL-2.0
/* The rules of local network gateways and connections. */
#include <errno.h>
#include <string.h>

#include "rules_internal.h"

/*
 * A site and the VNet it is joined to. Traffic for the VNet stays inside, so
 * a prefix on both sides could never be reached; and a gateway address inside
 * the site would send the tunnel's own packets into the tunnel.
 */
static int check_site_vnet(const struct azvpn_local_gateway *local, const struct azvpn_vnet *vnet,
			   const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	char other[AZVPN_PREFIX_SIZE], addr[AZVPN_ADDR_SIZE];
	const struct azvpn_prefix *found;
	size_t i;

	for (i = 0; i < local->prefixes.count; i++) {
		found = azvpn_prefixes_overlap(&vnet->prefixes, &local->prefixes.list[i]);
		if (found)
			return AZVPN_REFUSE_PREFIX(error, local, AZVPN_SITE_PREFIXES,
						   &local->prefixes.list[i],
						   "prefix %s of local gateway \"%s\" overlaps %s of VNet \"%s\", which gateway \"%s\" joins to it; they must be apart",
						   local->name,
						   azvpn_prefix_format(found, other),
						   vnet->name, gateway->name);
	}
	azvpn_addr_format(&gateway->public_ip, addr);
	found = azvpn_find_address(&local->prefixes, &gateway->public_ip);
	if (found)
		return AZVPN_REFUSE_PREFIX(error, local, AZVPN_SITE_PREFIXES, found,
					   "prefix %s of local gateway \"%s\" has the public address %s of gateway \"%s\" in it; leave that out",
					   local->name, addr, gateway->name);
	if (azvpn_addr_equal(&local->gateway_ip, &gateway->public_ip))
		return azvpn_refuse(error, local, "gatewayIpAddress", -EINVAL,
				    "local gateway \"%s\" has the address %s of gateway \"%s\" itself; give that of the site's device",
				    local->name, addr, gateway->name);
	return 0;
}

int azvpn_check_vnet_sites(const struct azvpn_model *model, const struct azvpn_vnet *vnet,
			   const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	const struct azvpn_connection *connection = NULL;
	int ret = 0;

	while (!ret && (connection = azvpn_gateway_connection(gateway, connection)))
		ret = check_site_vnet(azvpn_local_gateway_find(model, connection->local_gateway),
				      vnet, gateway, error);
	return ret;
}

/* Two sites of one gateway: routes and devices must tell them apart */
static int check_sites(const struct azvpn_local_gateway *a, const struct azvpn_local_gateway *b,
		       const char *gateway, struct azvpn_error *error)
{
	char other[AZVPN_PREFIX_SIZE], addr[AZVPN_ADDR_SIZE];
	const struct azvpn_prefix *found;
	size_t i;

	for (i = 0; i < a->prefixes.count; i++) {
		found = azvpn_prefixes_overlap(&b->prefixes, &a->prefixes.list[i]);
		if (found)
			return AZVPN_REFUSE_PREFIX(error, a, AZVPN_SITE_PREFIXES,
						   &a->prefixes.list[i],
						   "prefix %s of local gateway \"%s\" overlaps %s of local gateway \"%s\" on gateway \"%s\"; they must be apart",
						   a->name, azvpn_prefix_format(found, other),
						   b->name, gateway);
	}
	if (azvpn_addr_equal(&a->gateway_ip, &b->gateway_ip))
		return azvpn_refuse(error, a, "gatewayIpAddress", -EINVAL,
				    "local gateways \"%s\" and \"%s\" have the same device address %s; on gateway \"%s\" each needs its own",
				    a->name, b->name, azvpn_addr_format(&a->gateway_ip, addr),
				    gateway);
	return 0;
}

/* A device that its own or another site's prefixes lead to is out of reach */
static int check_device(const struct azvpn_local_gateway *device,
			const struct azvpn_local_gateway *site, struct azvpn_error *error)
{
	const struct azvpn_prefix *found = azvpn_find_address(&site->prefixes,
							      &device->gateway_ip);
	char addr[AZVPN_ADDR_SIZE];

	if (!found)
		return 0;
	return AZVPN_REFUSE_PREFIX(error, site, AZVPN_SITE_PREFIXES, found,
				   "prefix %s of local gateway \"%s\" has the device address %s of local gateway \"%s\" in it; the tunnel would run through itself",
				   site->name, azvpn_addr_format(&device->gateway_ip, addr),
				   device->name);
}

int azvpn_check_site(const struct azvpn_model *model, const struct azvpn_local_gateway *local,
		     const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	const struct azvpn_connection *connection = NULL;
	const struct azvpn_local_gateway *other;
	int ret;

	ret = check_site_vnet(local, azvpn_vnet_find(model, gateway->vnet), gateway, error);
	while (!ret && (connection = azvpn_gateway_connection(gateway, connection))) {
		if (!strcmp(connection->local_gateway, local->name))
			continue;
		other = azvpn_local_gateway_find(model, connection->local_gateway);
		ret = check_sites(local, other, gateway->name, error);
		if (!ret)
			ret = check_device(local, other, error);
		if (!ret)
			ret = check_device(other, local, error);
	}
	return ret;
}

/* The new values of a site against every gateway it is joined to */
static int check_users(const struct azvpn_model *model, const struct azvpn_local_gateway *local,
		       struct azvpn_error *error)
{
	const struct azvpn_local_gateway *old = azvpn_local_gateway_find(model, local->name);
	const struct azvpn_connection *connection = NULL;
	int ret = 0;

	while (old && !ret &&
	       (connection = azvpn_object_user(old, &azvpn_connection_kind, connection)))
		ret = azvpn_check_site(model, local,
				       azvpn_gateway_find(model, connection->gateway), error);
	return ret;
}

int azvpn_rules_local_gateway(const struct azvpn_model *model, const void *object,
			      struct azvpn_error *error)
{
	const struct azvpn_local_gateway *local = object;
	int ret;

	ret = azvpn_check_public(local, "gatewayIpAddress", "VPN device", &local->gateway_ip,
				 error);
	if (!ret)
		ret = azvpn_check_prefixes(local, AZVPN_SITE_PREFIXES, &local->prefixes, error);
	if (!ret)
		ret = check_device(local, local, error);
	return ret ? ret : check_users(model, local, error);
}

/* Two tunnels between the same ends would need BGP to choose between them */
static int check_alone(const struct azvpn_gateway *gateway,
		       const struct azvpn_local_gateway *local,
		       const struct azvpn_connection *new, struct azvpn_error *error)
{
	const struct azvpn_connection *other = NULL;

	while ((other = azvpn_object_user(local, &azvpn_connection_kind, other)))
		if (!strcmp(other->gateway, new->gateway))
			return azvpn_refuse(error, new, "localGateway", -EEXIST,
					    "connection \"%s\" joins gateway \"%s\" and local gateway \"%s\" already; there is at most one",
					    other->name, new->gateway, new->local_gateway);
	other = new->tunnel_id ? azvpn_tunnel_id_user(gateway, new->tunnel_id) : NULL;
	if (other)
		return azvpn_refuse(error, new, "tunnelId", -EEXIST,
				    "connection \"%s\" of gateway \"%s\" has tunnel id %u already",
				    other->name, new->gateway, new->tunnel_id);
	return 0;
}

int azvpn_rules_connection(const struct azvpn_model *model, const void *object,
			   struct azvpn_error *error)
{
	const struct azvpn_connection *connection = object;
	const struct azvpn_connection *old = azvpn_connection_find(model, connection->name);
	const struct azvpn_gateway *gateway = azvpn_gateway_find(model, connection->gateway);
	const struct azvpn_local_gateway *local;
	int ret;

	/* Only the key can change, and that is good if it could be read */
	if (old && connection->tunnel_id && connection->tunnel_id != old->tunnel_id)
		return azvpn_refuse(error, connection, "tunnelId", -EEXIST,
				    "connection \"%s\" exists with tunnel id %u, which cannot change; delete it and create it again",
				    old->name, old->tunnel_id);
	if (old)
		return 0;
	if (connection->type != AZVPN_CONNECTION_IPSEC)
		return azvpn_refuse(error, connection, "connectionType", -EOPNOTSUPP,
				    "connection \"%s\": connectionType Vnet2Vnet is not available; IPsec is accepted",
				    connection->name);
	local = azvpn_local_gateway_find(model, connection->local_gateway);
	ret = check_alone(gateway, local, connection, error);
	return ret ? ret : azvpn_check_site(model, local, gateway, error);
}
