// SPDX-License-Identifier: GPL-2.0
/*
 * From a decrypted packet to the inner one. All of it is authentic by now, but
 * written by the peer, who need not be well.
 */
#include <linux/ip.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "decapsulate.h"
#include "device.h"
#include "esp.h"
#include "mss.h"
#include "policy.h"
#include "sa.h"

/* RFC 4303 section 2.4 wants padding looked at */
static bool has_valid_padding(const struct sk_buff *skb, unsigned int end, unsigned int len)
{
	u8 buffer[AZVPN_ESP_PAD_MAX];
	const u8 *padding = skb_header_pointer(skb, end - len, len, buffer);

	return padding && azvpn_esp_padding_is_valid(padding, len);
}

/* Take ICV, trailer, padding, ESP header and IV off; 0 or why the packet is dropped */
static unsigned int strip(struct sk_buff *skb, const struct azvpn_geometry *geometry, u8 *next)
{
	const unsigned int header = azvpn_esp_header(geometry);
	unsigned int len = skb->len - geometry->icv;
	u8 trailer[AZVPN_ESP_TRAILER];

	if (skb_copy_bits(skb, len - sizeof(trailer), trailer, sizeof(trailer)))
		return AZVPN_A_DROPS_TRAILER;
	if (unlikely(trailer[1] == IPPROTO_NONE))
		return AZVPN_A_DROPS_DUMMY;
	*next = trailer[1];
	len -= sizeof(trailer);
	if (unlikely(len < header + trailer[0]))
		return AZVPN_A_DROPS_TRAILER;
	if (trailer[0] && unlikely(!has_valid_padding(skb, len, trailer[0])))
		return AZVPN_A_DROPS_PADDING;
	if (unlikely(pskb_trim(skb, len - trailer[0])))
		return AZVPN_A_DROPS_NO_MEMORY;
	__skb_pull(skb, header);
	return 0;
}

/* Of a header that is there; 0 if it makes no sense */
static unsigned int inner_len(const struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	unsigned int len;

	if (skb->protocol == htons(ETH_P_IPV6))
		return ip6h->version == 6 ? sizeof(*ip6h) + ntohs(ip6h->payload_len) : 0;
	len = ntohs(iph->tot_len);
	return iph->version == 4 && iph->ihl >= 5 && len >= iph->ihl * 4U ? len : 0;
}

/*
 * The inner header; what follows the inner packet is padding for traffic flow
 * confidentiality (RFC 4303 section 2.7).
 */
static unsigned int check_inner(struct sk_buff *skb, u8 next)
{
	unsigned int header, len;

	switch (next) {
	case IPPROTO_IPIP:
		header = sizeof(struct iphdr);
		skb->protocol = htons(ETH_P_IP);
		break;
	case IPPROTO_IPV6:
		header = sizeof(struct ipv6hdr);
		skb->protocol = htons(ETH_P_IPV6);
		break;
	default:
		return AZVPN_A_DROPS_PROTOCOL;
	}
	if (unlikely(skb->len < header))
		return AZVPN_A_DROPS_TRAILER;
	if (unlikely(!pskb_may_pull(skb, header)))
		return AZVPN_A_DROPS_NO_MEMORY;
	len = inner_len(skb);
	if (unlikely(!len || len > skb->len))
		return AZVPN_A_DROPS_TRAILER;
	if (unlikely(pskb_trim(skb, len)))
		return AZVPN_A_DROPS_NO_MEMORY;
	return 0;
}

/* RFC 6040 section 4.2; false if the packet must not go on */
static bool take_ecn(struct sk_buff *skb, u8 outer)
{
	const u8 inner = skb->protocol == htons(ETH_P_IP) ? ip_hdr(skb)->tos :
							    ipv6_get_dsfield(ipv6_hdr(skb));

	return INET_ECN_decapsulate(skb, outer, inner) <= 1;
}

/**
 * azvpn_decapsulate() - Turn a decrypted packet into the inner one
 * @skb: the packet, data at the ESP header, network header at the outer one
 * @rx: its SA
 *
 * Context: under RCU, softirqs off.
 * Return: 0, data and network header are at the inner one and the protocol is its;
 *	or why the packet is dropped, AZVPN_A_DROPS_*.
 */
unsigned int azvpn_decapsulate(struct sk_buff *skb, const struct azvpn_sa_rx *rx)
{
	const u8 outer_tos = ip_hdr(skb)->version == 4 ? ip_hdr(skb)->tos :
							 ipv6_get_dsfield(ipv6_hdr(skb));
	const struct azvpn_tunnel *tunnel = rx->sa->tunnel;
	unsigned int reason;
	u8 next = 0;

	reason = strip(skb, &rx->transform.geometry, &next) ?: check_inner(skb, next);
	if (unlikely(reason))
		return reason;
	if (unlikely(!azvpn_policy_allows_in(tunnel, rx->reqid, skb)))
		return AZVPN_A_DROPS_SELECTOR;
	skb_reset_network_header(skb);
	if (rx->flags & AZVPN_SA_FLAG_COPY_ECN && unlikely(!take_ecn(skb, outer_tos)))
		return AZVPN_A_DROPS_ECN;
	azvpn_mss_clamp(skb, tunnel);
	return 0;
}
