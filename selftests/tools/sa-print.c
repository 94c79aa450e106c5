// SPDX-License-Identifier: GPL-2.0
/*
 * Objects as one line of NAME=VALUE words, which a shell takes as they are: a
 * test asks for hundreds of counters, and anything that has to parse them is
 * slower than all the rest of it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "sa-fields.h"

static const char *direction_name(uint32_t direction)
{
	return direction == AZVPN_DIRECTION_IN ? "in" : "out";
}

static void word(const char *name, uint64_t value)
{
	printf(" %s=%" PRIu64, name, value);
}

/* What is missing is "none", so that no word is without a value */
static void name_word(const char *name, const char *value)
{
	printf(" %s=%s", name, *value ? value : "none");
}

static void address_word(const char *name, const struct azvpn_addr *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (address->family)
		inet_ntop(address->family, address->bytes, text, sizeof(text));
	name_word(name, text);
}

static void network_word(const char *name, const struct azvpn_addr *address, uint32_t prefix)
{
	address_word(name, address);
	printf("/%u", prefix);
}

static void range_word(const char *name, uint16_t min, uint16_t max)
{
	printf(" %s=%u-%u", name, min, max);
}

static void limit_words(const char *kind, const struct azvpn_nl_limits *limits)
{
	printf(" %s_bytes=%" PRIu64 " %s_packets=%" PRIu64 " %s_seconds=%" PRIu64, kind,
	       limits->bytes, kind, limits->packets, kind, limits->seconds);
}

/* "drops", the sum, and each reason as "drops_REASON" */
static void drop_words(const uint64_t *drops)
{
	unsigned int reason;
	uint64_t sum = 0;
	const char *name;

	for (reason = 0; reason < AZVPN_NL_DROPS; reason++) {
		name = azvpn_nl_drop_name(reason);
		if (!name)
			continue;
		printf(" drops_");
		for (; *name; name++)
			putchar(*name == '-' ? '_' : *name);
		printf("=%" PRIu64, drops[reason]);
		sum += drops[reason];
	}
	word("drops", sum);
}

static void last_drop_words(const struct azvpn_nl_last_drop *drop)
{
	name_word("last_drop_reason", azvpn_nl_drop_name(drop->reason) ?: "");
	printf(" last_drop_spi=0x%08x", ntohl(drop->spi));
	word("last_drop_sequence", drop->sequence);
}

static void end_line(void)
{
	putchar('\n');
	fflush(stdout);
}

void print_spi(uint32_t spi)
{
	printf("spi=0x%08x", ntohl(spi));
}

void print_sa(const struct azvpn_nl_sa *sa)
{
	print_spi(sa->spi);
	address_word("dst", &sa->dst);
	address_word("src", &sa->src);
	printf(" dir=%s state=%s driver=%s", direction_name(sa->direction),
	       sa->state == AZVPN_SA_STATE_LARVAL ? "larval" : "mature", sa->driver);
	name_word("cipher", sa->cipher);
	name_word("integrity", sa->integrity);
	word("tunnel", sa->tunnel_id);
	word("reqid", sa->reqid);
	word("flags", sa->flags);
	word("window", sa->replay_window);
	word("sport", ntohs(sa->encap_sport));
	word("dport", ntohs(sa->encap_dport));
	word("tfc", sa->tfc);
	limit_words("soft", &sa->soft);
	limit_words("hard", &sa->hard);
	word("sequence", sa->sequence);
	word("packets", sa->packets);
	word("bytes", sa->bytes);
	word("added", sa->added);
	word("used", sa->last_used);
	drop_words(sa->drops);
	last_drop_words(&sa->last_drop);
	end_line();
}

void print_policy(const struct azvpn_nl_policy *policy)
{
	const struct azvpn_nl_selector *selector = &policy->selector;

	printf("dir=%s action=%s", direction_name(policy->direction),
	       policy->action == AZVPN_POLICY_ACTION_DROP ? "drop" : "protect");
	network_word("from", &selector->src, selector->src_prefix);
	network_word("to", &selector->dst, selector->dst_prefix);
	word("proto", selector->protocol);
	range_word("sport", selector->src_port_min, selector->src_port_max);
	range_word("dport", selector->dst_port_min, selector->dst_port_max);
	word("priority", policy->priority);
	word("tunnel", policy->tunnel_id);
	word("reqid", policy->reqid);
	printf(" sa=0x%08x", ntohl(policy->sa.spi));
	address_word("sa_dst", &policy->sa.dst);
	word("sa_dport", ntohs(policy->sa.dport));
	word("used", policy->last_used);
	end_line();
}

void print_tunnel(const struct azvpn_nl_tunnel *tunnel)
{
	printf("ifname=%s", tunnel->ifname);
	word("id", tunnel->id);
	word("ifindex", tunnel->ifindex);
	word("carrier", tunnel->carrier);
	word("sas", tunnel->sas);
	word("policies", tunnel->policies);
	word("rx_packets", tunnel->rx_packets);
	word("rx_bytes", tunnel->rx_bytes);
	word("tx_packets", tunnel->tx_packets);
	word("tx_bytes", tunnel->tx_bytes);
	drop_words(tunnel->drops);
	last_drop_words(&tunnel->last_drop);
	end_line();
}

void print_net(const struct azvpn_nl_net *net)
{
	printf("unknown_spi=%" PRIu64, net->unknown_spi);
	word("early_held", net->early_held);
	word("early_full", net->early_full);
	word("early_timeout", net->early_timeout);
	word("tunnels", net->tunnels);
	word("sas", net->sas);
	word("policies", net->policies);
	end_line();
}

static void print_expire(const struct azvpn_nl_expire *expire)
{
	printf("event=%s ", expire->hard ? "hard" : "soft");
	print_spi(expire->name.spi);
	address_word("dst", &expire->name.dst);
	word("dport", ntohs(expire->name.dport));
	printf(" dir=%s", direction_name(expire->direction));
	word("tunnel", expire->tunnel_id);
	word("reqid", expire->reqid);
}

static void print_acquire(const struct azvpn_nl_acquire *acquire)
{
	printf("event=acquire");
	word("tunnel", acquire->tunnel_id);
	word("reqid", acquire->reqid);
	network_word("from", &acquire->src, acquire->src_prefix);
	network_word("to", &acquire->dst, acquire->dst_prefix);
	word("protocol", acquire->protocol);
	address_word("packet_src", &acquire->packet_src);
	address_word("packet_dst", &acquire->packet_dst);
	word("packet_sport", ntohs(acquire->packet_sport));
	word("packet_dport", ntohs(acquire->packet_dport));
}

static void print_mapping(const struct azvpn_nl_mapping *mapping)
{
	printf("event=mapping ");
	print_spi(mapping->spi);
	address_word("dst", &mapping->dst);
	word("tunnel", mapping->tunnel_id);
	word("reqid", mapping->reqid);
	address_word("src", &mapping->src);
	word("sport", ntohs(mapping->encap_sport));
}

void print_event(const struct azvpn_nl_event *event)
{
	switch (event->command) {
	case AZVPN_CMD_EXPIRE_NTF:
		print_expire(&event->expire);
		break;
	case AZVPN_CMD_ACQUIRE_NTF:
		print_acquire(&event->acquire);
		break;
	case AZVPN_CMD_MAPPING_NTF:
		print_mapping(&event->mapping);
		break;
	default:
		printf("event=unknown command=%d", event->command);
	}
	end_line();
}
