// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps forged "too big" messages from the sockets that carry ESP in UDP.
 *
 * That a raw ESP packet is too big the kernel tells us (path_error.c). Of ESP in
 * UDP it tells the key daemon's socket, and believes whoever knows the two
 * addresses and ports, which are no secret. So a netfilter hook looks at such
 * messages first: they have to quote the SPI of an SA that sends to that peer by
 * that port. What passes goes the kernel's own way.
 *
 * A router that quotes no more than RFC 792 demands, 8 bytes of UDP, is not
 * believed either; those of the last decades quote more (RFC 1812 section 4.3.2.3).
 *
 * The hook is there from the first SA in UDP of a namespace on.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ipv6.h>

#include "icmp_guard.h"
#include "net.h"
#include "sa.h"

/* No real path carries less */
#define IPV4_FLOOR 576

/* What follows the quoted IP header */
struct quote {
	struct udphdr udp;
	__be32 spi;
};

/* Whether a packet that begins so was sent by an SA of ours */
static bool is_ours(const struct azvpn_net *azn, const struct quote *quote,
		    const struct azvpn_addr *saddr, const struct azvpn_addr *daddr)
{
	const struct azvpn_sa_key key = {
		.spi	= quote->spi,
		.daddr	= *daddr,
		.dport	= quote->udp.dest,
	};
	const struct azvpn_sa_name *name = azvpn_sa_lookup(azn, &key);
	const struct azvpn_path *path;

	if (!name || !name->sa->tx)
		return false;
	path = rcu_dereference(name->sa->tx->path);
	return path->sport == quote->udp.source && azvpn_addr_equal(&path->saddr, saddr);
}

/* The verdict on a message that quotes UDP at @offset and an MTU that can be, or not */
static unsigned int judge(struct sk_buff *skb, const struct azvpn_net *azn, unsigned int offset,
			  const struct azvpn_addr *saddr, const struct azvpn_addr *daddr,
			  bool can_be)
{
	struct quote buffer;
	const struct quote *quote;
	const __be16 *source;

	source = skb_header_pointer(skb, offset, sizeof(*source), &buffer);
	if (!source || *source != READ_ONCE(azn->encap_port))
		return NF_ACCEPT;
	quote = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	return can_be && quote && is_ours(azn, quote, saddr, daddr) ? NF_ACCEPT : NF_DROP;
}

static unsigned int guard4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct azvpn_net *azn = priv;
	const struct iphdr *iph = ip_hdr(skb), *inner;
	unsigned int offset = iph->ihl * 4;
	struct azvpn_addr saddr, daddr;
	const struct icmphdr *icmp;
	struct icmphdr icmp_buffer;
	struct iphdr ip_buffer;

	if (likely(iph->protocol != IPPROTO_ICMP))
		return NF_ACCEPT;
	icmp = skb_header_pointer(skb, offset, sizeof(icmp_buffer), &icmp_buffer);
	if (!icmp || icmp->type != ICMP_DEST_UNREACH || icmp->code != ICMP_FRAG_NEEDED)
		return NF_ACCEPT;
	offset += sizeof(*icmp);
	inner = skb_header_pointer(skb, offset, sizeof(ip_buffer), &ip_buffer);
	if (!inner || inner->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	saddr = azvpn_addr_ip4(inner->saddr);
	daddr = azvpn_addr_ip4(inner->daddr);
	return judge(skb, azn, offset + inner->ihl * 4, &saddr, &daddr,
		     ntohs(icmp->un.frag.mtu) >= IPV4_FLOOR);
}

static unsigned int guard6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct azvpn_net *azn = priv;
	const struct ipv6hdr *ip6h = ipv6_hdr(skb), *inner;
	unsigned int offset = sizeof(*ip6h);
	struct azvpn_addr saddr, daddr;
	const struct icmp6hdr *icmp;
	struct icmp6hdr icmp_buffer;
	struct ipv6hdr ip_buffer;

	if (likely(ip6h->nexthdr != IPPROTO_ICMPV6))
		return NF_ACCEPT;
	icmp = skb_header_pointer(skb, offset, sizeof(icmp_buffer), &icmp_buffer);
	if (!icmp || icmp->icmp6_type != ICMPV6_PKT_TOOBIG)
		return NF_ACCEPT;
	offset += sizeof(*icmp);
	inner = skb_header_pointer(skb, offset, sizeof(ip_buffer), &ip_buffer);
	if (!inner || inner->nexthdr != IPPROTO_UDP)
		return NF_ACCEPT;
	saddr = azvpn_addr_ip6(&inner->saddr);
	daddr = azvpn_addr_ip6(&inner->daddr);
	/* The kernel itself keeps to what IPv6 needs */
	return judge(skb, azn, offset + sizeof(*inner), &saddr, &daddr, true);
}

/* Those of a namespace; its azvpn_net is filled in */
static const struct nf_hook_ops hooks[] = {
	{
		.hook		= guard4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_FIRST,
	}, {
		.hook		= guard6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP6_PRI_FIRST,
	},
};

/**
 * azvpn_icmp_guard_start() - Guard the port that ESP in UDP is sent from
 * @azn: namespace, its lock held
 * @port: the port; there is one, the key daemon's
 *
 * Return: 0 or -ENOMEM.
 */
int azvpn_icmp_guard_start(struct azvpn_net *azn, __be16 port)
{
	struct nf_hook_ops *own;
	unsigned int i;
	int err;

	lockdep_assert_held(&azn->lock);
	WRITE_ONCE(azn->encap_port, port);
	if (azn->icmp_hooks)
		return 0;
	own = kmemdup(hooks, sizeof(hooks), GFP_KERNEL);
	if (!own)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		own[i].priv = azn;
	err = nf_register_net_hooks(azn->net, own, ARRAY_SIZE(hooks));
	if (err)
		kfree(own);
	else
		azn->icmp_hooks = own;
	return err;
}

/**
 * azvpn_icmp_guard_stop() - Guard it no more
 * @azn: namespace, on its way out; packets may be in a hook, and use it, until a
 *	grace period later
 */
void azvpn_icmp_guard_stop(struct azvpn_net *azn)
{
	if (!azn->icmp_hooks)
		return;
	nf_unregister_net_hooks(azn->net, azn->icmp_hooks, ARRAY_SIZE(hooks));
	kfree(azn->icmp_hooks);
	azn->icmp_hooks = NULL;
}
