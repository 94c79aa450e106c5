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

static int gateway_show(const struct args *args)
{
	struct azvpn_gateway *gateway;
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	gateway = azvpn_gateway_find(&config.model, args->operand);
	if (gateway) {
		print = print_new(args, AZVPN_PRINT_OBJECT);
		print_gateway(print, &config.model, gateway);
		status = print_done(print);
	} else {
		azvpn_config_missing("gateway", args->operand, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

static int gateway_list(const struct args *args)
{
	struct azvpn_gateway *gateway;
	struct azvpn_config config;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	print = print_new(args, AZVPN_PRINT_LIST);
	TAILQ_FOREACH(gateway, &config.model.gateways, entry)
		print_gateway(print, &config.model, gateway);
	azvpn_config_close(&config);
	return print_done(print);
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

static int gateway_create(const struct args *args)
{
	struct azvpn_gateway gateway = {};
	const struct scope scope = { .gateway = args->operand };
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = parse_gateway(args, &gateway, &error);
	if (!ret)
		ret = azvpn_config_put_gateway(&config, &gateway, &error);
	status = change_end(args, &config, ret, &error, &scope);
	return status || !args->json ? status : gateway_show(args);
}

static int gateway_delete(const struct args *args)
{
	const struct scope scope = { .gateway = args->operand };
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = azvpn_config_delete_gateway(&config, args->operand, &error);
	return change_end(args, &config, ret, &error, &scope);
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
	{ "create", "NAME", create_options, gateway_create, "create a gateway and start it",
	  "Without --netns it runs in the network namespace that azvpnctl is called in. A\n"
	  "namespace has one gateway at most. Nothing about a gateway can be changed later:\n"
	  "delete it and create it again." },
	{ "show", "NAME", NULL, gateway_show, "show a gateway", NULL },
	{ "list", NULL, NULL, gateway_list, "list all gateways", NULL },
	{ "delete", "NAME", delete_options, gateway_delete, "stop a gateway and delete it",
	  "Refused while it has connections." },
	{}
};
