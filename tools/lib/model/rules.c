// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

/* Refuse with the prefix in the text; the format starts with "%s" for it */
#define REFUSE_PREFIX(error, prefix, fmt, ...) ({				\
	char text_[AZVPN_PREFIX_SIZE];						\
	azvpn_error_set(error, -EINVAL, fmt, azvpn_prefix_format(prefix, text_),\
			##__VA_ARGS__);						\
})

/* Names of the objects that refer to one, for the message; long lists are cut */
struct names {
	char text[256];
};

static void names_add(struct names *names, const char *name)
{
	size_t used = strlen(names->text);

	if (used + strlen(name) + sizeof(", ...") < sizeof(names->text))
		snprintf(names->text + used, sizeof(names->text) - used, "%s%s",
			 used ? ", " : "", name);
	else if (used < 4 || strcmp(names->text + used - 4, " ..."))
		strcpy(names->text + used, ", ...");
}

/* No two prefixes of one object's list may overlap */
static int check_disjoint(const char *what, const char *name,
			  const struct azvpn_prefixes *prefixes, struct azvpn_error *error)
{
	char other[AZVPN_PREFIX_SIZE];
	size_t i, j;

	for (i = 0; i < prefixes->count; i++)
		for (j = 0; j < i; j++)
			if (azvpn_prefix_overlap(&prefixes->list[i], &prefixes->list[j]))
				return REFUSE_PREFIX(error, &prefixes->list[i],
						     "prefix %s overlaps %s, both of %s \"%s\"; give each network once",
						     azvpn_prefix_format(&prefixes->list[j],
									 other), what, name);
	return 0;
}

static int check_allowed(const char *what, const char *name, const struct azvpn_prefix *prefix,
			 struct azvpn_error *error)
{
	const struct azvpn_prefix *range = azvpn_addr_forbidden(prefix);
	char other[AZVPN_PREFIX_SIZE];

	if (range)
		return REFUSE_PREFIX(error, prefix,
				     "prefix %s of %s \"%s\" overlaps %s, which is reserved",
				     what, name, azvpn_prefix_format(range, other));
	return 0;
}

static int check_length(const char *what, const char *name, const struct azvpn_prefix *prefix,
			struct azvpn_error *error)
{
	if (prefix->len < AZVPN_SUBNET_MIN_LEN || prefix->len > AZVPN_SUBNET_MAX_LEN)
		return REFUSE_PREFIX(error, prefix,
				     "prefix %s of %s \"%s\" is too %s; /%d to /%d are accepted",
				     what, name,
				     prefix->len < AZVPN_SUBNET_MIN_LEN ? "big" : "small",
				     AZVPN_SUBNET_MIN_LEN, AZVPN_SUBNET_MAX_LEN);
	return 0;
}

static bool within_any(const struct azvpn_prefix *prefix, const struct azvpn_prefixes *prefixes)
{
	size_t i;

	for (i = 0; i < prefixes->count; i++)
		if (azvpn_prefix_within(prefix, &prefixes->list[i]))
			return true;
	return false;
}

/* The prefix of the list that has the address, or NULL */
static const struct azvpn_prefix *find_address(const struct azvpn_prefixes *prefixes,
					       uint32_t addr)
{
	const struct azvpn_prefix host = { addr, 32 };

	return azvpn_prefixes_overlap(prefixes, &host);
}

/*
 * A site and the VNet it is joined to. Traffic for the VNet stays inside, so
 * a prefix on both sides could never be reached; and a gateway address inside
 * the site would send the tunnel's own packets into the tunnel.
 */
