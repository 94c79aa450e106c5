// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer: the look-up of policies, against a list that is looked through.
 *
 * The input is a sequence of steps, the first byte of each of which says what
 * it does: add a policy, add one while there is no memory, remove one, look up
 * a packet.
 */
#include "fuzz.h"

#include <net/ipv6.h>
#include <uapi/linux/azvpn.h>

#include "device.h"
#include "policy.h"

enum { MAX_POLICIES = 48, MAX_STEPS = 400, NR_TUNNELS = 2, IP4 = 20, IP6 = 40, MAX_PACKET = 48 };
enum { ADD, ADD_WITHOUT_MEMORY, REMOVE, PACKET, NR_KINDS = 8 };

bool shim_no_memory;
unsigned long jiffies = 1000;

static struct azvpn_net azn;
static struct azvpn_tunnel tunnels[NR_TUNNELS];
static struct azvpn_policy *policies[MAX_POLICIES];
static unsigned int nr_policies;

/* Few addresses, so that networks lie in one another */
static struct azvpn_addr take_addr(struct input *in, u16 family)
{
	struct azvpn_addr addr = { .family = family };
	u8 *bytes = (u8 *)&addr;
	u8 choice = take(in);

	bytes[0] = 10 + (choice & 1);
	bytes[1] = choice >> 1 & 1;
	bytes[3] = choice >> 2 & 3;
	if (family == AF_INET6) {
		bytes[7] = choice >> 4 & 1;
		bytes[15] = choice >> 5 & 7;
	}
	return addr;
}

static u8 take_prefix(struct input *in, u16 family)
{
	static const u8 common4[] = { 0, 0, 8, 15, 16, 24, 31, 32 };
	static const u8 common6[] = { 0, 0, 16, 32, 63, 64, 127, 128 };
	u8 choice = take(in);

	if (choice < 8)
		return (family == AF_INET ? common4 : common6)[choice];
	return choice % (family == AF_INET ? 33 : 129);
}

static bool bit(const struct azvpn_addr *addr, unsigned int i)
{
	return ((const u8 *)addr)[i / 8] << i % 8 & 0x80;
}

static void mask(struct azvpn_addr *addr, unsigned int prefix)
{
	unsigned int i;

	for (i = prefix; i < azvpn_addr_size(addr) * 8; i++)
		((u8 *)addr)[i / 8] &= ~(0x80 >> i % 8);
}

static u8 take_protocol(struct input *in, u16 family)
{
	const u8 common[] = { 0, 6, 17, family == AF_INET ? 1 : 58, 50, 132, 47, 6 };

	return common[take(in) % 8];
}

static bool has_ports(u8 protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 1 || protocol == 58 ||
	       protocol == 132;
}

static struct azvpn_port_range take_ports(struct input *in, u8 protocol)
{
	struct azvpn_port_range range = { 0, U16_MAX };
	u8 choice = take(in);

	if (!has_ports(protocol) || choice < 128)
		return range;
	range.min = choice & 7;
	range.max = range.min + (choice >> 3 & 7);
	return range;
}

static struct azvpn_tunnel *take_tunnel(u8 choice)
{
	return &tunnels[choice >> 3 & 1];
}

static u32 take_direction(u8 choice)
{
	return choice & 0x10 ? AZVPN_DIRECTION_OUT : AZVPN_DIRECTION_IN;
}

static u16 take_family(u8 choice)
{
	return choice & 0x20 ? AF_INET6 : AF_INET;
}

static bool same_selector(const struct azvpn_policy *policy, const struct azvpn_tunnel *tunnel,
			  u32 direction, const struct azvpn_selector *selector)
{
	const struct azvpn_policy_key *key = &policy->key;

	return policy->tunnel == tunnel && key->direction == direction &&
	       azvpn_addr_equal(&key->src, &selector->src) &&
	       azvpn_addr_equal(&key->dst, &selector->dst) &&
	       key->src_prefix == selector->src_prefix && key->dst_prefix == selector->dst_prefix &&
	       key->protocol == selector->protocol && policy->sport.min == selector->sport.min &&
	       policy->sport.max == selector->sport.max &&
	       policy->dport.min == selector->dport.min && policy->dport.max == selector->dport.max;
}

static struct azvpn_policy *model_find(const struct azvpn_tunnel *tunnel, u32 direction,
				       const struct azvpn_selector *selector)
{
	unsigned int i;

	for (i = 0; i < nr_policies; i++)
		if (same_selector(policies[i], tunnel, direction, selector))
			return policies[i];
	return NULL;
}

