// SPDX-License-Identifier: GPL-2.0
/* The headers in front of ESP: UDP and IP. */
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "device.h"
#include "outer.h"
#include "path.h"
#include "sa.h"

/**
 * azvpn_outer_traits() - What the outer header takes from an inner one
 * @skb: inner packet
 */
struct azvpn_traits azvpn_outer_traits(const struct sk_buff *skb)
{
	if (ip_hdr(skb)->version == 4)
		return (struct azvpn_traits) {
			.tos	= ip_hdr(skb)->tos,
			.df	= ip_hdr(skb)->frag_off & htons(IP_DF),
		};
	return (struct azvpn_traits) {
		.tos	= ipv6_get_dsfield(ipv6_hdr(skb)),
		.df	= true,
	};
}

/**
 * azvpn_outer_df() - Whether the outer packet must not be fragmented
 * @outer: tunnel, SA and route
 * @inner_df: whether the inner one must not
 */
bool azvpn_outer_df(const struct azvpn_outer *outer, bool inner_df)
{
	/* Where the MTU is locked it cannot be learned, so DF would lose packets for ever */
	if (dst_metric_locked(outer->dst, RTAX_MTU))
		return false;
	switch (READ_ONCE(outer->tunnel->df)) {
	case AZVPN_DF_COPY:
		return inner_df;
	case AZVPN_DF_SET:
		return true;
	case AZVPN_DF_CLEAR:
		return false;
	default:
		return outer->tx->flags & AZVPN_SA_FLAG_COPY_DF && inner_df;
	}
}

/* RFC 4301 section 5.1.2.1; the ECN field as RFC 6040 section 4.1 says */
static u8 outer_tos(const struct azvpn_outer *outer, u8 inner)
{
	const u32 flags = outer->tx->flags;
	u8 tos = flags & AZVPN_SA_FLAG_COPY_DSCP ? inner & ~INET_ECN_MASK :
						   READ_ONCE(outer->tunnel->dscp) << 2;

	return flags & AZVPN_SA_FLAG_COPY_ECN ? tos | (inner & INET_ECN_MASK) : tos;
}

static void push_udp(struct sk_buff *skb, const struct azvpn_path *path)
{
	struct udphdr *udp = skb_push(skb, sizeof(*udp));

	udp->source = path->sport;
	udp->dest = path->dport;
	udp->len = htons(skb->len);
	udp->check = 0;	/* RFC 3948 section 2.1 */
}

static u8 protocol_of(const struct azvpn_path *path)
{
	return azvpn_path_encap(path) ? IPPROTO_UDP : IPPROTO_ESP;
}

/*
 * ip_local_out() fills in length and checksum. The identification matters only
 * to packets that may be fragmented (RFC 6864); others are spared its price.
 */
static void push_ip4(struct sk_buff *skb, const struct azvpn_outer *outer, u8 tos, bool df)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tos;
	iph->id = 0;
	iph->frag_off = df ? htons(IP_DF) : 0;
	iph->ttl = ip4_dst_hoplimit(outer->dst);
	iph->protocol = protocol_of(outer->path);
	iph->saddr = outer->path->saddr.ip4;
	iph->daddr = outer->path->daddr.ip4;
	if (!df)
		__ip_select_ident(outer->tunnel->azn->net, iph, 1);
	skb->protocol = htons(ETH_P_IP);
}

/*
 * ip6_local_out() fills in the length. The flow label is one for the whole SA:
 * what spreads its packets over several paths reorders them.
 */
static void push_ip6(struct sk_buff *skb, const struct azvpn_outer *outer, u8 tos)
{
	struct ipv6hdr *ip6h = skb_push(skb, sizeof(*ip6h));

	ip6_flow_hdr(ip6h, tos, outer->tx->spi & IPV6_FLOWLABEL_MASK);
	ip6h->nexthdr = protocol_of(outer->path);
	ip6h->hop_limit = ip6_dst_hoplimit(outer->dst);
	ip6h->saddr = outer->path->saddr.ip6;
	ip6h->daddr = outer->path->daddr.ip6;
	skb->protocol = htons(ETH_P_IPV6);
}

/**
 * azvpn_outer_push() - Put UDP and IP headers on
 * @skb: packet, data at the ESP header
 * @outer: tunnel, SA, path and route
 * @inner: what is taken from the inner header
 */
void azvpn_outer_push(struct sk_buff *skb, const struct azvpn_outer *outer,
		      const struct azvpn_traits *inner)
{
	const u8 tos = outer_tos(outer, inner->tos);
	const unsigned int len = skb->len + azvpn_path_outer(outer->path);
	/*
	 * What is too long all the same is of the least size that every link has to
	 * carry: its sender cannot make it smaller, so it goes in pieces.
	 */
	const bool df = azvpn_outer_df(outer, inner->df) && len <= dst_mtu(outer->dst);

	if (azvpn_path_encap(outer->path))
		push_udp(skb, outer->path);
	skb_reset_transport_header(skb);
	if (outer->path->daddr.family == AF_INET)
		push_ip4(skb, outer, tos, df);
	else
		push_ip6(skb, outer, tos);
	/* Without it IPv6 refuses to fragment what is ours */
	skb->ignore_df = !df;
	skb_reset_network_header(skb);
}

/* Of UDP over IPv6 the checksum is not optional (RFC 8200 section 8.1) */
static void put_udp6_checksum(struct sk_buff *skb, const struct azvpn_path *path)
{
	struct udphdr *udp = udp_hdr(skb);

	udp->check = ~csum_ipv6_magic(&path->saddr.ip6, &path->daddr.ip6, ntohs(udp->len),
				      IPPROTO_UDP, 0);
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
}

/**
 * azvpn_outer_transmit() - Send a packet that is encrypted
 * @skb: the packet, consumed
 * @tunnel: its tunnel
 * @path: its path
 * @dst: the route, under RCU
 *
 * Return: 0 if it is on its way; another number if netfilter, routing or the
 *	queue of the device refused it.
 */
int azvpn_outer_transmit(struct sk_buff *skb, const struct azvpn_tunnel *tunnel,
			 const struct azvpn_path *path, struct dst_entry *dst)
{
	struct net *net = tunnel->azn->net;
	int err;

	skb_dst_set_noref(skb, dst);
	if (path->daddr.family == AF_INET) {
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		err = ip_local_out(net, NULL, skb);
	} else {
		if (azvpn_path_encap(path))
			put_udp6_checksum(skb, path);
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		err = ip6_local_out(net, NULL, skb);
	}
	return net_xmit_eval(err);
}