static int check_site_vnet(const struct azvpn_local_gateway *local,
			   const struct azvpn_prefixes *prefixes,
			   const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	char other[AZVPN_PREFIX_SIZE], addr[AZVPN_ADDR_SIZE];
	const struct azvpn_prefix *found;
	size_t i;

	for (i = 0; i < local->prefixes.count; i++) {
		found = azvpn_prefixes_overlap(prefixes, &local->prefixes.list[i]);
		if (found)
			return REFUSE_PREFIX(error, &local->prefixes.list[i],
					     "prefix %s of local gateway \"%s\" overlaps %s of VNet \"%s\", which gateway \"%s\" joins to it; they must be apart",
					     local->name, azvpn_prefix_format(found, other),
					     gateway->vnet, gateway->name);
	}
	found = find_address(&local->prefixes, gateway->public_ip);
	if (found)
		return REFUSE_PREFIX(error, found,
				     "prefix %s of local gateway \"%s\" has the public address %s of gateway \"%s\" in it; leave that out",
				     local->name,
				     azvpn_addr_format(gateway->public_ip, addr),
				     gateway->name);
	if (local->gateway_ip == gateway->public_ip)
		return azvpn_error_set(error, -EINVAL,
				       "local gateway \"%s\" has the address %s of gateway \"%s\" itself; give that of the site's device",
				       local->name, azvpn_addr_format(local->gateway_ip, addr),
				       gateway->name);
	return 0;
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
			return REFUSE_PREFIX(error, &a->prefixes.list[i],
					     "prefix %s of local gateway \"%s\" overlaps %s of local gateway \"%s\" on gateway \"%s\"; they must be apart",
					     a->name, azvpn_prefix_format(found, other), b->name,
					     gateway);
	}
	if (a->gateway_ip == b->gateway_ip)
		return azvpn_error_set(error, -EINVAL,
				       "local gateways \"%s\" and \"%s\" have the same device address %s; on gateway \"%s\" each needs its own",
				       a->name, b->name, azvpn_addr_format(a->gateway_ip, addr),
				       gateway);
	return 0;
}

/* A device that its own or another site's prefixes lead to is out of reach */
static int check_device(const struct azvpn_local_gateway *device,
			const struct azvpn_local_gateway *site, struct azvpn_error *error)
{
	const struct azvpn_prefix *found = find_address(&site->prefixes, device->gateway_ip);
	char addr[AZVPN_ADDR_SIZE];

	if (found)
		return REFUSE_PREFIX(error, found,
				     "prefix %s of local gateway \"%s\" has the device address %s of local gateway \"%s\" in it; the tunnel would run through itself",
				     site->name, azvpn_addr_format(device->gateway_ip, addr),
				     device->name);
	return 0;
}