static struct azvpn_policy *new_policy(struct azvpn_tunnel *tunnel, u32 direction,
				       const struct azvpn_selector *selector, u8 rule)
{
	struct azvpn_policy *policy = calloc(1, sizeof(*policy));

	policy->tunnel = tunnel;
	policy->key = (struct azvpn_policy_key) {
		.src		= selector->src,
		.dst		= selector->dst,
		.tunnel_id	= tunnel->id,
		.priority	= rule & 3,
		.direction	= direction,
		.src_prefix	= selector->src_prefix,
		.dst_prefix	= selector->dst_prefix,
		.protocol	= selector->protocol,
	};
	policy->sport = selector->sport;
	policy->dport = selector->dport;
	policy->rule.action = rule & 0x10 ? AZVPN_POLICY_ACTION_DROP : AZVPN_POLICY_ACTION_PROTECT;
	policy->rule.reqid = rule >> 2 & 3;
	return policy;
}

static void add(struct input *in, u8 choice, bool without_memory)
{
	struct azvpn_tunnel *tunnel = take_tunnel(choice);
	u32 direction = take_direction(choice);
	u16 family = take_family(choice);
	struct azvpn_selector selector = {
		.src		= take_addr(in, family),
		.dst		= take_addr(in, family),
		.src_prefix	= take_prefix(in, family),
		.dst_prefix	= take_prefix(in, family),
		.protocol	= take_protocol(in, family),
	};
	u8 rule = take(in);
	struct azvpn_policy *policy, *found;
	int err;

	selector.sport = take_ports(in, selector.protocol);
	selector.dport = take_ports(in, selector.protocol);
	mask(&selector.src, selector.src_prefix);
	mask(&selector.dst, selector.dst_prefix);
	found = azvpn_policy_find(tunnel, direction, &selector);
	require(found == model_find(tunnel, direction, &selector));
	if (found || nr_policies == MAX_POLICIES)
		return;
	policy = new_policy(tunnel, direction, &selector, rule);
	shim_no_memory = without_memory;
	err = azvpn_policy_expose(policy);
	shim_no_memory = false;
	require(!err || (without_memory && err == -ENOMEM));
	if (err) {
		free(policy);
		return;
	}
	policies[nr_policies++] = policy;
	require(azvpn_policy_find(tunnel, direction, &selector) == policy);
}

static void remove_policy(unsigned int i)
{
	azvpn_policy_hide(policies[i]);
	free(policies[i]);
	policies[i] = policies[--nr_policies];
}

/* A packet, and what is in it */
struct packet {
	u8 bytes[MAX_PACKET];
	unsigned int len;
	struct azvpn_addr src, dst;
	u8 protocol;
	bool has_ports;
	u16 sport, dport;
};

static void take_packet(struct input *in, u16 family, struct packet *packet)
{
	unsigned int header = family == AF_INET ? IP4 : IP6;
	u8 ports;

	memset(packet, 0, sizeof(*packet));
	packet->src = take_addr(in, family);
	packet->dst = take_addr(in, family);
	packet->protocol = take_protocol(in, family);
	ports = take(in);
	packet->len = header + 8;
	packet->bytes[0] = family == AF_INET ? 0x45 : 0x60;
	packet->bytes[family == AF_INET ? 9 : 6] = packet->protocol;
	memcpy(packet->bytes + (family == AF_INET ? 12 : 8), &packet->src,
	       azvpn_addr_size(&packet->src));
	memcpy(packet->bytes + (family == AF_INET ? 16 : 24), &packet->dst,
	       azvpn_addr_size(&packet->dst));
	packet->bytes[header + 1] = ports & 15;
	packet->bytes[header + 3] = ports >> 4 & 7;
	/* a later fragment, or one that ends too soon */
	if (ports & 0x80 && family == AF_INET)
		packet->bytes[7] = 1;
	else if (ports & 0x80)
		packet->len = header + 1;
	packet->has_ports = has_ports(packet->protocol) && !(ports & 0x80);
	packet->sport = packet->bytes[header + 1];
	packet->dport = packet->bytes[header + 3];
	if (packet->protocol == 1 || packet->protocol == 58) {
		packet->sport = 0;
		packet->dport = packet->bytes[header + 1];
	}
}

static bool in_network(const struct azvpn_addr *addr, const struct azvpn_addr *network, u8 prefix)
{
	unsigned int i;

	if (addr->family != network->family)
		return false;
	for (i = 0; i < prefix; i++)
		if (bit(addr, i) != bit(network, i))
			return false;
	return true;
}

static bool in_range(const struct azvpn_port_range *range, const struct packet *packet, u16 port)
{
	if (!range->min && range->max == U16_MAX)
		return true;
	return packet->has_ports && port >= range->min && port <= range->max;
}

