// SPDX-License-Identifier: GPL-2.0
/* The rules of VNets, subnets and gateways. */
#include <errno.h>
#include <string.h>

#include "rules_internal.h"

static bool within_any(const struct azvpn_prefix *prefix, const struct azvpn_prefixes *prefixes)
{
	size_t i;

	for (i = 0; i < prefixes->count; i++)
		if (azvpn_prefix_within(prefix, &prefixes->list[i]))
			return true;
	return false;
}

/* Either may be the one that changes: the VNet may grow over its gateway */
static int check_outside(const void *object, const char *field, const struct azvpn_vnet *vnet,
			 const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE];

	if (!azvpn_find_address(&vnet->prefixes, &gateway->public_ip))
		return 0;
	return azvpn_refuse(error, object, field, -EINVAL,
			    "%s, the public address of gateway \"%s\", is inside VNet \"%s\"; it must be outside the VNet's prefixes",
			    azvpn_addr_format(&gateway->public_ip, addr), gateway->name,
			    vnet->name);
}

/* The parts of a VNet in use must fit into its new prefixes */
static int check_vnet_users(const struct azvpn_model *model, const struct azvpn_vnet *old,
			    const struct azvpn_vnet *vnet, struct azvpn_error *error)
{
	const struct azvpn_gateway *gateway = azvpn_vnet_gateway(old);
	const struct azvpn_subnet *subnet = NULL;
	int ret;

	while ((subnet = azvpn_object_user(old, &azvpn_subnet_kind, subnet)))
		if (!within_any(&subnet->prefix, &vnet->prefixes))
			return AZVPN_REFUSE_PREFIX(error, vnet, AZVPN_VNET_PREFIXES,
						   &subnet->prefix,
						   "%s, subnet \"%s\" of VNet \"%s\", would be outside the VNet's prefixes; keep one around it or delete the subnet first",
						   subnet->name, vnet->name);
	if (!gateway)
		return 0;
	ret = azvpn_check_vnet_sites(model, vnet, gateway, error);
	return ret ? ret : check_outside(vnet, AZVPN_VNET_PREFIXES, vnet, gateway, error);
}

int azvpn_rules_vnet(const struct azvpn_model *model, const void *object,
		     struct azvpn_error *error)
{
	const struct azvpn_vnet *vnet = object, *old = azvpn_vnet_find(model, vnet->name);
	size_t i;
	int ret;

	ret = azvpn_check_prefixes(vnet, AZVPN_VNET_PREFIXES, &vnet->prefixes, error);
	for (i = 0; i < vnet->prefixes.count && !ret; i++)
		ret = azvpn_check_length(vnet, AZVPN_VNET_PREFIXES, &vnet->prefixes.list[i],
					 error);
	return ret || !old ? ret : check_vnet_users(model, old, vnet, error);
}

static int check_neighbours(const struct azvpn_vnet *vnet, const struct azvpn_subnet *subnet,
			    struct azvpn_error *error)
{
	const struct azvpn_subnet *other = NULL;
	char text[AZVPN_PREFIX_SIZE];

	while ((other = azvpn_object_user(vnet, &azvpn_subnet_kind, other)))
		if (strcmp(other->name, subnet->name) &&
		    azvpn_prefix_overlap(&other->prefix, &subnet->prefix))
			return AZVPN_REFUSE_PREFIX(error, subnet, "addressPrefix", &subnet->prefix,
						   "%s of subnet \"%s\" overlaps %s of subnet \"%s\" in VNet \"%s\"",
						   subnet->name,
						   azvpn_prefix_format(&other->prefix, text),
						   other->name, subnet->vnet);
	return 0;
}

static bool is_gateway_subnet(const struct azvpn_subnet *subnet)
{
	return !strcmp(subnet->name, AZVPN_GATEWAY_SUBNET);
}

int azvpn_rules_subnet(const struct azvpn_model *model, const void *object,
		       struct azvpn_error *error)
{
	const struct azvpn_subnet *subnet = object, *old;
	const struct azvpn_vnet *vnet = azvpn_vnet_find(model, subnet->vnet);
	const struct azvpn_gateway *gateway = azvpn_vnet_gateway(vnet);
	const char *field = "addressPrefix";
	int ret;

