// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "connection.h"

static int list(struct query *query)
{
	const char *wanted = query->args->operand;
	const struct azvpn_gateway *gateway;

	if (wanted && !azvpn_gateway_find(query->model, wanted))
		return azvpn_config_missing("gateway", wanted, query->error);
	TAILQ_FOREACH(gateway, &query->model->gateways, entry)
		if (!wanted || !strcmp(gateway->name, wanted))
			print_gateway_connections(query, gateway, NULL);
	return 0;
}

const struct command status_commands[] = {
	{
		.name = "", .operand = "[GATEWAY]",
		.query = list,
		.summary = "show how the connections are",
		.details = "Connected      there is a tunnel\n"
			   "Connecting     the first tunnel is being negotiated\n"
			   "NotConnected   there was a tunnel, or the peer refused\n"
			   "Unknown        the gateway's IKE daemon does not run, or was never started\n\n"
			   "Bytes are those of the packets inside the tunnel.",
	},
	{}
};
