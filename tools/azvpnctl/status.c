// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"
#include "status.h"

static int show_status(const struct args *args)
{
	const char *wanted = args->operand;
	struct azvpn_connection *connection = NULL;
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	if (wanted && !azvpn_gateway_find(&config.model, wanted)) {
		azvpn_object_missing(&azvpn_gateway_kind, wanted, &error);
		status = refused(&error);
	} else {
		azvpn_status_load(&config.model, wanted);
		print = print_new(args, AZVPN_PRINT_LIST);
		while ((connection = azvpn_model_next(&config.model, &azvpn_connection_kind,
						      connection)))
			if (!wanted || !strcmp(connection->gateway, wanted))
				print_object(print, &config.model, connection);
		status = print_done(print);
	}
	azvpn_config_close(&config);
	return status;
}

const struct command status_commands[] = {
	{
		.name = "", .operand = "[GATEWAY]",
		.run = show_status,
		.summary = "show how the connections are",
		.details = "Connected      there is a tunnel\n"
			   "Connecting     the first tunnel is being negotiated\n"
			   "NotConnected   there was a tunnel, or the peer refused\n"
			   "Unknown        the gateway's IKE daemon does not run, or was never started\n\n"
			   "Bytes are those of the packets inside the tunnel.",
	},
	{}
};
