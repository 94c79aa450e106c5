// SPDX-License-Identifier: GPL-2.0
/*
 * The maximum segment size that TCP announces through a tunnel.
 *
 * Clamped both ways, whoever opens the connection, so that TCP never meets a
 * path MTU that somebody's firewall keeps secret.
 */
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "device.h"
#include "mss.h"

/* Where the TCP header of a packet begins, data at its IP header; 0 if there is none */
static unsigned int find_tcp(const struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	__be16 fragment = 0;
	u8 protocol;
	int offset;

	if (iph->version == 4)
		return iph->protocol == IPPROTO_TCP && !(iph->frag_off & htons(IP_OFFSET)) ?
		       iph->ihl * 4 : 0;
	if (likely(ip6h->nexthdr == IPPROTO_TCP))
		return sizeof(*ip6h);
	if (!ipv6_ext_hdr(ip6h->nexthdr))
		return 0;
	protocol = ip6h->nexthdr;
	offset = ipv6_skip_exthdr(skb, sizeof(*ip6h), &protocol, &fragment);
	if (offset < 0 || protocol != IPPROTO_TCP || fragment & htons(IP6_OFFSET))
		return 0;
	return offset;
}

/* Where the value of the option is, from the start of the TCP header; 0 if there is none */
static unsigned int find_option(const struct tcphdr *tcp)
{
	const u8 *header = (const u8 *)tcp;
	const unsigned int end = tcp->doff * 4;
	unsigned int i = sizeof(*tcp);

	while (i < end && header[i] != TCPOPT_EOL) {
		if (header[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= end || header[i + 1] < 2 || i + header[i + 1] > end)
			return 0;
		if (header[i] == TCPOPT_MSS && header[i + 1] == TCPOLEN_MSS)
			return i + 2;
		i += header[i + 1];
	}
	return 0;
}

static void lower(struct sk_buff *skb, unsigned int offset, u16 limit)
{
	struct tcphdr *tcp = (struct tcphdr *)(skb->data + offset);
	unsigned int at = find_option(tcp);
	__be16 old, new = htons(limit);
	u8 *value = (u8 *)tcp + at;

	if (!at)
		return;
	memcpy(&old, value, sizeof(old));
	if (ntohs(old) <= limit)
		return;
	memcpy(value, &new, sizeof(new));
	/* At an odd place the checksum has the two bytes the other way round */
	if (at & 1) {
		old = (__force __be16)swab16((__force u16)old);
		new = (__force __be16)swab16((__force u16)new);
	}
	inet_proto_csum_replace2(&tcp->check, skb, old, new, false);
}

/* What fits the device's MTU, but no more than the tunnel's limit */
static u16 limit_of(const struct sk_buff *skb, const struct azvpn_tunnel *tunnel)
{
	const unsigned int headers = (skb->data[0] >> 4 == 4 ? sizeof(struct iphdr) :
				      sizeof(struct ipv6hdr)) + sizeof(struct tcphdr);

	return min_t(unsigned int, READ_ONCE(tunnel->mss),
		     max_t(unsigned int, READ_ONCE(tunnel->dev->mtu), headers + 1) - headers);
}

/**
 * azvpn_mss_clamp() - Lower the MSS that a TCP SYN announces
 * @skb: any IP packet or super-packet, data at the IP header, which is linear
 * @tunnel: the tunnel it goes through
 *
 * Other packets are left alone, as are those that there is no memory to change.
 * Headers may have moved afterwards.
 *
 * Context: softirqs off.
 */
void azvpn_mss_clamp(struct sk_buff *skb, const struct azvpn_tunnel *tunnel)
{
	struct tcphdr buffer;
	const struct tcphdr *tcp;
	unsigned int offset, end;

	if (!READ_ONCE(tunnel->mss))
		return;
	offset = find_tcp(skb);
	if (!offset)
		return;
	tcp = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	if (likely(!tcp || !tcp->syn))
		return;
	end = offset + tcp->doff * 4;
	if (tcp->doff * 4 <= sizeof(*tcp) || !pskb_may_pull(skb, end) ||
	    skb_ensure_writable(skb, end))
		return;
	lower(skb, offset, limit_of(skb, tunnel));
}
