// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"

static const struct scope no_gateway = { .none = true };

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

static int vnet_show(const struct args *args)
{
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	struct azvpn_vnet *vnet;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	vnet = azvpn_vnet_find(&config.model, args->operand);
	if (vnet) {
		print = print_new(args, AZVPN_PRINT_OBJECT);
		print_vnet(print, &config.model, vnet);
		status = print_done(print);
	} else {
		azvpn_config_missing("VNet", args->operand, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

static int vnet_list(const struct args *args)
{
	struct azvpn_config config;
	struct azvpn_print *print;
	struct azvpn_vnet *vnet;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	print = print_new(args, AZVPN_PRINT_LIST);
	TAILQ_FOREACH(vnet, &config.model.vnets, entry)
		print_vnet(print, &config.model, vnet);
	azvpn_config_close(&config);
	return print_done(print);
}

static int vnet_create(const struct args *args)
{
	struct azvpn_config config;
	struct azvpn_vnet vnet = {};
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = azvpn_name_parse(args->operand, "--name", vnet.name, &error);
	if (!ret)
		ret = args_prefixes(args, "address-prefixes", &vnet.prefixes, &error);
	if (!ret)
		ret = azvpn_config_put_vnet(&config, &vnet, &error);
	azvpn_prefixes_clear(&vnet.prefixes);
	status = change_end(args, &config, ret, &error, &no_gateway);
	return status || !args->json ? status : vnet_show(args);
}

static int vnet_delete(const struct args *args)
{
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = azvpn_config_delete_vnet(&config, args->operand, &error);
	return change_end(args, &config, ret, &error, &no_gateway);
}

static const struct command_option create_options[] = {
	{ "address-prefixes", OPTION_LIST, true, "PREFIX...", "its networks, /8 to /29" },
	OPTION_NO_APPLY,
	OPTION_END
};

static const struct command_option delete_options[] = { OPTION_NO_APPLY, OPTION_END };

const struct command vnet_commands[] = {
	{ "create", "NAME", create_options, vnet_create, "create a VNet, or change its prefixes",
	  "The prefixes given replace those it has. They must be apart from each other and\n"
	  "from those of the sites that its gateway is joined to." },
	{ "show", "NAME", NULL, vnet_show, "show a VNet", NULL },
	{ "list", NULL, NULL, vnet_list, "list all VNets", NULL },
	{ "delete", "NAME", delete_options, vnet_delete, "delete a VNet and its subnets",
	  "Refused while a gateway lives in it." },
	{}
};
