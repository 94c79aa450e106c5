// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>

#include "kernel.h"

static int print_policy(const struct azvpn_nl_policy *policy, void *data)
{
	const struct azvpn_prefix src = { { AF_INET, .ip4 = policy->src }, policy->src_prefix };
	const struct azvpn_prefix dst = { { AF_INET, .ip4 = policy->dst }, policy->dst_prefix };
	struct azvpn_print *print = data;

	azvpn_print_record(print);
	azvpn_print_number(print, "tunnelId", "Tunnel", policy->tunnel_id);
	kernel_print_direction(print, policy->direction);
	azvpn_print_prefix(print, "source", "Source", &src);
	azvpn_print_prefix(print, "destination", "Destination", &dst);
	azvpn_print_string(print, "action", "Action",
			   policy->action == AZVPN_POLICY_ACTION_DROP ? "drop" : "protect");
	azvpn_print_number(print, "reqid", "Reqid", policy->reqid);
	if (policy->sa_spi) {
		kernel_print_spi(print, "saSpi", "SaSpi", policy->sa_spi);
		azvpn_print_addr(print, "saDestination", "SaDestination",
				 &(struct azvpn_addr){ AF_INET, .ip4 = policy->sa_dst });
	} else {
		azvpn_print_null(print, "saSpi");
		azvpn_print_null(print, "saDestination");
		/* or the columns would come after those of the first row */
		azvpn_print_string(print, NULL, "SaSpi", "-");
		azvpn_print_string(print, NULL, "SaDestination", "-");
	}
	kernel_print_ago(print, "idleSeconds", "Used", policy->last_used);
	return 0;
}

static int list(struct azvpn_nl *nl, struct azvpn_print *print)
{
	return azvpn_nl_policy_dump(nl, 0, print_policy, print);
}

static int policy_list(const struct args *args)
{
	return kernel_list(args, list);
}

const struct command policy_commands[] = {
	{
		.name = "list",
		.options = kernel_options, .run = policy_list,
		.summary = "list the policies of the kernel module",
		.details = "An outbound policy names the SA it sends with.",
	},
	{}
};
