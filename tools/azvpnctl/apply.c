// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"

static int apply_run(const struct args *args)
{
	struct azvpn_gateway gateway;
	struct azvpn_print *print;
	struct azvpn_scope scope = { .all = !args->operand };
	int status, printed;

	if (args->operand) {
		status = find_gateway(args->operand, &gateway);
		if (status)
			return status;
		memcpy(scope.gateway, gateway.name, sizeof(scope.gateway));
	}
	print = print_new(args, AZVPN_PRINT_LIST);
	status = apply_saved(&scope, print);
	printed = print_done(print);
	return status ? status : printed;
}

const struct command apply_commands[] = {
	{
		.name = "", .operand = "[GATEWAY]",
		.run = apply_run,
		.summary = "make the system be what the configuration says",
		.details = "Does the difference only, and tells what that was: nothing if all was right\n"
			   "already. Brings everything back after a reboot.",
	},
	{}
};
