// SPDX-License-Identifier: GPL-2.0
/*
 * From a packet to its policy.
 *
 * All policies of a namespace are in one hash table, keyed by tunnel,
 * direction, priority, protocol, masked addresses and prefix lengths. A tunnel
 * keeps a list of the combinations of priority, prefix lengths and protocol or
 * none that are in use ("shapes"), in the order in which they count; a look-up
 * goes through it, masks the packet's addresses with each and asks the table.
 * Policies that differ in ports alone are looked through.
 */
#include <linux/inetdevice.h>
#include <linux/jhash.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <uapi/linux/azvpn.h>

#include "device.h"
#include "net.h"
#include "policy.h"

/**
 * struct shape - What policies have in common that one look-up finds
 * @priority: their priority
 * @family: their family
 * @src_prefix: prefix length of their source
 * @dst_prefix: prefix length of their destination
 * @has_protocol: they are for one protocol each
 * @users: number of policies; under the lock of the namespace
 */
struct shape {
	u32 priority;
	u16 family;
	u8 src_prefix;
	u8 dst_prefix;
	bool has_protocol;
	u32 users;
};

/**
 * struct azvpn_policy_shapes - The shapes of a tunnel in one direction
 * @rcu: defers the end
 * @count: number of shapes
 * @shape: the shapes, in the order in which they count; but for @users immutable
 */
struct azvpn_policy_shapes {
	struct rcu_head rcu;
	u32 count;
	struct shape shape[];
};

static u32 fold(const struct azvpn_addr *addr)
{
	const __be32 *word = addr->ip6.s6_addr32;

	return (__force u32)(word[0] ^ word[1] ^ word[2] ^ word[3]);
}

static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct azvpn_policy_key *key = data;

	return jhash_3words(fold(&key->src), fold(&key->dst),
			    key->tunnel_id ^ (u32)key->dst_prefix << 24 ^ key->src_prefix << 16,
			    seed);
}

static const struct rhashtable_params table_params = {
	.key_len	= sizeof(struct azvpn_policy_key),
	.key_offset	= offsetof(struct azvpn_policy, key),
	.head_offset	= offsetof(struct azvpn_policy, node),
	.hashfn		= hash_key,
	.automatic_shrinking = true,
};

int azvpn_policy_table_init(struct azvpn_net *azn)
{
	xa_init_flags(&azn->policy_ids, XA_FLAGS_ALLOC1);
	return rhltable_init(&azn->policies, &table_params);
}

/* All policies went with their tunnels */
void azvpn_policy_table_free(struct azvpn_net *azn)
{
	WARN_ON_ONCE(!xa_empty(&azn->policy_ids));
	xa_destroy(&azn->policy_ids);
	rhltable_destroy(&azn->policies);
}

static struct azvpn_policy_set *set_of(struct azvpn_tunnel *tunnel, u32 direction)
{
	return direction == AZVPN_DIRECTION_OUT ? &tunnel->out : &tunnel->in;
}

static bool is_all(const struct azvpn_port_range *range)
{
	return !range->min && range->max == U16_MAX;
}

static bool is_any(const struct azvpn_policy *policy)
{
	const struct azvpn_policy_key *key = &policy->key;

	return !key->src_prefix && !key->dst_prefix && !key->protocol &&
	       is_all(&policy->sport) && is_all(&policy->dport);
}

static struct azvpn_policy __rcu **any_of(struct azvpn_policy_set *set, u16 family)
{
	return family == AF_INET ? &set->any4 : &set->any6;
}

static struct azvpn_policy_shapes *shapes_locked(const struct azvpn_policy_set *set,
						 const struct azvpn_net *azn)
{
	return rcu_dereference_protected(set->shapes, lockdep_is_held(&azn->lock));
}

static struct shape shape_of(const struct azvpn_policy_key *key)
{
	return (struct shape) {
		.priority	= key->priority,
		.family		= key->src.family,
		.src_prefix	= key->src_prefix,
		.dst_prefix	= key->dst_prefix,
		.has_protocol	= key->protocol,
		.users		= 1,
	};
}