static bool model_matches(const struct azvpn_policy *policy, const struct packet *packet)
{
	const struct azvpn_policy_key *key = &policy->key;

	return in_network(&packet->src, &key->src, key->src_prefix) &&
	       in_network(&packet->dst, &key->dst, key->dst_prefix) &&
	       (!key->protocol || key->protocol == packet->protocol) &&
	       in_range(&policy->sport, packet, packet->sport) &&
	       in_range(&policy->dport, packet, packet->dport);
}

/* The lower, the more it counts, as the specification of the interface has it */
static u64 rank(const struct azvpn_policy *policy)
{
	const struct azvpn_policy_key *key = &policy->key;
	u32 ports = policy->sport.max - policy->sport.min + policy->dport.max - policy->dport.min;

	return (u64)key->priority << 48 | (u64)(128 - key->dst_prefix) << 40 |
	       (u64)(128 - key->src_prefix) << 32 | (u64)!key->protocol << 24 | ports;
}

static struct azvpn_policy *model_match(const struct azvpn_tunnel *tunnel, u32 direction,
					u32 reqid, const struct packet *packet)
{
	struct azvpn_policy *best = NULL;
	unsigned int i;

	for (i = 0; i < nr_policies; i++) {
		struct azvpn_policy *policy = policies[i];

		if (policy->tunnel != tunnel || policy->key.direction != direction ||
		    !model_matches(policy, packet))
			continue;
		if (direction == AZVPN_DIRECTION_IN && policy->rule.reqid != reqid &&
		    policy->rule.action != AZVPN_POLICY_ACTION_DROP)
			continue;
		if (!best || rank(policy) < rank(best))
			best = policy;
	}
	return best;
}

/* Whether one with that action may win: those of one rank differ in ports alone, and overlap */
static bool model_may_win(const struct azvpn_policy *best, u32 action, u32 reqid,
			  const struct packet *packet)
{
	unsigned int i;

	for (i = 0; best && i < nr_policies; i++) {
		const struct azvpn_policy *policy = policies[i];

		if (policy->tunnel == best->tunnel && rank(policy) == rank(best) &&
		    policy->key.direction == best->key.direction &&
		    model_matches(policy, packet) && policy->rule.action == action &&
		    (action == AZVPN_POLICY_ACTION_DROP || policy->rule.reqid == reqid))
			return true;
	}
	return false;
}

static void look_up(struct input *in, u8 choice)
{
	struct azvpn_tunnel *tunnel = take_tunnel(choice);
	u32 direction = take_direction(choice), reqid = take(in) & 3;
	struct azvpn_policy *expected, *found;
	struct packet packet;
	struct sk_buff skb;
	unsigned int i;

	take_packet(in, take_family(choice), &packet);
	shim_skb_init(&skb, packet.bytes, packet.len, packet.src.family == AF_INET ? IP4 : IP6);
	for (i = 0; i < nr_policies; i++)
		policies[i]->last_used = 0;
	expected = model_match(tunnel, direction, reqid, &packet);
	if (direction == AZVPN_DIRECTION_OUT) {
		found = azvpn_policy_out(tunnel, &skb);
		require(!found == !expected && (!found || rank(found) == rank(expected)));
		require(!found || (model_matches(found, &packet) && found->last_used));
	} else if (azvpn_policy_allows_in(tunnel, reqid, &skb)) {
		require(model_may_win(expected, AZVPN_POLICY_ACTION_PROTECT, reqid, &packet));
	} else {
		require(!expected || model_may_win(expected, AZVPN_POLICY_ACTION_DROP, reqid,
						   &packet));
	}
	shim_skb_free(&skb);
}

static void step(struct input *in)
{
	u8 choice = take(in);

	switch (choice % NR_KINDS) {
	case ADD:
		add(in, choice, false);
		return;
	case ADD_WITHOUT_MEMORY:
		add(in, choice, true);
		return;
	case REMOVE:
		if (nr_policies)
			remove_policy(take(in) % nr_policies);
		return;
	default:
		look_up(in, choice);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int i;

	require(!azvpn_policy_table_init(&azn));
	for (i = 0; i < NR_TUNNELS; i++) {
		memset(&tunnels[i], 0, sizeof(tunnels[i]));
		tunnels[i].azn = &azn;
		tunnels[i].id = i + 1;
	}
	for (i = 0; i < MAX_STEPS && in.left; i++)
		step(&in);
	while (nr_policies)
		remove_policy(nr_policies - 1);
	for (i = 0; i < NR_TUNNELS; i++) {
		require(!tunnels[i].in.any4 && !tunnels[i].in.any6 && !tunnels[i].in.shapes);
		require(!tunnels[i].out.any4 && !tunnels[i].out.any6 && !tunnels[i].out.shapes);
	}
	azvpn_policy_table_free(&azn);
	return 0;
}
