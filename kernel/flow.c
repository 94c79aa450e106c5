// SPDX-License-Identifier: GPL-2.0
/* What selectors look at in an inner packet. */
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "flow.h"

static void read_ports(struct azvpn_flow *flow, const struct sk_buff *skb, unsigned int offset)
{
	__be16 buffer[2];
	const __be16 *ports;
	const u8 *icmp;

	switch (flow->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		ports = skb_header_pointer(skb, offset, sizeof(buffer), buffer);
		if (!ports)
			return;
		flow->sport = ntohs(ports[0]);
		flow->dport = ntohs(ports[1]);
		flow->has_ports = true;
		return;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		icmp = skb_header_pointer(skb, offset, 2, buffer);
		if (!icmp)
			return;
		flow->dport = icmp[0] << 8 | icmp[1];
		flow->has_ports = true;
		return;
	}
}

static void read_ip4(struct azvpn_flow *flow, const struct sk_buff *skb, unsigned int offset)
{
	const struct iphdr *iph = (const struct iphdr *)(skb->data + offset);

	flow->src = azvpn_addr_ip4(iph->saddr);
	flow->dst = azvpn_addr_ip4(iph->daddr);
	flow->protocol = iph->protocol;
	if (!(iph->frag_off & htons(IP_OFFSET)))
		read_ports(flow, skb, offset + iph->ihl * 4);
}

static void read_ip6(struct azvpn_flow *flow, const struct sk_buff *skb, unsigned int offset)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)(skb->data + offset);
	u8 protocol = ip6h->nexthdr;
	const u8 *next;
	__be16 fragment = 0;
	int payload;

	flow->src = azvpn_addr_ip6(&ip6h->saddr);
	flow->dst = azvpn_addr_ip6(&ip6h->daddr);
	payload = ipv6_skip_exthdr(skb, offset + sizeof(*ip6h), &protocol, &fragment);
	flow->protocol = protocol;
	if (payload < 0)
		return;
	if (!(fragment & htons(IP6_OFFSET))) {
		read_ports(flow, skb, payload);
		return;
	}
	/* Stopped at the header of a later fragment, which knows what it is a fragment of */
	next = skb_header_pointer(skb, payload, sizeof(*next), &protocol);
	if (next)
		flow->protocol = *next;
}

/**
 * azvpn_flow_read() - Read what selectors look at
 * @flow: what to fill in
 * @skb: packet
 * @offset: where its inner IP header begins; the header is linear and its version checked
 */
void azvpn_flow_read(struct azvpn_flow *flow, const struct sk_buff *skb, unsigned int offset)
{
	*flow = (struct azvpn_flow){};
	if (skb->data[offset] >> 4 == 4)
		read_ip4(flow, skb, offset);
	else
		read_ip6(flow, skb, offset);
}
