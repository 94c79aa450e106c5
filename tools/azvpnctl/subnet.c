// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"

static const struct scope no_gateway = { .none = true };

static void print_subnet(struct azvpn_print *print, const struct azvpn_subnet *subnet)
{
	azvpn_print_record(print);
	azvpn_print_string(print, "name", "Name", subnet->name);
	azvpn_print_string(print, "vnet", "VNet", subnet->vnet);
	azvpn_print_prefix(print, "addressPrefix", "AddressPrefix", &subnet->prefix);
}

static int subnet_show(const struct args *args)
{
	const char *vnet = args_value(args, "vnet");
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_subnet *subnet;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	subnet = azvpn_subnet_find(&config.model, vnet, args->operand);
	if (subnet) {
		print = print_new(args, AZVPN_PRINT_OBJECT);
		print_subnet(print, subnet);
		status = print_done(print);
	} else if (azvpn_vnet_find(&config.model, vnet)) {
		azvpn_config_missing("subnet", args->operand, &error);
		status = refused(&error);
	} else {
		azvpn_config_missing("VNet", vnet, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

static int subnet_list(const struct args *args)
{
	const char *vnet = args_value(args, "vnet");
	struct azvpn_config config;
	struct azvpn_subnet *subnet;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	print = print_new(args, AZVPN_PRINT_LIST);
	TAILQ_FOREACH(subnet, &config.model.subnets, entry)
		if (!vnet || !strcmp(subnet->vnet, vnet))
			print_subnet(print, subnet);
	azvpn_config_close(&config);
	return print_done(print);
}

static int subnet_create(const struct args *args)
{
	struct azvpn_subnet subnet = {};
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = azvpn_name_parse(args->operand, "--name", subnet.name, &error);
	if (!ret)
		ret = azvpn_name_parse(args_value(args, "vnet"), "--vnet", subnet.vnet, &error);
	if (!ret)
		ret = azvpn_prefix_parse(args_value(args, "address-prefix"), "--address-prefix",
					 &subnet.prefix, &error);
	if (!ret)
		ret = azvpn_config_put_subnet(&config, &subnet, &error);
	status = change_end(args, &config, ret, &error, &no_gateway);
	return status || !args->json ? status : subnet_show(args);
}

static int subnet_delete(const struct args *args)
{
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = azvpn_config_delete_subnet(&config, args_value(args, "vnet"), args->operand,
					 &error);
	return change_end(args, &config, ret, &error, &no_gateway);
}

static const struct command_option create_options[] = {
	{ "vnet", OPTION_VALUE, true, "NAME", "the VNet it is part of" },
	{ "address-prefix", OPTION_VALUE, true, "PREFIX", "its network, /8 to /29" },
	OPTION_NO_APPLY,
	OPTION_END
};

static const struct command_option show_options[] = {
	{ "vnet", OPTION_VALUE, true, "NAME", "the VNet it is part of" },
	OPTION_END
};

static const struct command_option list_options[] = {
	{ "vnet", OPTION_VALUE, false, "NAME", "only those of this VNet" },
	OPTION_END
};

static const struct command_option delete_options[] = {
	{ "vnet", OPTION_VALUE, true, "NAME", "the VNet it is part of" },
	OPTION_NO_APPLY,
	OPTION_END
};

const struct command subnet_commands[] = {
	{ "create", "NAME", create_options, subnet_create,
	  "create a subnet, or change its prefix",
	  "A gateway needs a subnet with exactly the name GatewaySubnet in its VNet. It takes\n"
	  "its addresses from there; nothing else may live in it. /29 is the smallest, /27 is\n"
	  "recommended." },
	{ "show", "NAME", show_options, subnet_show, "show a subnet", NULL },
	{ "list", NULL, list_options, subnet_list, "list subnets", NULL },
	{ "delete", "NAME", delete_options, subnet_delete, "delete a subnet",
	  "Refused for a GatewaySubnet in use." },
	{}
};
