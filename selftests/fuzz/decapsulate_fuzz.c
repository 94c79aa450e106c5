// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer: what is made of a packet once it is decrypted, against the same done
 * on flat bytes.
 *
 * The input is a row of the geometries below (1 byte), flags (1), how much lies
 * in one piece (1), the outer TOS (1), then what was encrypted: inner packet,
 * padding and trailer.
 */
#include "fuzz.h"

#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <uapi/linux/azvpn.h>

#include "decapsulate.h"
#include "device.h"
#include "mss.h"
#include "policy.h"

enum { MAX_PLAIN = 768, IP4 = 20, IP6 = 40, TRAILER = 2, MAX_OUTER = IP6 + 8 };
enum { OUTER_IP6 = 1, NO_MEMORY = 2, COPY_ECN = 4, FORBIDDEN = 8 };

bool shim_no_memory;
unsigned long jiffies;

static const struct azvpn_geometry geometries[] = {
	{ 8, 16, 4 }, { 8, 8, 4 }, { 16, 12, 16 }, { 16, 32, 16 }, { 8, 12, 8 }, { 0, 16, 4 },
};

/* What is to come of the packet, and what has */
static struct {
	unsigned int reason;
	u8 plain[MAX_PLAIN];
	unsigned int plain_len, inner_len;
	u8 tos;
	bool ip6;
} expected;
static bool forbidden, asked, ecn_taken, clamped;

static bool is_inner(const struct sk_buff *skb)
{
	u8 bytes[MAX_PLAIN];

	return skb->len == expected.inner_len && !skb_copy_bits(skb, 0, bytes, skb->len) &&
	       !memcmp(bytes, expected.plain, skb->len) &&
	       skb_headlen(skb) >= (expected.ip6 ? IP6 : IP4) &&
	       skb->protocol == htons(expected.ip6 ? ETH_P_IPV6 : ETH_P_IP);
}

bool azvpn_policy_allows_in(const struct azvpn_tunnel *tunnel, u32 reqid, const struct sk_buff *skb)
{
	(void)tunnel;
	require(reqid == 7 && is_inner(skb));
	asked = true;
	return !forbidden;
}

void azvpn_mss_clamp(struct sk_buff *skb, const struct azvpn_tunnel *tunnel)
{
	(void)tunnel;
	require(is_inner(skb) && skb->head + skb->network_header == skb->data);
	clamped = true;
}

/* RFC 6040 figure 4, but for marking the packet, which is the kernel's; 2 drops it */
int INET_ECN_decapsulate(struct sk_buff *skb, u8 outer, u8 inner)
{
	require(is_inner(skb) && skb->head + skb->network_header == skb->data);
	require(outer == expected.tos);
	require(inner == (expected.ip6 ? (u8)(expected.plain[0] << 4 | expected.plain[1] >> 4) :
					 expected.plain[1]));
	ecn_taken = true;
	if (inner & 3)
		return 0;
	return (outer & 3) == 3 ? 2 : (outer & 3) != 0;
}

/* Where the padding begins; 0 where the padding is as it has to be */
static unsigned int model_trailer(void)
{
	const u8 *end = expected.plain + expected.plain_len - TRAILER;
	unsigned int i, padding = end[0];

	if (end[1] == 59)
		return AZVPN_A_DROPS_DUMMY;
	if (padding > expected.plain_len - TRAILER)
		return AZVPN_A_DROPS_TRAILER;
	for (i = 0; i < padding; i++)
		if (end[(int)i - (int)padding] != i + 1)
			return AZVPN_A_DROPS_PADDING;
	expected.inner_len = expected.plain_len - TRAILER - padding;
	if (end[1] != 4 && end[1] != 41)
		return AZVPN_A_DROPS_PROTOCOL;
	expected.ip6 = end[1] == 41;
	return 0;
}