/* Everything about a site on a gateway, in place of what the model has for it */
static int check_site(const struct azvpn_model *model, const struct azvpn_local_gateway *local,
		      const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	const struct azvpn_vnet *vnet = azvpn_vnet_find(model, gateway->vnet);
	const struct azvpn_connection *connection = NULL;
	const struct azvpn_local_gateway *other;
	int ret;

	ret = check_site_vnet(local, &vnet->prefixes, gateway, error);
	while (!ret && (connection = azvpn_gateway_connection(model, gateway->name,
							      connection))) {
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

/* Either may be the one that changes: the VNet may grow over its gateway */
static int check_outside(const struct azvpn_vnet *vnet, const struct azvpn_gateway *gateway,
			 struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE];

	if (!find_address(&vnet->prefixes, gateway->public_ip))
		return 0;
	return azvpn_error_set(error, -EINVAL,
			       "%s, the public address of gateway \"%s\", is inside VNet \"%s\"; it must be outside the VNet's prefixes",
			       azvpn_addr_format(gateway->public_ip, addr), gateway->name,
			       vnet->name);
}

/* The parts of a VNet in use must fit into its new prefixes */
static int check_vnet_users(const struct azvpn_model *model, const struct azvpn_vnet *vnet,
			    struct azvpn_error *error)
{
	const struct azvpn_gateway *gateway = azvpn_vnet_gateway(model, vnet->name);
	const struct azvpn_connection *connection = NULL;
	const struct azvpn_local_gateway *local;
	const struct azvpn_subnet *subnet;
	int ret = 0;

	TAILQ_FOREACH(subnet, &model->subnets, entry)
		if (!strcmp(subnet->vnet, vnet->name) &&
		    !within_any(&subnet->prefix, &vnet->prefixes))
			return REFUSE_PREFIX(error, &subnet->prefix,
					     "%s, subnet \"%s\" of VNet \"%s\", would be outside the VNet's prefixes; keep one around it or delete the subnet first",
					     subnet->name, vnet->name);
	while (gateway && !ret &&
	       (connection = azvpn_gateway_connection(model, gateway->name, connection))) {
		local = azvpn_local_gateway_find(model, connection->local_gateway);
		ret = check_site_vnet(local, &vnet->prefixes, gateway, error);
	}
	if (gateway && !ret)
		ret = check_outside(vnet, gateway, error);
	return ret;
}

int azvpn_rules_vnet(const struct azvpn_model *model, const struct azvpn_vnet *vnet,
		     struct azvpn_error *error)
{
	size_t i;
	int ret;

	if (!vnet->prefixes.count)
		return azvpn_error_set(error, -EINVAL,
				       "VNet \"%s\" needs at least one prefix, such as --address-prefixes 10.1.0.0/16",
				       vnet->name);
	for (i = 0; i < vnet->prefixes.count; i++) {
		ret = check_length("VNet", vnet->name, &vnet->prefixes.list[i], error);
		if (!ret)
			ret = check_allowed("VNet", vnet->name, &vnet->prefixes.list[i], error);
		if (ret)
			return ret;
	}
	ret = check_disjoint("VNet", vnet->name, &vnet->prefixes, error);
	if (!ret && azvpn_vnet_find(model, vnet->name))
		ret = check_vnet_users(model, vnet, error);
	return ret;
}

static int check_subnet_neighbours(const struct azvpn_model *model,
				   const struct azvpn_subnet *subnet, struct azvpn_error *error)
{
	char text[AZVPN_PREFIX_SIZE];
	struct azvpn_subnet *other;

	TAILQ_FOREACH(other, &model->subnets, entry)
		if (!strcmp(other->vnet, subnet->vnet) && strcmp(other->name, subnet->name) &&
		    azvpn_prefix_overlap(&other->prefix, &subnet->prefix))
			return REFUSE_PREFIX(error, &subnet->prefix,
					     "%s of subnet \"%s\" overlaps %s of subnet \"%s\" in VNet \"%s\"",
					     subnet->name,
					     azvpn_prefix_format(&other->prefix, text),
					     other->name, subnet->vnet);
	return 0;
}

static int no_such(const char *what, const char *name, struct azvpn_error *error)
{
	return azvpn_error_set(error, -ENOENT, "there is no %s \"%s\"", what, name);
}

int azvpn_rules_subnet(const struct azvpn_model *model, const struct azvpn_subnet *subnet,
		       struct azvpn_error *error)
{
	const struct azvpn_vnet *vnet = azvpn_vnet_find(model, subnet->vnet);
	const struct azvpn_gateway *gateway = azvpn_vnet_gateway(model, subnet->vnet);
	const struct azvpn_subnet *old = azvpn_subnet_find(model, subnet->vnet, subnet->name);
	int ret;

	if (!vnet)
		return no_such("VNet", subnet->vnet, error);
	ret = check_length("subnet", subnet->name, &subnet->prefix, error);
	if (ret)
		return ret;
	if (!within_any(&subnet->prefix, &vnet->prefixes))
		return REFUSE_PREFIX(error, &subnet->prefix,
				     "%s of subnet \"%s\" is not inside a prefix of VNet \"%s\"",
				     subnet->name, vnet->name);
	if (old && gateway && !strcmp(subnet->name, AZVPN_GATEWAY_SUBNET) &&
	    !azvpn_prefix_equal(&old->prefix, &subnet->prefix))
		return REFUSE_PREFIX(error, &old->prefix,
				     "%s, the GatewaySubnet of VNet \"%s\", cannot change while gateway \"%s\" has addresses in it; delete the gateway first",
				     vnet->name, gateway->name);
	return check_subnet_neighbours(model, subnet, error);
}

static int immutable(const char *what, const char *name, const char *property, const char *value,
		     struct azvpn_error *error)
{
	return azvpn_error_set(error, -EEXIST,
			       "%s \"%s\" exists with %s %s, which cannot change; delete it and create it again",
			       what, name, property, value);
}

static int check_gateway_same(const struct azvpn_gateway *old, const struct azvpn_gateway *new,
			      struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE];

	if (strcmp(old->vnet, new->vnet))
		return immutable("gateway", old->name, "--vnet", old->vnet, error);
	if (old->public_ip != new->public_ip)
		return immutable("gateway", old->name, "--public-ip",
				 azvpn_addr_format(old->public_ip, addr), error);
	if (strcmp(old->netns, new->netns))
		return immutable("gateway", old->name, "--netns",
				 *old->netns ? old->netns : "(none)", error);
	return 0;
}

/* What only one gateway may have: the VNet, the public address, the namespace */
static int check_gateway_alone(const struct azvpn_model *model, const struct azvpn_gateway *gateway,
			       struct azvpn_error *error)
{
	const struct azvpn_gateway *other;
	char addr[AZVPN_ADDR_SIZE];

