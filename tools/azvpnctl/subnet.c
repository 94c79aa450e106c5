// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"

static void print_subnet(struct azvpn_print *print, const struct azvpn_subnet *subnet)
{
	azvpn_print_record(print);
	azvpn_print_string(print, "name", "Name", subnet->name);
	azvpn_print_string(print, "vnet", "VNet", subnet->vnet);
	azvpn_print_prefix(print, "addressPrefix", "AddressPrefix", &subnet->prefix);
}

static int show(struct query *query)
{
	const char *vnet = args_value(query->args, "vnet"), *name = query->args->operand;
	const struct azvpn_subnet *subnet = azvpn_subnet_find(query->model, vnet, name);

	if (!azvpn_vnet_find(query->model, vnet))
		return azvpn_config_missing("VNet", vnet, query->error);
	if (!subnet)
		return azvpn_config_missing("subnet", name, query->error);
	print_subnet(query->print, subnet);
	return 0;
}

static int list(struct query *query)
{
	const char *vnet = args_value(query->args, "vnet");
	const struct azvpn_subnet *subnet;

	TAILQ_FOREACH(subnet, &query->model->subnets, entry)
		if (!vnet || !strcmp(subnet->vnet, vnet))
			print_subnet(query->print, subnet);
	return 0;
}

static int put(struct change *change)
{
	const struct args *args = change->args;
	struct azvpn_subnet subnet = {};
	int ret;

	change->scope.none = true;
	ret = azvpn_name_parse(args->operand, "--name", subnet.name, &change->error);
	if (!ret)
		ret = azvpn_name_parse(args_value(args, "vnet"), "--vnet", subnet.vnet,
				       &change->error);
	if (!ret)
		ret = azvpn_prefix_parse(args_value(args, "address-prefix"), "--address-prefix",
					 &subnet.prefix, &change->error);
	return ret ? ret : azvpn_config_put_subnet(&change->config, &subnet, &change->error);
}

static int delete(struct change *change)
{
	change->scope.none = true;
	return azvpn_config_delete_subnet(&change->config, args_value(change->args, "vnet"),
					  change->args->operand, &change->error);
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
	{
		.name = "create", .operand = "NAME",
		.options = create_options, .change = put, .query = show,
		.summary = "create a subnet, or change its prefix",
		.details = "A gateway needs a subnet with exactly the name GatewaySubnet in its VNet. It takes\n"
			   "its addresses from there; nothing else may live in it. /29 is the smallest, /27 is\n"
			   "recommended.",
	},
	{
		.name = "show", .operand = "NAME",
		.options = show_options, .query = show,
		.summary = "show a subnet",
	},
	{
		.name = "list",
		.options = list_options, .query = list,
		.summary = "list subnets",
	},
	{
		.name = "delete", .operand = "NAME",
		.options = delete_options, .change = delete,
		.summary = "delete a subnet",
		.details = "Refused for a GatewaySubnet in use.",
	},
	{}
};
