// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer: what selectors look at in a packet, against a reader of its own.
 *
 * The input is how much of the packet lies in one piece (1 byte), its family
 * (1 byte) and the packet.
 */
#include "fuzz.h"

#include <linux/skbuff.h>
#include <net/ipv6.h>

#include "flow.h"

enum { MAX_PACKET = 512, IP4 = 20, IP6 = 40 };

bool shim_no_memory;
unsigned long jiffies;

struct packet {
	u8 bytes[MAX_PACKET];
	unsigned int len;
};

static u16 two(const u8 *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static bool has_ports(u8 protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 136 || protocol == 132 ||
	       protocol == 33;
}

static void model_ports(struct azvpn_flow *flow, const struct packet *packet, unsigned int at)
{
	if (has_ports(flow->protocol) && at + 4 <= packet->len) {
		flow->sport = two(packet->bytes + at);
		flow->dport = two(packet->bytes + at + 2);
		flow->has_ports = true;
	}
	if ((flow->protocol == 1 || flow->protocol == 58) && at + 2 <= packet->len) {
		flow->dport = two(packet->bytes + at);
		flow->has_ports = true;
	}
}

static void model_ip4(struct azvpn_flow *flow, const struct packet *packet)
{
	flow->src.family = AF_INET;
	flow->dst.family = AF_INET;
	memcpy(&flow->src.ip4, packet->bytes + 12, 4);
	memcpy(&flow->dst.ip4, packet->bytes + 16, 4);
	flow->protocol = packet->bytes[9];
	if (!(two(packet->bytes + 6) & 0x1fff))
		model_ports(flow, packet, (packet->bytes[0] & 15) * 4);
}

/* RFC 8200 section 4. Where the chain of headers is cut, the first number is all there is. */
static void model_ip6(struct azvpn_flow *flow, const struct packet *packet)
{
	const u8 first = packet->bytes[6];
	unsigned int at = IP6;
	u8 next = first;

	flow->src.family = AF_INET6;
	flow->dst.family = AF_INET6;
	memcpy(&flow->src.ip6, packet->bytes + 8, 16);
	memcpy(&flow->dst.ip6, packet->bytes + 24, 16);
	flow->protocol = first;
	while (next == 0 || next == 43 || next == 44 || next == 51 || next == 60) {
		const u8 *header;

		if (at + (next == 44 ? 4 : 2) > packet->len)
			return;
		header = packet->bytes + at;
		if (next == 44 && two(header + 2) & 0xfff8) {
			flow->protocol = header[0];
			return;
		}
		at += next == 44 ? 8 : next == 51 ? header[1] * 4 + 8 : header[1] * 8 + 8;
		next = header[0];
	}
	if (next == 59)
		return;
	flow->protocol = next;
	model_ports(flow, packet, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int linear = take(&in);
	bool ip6 = take(&in) & 1;
	struct azvpn_flow flow, expected = {};
	struct packet packet = {};
	struct sk_buff skb;

	packet.len = take_rest(&in, packet.bytes, MAX_PACKET);
	if (packet.len < (ip6 ? IP6 : IP4))
		return 0;
	packet.bytes[0] = (packet.bytes[0] & 15) | (ip6 ? 0x60 : 0x40);
	shim_skb_init(&skb, packet.bytes, packet.len, max_t(unsigned int, linear, ip6 ? IP6 : IP4));

	memset(&flow, 0xff, sizeof(flow));
	azvpn_flow_read(&flow, &skb, 0);
	(ip6 ? model_ip6 : model_ip4)(&expected, &packet);
	require(azvpn_addr_equal(&flow.src, &expected.src));
	require(azvpn_addr_equal(&flow.dst, &expected.dst));
	require(flow.protocol == expected.protocol);
	require(flow.has_ports == expected.has_ports);
	require(flow.sport == expected.sport && flow.dport == expected.dport);
	shim_skb_free(&skb);
	return 0;
}
