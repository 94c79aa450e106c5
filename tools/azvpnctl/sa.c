// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>

#include "kernel.h"

static void print_limits(struct azvpn_print *print, const char *key,
			 const struct azvpn_nl_limits *limits)
{
	azvpn_print_begin(print, key);
	azvpn_print_number(print, "bytes", NULL, limits->bytes);
	azvpn_print_number(print, "packets", NULL, limits->packets);
	azvpn_print_number(print, "seconds", NULL, limits->seconds);
	azvpn_print_end(print);
}

static void print_flags(struct azvpn_print *print, uint32_t flags)
{
	azvpn_print_bool(print, "esn", NULL, flags & AZVPN_SA_FLAG_ESN);
	azvpn_print_bool(print, "copyDf", NULL, flags & AZVPN_SA_FLAG_COPY_DF);
	azvpn_print_bool(print, "copyEcn", NULL, flags & AZVPN_SA_FLAG_COPY_ECN);
	azvpn_print_bool(print, "copyDscp", NULL, flags & AZVPN_SA_FLAG_COPY_DSCP);
}

static int print_sa(const struct azvpn_nl_sa *sa, void *data)
{
	struct azvpn_print *print = data;

	azvpn_print_record(print);
	azvpn_print_number(print, "tunnelId", "Tunnel", sa->tunnel_id);
	kernel_print_direction(print, sa->direction);
	kernel_print_spi(print, "spi", "Spi", sa->spi);
	azvpn_print_addr(print, "source", "Source",
			 &(struct azvpn_addr){ AF_INET, .ip4 = sa->src });
	azvpn_print_addr(print, "destination", "Destination",
			 &(struct azvpn_addr){ AF_INET, .ip4 = sa->dst });
	azvpn_print_string(print, "state", "State",
			   sa->state == AZVPN_SA_STATE_MATURE ? "mature" : "larval");
	azvpn_print_number(print, "reqid", NULL, sa->reqid);
	azvpn_print_string(print, "driver", "Driver", sa->driver);
	azvpn_print_number(print, "replayWindow", NULL, sa->replay_window);
	azvpn_print_number(print, "encapSourcePort", NULL, ntohs(sa->encap_sport));
	azvpn_print_number(print, "encapDestinationPort", NULL, ntohs(sa->encap_dport));
	print_flags(print, sa->flags);
	print_limits(print, "soft", &sa->soft);
	print_limits(print, "hard", &sa->hard);
	azvpn_print_number(print, "sequence", "Sequence", sa->sequence);
	azvpn_print_number(print, "packets", "Packets", sa->packets);
	azvpn_print_number(print, "bytes", "Bytes", sa->bytes);
	kernel_print_ago(print, "ageSeconds", "Added", sa->added);
	kernel_print_ago(print, "idleSeconds", "Used", sa->last_used);
	kernel_print_drops(print, sa->drops);
	return 0;
}

static int list(struct azvpn_nl *nl, struct azvpn_print *print)
{
	return azvpn_nl_sa_dump(nl, 0, print_sa, print);
}

static int sa_list(const struct args *args)
{
	return kernel_list(args, list);
}

const struct command sa_commands[] = {
	{
		.name = "list",
		.options = kernel_options, .run = sa_list,
		.summary = "list the security associations of the kernel module",
		.details = "Keys are not shown: the kernel does not give them out. The driver tells whether\n"
			   "the processor's own AES instructions are used. In text, columns of drop counters\n"
			   "appear once they count.",
	},
	{}
};
