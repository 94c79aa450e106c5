// SPDX-License-Identifier: GPL-2.0
#include "cmd.h"
#include "ike.h"
#include "netns.h"

/* Return: the exit status of a failure; with success there is nothing to return to */
static int become_charon(const struct azvpn_gateway *gateway)
{
	struct azvpn_error error;
	struct azvpn_ike ike;
	int home;

	if (azvpn_ike_init(&ike, gateway->name, &error) || azvpn_ike_configure(&ike, &error) ||
	    azvpn_netns_enter(gateway->netns, &home, &error))
		return refused(&error);
	azvpn_ike_exec(&ike, &error);
	return refused(&error);
}

static int ike_run(const struct args *args)
{
	const struct azvpn_gateway *found;
	struct azvpn_gateway gateway;
	struct azvpn_config config;
	struct azvpn_error error;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	found = azvpn_gateway_find(&config.model, args->operand);
	if (found) {
		gateway = *found;
	} else {
		azvpn_config_missing("gateway", args->operand, &error);
		status = refused(&error);
	}
	/* Keys are wiped before the memory goes to another program */
	azvpn_config_close(&config);
	return status ? status : become_charon(&gateway);
}

const struct command ike_commands[] = {
	{ "run", "GATEWAY", NULL, ike_run, "become the IKE daemon of a gateway",
	  "For the systemd unit azvpn-ike@.service. What the daemon is to negotiate, it is\n"
	  "told by \"azvpnctl apply\"." },
	{}
};
