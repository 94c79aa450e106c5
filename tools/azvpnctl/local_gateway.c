// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"

static void print_local(struct azvpn_print *print, const struct azvpn_local_gateway *local)
{
	azvpn_print_record(print);
	azvpn_print_string(print, "name", "Name", local->name);
	azvpn_print_addr(print, "gatewayIpAddress", "GatewayIpAddress", local->gateway_ip);
	azvpn_print_begin(print, "localNetworkAddressSpace");
	azvpn_print_prefixes(print, "addressPrefixes", "AddressPrefixes", &local->prefixes);
	azvpn_print_end(print);
}

static int show(struct query *query)
{
	const char *name = query->args->operand;
	const struct azvpn_local_gateway *local = azvpn_local_gateway_find(query->model, name);

	if (!local)
		return azvpn_config_missing("local gateway", name, query->error);
	print_local(query->print, local);
	return 0;
}

static int list(struct query *query)
{
	const struct azvpn_local_gateway *local;

	TAILQ_FOREACH(local, &query->model->local_gateways, entry)
		print_local(query->print, local);
	return 0;
}

static int put(struct change *change)
{
	const struct args *args = change->args;
	struct azvpn_local_gateway local = {};
	int ret;

	ret = azvpn_name_parse(args->operand, "--name", local.name, &change->error);
	if (!ret)
		ret = azvpn_addr_parse(args_value(args, "gateway-ip-address"),
				       "--gateway-ip-address", &local.gateway_ip, &change->error);
	if (!ret)
		ret = args_prefixes(args, "address-prefixes", &local.prefixes, &change->error);
	if (!ret)
		ret = azvpn_config_put_local_gateway(&change->config, &local, &change->error);
	memcpy(change->scope.local_gateway, local.name, sizeof(change->scope.local_gateway));
	azvpn_prefixes_clear(&local.prefixes);
	return ret;
}

/* No gateway had a connection to it */
static int delete(struct change *change)
{
	change->scope.none = true;
	return azvpn_config_delete_local_gateway(&change->config, change->args->operand,
						 &change->error);
}

static const struct command_option create_options[] = {
	{ "gateway-ip-address", OPTION_VALUE, true, "ADDRESS",
	  "the public address of the site's VPN device" },
	{ "address-prefixes", OPTION_LIST, true, "PREFIX...", "the networks behind it" },
	OPTION_NO_APPLY,
	OPTION_END
};

static const struct command_option delete_options[] = { OPTION_NO_APPLY, OPTION_END };

const struct command local_gateway_commands[] = {
	{
		.name = "create", .operand = "NAME",
		.options = create_options, .change = put, .query = show,
		.summary = "create a local network gateway, or change it",
		.details = "It stands for a site. The prefixes given replace those it has; routes change at\n"
			   "once and the tunnel stays up. Another device address begins a new tunnel.",
	},
	{
		.name = "show", .operand = "NAME",
		.query = show,
		.summary = "show a local network gateway",
	},
	{
		.name = "list",
		.query = list,
		.summary = "list all local network gateways",
	},
	{
		.name = "delete", .operand = "NAME",
		.options = delete_options, .change = delete,
		.summary = "delete a local network gateway",
		.details = "Refused while it has connections.",
	},
	{}
};
