// SPDX-License-Identifier: GPL-2.0
#include "cmd.h"
#include "ike.h"
#include "netns.h"

static int run_charon(const struct azvpn_gateway *gateway)
{
	struct azvpn_error error;
	struct azvpn_ike ike;
	int home, ret;

	if (azvpn_ike_init(&ike, gateway->name, &error) || azvpn_ike_configure(&ike, &error) ||
	    azvpn_netns_enter(gateway->netns, &home, &error))
		return refused(&error);
	ret = azvpn_ike_run(&ike, &error);
	azvpn_netns_leave(home);
	if (ret < 0)
		return refused(&error);
	return ret ? STATUS_REFUSED : STATUS_OK;
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
	/* Nothing of it is needed as long as this runs, least of all the keys */
	azvpn_config_close(&config);
	return status ? status : run_charon(&gateway);
}

const struct command ike_commands[] = {
	{ "run", "GATEWAY", NULL, ike_run, "run the IKE daemon of a gateway until it ends",
	  "For the systemd unit azvpn-ike@.service, and for \"azvpnctl apply\" where there is no\n"
	  "systemd. It is the latter that tells the daemon what to negotiate; connections that\n"
	  "a peer refused are tried again every few seconds." },
	{}
};
