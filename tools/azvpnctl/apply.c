// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"

static int check_gateway(const char *name)
{
	struct azvpn_config config;
	struct azvpn_error error;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	if (name && !azvpn_gateway_find(&config.model, name)) {
		azvpn_config_missing("gateway", name, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

static int apply_run(const struct args *args)
{
	const struct scope scope = { .gateway = args->operand };
	struct azvpn_print *print;
	int status, printed;

	status = check_gateway(args->operand);
	if (status)
		return status;
	print = print_new(args, AZVPN_PRINT_LIST);
	status = apply_saved(&scope, print);
	printed = print_done(print);
	return status ? status : printed;
}

const struct command apply_commands[] = {
	{ "", "[GATEWAY]", NULL, apply_run, "make the system be what the configuration says",
	  "Does the difference only, and tells what that was: nothing if all was right\n"
	  "already. Brings everything back after a reboot." },
	{}
};
