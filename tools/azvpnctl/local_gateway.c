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

static int local_show(const struct args *args)
{
	struct azvpn_local_gateway *local;
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	local = azvpn_local_gateway_find(&config.model, args->operand);
	if (local) {
		print = print_new(args, AZVPN_PRINT_OBJECT);
		print_local(print, local);
		status = print_done(print);
	} else {
		azvpn_config_missing("local gateway", args->operand, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

static int local_list(const struct args *args)
{
	struct azvpn_local_gateway *local;
	struct azvpn_config config;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	print = print_new(args, AZVPN_PRINT_LIST);
	TAILQ_FOREACH(local, &config.model.local_gateways, entry)
		print_local(print, local);
	azvpn_config_close(&config);
	return print_done(print);
}

static int local_create(const struct args *args)
{
	const struct scope scope = { .local_gateway = args->operand };
	struct azvpn_local_gateway local = {};
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = azvpn_name_parse(args->operand, "--name", local.name, &error);
	if (!ret)
		ret = azvpn_addr_parse(args_value(args, "gateway-ip-address"),
				       "--gateway-ip-address", &local.gateway_ip, &error);
	if (!ret)
		ret = args_prefixes(args, "address-prefixes", &local.prefixes, &error);
	if (!ret)
		ret = azvpn_config_put_local_gateway(&config, &local, &error);
	azvpn_prefixes_clear(&local.prefixes);
	status = change_end(args, &config, ret, &error, &scope);
	return status || !args->json ? status : local_show(args);
}

static int local_delete(const struct args *args)
{
	const struct scope scope = { .none = true };
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	ret = azvpn_config_delete_local_gateway(&config, args->operand, &error);
	return change_end(args, &config, ret, &error, &scope);
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
	{ "create", "NAME", create_options, local_create,
	  "create a local network gateway, or change it",
	  "It stands for a site. The prefixes given replace those it has; routes change at\n"
	  "once and the tunnel stays up. Another device address begins a new tunnel." },
	{ "show", "NAME", NULL, local_show, "show a local network gateway", NULL },
	{ "list", NULL, NULL, local_list, "list all local network gateways", NULL },
	{ "delete", "NAME", delete_options, local_delete, "delete a local network gateway",
	  "Refused while it has connections." },
	{}
};
