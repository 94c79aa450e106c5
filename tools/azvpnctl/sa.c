// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

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

/* Whether the processor has AES instructions, by the names of x86 and ARM */
static bool cpu_has_aes(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char *line = NULL, *word, *rest;
	bool has = false;
	size_t size = 0;

	while (file && !has && getline(&line, &size, file) > 0) {
		if (strncmp(line, "flags", 5) && strncmp(line, "Features", 8))
			continue;
		for (rest = line; !has && (word = strsep(&rest, " \t\n"));)
			has = !strcmp(word, "aes");
	}
	free(line);
	if (file)
		fclose(file);
	return has;
}

/*
 * A driver's name is "template(part,template(part))" or a part alone. In C for
 * any processor are those all whose parts end in "-generic"; "generic-gcm-aesni"
 * is not one of them.
 */
static bool is_generic(const char *driver)
{
	static const char suffix[] = "-generic";
	size_t parts = 0, n;

	for (; *driver; driver += n + !!driver[n]) {
		n = strcspn(driver, "(,)");
		if (!n || driver[n] == '(')
			continue;
		parts++;
		if (n < strlen(suffix) ||
		    strncmp(driver + n - strlen(suffix), suffix, strlen(suffix)))
			return false;
	}
	return parts;
}

static void print_algorithms(struct azvpn_print *print, const struct azvpn_nl_sa *sa)
{
	char text[2 * AZVPN_NL_ALGORITHM_SIZE];

	snprintf(text, sizeof(text), "%s%s%s", sa->cipher, *sa->integrity ? "," : "",
		 sa->integrity);
	kernel_print_name(print, NULL, "Cipher", text);
	kernel_print_name(print, "cipher", NULL, sa->cipher);
	kernel_print_name(print, "integrity", NULL, sa->integrity);
}

static void print_ports(struct azvpn_print *print, const struct azvpn_nl_sa *sa)
{
	char text[sizeof("65535>65535")] = "";

	if (sa->encap_sport || sa->encap_dport)
		snprintf(text, sizeof(text), "%u>%u", ntohs(sa->encap_sport),
			 ntohs(sa->encap_dport));
	kernel_print_name(print, NULL, "UdpPorts", text);
	azvpn_print_number(print, "encapSourcePort", NULL, ntohs(sa->encap_sport));
	azvpn_print_number(print, "encapDestinationPort", NULL, ntohs(sa->encap_dport));
}

static void print_warning(struct azvpn_print *print, const struct azvpn_nl_sa *sa)
{
	bool slow = is_generic(sa->driver) && cpu_has_aes();

	azvpn_print_bool(print, "genericDriver", NULL, slow);
	if (slow)
		azvpn_print_string(print, NULL, "Warning",
				   "slow driver: it leaves the processor's AES instructions unused");
}

static int print_sa(const struct azvpn_nl_sa *sa, void *data)
{
	struct azvpn_print *print = data;

	azvpn_print_record(print);
	azvpn_print_number(print, "tunnelId", "Tunnel", sa->tunnel_id);
	kernel_print_direction(print, sa->direction);
	kernel_print_spi(print, "spi", "Spi", sa->spi);
	kernel_print_addr(print, "source", "Source", &sa->src);
	kernel_print_addr(print, "destination", "Destination", &sa->dst);
	print_ports(print, sa);
	azvpn_print_string(print, "state", "State",
			   sa->state == AZVPN_SA_STATE_MATURE ? "mature" : "larval");
	azvpn_print_number(print, "reqid", NULL, sa->reqid);
	print_algorithms(print, sa);
	azvpn_print_string(print, "driver", "Driver", sa->driver);
	azvpn_print_number(print, "replayWindow", NULL, sa->replay_window);
	print_flags(print, sa->flags);
	print_limits(print, "soft", &sa->soft);
	print_limits(print, "hard", &sa->hard);
	azvpn_print_number(print, "sequence", "Sequence", sa->sequence);
	azvpn_print_number(print, "packets", "Packets", sa->packets);
	azvpn_print_number(print, "bytes", "Bytes", sa->bytes);
	kernel_print_ago(print, "ageSeconds", "Added", sa->added);
	kernel_print_ago(print, "idleSeconds", "Used", sa->last_used);
	azvpn_print_number(print, "tfc", sa->tfc ? "Tfc" : NULL, sa->tfc);
	kernel_print_drops(print, sa->drops);
	kernel_print_last_drop(print, &sa->last_drop);
	print_warning(print, sa);
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
			   "the processor's own AES instructions are used, and a warning that they are not\n"
			   "though it has them. In text, columns of drop counters, the last packet dropped\n"
			   "and warnings appear once there is something to show.",
	},
	{}
};
