// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer: the clamp of TCP's MSS. Only the value and the checksum may change,
 * the value to the limit and no further, and what the checksum covers still
 * adds up to what it added up to.
 *
 * The input is how much of the packet lies in one piece (1 byte), flags (1), the
 * tunnel's limit (2), its MTU (2) and the packet.
 */
#include "fuzz.h"

#include <linux/skbuff.h>
#include <net/ipv6.h>

#include "device.h"
#include "mss.h"

enum { MAX_PACKET = 512, IP4 = 20, IP6 = 40, TCP = 20, CHECK = 16 };
enum { IS_IP6 = 1, NO_MEMORY = 2 };

bool shim_no_memory;
unsigned long jiffies;

struct packet {
	u8 bytes[MAX_PACKET];
	unsigned int len;
};

static unsigned int two(const u8 *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

/* Of a packet that is no later fragment and has all its headers; 0 for none */
static unsigned int model_tcp(const struct packet *packet, bool ip6)
{
	const u8 *bytes = packet->bytes;
	unsigned int at = IP6;
	u8 next = bytes[6];

	if (!ip6)
		return bytes[9] == 6 && !(two(bytes + 6) & 0x1fff) ? (bytes[0] & 15) * 4 : 0;
	while (next == 0 || next == 43 || next == 44 || next == 51 || next == 60) {
		if (at + (next == 44 ? 4 : 2) > packet->len ||
		    (next == 44 && two(bytes + at + 2) & 0xfff8))
			return 0;
		switch (next) {
		case 44:
			next = bytes[at];
			at += 8;
			break;
		case 51:
			next = bytes[at];
			at += bytes[at + 1] * 4 + 8;
			break;
		default:
			next = bytes[at];
			at += bytes[at + 1] * 8 + 8;
		}
	}
	return next == 6 ? at : 0;
}

/* Where the MSS of a SYN is; 0 for none */
static unsigned int model_value(const struct packet *packet, unsigned int tcp)
{
	const u8 *bytes = packet->bytes;
	unsigned int at, end;

	if (!tcp || tcp + TCP > packet->len || !(bytes[tcp + 13] & 2))
		return 0;
	end = tcp + (bytes[tcp + 12] >> 4) * 4;
	if (end > packet->len)
		return 0;
	for (at = tcp + TCP; at < end && bytes[at]; at += bytes[at] == 1 ? 1 : bytes[at + 1]) {
		if (bytes[at] == 1)
			continue;
		if (end - at < 2 || bytes[at + 1] < 2 || bytes[at + 1] > end - at)
			return 0;
		if (bytes[at] == 2 && bytes[at + 1] == 4)
			return at + 2;
	}
	return 0;
}

/* The sum of a segment as its checksum has it: 0 and 0xffff are the same */
static unsigned int sum(const u8 *bytes, unsigned int len)
{
	u64 total = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		total += i & 1 ? bytes[i] : bytes[i] << 8;
	return total % 0xffff;
}

static void compare(const struct packet *before, const u8 *after, unsigned int tcp,
		    unsigned int value, unsigned int limit)
{
	unsigned int i;

	if (value && two(before->bytes + value) > limit) {
		require(two(after + value) == limit);
		require(sum(before->bytes + tcp, before->len - tcp) ==
			sum(after + tcp, before->len - tcp));
	} else {
		value = 0;
	}
	for (i = 0; i < before->len; i++) {
		bool may = value && (i == value || i == value + 1 || i == tcp + CHECK ||
				     i == tcp + CHECK + 1);

		require(may || after[i] == before->bytes[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int linear = take(&in), flags = take(&in), mss = take16(&in), mtu = take16(&in);
	const unsigned int header = flags & IS_IP6 ? IP6 : IP4;
	unsigned int tcp, value, limit = mss;
	struct net_device dev = { .mtu = mtu };
	struct azvpn_tunnel tunnel = { .dev = &dev, .mss = mss };
	struct packet packet = {};
	u8 after[MAX_PACKET];
	struct sk_buff skb;

	packet.len = take_rest(&in, packet.bytes, MAX_PACKET);
	if (packet.len < header)
		return 0;
	packet.bytes[0] = (packet.bytes[0] & 15) | (flags & IS_IP6 ? 0x60 : 0x40);
	shim_skb_init(&skb, packet.bytes, packet.len, max_t(unsigned int, linear, header));

	tcp = model_tcp(&packet, flags & IS_IP6);
	value = mss ? model_value(&packet, tcp) : 0;
	if (mtu < header + TCP + 1)
		limit = 1;
	else if (mtu - header - TCP < limit)
		limit = mtu - header - TCP;
	shim_no_memory = flags & NO_MEMORY;
	azvpn_mss_clamp(&skb, &tunnel);
	if (shim_no_memory)
		value = 0;
	shim_no_memory = false;
	require(skb.len == packet.len && !skb_copy_bits(&skb, 0, after, skb.len));
	compare(&packet, after, tcp, value, limit);
	shim_skb_free(&skb);
	return 0;
}
