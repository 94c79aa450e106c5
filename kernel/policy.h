/* SPDX-License-Identifier: GPL-2.0 */
/* Policies: which inner packets a tunnel carries, and by which SA. */
#ifndef _AZVPN_POLICY_H
#define _AZVPN_POLICY_H

#include <asm/barrier.h>
#include <linux/rhashtable.h>
#include <linux/types.h>

struct azvpn_net;
struct azvpn_sa;
struct azvpn_sa_tx;
struct azvpn_tunnel;
struct netlink_ext_ack;

/**
 * struct azvpn_policy_key - What tells a policy from all others of its namespace
 * @tunnel_id: number of the tunnel
 * @src: source network, host bits zero
 * @dst: destination network, host bits zero
 * @src_prefix: prefix length of @src
 * @dst_prefix: prefix length of @dst
 * @direction: AZVPN_DIRECTION_*
 * @zero: padding, hashed with the rest
 */
struct azvpn_policy_key {
	u32 tunnel_id;
	__be32 src;
	__be32 dst;
	u8 src_prefix;
	u8 dst_prefix;
	u8 direction;
	u8 zero;
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
 * struct azvpn_policy - A pair of selectors on a tunnel
 * @node: in &struct azvpn_net.policies
 * @key: selectors; immutable
 * @tx: outbound, the SA to send with, NULL if there is none; changed under the
 *	lock of the namespace
 * @rule: action and reqid; changed under the lock, as one word
 * @last_used: jiffies of the last packet that matched, with bit 0 set; 0 before the first
 * @acquire_after: jiffies before which no other acquire is raised; any CPU
 * @trap: outbound, no SA was named: one is to be asked for; under the lock
 * @tunnel: its tunnel; immutable, outlives the policy
 * @list: in &struct azvpn_net.policy_list; under the lock
 * @sa_list: in &struct azvpn_sa.policies while @tx is set; under the lock
 * @rcu: defers the end
 */
struct azvpn_policy {
	struct rhash_head node;
	struct azvpn_policy_key key;
	struct azvpn_sa_tx __rcu *tx;
	union azvpn_policy_rule rule;
	unsigned long last_used;
	unsigned long acquire_after;
	bool trap;
	struct azvpn_tunnel *tunnel;
	struct list_head list;
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
 * @any: the one from anywhere to anywhere, if there is one
 * @shapes: the pairs of prefix lengths that the others have, NULL for none
 *
 * Both are changed under the lock of the namespace and read under RCU. A
 * tunnel that has but the any-to-any policy spends two loads on it. Otherwise
 * every pair of prefix lengths costs one look-up in a hash table, however many
 * policies there are, the longest prefixes first.
 */
struct azvpn_policy_set {
	struct azvpn_policy __rcu *any;
	struct azvpn_policy_shapes __rcu *shapes;
};

/**
 * struct azvpn_policy_config - What a policy is to be
 * @key: tunnel, direction and selectors
 * @action: AZVPN_POLICY_ACTION_*
 * @reqid: see &struct azvpn_policy
 * @spi: SPI of the SA to send with, 0 for a trap
 * @sa_dst: its destination
 */
struct azvpn_policy_config {
	struct azvpn_policy_key key;
	u32 action;
	u32 reqid;
	__be32 spi;
	__be32 sa_dst;
};

int azvpn_policy_table_init(struct azvpn_net *azn);
void azvpn_policy_table_free(struct azvpn_net *azn);

int azvpn_policy_add(struct azvpn_net *azn, const struct azvpn_policy_config *config, bool replace,
		     struct netlink_ext_ack *extack);
struct azvpn_policy *azvpn_policy_find(struct azvpn_net *azn, const struct azvpn_policy_key *key);
void azvpn_policy_delete(struct azvpn_net *azn, struct azvpn_policy *policy);
void azvpn_policy_flush(struct azvpn_net *azn, struct azvpn_tunnel *tunnel);
void azvpn_policy_forget_sa(struct azvpn_sa *sa);

struct azvpn_policy *azvpn_policy_out(const struct azvpn_tunnel *tunnel, __be32 src, __be32 dst);
bool azvpn_policy_allows_in(const struct azvpn_tunnel *tunnel, u32 reqid, __be32 src, __be32 dst);

#endif /* _AZVPN_POLICY_H */
