/* SPDX-License-Identifier: GPL-2.0 */
/* Policies: which inner packets a tunnel carries, and by which SA. */
#ifndef _AZVPN_POLICY_H
#define _AZVPN_POLICY_H

#include <asm/barrier.h>
#include <linux/rhashtable.h>
#include <linux/types.h>

#include "flow.h"
#include "hold.h"
#include "sa.h"

struct azvpn_net;
struct azvpn_tunnel;
struct netlink_ext_ack;

/**
 * struct azvpn_port_range - Ports from one to another, both included, in host byte order
 * @min: the lowest
 * @max: the highest
 */
struct azvpn_port_range {
	u16 min;
	u16 max;
};

/**
 * struct azvpn_selector - Which packets a policy is for (RFC 4301 section 4.4.1.1)
 * @src: source network, host bits zero
 * @dst: destination network, host bits zero, of the same family
 * @src_prefix: prefix length of @src
 * @dst_prefix: prefix length of @dst
 * @protocol: protocol, 0 for any
 * @sport: source ports
 * @dport: destination ports, or types and codes of ICMP
 */
struct azvpn_selector {
	struct azvpn_addr src;
	struct azvpn_addr dst;
	u8 src_prefix;
	u8 dst_prefix;
	u8 protocol;
	struct azvpn_port_range sport;
	struct azvpn_port_range dport;
};

/**
 * struct azvpn_policy_key - What a policy is found by in the table of its namespace
 * @src: source network
 * @dst: destination network
 * @tunnel_id: number of the tunnel
 * @priority: see &struct azvpn_policy
 * @direction: AZVPN_DIRECTION_*
 * @src_prefix: prefix length of @src
 * @dst_prefix: prefix length of @dst
 * @protocol: protocol, 0 for any
 *
 * Those that differ in ports alone share a key.
 */
struct azvpn_policy_key {
	struct azvpn_addr src;
	struct azvpn_addr dst;
	u32 tunnel_id;
	u32 priority;
	u8 direction;
	u8 src_prefix;
	u8 dst_prefix;
	u8 protocol;
};

/**
 * union azvpn_policy_rule - What becomes of the packets of a policy
 * @action: AZVPN_POLICY_ACTION_*
 * @reqid: inbound, the SAs the policy is for
 * @word: both, so that no packet meets the one without the other
 */
union azvpn_policy_rule {
	struct {
		u32 action;
		u32 reqid;
	};
	u64 word;
};

/**
 * struct azvpn_policy - A selector on a tunnel, in one direction
 * @node: in &struct azvpn_net.policies
 * @key: what it is found by, which includes its priority, the lowest number
 *	first; immutable
 * @tx: outbound, the SA to send with, NULL if there is none; changed under the
 *	lock of the namespace
 * @rule: action and reqid; changed under the lock, as one word
 * @sport: source ports; immutable
 * @dport: destination ports; immutable
 * @last_used: see azvpn_note_use(); any CPU
 * @acquire_after: jiffies before which no other acquire is raised; any CPU
 * @trap: outbound, no SA was named: one is to be asked for; under the lock
 * @hold: packets that wait for the SA of a trap
 * @tunnel: its tunnel; immutable, outlives the policy
 * @id: its number in &struct azvpn_net.policy_ids, for dumps; immutable
 * @tunnel_list: in &struct azvpn_tunnel.policies; under the lock
 * @sa_list: in &struct azvpn_sa.policies while @tx is set; under the lock
 * @rcu: defers the end
 */
struct azvpn_policy {
	struct rhlist_head node;
	struct azvpn_policy_key key;
	struct azvpn_sa_tx __rcu *tx;
	union azvpn_policy_rule rule;
	struct azvpn_port_range sport;
	struct azvpn_port_range dport;
	unsigned long last_used;
	unsigned long acquire_after;
	bool trap;
	struct azvpn_hold hold;
	struct azvpn_tunnel *tunnel;
	u32 id;
	struct list_head tunnel_list;
	struct list_head sa_list;
	struct rcu_head rcu;
};

/* The rule as packets see it, and with it all that configure() has written before */
static inline union azvpn_policy_rule
azvpn_policy_read_rule(const struct azvpn_policy *policy)
{
	/* pairs with configure() */
	return (union azvpn_policy_rule){ .word = smp_load_acquire(&policy->rule.word) };
}

struct azvpn_policy_shapes;

/**
 * struct azvpn_policy_set - The policies of a tunnel in one direction, as packets look them up
 * @any4: the one from anywhere to anywhere of IPv4, if there is one
 * @any6: the same of IPv6
 * @shapes: the forms that the others have, NULL for none
 *
 * All are changed under the lock of the namespace and read under RCU. A
 * tunnel that has but any-to-any policies spends two loads on it. Otherwise
 * every form costs one look-up in a hash table, however many policies there are.
 */
struct azvpn_policy_set {
	struct azvpn_policy __rcu *any4;
	struct azvpn_policy __rcu *any6;
	struct azvpn_policy_shapes __rcu *shapes;
};

/**
 * struct azvpn_policy_config - What a policy is to be
 * @tunnel_id: number of the tunnel
 * @direction: AZVPN_DIRECTION_*
 * @selector: which packets
 * @priority: the lowest number counts most
 * @action: AZVPN_POLICY_ACTION_*
 * @reqid: see &struct azvpn_policy
 * @sa: key of the SA to send with, SPI 0 for a trap
 */
struct azvpn_policy_config {
	u32 tunnel_id;
	u32 direction;
	struct azvpn_selector selector;
	u32 priority;
	u32 action;
	u32 reqid;
	struct azvpn_sa_key sa;
};

int azvpn_policy_add(struct azvpn_net *azn, const struct azvpn_policy_config *config, bool replace,
		     struct netlink_ext_ack *extack);
void azvpn_policy_delete(struct azvpn_policy *policy);
void azvpn_policy_flush(struct azvpn_tunnel *tunnel);
void azvpn_policy_forget_sa(struct azvpn_sa *sa);

/* policy_lookup.c */
int azvpn_policy_table_init(struct azvpn_net *azn);
void azvpn_policy_table_free(struct azvpn_net *azn);
int azvpn_policy_expose(struct azvpn_policy *policy);
void azvpn_policy_hide(struct azvpn_policy *policy);
struct azvpn_policy *azvpn_policy_find(struct azvpn_tunnel *tunnel, u32 direction,
				       const struct azvpn_selector *selector);
struct azvpn_policy *azvpn_policy_out(const struct azvpn_tunnel *tunnel, const struct sk_buff *skb);
bool azvpn_policy_allows_in(const struct azvpn_tunnel *tunnel, u32 reqid,
			    const struct sk_buff *skb);

#endif /* _AZVPN_POLICY_H */
