// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"

static void print_subnets(struct azvpn_print *print, const struct azvpn_model *model,
			  const char *vnet)
{
	const struct azvpn_subnet *subnet;
	char names[512] = "";
	size_t used = 0;

	azvpn_print_array(print, "subnets");
	TAILQ_FOREACH(subnet, &model->subnets, entry) {
		if (strcmp(subnet->vnet, vnet))
			continue;
		azvpn_print_begin_item(print, "subnets");
		azvpn_print_string(print, "name", NULL, subnet->name);
		azvpn_print_prefix(print, "addressPrefix", NULL, &subnet->prefix);
		azvpn_print_end(print);
		if (used < sizeof(names))
			used += snprintf(names + used, sizeof(names) - used, "%s%s",
					 used ? "," : "", subnet->name);
	}
	azvpn_print_string(print, NULL, "Subnets", names);
}

static void print_vnet(struct azvpn_print *print, const struct azvpn_model *model,
		       const struct azvpn_vnet *vnet)
{
	azvpn_print_record(print);
	azvpn_print_string(print, "name", "Name", vnet->name);
	azvpn_print_begin(print, "addressSpace");
	azvpn_print_prefixes(print, "addressPrefixes", "AddressPrefixes", &vnet->prefixes);
	azvpn_print_end(print);
	print_subnets(print, model, vnet->name);
}

static int show(struct query *query)
{
	const char *name = query->args->operand;
	const struct azvpn_vnet *vnet = azvpn_vnet_find(query->model, name);

	if (!vnet)
		return azvpn_config_missing("VNet", name, query->error);
	print_vnet(query->print, query->model, vnet);
	return 0;
}

static int list(struct query *query)
{
	const struct azvpn_vnet *vnet;

	TAILQ_FOREACH(vnet, &query->model->vnets, entry)
		print_vnet(query->print, query->model, vnet);
	return 0;
}

static int put(struct change *change)
{
	struct azvpn_vnet vnet = {};
	int ret;

	change->scope.none = true;
	ret = azvpn_name_parse(change->args->operand, "--name", vnet.name, &change->error);
	if (!ret)
		ret = args_prefixes(change->args, "address-prefixes", &vnet.prefixes,
				    &change->error);
	if (!ret)
		ret = azvpn_config_put_vnet(&change->config, &vnet, &change->error);
	azvpn_prefixes_clear(&vnet.prefixes);
	return ret;
}

static int delete(struct change *change)
{
	change->scope.none = true;
	return azvpn_config_delete_vnet(&change->config, change->args->operand, &change->error);
}

static const struct command_option create_options[] = {
	{ "address-prefixes", OPTION_LIST, true, "PREFIX...", "its networks, /8 to /29" },
	OPTION_NO_APPLY,
	OPTION_END
};

static const struct command_option delete_options[] = { OPTION_NO_APPLY, OPTION_END };

const struct command vnet_commands[] = {
	{
		.name = "create", .operand = "NAME",
		.options = create_options, .change = put, .query = show,
		.summary = "create a VNet, or change its prefixes",
		.details = "The prefixes given replace those it has. They must be apart from each other and\n"
			   "from those of the sites that its gateway is joined to.",
	},
	{
		.name = "show", .operand = "NAME",
		.query = show,
		.summary = "show a VNet",
	},
	{
		.name = "list",
		.query = list,
		.summary = "list all VNets",
	},
	{
		.name = "delete", .operand = "NAME",
		.options = delete_options, .change = delete,
		.summary = "delete a VNet and its subnets",
		.details = "Refused while a gateway lives in it.",
	},
	{}
};