	TAILQ_FOREACH(other, &model->gateways, entry) {
		if (!strcmp(other->vnet, gateway->vnet))
			return azvpn_error_set(error, -EEXIST,
					       "VNet \"%s\" has a Vpn gateway already, \"%s\"; there is at most one in a VNet",
					       gateway->vnet, other->name);
		if (other->public_ip == gateway->public_ip)
			return azvpn_error_set(error, -EEXIST,
					       "public address %s is that of gateway \"%s\" already; each needs its own",
					       azvpn_addr_format(gateway->public_ip, addr),
					       other->name);
		if (!strcmp(other->netns, gateway->netns))
			return azvpn_error_set(error, -EEXIST,
					       "gateway \"%s\" runs in %s%s already; a second one needs a network namespace of its own, given by --netns",
					       other->name, *other->netns ? "namespace " :
					       "the host's namespace", other->netns);
	}
	return 0;
}

int azvpn_rules_gateway(const struct azvpn_model *model, const struct azvpn_gateway *gateway,
			struct azvpn_error *error)
{
	const struct azvpn_gateway *old = azvpn_gateway_find(model, gateway->name);
	const struct azvpn_vnet *vnet = azvpn_vnet_find(model, gateway->vnet);
	char addr[AZVPN_ADDR_SIZE];
	int ret;

	if (old)
		return check_gateway_same(old, gateway, error);
	if (!vnet)
		return no_such("VNet", gateway->vnet, error);
	if (!azvpn_subnet_find(model, vnet->name, AZVPN_GATEWAY_SUBNET))
		return azvpn_error_set(error, -ENOENT,
				       "VNet \"%s\" has no subnet named exactly %s, which a gateway needs; create one of /%d or bigger (/27 is recommended)",
				       vnet->name, AZVPN_GATEWAY_SUBNET, AZVPN_SUBNET_MAX_LEN);
	if (!azvpn_addr_is_host(gateway->public_ip))
		return azvpn_error_set(error, -EINVAL,
				       "--public-ip: %s cannot be the address of a gateway; give the unicast address that sites reach it by",
				       azvpn_addr_format(gateway->public_ip, addr));
	ret = check_gateway_alone(model, gateway, error);
	return ret ? ret : check_outside(vnet, gateway, error);
}

int azvpn_rules_vpn_type(const char *text, struct azvpn_error *error)
{
	if (!strcmp(text, AZVPN_ROUTE_BASED))
		return 0;
	if (!strcmp(text, "PolicyBased"))
		return azvpn_error_set(error, -EOPNOTSUPP,
				       "--vpn-type: PolicyBased gateways are not available yet; RouteBased is accepted");
	return azvpn_error_set(error, -EINVAL, "--vpn-type: \"%s\" is unknown; RouteBased is accepted",
			       text);
}

/* The new values of a site against every gateway it is joined to */
static int check_local_users(const struct azvpn_model *model,
			     const struct azvpn_local_gateway *local, struct azvpn_error *error)
{
	const struct azvpn_connection *connection;
	int ret = 0;

	TAILQ_FOREACH(connection, &model->connections, entry)
		if (!ret && !strcmp(connection->local_gateway, local->name))
			ret = check_site(model, local,
					 azvpn_gateway_find(model, connection->gateway), error);
	return ret;
}

int azvpn_rules_local_gateway(const struct azvpn_model *model,
			      const struct azvpn_local_gateway *local, struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE];
	size_t i;
	int ret;

	if (!azvpn_addr_is_host(local->gateway_ip))
		return azvpn_error_set(error, -EINVAL,
				       "--gateway-ip-address: %s cannot be the address of a VPN device; give its public unicast address",
				       azvpn_addr_format(local->gateway_ip, addr));
	if (!local->prefixes.count)
		return azvpn_error_set(error, -EINVAL,
				       "local gateway \"%s\" needs at least one prefix, such as --address-prefixes 192.168.0.0/24",
				       local->name);
	for (i = 0; i < local->prefixes.count; i++) {
		ret = check_allowed("local gateway", local->name, &local->prefixes.list[i], error);
		if (ret)
			return ret;
	}
	ret = check_disjoint("local gateway", local->name, &local->prefixes, error);
	if (!ret)
		ret = check_device(local, local, error);
	return ret ? ret : check_local_users(model, local, error);
}

