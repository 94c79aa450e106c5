// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "cmd.h"
#include "ike.h"
#include "netns.h"

static int run_charon(const struct azvpn_gateway *gateway)
{
	char process[AZVPN_PROCESS_SIZE];
	struct azvpn_error error;
	struct azvpn_ike ike;
	int home, ret;

	if (azvpn_ike_init(&ike, gateway->name, &error))
		return refused(&error);
	/* A second one would take the SAs and the socket from the first */
	if (azvpn_ike_running(&ike, process))
		return refuse("charon of gateway \"%s\" runs already, process %d", gateway->name,
			      atoi(process));
	if (azvpn_ike_configure(&ike, &error) || azvpn_netns_enter(gateway->netns, &home, &error))
		return refused(&error);
	ret = azvpn_ike_run(&ike, &error);
	azvpn_netns_leave(home);
	if (ret < 0)
		return refused(&error);
	return ret ? STATUS_REFUSED : STATUS_OK;
}

static int ike_run(const struct args *args)
{
	struct azvpn_gateway gateway;
	int status;

	status = find_gateway(args->operand, &gateway);
	return status ? status : run_charon(&gateway);
}

const struct command ike_commands[] = {
	{
		.name = "run", .operand = "GATEWAY",
		.run = ike_run,
		.summary = "run the IKE daemon of a gateway until it ends",
		.details = "For the systemd unit azvpn-ike@.service, and for \"azvpnctl apply\" where there is no\n"
			   "systemd. It is the latter that tells the daemon what to negotiate; connections that\n"
			   "a peer refused are tried again every few seconds.",
	},
	{}
};
