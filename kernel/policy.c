// SPDX-License-Identifier: GPL-2.0
/*
 * Policies: which inner packets a tunnel carries, and by which SA.
 *
 * All policies of a namespace are in one hash table, keyed by tunnel,
 * direction, masked addresses and prefix lengths. A tunnel keeps a list of the
 * pairs of prefix lengths in use ("shapes"); a look-up goes through it, masks
 * the packet's addresses with each and asks the table.
 */
#include <linux/inetdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "device.h"
#include "net.h"
#include "policy.h"
#include "sa.h"

/**
 * struct shape - A pair of prefix lengths
 * @src_mask: the first as a mask
 * @dst_mask: the second as a mask
 * @src_prefix: the first
 * @dst_prefix: the second
 * @users: number of policies; under the lock of the namespace
 */
struct shape {
	__be32 src_mask;
	__be32 dst_mask;
	u8 src_prefix;
	u8 dst_prefix;
	u32 users;
};

/**
 * struct azvpn_policy_shapes - The shapes of a tunnel in one direction
 * @rcu: defers the end
 * @count: number of shapes
 * @shape: the shapes, longest prefixes first; but for @users immutable
 */
struct azvpn_policy_shapes {
	struct rcu_head rcu;
	u32 count;
	struct shape shape[];
};

static const struct rhashtable_params table_params = {
	.key_len	= sizeof(struct azvpn_policy_key),
	.key_offset	= offsetof(struct azvpn_policy, key),
	.head_offset	= offsetof(struct azvpn_policy, node),
	.automatic_shrinking = true,
};

int azvpn_policy_table_init(struct azvpn_net *azn)
{
	return rhashtable_init(&azn->policies, &table_params);
}

/* All policies went with their tunnels */
void azvpn_policy_table_free(struct azvpn_net *azn)
{
	WARN_ON_ONCE(!list_empty(&azn->policy_list));
	rhashtable_destroy(&azn->policies);
}

static struct azvpn_policy_set *set_of(struct azvpn_tunnel *tunnel, u8 direction)
{
	return direction == AZVPN_DIRECTION_OUT ? &tunnel->out : &tunnel->in;
}

static bool is_any(const struct azvpn_policy_key *key)
{
	return !key->src_prefix && !key->dst_prefix;
}

static struct azvpn_policy_shapes *shapes_locked(const struct azvpn_policy_set *set,
						 const struct azvpn_net *azn)
{
	return rcu_dereference_protected(set->shapes, lockdep_is_held(&azn->lock));
}

static struct shape *find_shape(struct azvpn_policy_shapes *shapes,
				const struct azvpn_policy_key *key)
{
	u32 i;

	for (i = 0; shapes && i < shapes->count; i++)
		if (shapes->shape[i].src_prefix == key->src_prefix &&
		    shapes->shape[i].dst_prefix == key->dst_prefix)
			return &shapes->shape[i];
	return NULL;
}