	old = azvpn_subnet_find(model, subnet->vnet, subnet->name);
	ret = azvpn_check_length(subnet, field, &subnet->prefix, error);
	if (ret)
		return ret;
	if (!within_any(&subnet->prefix, &vnet->prefixes))
		return AZVPN_REFUSE_PREFIX(error, subnet, field, &subnet->prefix,
					   "%s of subnet \"%s\" is not inside a prefix of VNet \"%s\"",
					   subnet->name, vnet->name);
	if (old && gateway && is_gateway_subnet(subnet) &&
	    !azvpn_prefix_equal(&old->prefix, &subnet->prefix))
		return AZVPN_REFUSE_PREFIX(error, subnet, field, &old->prefix,
					   "%s, the GatewaySubnet of VNet \"%s\", cannot change while gateway \"%s\" has addresses in it; delete the gateway first",
					   vnet->name, gateway->name);
	return check_neighbours(vnet, subnet, error);
}

int azvpn_rules_delete_subnet(const struct azvpn_model *model, const void *object,
			      struct azvpn_error *error)
{
	const struct azvpn_subnet *subnet = object;
	const struct azvpn_gateway *gateway;

	gateway = azvpn_vnet_gateway(azvpn_vnet_find(model, subnet->vnet));
	if (!gateway || !is_gateway_subnet(subnet))
		return 0;
	return azvpn_refuse(error, subnet, NULL, -EBUSY,
			    "subnet \"%s\" is in use by gateway %s; delete that first",
			    subnet->name, gateway->name);
}

static int check_available(const struct azvpn_gateway *gateway, struct azvpn_error *error)
{
	if (gateway->type != AZVPN_GATEWAY_VPN)
		return azvpn_refuse(error, gateway, "gatewayType", -EOPNOTSUPP,
				    "gateway \"%s\": gatewayType ExpressRoute is not available; Vpn is accepted",
				    gateway->name);
	if (gateway->vpn_type != AZVPN_ROUTE_BASED)
		return azvpn_refuse(error, gateway, "vpnType", -EOPNOTSUPP,
				    "--vpn-type: PolicyBased gateways are not available yet; RouteBased is accepted");
	return 0;
}

/* What only one gateway may have: the VNet, the public address, the namespace */
static int check_gateway_alone(const struct azvpn_model *model, const struct azvpn_gateway *gateway,
			       struct azvpn_error *error)
{
	const struct azvpn_gateway *other = NULL;
	char addr[AZVPN_ADDR_SIZE];

	while ((other = azvpn_model_next(model, &azvpn_gateway_kind, other))) {
		if (!strcmp(other->vnet, gateway->vnet))
			return azvpn_refuse(error, gateway, "vnet", -EEXIST,
					    "VNet \"%s\" has a Vpn gateway already, \"%s\"; there is at most one in a VNet",
					    gateway->vnet, other->name);
		if (azvpn_addr_equal(&other->public_ip, &gateway->public_ip))
			return azvpn_refuse(error, gateway, "publicIpAddress", -EEXIST,
					    "public address %s is that of gateway \"%s\" already; each needs its own",
					    azvpn_addr_format(&gateway->public_ip, addr),
					    other->name);
		if (!strcmp(other->netns, gateway->netns))
			return azvpn_refuse(error, gateway, "netns", -EEXIST,
					    "gateway \"%s\" runs in %s%s already; a second one needs a network namespace of its own, given by --netns",
					    other->name, *other->netns ? "namespace " :
					    "the host's namespace", other->netns);
	}
	return 0;
}

int azvpn_rules_gateway(const struct azvpn_model *model, const void *object,
			struct azvpn_error *error)
{
	const struct azvpn_gateway *gateway = object;
	const struct azvpn_vnet *vnet = azvpn_vnet_find(model, gateway->vnet);
	int ret;

	/* Nothing of it can change */
	if (azvpn_gateway_find(model, gateway->name))
		return 0;
	ret = check_available(gateway, error);
	if (ret)
		return ret;
	if (!azvpn_subnet_find(model, vnet->name, AZVPN_GATEWAY_SUBNET))
		return azvpn_refuse(error, gateway, "vnet", -ENOENT,
				    "VNet \"%s\" has no subnet named exactly %s, which a gateway needs; create one of /%d or bigger (/27 is recommended)",
				    vnet->name, AZVPN_GATEWAY_SUBNET, AZVPN_SUBNET_MAX_LEN);
	ret = azvpn_check_public(gateway, "publicIpAddress", "gateway", &gateway->public_ip,
				 error);
	if (!ret)
		ret = check_gateway_alone(model, gateway, error);
	return ret ? ret : check_outside(gateway, "publicIpAddress", vnet, gateway, error);
}