static int check_connection_same(const struct azvpn_connection *old,
				 const struct azvpn_connection *new, struct azvpn_error *error)
{
	if (strcmp(old->gateway, new->gateway))
		return immutable("connection", old->name, "--gateway", old->gateway, error);
	if (strcmp(old->local_gateway, new->local_gateway))
		return immutable("connection", old->name, "--local-gateway", old->local_gateway,
				 error);
	return 0;
}

/* Two tunnels between the same ends would need BGP to choose between them */
static int check_connection_alone(const struct azvpn_model *model,
				  const struct azvpn_connection *new, struct azvpn_error *error)
{
	const struct azvpn_connection *other = NULL;

	while ((other = azvpn_gateway_connection(model, new->gateway, other))) {
		if (!strcmp(other->local_gateway, new->local_gateway))
			return azvpn_error_set(error, -EEXIST,
					       "connection \"%s\" joins gateway \"%s\" and local gateway \"%s\" already; there is at most one",
					       other->name, new->gateway, new->local_gateway);
		if (new->tunnel_id && other->tunnel_id == new->tunnel_id)
			return azvpn_error_set(error, -EEXIST,
					       "connection \"%s\" of gateway \"%s\" has tunnel id %u already",
					       other->name, new->gateway, new->tunnel_id);
	}
	return 0;
}

int azvpn_rules_connection(const struct azvpn_model *model,
			   const struct azvpn_connection *connection,
			   struct azvpn_error *error)
{
	const struct azvpn_connection *old = azvpn_connection_find(model, connection->name);
	const struct azvpn_gateway *gateway = azvpn_gateway_find(model, connection->gateway);
	const struct azvpn_local_gateway *local;
	int ret = 0;

	local = azvpn_local_gateway_find(model, connection->local_gateway);
	if (*connection->key.text)
		ret = azvpn_key_check(&connection->key, error);
	if (ret)
		return ret;
	if (old)
		return check_connection_same(old, connection, error);
	if (!gateway)
		return no_such("gateway", connection->gateway, error);
	if (!local)
		return no_such("local gateway", connection->local_gateway, error);
	ret = check_connection_alone(model, connection, error);
	return ret ? ret : check_site(model, local, gateway, error);
}

static int in_use(const char *what, const char *name, const char *by, const struct names *users,
		  struct azvpn_error *error)
{
	if (!*users->text)
		return 0;
	return azvpn_error_set(error, -EBUSY, "%s \"%s\" is in use by %s %s; delete that first",
			       what, name, by, users->text);
}

int azvpn_rules_delete_vnet(const struct azvpn_model *model, const struct azvpn_vnet *vnet,
			    struct azvpn_error *error)
{
	const struct azvpn_gateway *gateway = azvpn_vnet_gateway(model, vnet->name);
	struct names users = {};

	if (gateway)
		names_add(&users, gateway->name);
	return in_use("VNet", vnet->name, "gateway", &users, error);
}

int azvpn_rules_delete_subnet(const struct azvpn_model *model,
			      const struct azvpn_subnet *subnet, struct azvpn_error *error)
{
	const struct azvpn_gateway *gateway = azvpn_vnet_gateway(model, subnet->vnet);
	struct names users = {};

	if (gateway && !strcmp(subnet->name, AZVPN_GATEWAY_SUBNET))
		names_add(&users, gateway->name);
	return in_use("subnet", subnet->name, "gateway", &users, error);
}

int azvpn_rules_delete_gateway(const struct azvpn_model *model,
			       const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	const struct azvpn_connection *connection = NULL;
	struct names users = {};

	while ((connection = azvpn_gateway_connection(model, gateway->name, connection)))
		names_add(&users, connection->name);
	return in_use("gateway", gateway->name, "connection", &users, error);
}

int azvpn_rules_delete_local_gateway(const struct azvpn_model *model,
				     const struct azvpn_local_gateway *local,
				     struct azvpn_error *error)
{
	const struct azvpn_connection *connection;
	struct names users = {};

	TAILQ_FOREACH(connection, &model->connections, entry)
		if (!strcmp(connection->local_gateway, local->name))
			names_add(&users, connection->name);
	return in_use("local gateway", local->name, "connection", &users, error);
}