static unsigned int model_inner(void)
{
	const u8 *bytes = expected.plain;
	unsigned int len;

	if (expected.inner_len < (expected.ip6 ? IP6 : IP4) ||
	    bytes[0] >> 4 != (expected.ip6 ? 6 : 4))
		return AZVPN_A_DROPS_TRAILER;
	len = expected.ip6 ? IP6 + (bytes[4] << 8 | bytes[5]) : bytes[2] << 8 | bytes[3];
	if (!expected.ip6 && ((bytes[0] & 15) < 5 || len < (bytes[0] & 15) * 4U))
		return AZVPN_A_DROPS_TRAILER;
	if (len > expected.inner_len)
		return AZVPN_A_DROPS_TRAILER;
	expected.inner_len = len;
	return 0;
}

static unsigned int model(bool copy_ecn)
{
	unsigned int reason = model_trailer() ?: model_inner();
	u8 inner;

	if (reason)
		return reason;
	if (forbidden)
		return AZVPN_A_DROPS_SELECTOR;
	inner = expected.ip6 ? expected.plain[1] >> 4 : expected.plain[1];
	return copy_ecn && !(inner & 3) && (expected.tos & 3) == 3 ? AZVPN_A_DROPS_ECN : 0;
}

/* The packet as receiving hands it over: ESP header and IV in one piece, outer header before it */
static void build(struct sk_buff *skb, const struct azvpn_geometry *geometry, bool ip6,
		  unsigned int linear)
{
	const unsigned int outer = ip6 ? IP6 : IP4, header = 8 + geometry->iv;
	u8 packet[MAX_OUTER + 8 + AZVPN_ESP_IV_MAX + MAX_PLAIN + AZVPN_ESP_ICV_MAX] = {};

	if (ip6) {
		packet[0] = 0x60 | expected.tos >> 4;
		packet[1] = expected.tos << 4;
	} else {
		packet[0] = 0x45;
		packet[1] = expected.tos;
	}
	memcpy(packet + outer + header, expected.plain, expected.plain_len);
	shim_skb_init(skb, packet, outer + header + expected.plain_len + geometry->icv,
		      outer + header + linear);
	skb->network_header = 0;
	__skb_pull(skb, outer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	const struct azvpn_geometry *geometry = &geometries[take(&in) % ARRAY_SIZE(geometries)];
	unsigned int flags = take(&in), linear = take(&in) * 4, reason;
	struct azvpn_tunnel tunnel = {};
	struct azvpn_sa sa = { .tunnel = &tunnel };
	struct azvpn_sa_rx rx = {
		.transform.geometry = *geometry,
		.sa	= &sa,
		.flags	= flags & COPY_ECN ? AZVPN_SA_FLAG_COPY_ECN : 0,
		.reqid	= 7,
	};
	struct sk_buff skb;

	memset(&expected, 0, sizeof(expected));
	expected.tos = take(&in);
	expected.plain_len = take_rest(&in, expected.plain, MAX_PLAIN);
	/* others do not get so far */
	expected.plain_len -= expected.plain_len % geometry->align;
	if (expected.plain_len < geometry->align)
		return 0;
	forbidden = flags & FORBIDDEN;
	asked = ecn_taken = clamped = false;
	build(&skb, geometry, flags & OUTER_IP6, linear);
	expected.reason = model(flags & COPY_ECN);

	shim_no_memory = flags & NO_MEMORY;
	reason = azvpn_decapsulate(&skb, &rx);
	if (!shim_no_memory || reason != AZVPN_A_DROPS_NO_MEMORY) {
		require(reason == expected.reason);
		require(clamped == !reason);
		require(asked == (!reason || reason == AZVPN_A_DROPS_SELECTOR ||
				  reason == AZVPN_A_DROPS_ECN));
		require(reason || ecn_taken == !!(flags & COPY_ECN));
		require(reason || is_inner(&skb));
	}
	shim_no_memory = false;
	shim_skb_free(&skb);
	return 0;
}
