// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"
#include "rules.h"

static void print_gateway(struct azvpn_print *print, const struct azvpn_model *model,
			  const struct azvpn_gateway *gateway)
{
	const struct azvpn_prefix *subnet = azvpn_gateway_subnet(model, gateway);

	azvpn_print_record(print);
	azvpn_print_string(print, "name", "Name", gateway->name);
	azvpn_print_string(print, "gatewayType", NULL, "Vpn");
	azvpn_print_string(print, "vpnType", "VpnType", AZVPN_ROUTE_BASED);
	azvpn_print_string(print, "vnet", "VNet", gateway->vnet);
	azvpn_print_array(print, "ipConfigurations");
	azvpn_print_begin_item(print, "ipConfigurations");
	azvpn_print_addr(print, "publicIpAddress", "PublicIpAddress", gateway->public_ip);
	azvpn_print_addr(print, "privateIpAddress", "PrivateIpAddress",
			 azvpn_addr_instance(subnet));
	azvpn_print_end(print);
	azvpn_print_begin(print, "bgpSettings");
	azvpn_print_addr(print, "bgpPeeringAddress", "BgpPeeringAddress", azvpn_addr_bgp(subnet));
	azvpn_print_end(print);
	azvpn_print_string(print, "netns", "Netns", gateway->netns);
}

static int show(struct query *query)
{
	const char *name = query->args->operand;
	const struct azvpn_gateway *gateway = azvpn_gateway_find(query->model, name);

	if (!gateway)
		return azvpn_config_missing("gateway", name, query->error);
	print_gateway(query->print, query->model, gateway);
	return 0;
}

static int list(struct query *query)
{
	const struct azvpn_gateway *gateway;

	TAILQ_FOREACH(gateway, &query->model->gateways, entry)
		print_gateway(query->print, query->model, gateway);
	return 0;
}

static int parse_gateway(const struct args *args, struct azvpn_gateway *gateway,
			 struct azvpn_error *error)
{
	const char *type = args_value(args, "vpn-type"), *netns = args_value(args, "netns");
	int ret;

	ret = azvpn_rules_vpn_type(type ? type : AZVPN_ROUTE_BASED, error);
	if (!ret)
		ret = azvpn_name_parse(args->operand, "--name", gateway->name, error);
	if (!ret)
		ret = azvpn_name_parse(args_value(args, "vnet"), "--vnet", gateway->vnet, error);
	if (!ret)
		ret = azvpn_addr_parse(args_value(args, "public-ip"), "--public-ip",
				       &gateway->public_ip, error);
	if (!ret && netns)
		ret = azvpn_netns_parse(netns, gateway->netns, error);
	return ret;
}

static int put(struct change *change)
{
	struct azvpn_gateway gateway = {};
	int ret;

	ret = parse_gateway(change->args, &gateway, &change->error);
	memcpy(change->scope.gateway, gateway.name, sizeof(change->scope.gateway));
	return ret ? ret : azvpn_config_put_gateway(&change->config, &gateway, &change->error);
}

/* What is left of it goes with any apply */
static int delete(struct change *change)
{
	snprintf(change->scope.gateway, sizeof(change->scope.gateway), "%s",
		 change->args->operand);
	return azvpn_config_delete_gateway(&change->config, change->args->operand,
					   &change->error);
}

static const struct command_option create_options[] = {
	{ "vnet", OPTION_VALUE, true, "NAME", "the VNet it serves, which has a GatewaySubnet" },
	{ "public-ip", OPTION_VALUE, true, "ADDRESS", "where sites reach it" },
	{ "vpn-type", OPTION_VALUE, false, "TYPE", "RouteBased, which is also the default" },
	{ "netns", OPTION_VALUE, false, "NAME", "the network namespace it runs in" },
	OPTION_NO_APPLY,
	OPTION_END
};

static const struct command_option delete_options[] = { OPTION_NO_APPLY, OPTION_END };

const struct command gateway_commands[] = {
	{
		.name = "create", .operand = "NAME",
		.options = create_options, .change = put, .query = show,
		.summary = "create a gateway and start it",
		.details = "Without --netns it runs in the network namespace that azvpnctl is called in. A\n"
			   "namespace has one gateway at most. Nothing about a gateway can be changed later:\n"
			   "delete it and create it again.",
	},
	{
		.name = "show", .operand = "NAME",
		.query = show,
		.summary = "show a gateway",
	},
	{
		.name = "list",
		.query = list,
		.summary = "list all gateways",
	},
	{
		.name = "delete", .operand = "NAME",
		.options = delete_options, .change = delete,
		.summary = "stop a gateway and delete it",
		.details = "Refused while it has connections.",
	},
	{}
};