/* Below 0 if one shape counts before the other, 0 if they are the same */
static int compare(const struct shape *a, const struct shape *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->family != b->family)
		return a->family - b->family;
	if (a->dst_prefix != b->dst_prefix)
		return b->dst_prefix - a->dst_prefix;
	if (a->src_prefix != b->src_prefix)
		return b->src_prefix - a->src_prefix;
	return b->has_protocol - a->has_protocol;
}

static struct shape *find_shape(struct azvpn_policy_shapes *shapes, const struct shape *wanted)
{
	u32 i;

	for (i = 0; shapes && i < shapes->count; i++)
		if (!compare(&shapes->shape[i], wanted))
			return &shapes->shape[i];
	return NULL;
}

static void swap_shapes(struct azvpn_net *azn, struct azvpn_policy_set *set,
			struct azvpn_policy_shapes *shapes)
{
	struct azvpn_policy_shapes *old = shapes_locked(set, azn);

	rcu_assign_pointer(set->shapes, shapes);
	if (old)
		kfree_rcu(old, rcu);
}

static void keep_shape(struct azvpn_policy_shapes *shapes, const struct shape *shape)
{
	if (shape->users)
		shapes->shape[shapes->count++] = *shape;
}

/* Have the packets look for policies of this shape from now on */
static int add_shape(struct azvpn_net *azn, struct azvpn_policy_set *set,
		     const struct shape *wanted)
{
	struct azvpn_policy_shapes *old = shapes_locked(set, azn), *new;
	struct shape *shape = find_shape(old, wanted);
	u32 count = old ? old->count : 0, i = 0;

	if (shape) {
		shape->users++;
		return 0;
	}
	new = kmalloc(struct_size(new, shape, count + 1), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->count = 0;
	while (i < count && compare(&old->shape[i], wanted) < 0)
		keep_shape(new, &old->shape[i++]);
	new->shape[new->count++] = *wanted;
	while (i < count)
		keep_shape(new, &old->shape[i++]);
	swap_shapes(azn, set, new);
	return 0;
}

/*
 * A shape without users costs packets a look-up until another one is added;
 * to delete a policy takes no memory that way, and cannot fail.
 */
static void remove_shape(struct azvpn_net *azn, struct azvpn_policy_set *set,
			 const struct shape *unwanted)
{
	struct azvpn_policy_shapes *shapes = shapes_locked(set, azn);
	u32 i;

	find_shape(shapes, unwanted)->users--;
	for (i = 0; i < shapes->count; i++)
		if (shapes->shape[i].users)
			return;
	swap_shapes(azn, set, NULL);
}

/**
 * azvpn_policy_expose() - Let packets find a policy
 * @policy: the policy, complete; the lock of its namespace held
 *
 * Return: 0 or -ENOMEM; then packets may have seen it for a moment all the same.
 */
int azvpn_policy_expose(struct azvpn_policy *policy)
{
	const struct shape shape = shape_of(&policy->key);
	struct azvpn_net *azn = policy->tunnel->azn;
	struct azvpn_policy_set *set = set_of(policy->tunnel, policy->key.direction);
	int err;

	lockdep_assert_held(&azn->lock);
	err = rhltable_insert(&azn->policies, &policy->node, table_params);
	if (err)
		return err;
	if (is_any(policy)) {
		rcu_assign_pointer(*any_of(set, policy->key.src.family), policy);
		return 0;
	}
	err = add_shape(azn, set, &shape);
	if (err)
		rhltable_remove(&azn->policies, &policy->node, table_params);
	return err;
}

/**
 * azvpn_policy_hide() - Let packets find a policy no more
 * @policy: the policy; the lock of its namespace held
 *
 * Packets in RCU sections that have begun may still use it.
 */
void azvpn_policy_hide(struct azvpn_policy *policy)
{
	const struct shape shape = shape_of(&policy->key);
	struct azvpn_net *azn = policy->tunnel->azn;
	struct azvpn_policy_set *set = set_of(policy->tunnel, policy->key.direction);

	lockdep_assert_held(&azn->lock);
	if (is_any(policy))
		RCU_INIT_POINTER(*any_of(set, policy->key.src.family), NULL);
	else
		remove_shape(azn, set, &shape);
	rhltable_remove(&azn->policies, &policy->node, table_params);
}

static bool same_ports(const struct azvpn_port_range *a, const struct azvpn_port_range *b)
{
	return a->min == b->min && a->max == b->max;
}

static struct azvpn_policy *find_of_priority(struct azvpn_net *azn, struct azvpn_policy_key *key,
					     const struct azvpn_selector *selector, u32 priority)
{
	struct rhlist_head *list, *pos;
	struct azvpn_policy *policy;

	key->priority = priority;
	list = rhltable_lookup(&azn->policies, key, table_params);
	rhl_for_each_entry_rcu(policy, pos, list, node)
		if (same_ports(&policy->sport, &selector->sport) &&
		    same_ports(&policy->dport, &selector->dport))
			return policy;
	return NULL;
}

/**
 * azvpn_policy_find() - Find the policy with a given selector, of whatever priority
 * @tunnel: its tunnel, the lock of the namespace held
 * @direction: AZVPN_DIRECTION_*
 * @selector: the selector
 *
 * Return: the policy, valid while the lock is held, or NULL.
 */
struct azvpn_policy *azvpn_policy_find(struct azvpn_tunnel *tunnel, u32 direction,
				       const struct azvpn_selector *selector)
{
	struct azvpn_policy_key key = {
		.src		= selector->src,
		.dst		= selector->dst,
		.tunnel_id	= tunnel->id,
		.direction	= direction,
		.src_prefix	= selector->src_prefix,
		.dst_prefix	= selector->dst_prefix,
		.protocol	= selector->protocol,
	};
	struct azvpn_policy_set *set = set_of(tunnel, direction);
	struct azvpn_net *azn = tunnel->azn;
	struct azvpn_policy_shapes *shapes = shapes_locked(set, azn);
	struct azvpn_policy *policy, *any;
	struct shape shape = shape_of(&key);
	u32 i;

	any = rcu_dereference_protected(*any_of(set, selector->src.family),
					lockdep_is_held(&azn->lock));
	rcu_read_lock();
	policy = any ? find_of_priority(azn, &key, selector, any->key.priority) : NULL;
	for (i = 0; !policy && shapes && i < shapes->count; i++) {
		shape.priority = shapes->shape[i].priority;
		if (!compare(&shapes->shape[i], &shape))
			policy = find_of_priority(azn, &key, selector, shape.priority);
	}
	rcu_read_unlock();
	return policy;
}

/* What packets are looked up by */

static struct azvpn_addr network_of(const struct azvpn_addr *addr, u8 prefix)
{
	struct azvpn_addr network = { .family = addr->family };

	if (addr->family == AF_INET)
		network.ip4 = addr->ip4 & inet_make_mask(prefix);
	else
		ipv6_addr_prefix(&network.ip6, &addr->ip6, prefix);
	return network;
}

static bool has_port(const struct azvpn_port_range *range, const struct azvpn_flow *flow, u16 port)
{
	return is_all(range) || (flow->has_ports && port >= range->min && port <= range->max);
}

static bool has_ports(const struct azvpn_policy *policy, const struct azvpn_flow *flow)
{
	return has_port(&policy->sport, flow, flow->sport) &&
	       has_port(&policy->dport, flow, flow->dport);
}

static unsigned int width(const struct azvpn_policy *policy)
{
	return policy->sport.max - policy->sport.min + policy->dport.max - policy->dport.min;
}

static struct rhlist_head *look_up(const struct azvpn_tunnel *tunnel, u32 direction,
				   const struct shape *shape, const struct azvpn_flow *flow)
{
	struct azvpn_policy_key key;

	/* Protocol 0 is that of hop-by-hop options, which are no payload */
	if (shape->family != flow->src.family || (shape->has_protocol && !flow->protocol))
		return NULL;
	/* Not before: the prefixes are those of the family */
	key = (struct azvpn_policy_key) {
		.src		= network_of(&flow->src, shape->src_prefix),
		.dst		= network_of(&flow->dst, shape->dst_prefix),
		.tunnel_id	= tunnel->id,
		.priority	= shape->priority,
		.direction	= direction,
		.src_prefix	= shape->src_prefix,
		.dst_prefix	= shape->dst_prefix,
		.protocol	= shape->has_protocol ? flow->protocol : 0,
	};
	return rhltable_lookup((struct rhltable *)&tunnel->azn->policies, &key, table_params);
}

/* Inbound a policy for other SAs does not concern the packets of one, unless it says drop */
static bool concerns(const struct azvpn_policy *policy, u32 direction, u32 reqid)
{
	union azvpn_policy_rule rule;

	if (direction == AZVPN_DIRECTION_OUT)
		return true;
	rule = azvpn_policy_read_rule(policy);
	return rule.action == AZVPN_POLICY_ACTION_DROP || rule.reqid == reqid;
}

/* The one with the fewest ports of those that match */
static struct azvpn_policy *narrowest(struct rhlist_head *list, const struct azvpn_flow *flow,
				      u32 direction, u32 reqid)
{
	struct azvpn_policy *policy, *best = NULL;
	struct rhlist_head *pos;

	rhl_for_each_entry_rcu(policy, pos, list, node)
		if (has_ports(policy, flow) && concerns(policy, direction, reqid) &&
		    (!best || width(policy) < width(best)))
			best = policy;
	return best;
}

/* The policy of a packet that lies at @offset of @skb, NULL if none matches */
static struct azvpn_policy *match(const struct azvpn_tunnel *tunnel,
				  const struct azvpn_policy_set *set, u32 direction, u32 reqid,
				  const struct sk_buff *skb)
{
	const struct azvpn_policy_shapes *shapes = rcu_dereference(set->shapes);
	struct azvpn_policy *any, *policy;
	struct azvpn_flow flow;
	u32 i;

	any = skb->data[0] >> 4 == 4 ? rcu_dereference(set->any4) : rcu_dereference(set->any6);
	if (any && !concerns(any, direction, reqid))
		any = NULL;
	if (likely(!shapes))
		return any;
	azvpn_flow_read(&flow, skb, 0);
	for (i = 0; i < shapes->count; i++) {
		const struct shape *shape = &shapes->shape[i];

		if (any && any->key.priority < shape->priority)
			break;
		policy = narrowest(look_up(tunnel, direction, shape, &flow), &flow, direction,
				   reqid);
		if (policy)
			return policy;
	}
	return any;
}

/**
 * azvpn_policy_out() - The policy of an outbound packet
 * @tunnel: its tunnel
 * @skb: the packet, data at the inner IP header
 *
 * Context: under RCU, softirqs off.
 * Return: the policy, NULL if none matches.
 */
struct azvpn_policy *azvpn_policy_out(const struct azvpn_tunnel *tunnel, const struct sk_buff *skb)
{
	struct azvpn_policy *policy = match(tunnel, &tunnel->out, AZVPN_DIRECTION_OUT, 0, skb);

	if (policy)
		azvpn_note_use(&policy->last_used);
	return policy;
}

/**
 * azvpn_policy_allows_in() - Tell whether a decrypted packet may come in
 * @tunnel: its tunnel
 * @reqid: of the SA it came by
 * @skb: the packet, data at the inner IP header
 *
 * The packet has to match a policy made for its SA (RFC 4301 section 5.2).
 * Policies for other SAs do not matter, unless one that counts before says drop.
 *
 * Context: under RCU, softirqs off.
 */
bool azvpn_policy_allows_in(const struct azvpn_tunnel *tunnel, u32 reqid,
			    const struct sk_buff *skb)
{
	struct azvpn_policy *policy = match(tunnel, &tunnel->in, AZVPN_DIRECTION_IN, reqid, skb);

	if (!policy || azvpn_policy_read_rule(policy).action == AZVPN_POLICY_ACTION_DROP)
		return false;
	azvpn_note_use(&policy->last_used);
	return true;
}
