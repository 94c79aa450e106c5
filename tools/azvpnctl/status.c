// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "connection.h"

static int status_run(const struct args *args)
{
	struct azvpn_gateway *gateway;
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	if (args->operand && !azvpn_gateway_find(&config.model, args->operand)) {
		azvpn_config_missing("gateway", args->operand, &error);
		azvpn_config_close(&config);
		return refused(&error);
	}
	print = print_new(args, AZVPN_PRINT_LIST);
	TAILQ_FOREACH(gateway, &config.model.gateways, entry)
		if (!args->operand || !strcmp(gateway->name, args->operand))
			print_gateway_connections(print, &config.model, gateway, NULL);
	azvpn_config_close(&config);
	return print_done(print);
}

const struct command status_commands[] = {
	{ "", "[GATEWAY]", NULL, status_run, "show how the connections are",
	  "Connected      there is a tunnel\n"
	  "Connecting     the first tunnel is being negotiated\n"
	  "NotConnected   there was a tunnel, or the peer refused\n"
	  "Unknown        the gateway's IKE daemon does not run, or was never started\n\n"
	  "Bytes are those of the packets inside the tunnel." },
	{}
};