/* Whether a shape is looked up before another: the longer destination, then the longer source */
static bool precedes(const struct shape *shape, const struct azvpn_policy_key *key)
{
	if (shape->dst_prefix != key->dst_prefix)
		return shape->dst_prefix > key->dst_prefix;
	return shape->src_prefix > key->src_prefix;
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
		     const struct azvpn_policy_key *key)
{
	struct azvpn_policy_shapes *old = shapes_locked(set, azn), *new;
	struct shape *shape = find_shape(old, key);
	u32 count = old ? old->count : 0, i = 0;

	if (shape) {
		shape->users++;
		return 0;
	}
	new = kmalloc(struct_size(new, shape, count + 1), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->count = 0;
	while (i < count && precedes(&old->shape[i], key))
		keep_shape(new, &old->shape[i++]);
	new->shape[new->count++] = (struct shape) {
		.src_mask	= inet_make_mask(key->src_prefix),
		.dst_mask	= inet_make_mask(key->dst_prefix),
		.src_prefix	= key->src_prefix,
		.dst_prefix	= key->dst_prefix,
		.users		= 1,
	};
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
			 const struct azvpn_policy_key *key)
{
	struct azvpn_policy_shapes *shapes = shapes_locked(set, azn);
	u32 i;

	find_shape(shapes, key)->users--;
	for (i = 0; i < shapes->count; i++)
		if (shapes->shape[i].users)
			return;
	swap_shapes(azn, set, NULL);
}

static struct azvpn_sa_tx *tx_locked(const struct azvpn_policy *policy)
{
	return rcu_dereference_protected(policy->tx, lockdep_is_held(&policy->tunnel->azn->lock));
}

static bool is_ready(const struct azvpn_policy *policy)
{
	return policy->key.direction == AZVPN_DIRECTION_OUT &&
	       policy->rule.action == AZVPN_POLICY_ACTION_PROTECT &&
	       (policy->trap || tx_locked(policy));
}

/* Point a policy to another SA, or to none; packets see the one or the other */
static void set_sa(struct azvpn_policy *policy, struct azvpn_sa *sa)
{
	if (tx_locked(policy))
		list_del(&policy->sa_list);
	if (sa)
		list_add(&policy->sa_list, &sa->policies);
	rcu_assign_pointer(policy->tx, sa ? sa->tx : NULL);
}

/*
 * Everything about a policy that may change while it is in use. A packet looks at
 * the rule first: an SA is there before a rule that needs it, and goes after.
 */
static void configure(struct azvpn_policy *policy, const struct azvpn_policy_config *config,
		      struct azvpn_sa *sa)
{
	const union azvpn_policy_rule rule = { .action = config->action, .reqid = config->reqid };
	bool was_ready = is_ready(policy), ready;

	policy->trap = !config->spi;
	if (sa)
		set_sa(policy, sa);
	smp_store_release(&policy->rule.word, rule.word);	/* see azvpn_policy_read_rule() */
	if (!sa)
		set_sa(policy, NULL);
	ready = is_ready(policy);
	if (ready != was_ready)
		azvpn_tunnel_set_ready(policy->tunnel, ready);
}

static int insert(struct azvpn_net *azn, struct azvpn_policy *policy)
{
	struct azvpn_policy_set *set = set_of(policy->tunnel, policy->key.direction);
	int err;

	err = rhashtable_insert_fast(&azn->policies, &policy->node, table_params);
	if (err)
		return err;
	if (is_any(&policy->key)) {
		rcu_assign_pointer(set->any, policy);
	} else {
		err = add_shape(azn, set, &policy->key);
		if (err) {
			rhashtable_remove_fast(&azn->policies, &policy->node, table_params);
			return err;
		}
	}
	list_add_tail(&policy->list, &azn->policy_list);
	policy->tunnel->policy_count++;
	azn->policy_count++;
	return 0;
}

static int create(struct azvpn_net *azn, struct azvpn_tunnel *tunnel,
		  const struct azvpn_policy_config *config, struct azvpn_sa *sa)
{
	struct azvpn_policy *policy = kzalloc(sizeof(*policy), GFP_KERNEL);
	int err;

	if (!policy)
		return -ENOMEM;
	policy->key = config->key;
	policy->tunnel = tunnel;
	policy->acquire_after = jiffies;
	configure(policy, config, sa);
	err = insert(azn, policy);
	if (err) {
		if (is_ready(policy))
			azvpn_tunnel_set_ready(tunnel, false);
		set_sa(policy, NULL);
		kfree_rcu(policy, rcu);	/* the table may have shown it */
	}
	return err;
}

/* The SA a policy names, which has to be one of the same tunnel that sends */
static struct azvpn_sa *named_sa(struct azvpn_net *azn, const struct azvpn_policy_config *config,
				 struct azvpn_tunnel *tunnel, struct netlink_ext_ack *extack)
{
	struct azvpn_sa *sa = azvpn_sa_find(azn, config->spi, config->sa_dst);

	if (!sa || !sa->tx) {
		NL_SET_ERR_MSG(extack, "no outbound SA has this SPI and destination");
		return ERR_PTR(-ESRCH);
	}
	if (sa->tunnel != tunnel) {
		NL_SET_ERR_MSG(extack, "the SA belongs to another tunnel");
		return ERR_PTR(-EINVAL);
	}
	return sa;
}

/**
 * azvpn_policy_add() - Add a policy, or change one
 * @azn: namespace, its lock held
 * @config: what it is to be; the selectors have no host bits
 * @replace: change the policy with these selectors if there is one
 * @extack: told what is wrong
 *
 * Context: process.
 * Return: 0; -ESRCH without such a tunnel or SA, -EEXIST, -EINVAL, -ENOMEM.
 */
int azvpn_policy_add(struct azvpn_net *azn, const struct azvpn_policy_config *config, bool replace,
		     struct netlink_ext_ack *extack)
{
	struct azvpn_tunnel *tunnel = azvpn_tunnel_lookup(azn, config->key.tunnel_id);
	struct azvpn_policy *policy;
	struct azvpn_sa *sa = NULL;

	lockdep_assert_held(&azn->lock);
	if (!tunnel) {
		NL_SET_ERR_MSG(extack, "no tunnel of this network namespace has this id");
		return -ESRCH;
	}
	if (config->spi) {
		sa = named_sa(azn, config, tunnel, extack);
		if (IS_ERR(sa))
			return PTR_ERR(sa);
	}
	azn->generation++;
	policy = azvpn_policy_find(azn, &config->key);
	if (!policy)
		return create(azn, tunnel, config, sa);
	if (!replace) {
		NL_SET_ERR_MSG(extack,
			       "the tunnel has a policy of this direction and these selectors");
		return -EEXIST;
	}
	configure(policy, config, sa);
	return 0;
}

/**
 * azvpn_policy_find() - Find the policy with given selectors
 * @azn: namespace, its lock held
 * @key: tunnel, direction and selectors
 */
struct azvpn_policy *azvpn_policy_find(struct azvpn_net *azn, const struct azvpn_policy_key *key)
{
	lockdep_assert_held(&azn->lock);
	return rhashtable_lookup_fast(&azn->policies, key, table_params);
}

/**
 * azvpn_policy_delete() - Delete a policy
 * @azn: namespace, its lock held
 * @policy: the policy, freed once no packet can see it
 */
void azvpn_policy_delete(struct azvpn_net *azn, struct azvpn_policy *policy)
{
	struct azvpn_policy_set *set = set_of(policy->tunnel, policy->key.direction);

	lockdep_assert_held(&azn->lock);
	if (is_any(&policy->key))
		RCU_INIT_POINTER(set->any, NULL);
	else
		remove_shape(azn, set, &policy->key);
	rhashtable_remove_fast(&azn->policies, &policy->node, table_params);
	if (is_ready(policy))
		azvpn_tunnel_set_ready(policy->tunnel, false);
	set_sa(policy, NULL);
	list_del(&policy->list);
	policy->tunnel->policy_count--;
	azn->policy_count--;
	azn->generation++;
	kfree_rcu(policy, rcu);
}

/**
 * azvpn_policy_flush() - Delete the policies of a tunnel
 * @azn: namespace, its lock held
 * @tunnel: the tunnel, NULL for all
 */
void azvpn_policy_flush(struct azvpn_net *azn, struct azvpn_tunnel *tunnel)
{
	struct azvpn_policy *policy, *next;

	list_for_each_entry_safe(policy, next, &azn->policy_list, list)
		if (!tunnel || policy->tunnel == tunnel)
			azvpn_policy_delete(azn, policy);
}

/**
 * azvpn_policy_forget_sa() - Leave the policies of an outbound SA without one
 * @sa: the SA, about to go; the lock of its namespace held
 */
void azvpn_policy_forget_sa(struct azvpn_sa *sa)
{
	struct azvpn_policy *policy, *next;

	list_for_each_entry_safe(policy, next, &sa->policies, sa_list) {
		bool was_ready = is_ready(policy);

		set_sa(policy, NULL);
		if (was_ready && !is_ready(policy))
			azvpn_tunnel_set_ready(policy->tunnel, false);
	}
}

/* Saves the cache line from being written by every packet */
static void note_use(struct azvpn_policy *policy)
{
	unsigned long now = jiffies | 1;

	if (READ_ONCE(policy->last_used) != now)
		WRITE_ONCE(policy->last_used, now);
}

static struct azvpn_policy *lookup_shape(const struct azvpn_tunnel *tunnel, u8 direction,
					 const struct shape *shape, __be32 src, __be32 dst)
{
	const struct azvpn_policy_key key = {
		.tunnel_id	= tunnel->id,
		.src		= src & shape->src_mask,
		.dst		= dst & shape->dst_mask,
		.src_prefix	= shape->src_prefix,
		.dst_prefix	= shape->dst_prefix,
		.direction	= direction,
	};

	return rhashtable_lookup(&tunnel->azn->policies, &key, table_params);
}

/**
 * azvpn_policy_out() - The policy of an outbound packet: the one with the longest prefixes
 * @tunnel: its tunnel
 * @src: inner source
 * @dst: inner destination
 *
 * Context: under RCU, softirqs off.
 * Return: the policy, NULL if none matches.
 */
struct azvpn_policy *azvpn_policy_out(const struct azvpn_tunnel *tunnel, __be32 src, __be32 dst)
{
	const struct azvpn_policy_shapes *shapes = rcu_dereference(tunnel->out.shapes);
	struct azvpn_policy *policy = NULL;
	u32 i;

	for (i = 0; shapes && !policy && i < shapes->count; i++)
		policy = lookup_shape(tunnel, AZVPN_DIRECTION_OUT, &shapes->shape[i], src, dst);
	if (!policy)
		policy = rcu_dereference(tunnel->out.any);
	if (policy)
		note_use(policy);
	return policy;
}

/**
 * azvpn_policy_allows_in() - Tell whether a decrypted packet may come in
 * @tunnel: its tunnel
 * @reqid: of the SA it came by
 * @src: inner source
 * @dst: inner destination
 *
 * The packet has to match a policy made for its SA (RFC 4301 section 5.2).
 * Policies for other SAs do not matter, unless a longer one says drop.
 *
 * Context: under RCU, softirqs off.
 */
bool azvpn_policy_allows_in(const struct azvpn_tunnel *tunnel, u32 reqid, __be32 src, __be32 dst)
{
	const struct azvpn_policy_shapes *shapes = rcu_dereference(tunnel->in.shapes);
	u32 count = shapes ? shapes->count : 0, i;
	union azvpn_policy_rule rule;
	struct azvpn_policy *policy;

	for (i = 0; i <= count; i++) {
		policy = i < count ? lookup_shape(tunnel, AZVPN_DIRECTION_IN, &shapes->shape[i],
						  src, dst) : rcu_dereference(tunnel->in.any);
		if (!policy)
			continue;
		rule = azvpn_policy_read_rule(policy);
		if (rule.action == AZVPN_POLICY_ACTION_DROP)
			return false;
		if (rule.reqid == reqid) {
			note_use(policy);
			return true;
		}
	}
	return false;
}
