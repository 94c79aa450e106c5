// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <string.h>

#include "kernel.h"

static const char *protocol_name(uint32_t protocol)
{
	switch (protocol) {
	case 0:
		return "any";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return NULL;
	}
}

static void print_protocol(struct azvpn_print *print, uint32_t protocol)
{
	const char *name = protocol_name(protocol);

	azvpn_print_number(print, "protocol", name ? NULL : "Protocol", protocol);
	if (name)
		azvpn_print_string(print, NULL, "Protocol", name);
}

/* Into text[], a port or a range as one of nft(8) */
static void range_text(uint16_t min, uint16_t max, char text[sizeof("65535-65535")])
{
	if (!min && max == UINT16_MAX)
		strcpy(text, "any");
	else if (min == max)
		sprintf(text, "%u", min);
	else
		sprintf(text, "%u-%u", min, max);
}

static void print_range(struct azvpn_print *print, const char *key, uint16_t min, uint16_t max)
{
	azvpn_print_begin(print, key);
	azvpn_print_number(print, "min", NULL, min);
	azvpn_print_number(print, "max", NULL, max);
	azvpn_print_end(print);
}

static void print_selector(struct azvpn_print *print, const struct azvpn_nl_selector *selector)
{
	char from[sizeof("65535-65535")], to[sizeof("65535-65535")], text[2 * sizeof(from)];

	kernel_print_network(print, "source", "Source", &selector->src, selector->src_prefix);
	kernel_print_network(print, "destination", "Destination", &selector->dst,
			     selector->dst_prefix);
	print_protocol(print, selector->protocol);
	range_text(selector->src_port_min, selector->src_port_max, from);
	range_text(selector->dst_port_min, selector->dst_port_max, to);
	snprintf(text, sizeof(text), "%s>%s", from, to);
	azvpn_print_string(print, NULL, "Ports", strcmp(text, "any>any") ? text : "any");
	print_range(print, "sourcePorts", selector->src_port_min, selector->src_port_max);
	print_range(print, "destinationPorts", selector->dst_port_min, selector->dst_port_max);
}

static void print_sa_name(struct azvpn_print *print, const struct azvpn_nl_sa_name *sa)
{
	char port[sizeof("65535")] = "";

	if (sa->spi)
		kernel_print_spi(print, "saSpi", "SaSpi", sa->spi);
	else
		kernel_print_name(print, "saSpi", "SaSpi", "");
	kernel_print_addr(print, "saDestination", "SaDestination", &sa->dst);
	if (sa->dport) {
		snprintf(port, sizeof(port), "%u", ntohs(sa->dport));
		azvpn_print_number(print, "saDestinationPort", NULL, ntohs(sa->dport));
	} else {
		azvpn_print_null(print, "saDestinationPort");
	}
	kernel_print_name(print, NULL, "SaPort", port);
}

static int print_policy(const struct azvpn_nl_policy *policy, void *data)
{
	struct azvpn_print *print = data;

	azvpn_print_record(print);
	azvpn_print_number(print, "tunnelId", "Tunnel", policy->tunnel_id);
	kernel_print_direction(print, policy->direction);
	print_selector(print, &policy->selector);
	azvpn_print_number(print, "priority", "Priority", policy->priority);
	azvpn_print_string(print, "action", "Action",
			   policy->action == AZVPN_POLICY_ACTION_DROP ? "drop" : "protect");
	azvpn_print_number(print, "reqid", "Reqid", policy->reqid);
	print_sa_name(print, &policy->sa);
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
		.details = "An outbound policy names the SA it sends with. Ports are those of the\n"
			   "source, then of the destination.",
	},
	{}
};
