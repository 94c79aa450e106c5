// SPDX-License-Identifier: GPL-2.0
/*
 * What routers on the way to the peer say: that a packet of ours is too big.
 *
 * Anybody can send such a message. It is believed if it quotes an outbound SA by
 * its SPI and both addresses, and never below what every path carries. What it
 * quotes is the outer header and at least the ESP header (RFC 792, RFC 4443). The new
 * path MTU reaches the cached routes by itself; azvpn_send() tells the inner senders.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <net/esp.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "device.h"
#include "net.h"
#include "path_error.h"
#include "sa.h"

/* What every IPv4 host has to take in (RFC 791): no real path carries less */
#define IPV4_FLOOR 576

/* The outbound SA that a raw ESP packet of ours was sent by, NULL if there is none; under RCU */
static const struct azvpn_sa *find_sa(const struct sk_buff *skb, const struct ip_esp_hdr *esp,
				      const struct azvpn_addr *saddr,
				      const struct azvpn_addr *daddr)
{
	const struct azvpn_sa_key key = { .spi = esp->spi, .daddr = *daddr };
	const struct azvpn_sa_name *name = azvpn_sa_lookup(azvpn_net(dev_net(skb->dev)), &key);
	const struct azvpn_sa_tx *tx = name ? name->sa->tx : NULL;

	return tx && azvpn_addr_equal(&rcu_dereference(tx->path)->saddr, saddr) ? name->sa : NULL;
}

/* Under RCU, data at the IPv4 header that the message quotes */
int azvpn_path_error4(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct azvpn_addr saddr = azvpn_addr_ip4(iph->saddr);
	const struct azvpn_addr daddr = azvpn_addr_ip4(iph->daddr);
	const struct azvpn_sa *sa;

	if (!pskb_may_pull(skb, iph->ihl * 4 + AZVPN_ESP_HDR))
		return -ENOENT;
	iph = (const struct iphdr *)skb->data;
	sa = find_sa(skb, (const struct ip_esp_hdr *)(skb->data + iph->ihl * 4), &saddr, &daddr);
	if (!sa)
		return -ENOENT;
	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, dev_net(skb->dev), max_t(u32, info, IPV4_FLOOR),
				 READ_ONCE(sa->tunnel->link), IPPROTO_ESP);
	return 0;
}

/* Under RCU, data at the IPv6 header that the message quotes, the ESP header at @offset */
int azvpn_path_error6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
		      int offset, __be32 info)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct azvpn_addr saddr = azvpn_addr_ip6(&ip6h->saddr);
	const struct azvpn_addr daddr = azvpn_addr_ip6(&ip6h->daddr);
	const struct azvpn_sa *sa;

	if (!pskb_may_pull(skb, offset + AZVPN_ESP_HDR))
		return -ENOENT;
	sa = find_sa(skb, (const struct ip_esp_hdr *)(skb->data + offset), &saddr, &daddr);
	if (!sa)
		return -ENOENT;
	if (type == ICMPV6_PKT_TOOBIG)
		ip6_update_pmtu(skb, dev_net(skb->dev),
				htonl(max_t(u32, ntohl(info), AZVPN_IPV6_MIN_MTU)),
				READ_ONCE(sa->tunnel->link), READ_ONCE(sa->tunnel->mark),
				sock_net_uid(dev_net(skb->dev), NULL));
	return 0;
}
