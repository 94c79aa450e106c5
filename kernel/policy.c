// SPDX-License-Identifier: GPL-2.0
/*
 * Policies: which inner packets a tunnel carries, and by which SA. How packets
 * find theirs is in policy_lookup.c.
 */
#include <linux/netlink.h>
#include <linux/slab.h>

#include "device.h"
#include "net.h"
#include "policy.h"
#include "sa.h"
#include "send.h"

/* What a burst brings in the time that a key exchange takes; not what a flood does */
#define MAX_HELD 64

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

	policy->trap = !sa;
	if (sa)
		set_sa(policy, sa);
	smp_store_release(&policy->rule.word, rule.word);	/* see azvpn_policy_read_rule() */
	if (!sa)
		set_sa(policy, NULL);
	ready = is_ready(policy);
	if (ready != was_ready)
		azvpn_tunnel_set_ready(policy->tunnel, ready);
}

/* What has waited for the SA goes by it */
static void send_held(struct azvpn_policy *policy)
{
	struct sk_buff_head packets;

	if (!tx_locked(policy))
		return;
	__skb_queue_head_init(&packets);
	azvpn_hold_take(&policy->hold, &packets);
	azvpn_send_held(&packets, policy->tunnel);
}

static void waited_too_long(struct sk_buff *skb, void *context)
{
	struct azvpn_policy *policy = context;

	azvpn_drop_tx(skb, policy->tunnel, NULL, 0, AZVPN_A_DROPS_HOLD_TIMEOUT);
}

static struct azvpn_policy *alloc_policy(struct azvpn_tunnel *tunnel,
					 const struct azvpn_policy_config *config)
{
	const struct azvpn_selector *selector = &config->selector;
	struct azvpn_policy *policy = kzalloc(sizeof(*policy), GFP_KERNEL);

	if (!policy)
		return NULL;
	policy->key = (struct azvpn_policy_key) {
		.src		= selector->src,
		.dst		= selector->dst,
		.tunnel_id	= tunnel->id,
		.priority	= config->priority,
		.direction	= config->direction,
		.src_prefix	= selector->src_prefix,
		.dst_prefix	= selector->dst_prefix,
		.protocol	= selector->protocol,
	};
	policy->sport = selector->sport;
	policy->dport = selector->dport;
	policy->tunnel = tunnel;
	policy->acquire_after = jiffies;
	azvpn_hold_init(&policy->hold, MAX_HELD, waited_too_long, policy);
	return policy;
}

static int enlist(struct azvpn_policy *policy)
{
	struct azvpn_net *azn = policy->tunnel->azn;
	int err;

	err = xa_alloc_cyclic(&azn->policy_ids, &policy->id, policy, xa_limit_32b,
			      &azn->next_policy_id, GFP_KERNEL);
	if (err < 0)
		return err;
	list_add_tail(&policy->tunnel_list, &policy->tunnel->policies);
	policy->tunnel->policy_count++;
	azn->policy_count++;
	return 0;
}

static void delist(struct azvpn_policy *policy)
{
	struct azvpn_net *azn = policy->tunnel->azn;

	xa_erase(&azn->policy_ids, policy->id);
	list_del(&policy->tunnel_list);
	policy->tunnel->policy_count--;
	azn->policy_count--;
}

/* What is left to do for a policy that packets find no more */
static void retire(struct azvpn_policy *policy)
{
	if (is_ready(policy))
		azvpn_tunnel_set_ready(policy->tunnel, false);
	set_sa(policy, NULL);
	azvpn_hold_end(&policy->hold);
	kfree_rcu(policy, rcu);
}

static int create(struct azvpn_tunnel *tunnel, const struct azvpn_policy_config *config,
		  struct azvpn_sa *sa)
{
	struct azvpn_policy *policy = alloc_policy(tunnel, config);
	int err;

	if (!policy)
		return -ENOMEM;
	err = enlist(policy);
	if (err) {
		kfree(policy);
		return err;
	}
	configure(policy, config, sa);
	err = azvpn_policy_expose(policy);
	if (err) {
		delist(policy);
		retire(policy);
	}
	return err;
}

/* The SA a policy names, which has to be one of the same tunnel that sends */
static struct azvpn_sa *named_sa(struct azvpn_net *azn, const struct azvpn_policy_config *config,
				 struct azvpn_tunnel *tunnel, struct netlink_ext_ack *extack)
{
	struct azvpn_sa *sa = azvpn_sa_find(azn, &config->sa);

	if (!sa || !sa->tx) {
		NL_SET_ERR_MSG(extack, "no outbound SA has this SPI, destination and port");
		return ERR_PTR(-ESRCH);
	}
	if (sa->tunnel != tunnel) {
		NL_SET_ERR_MSG(extack, "the SA belongs to another tunnel");
		return ERR_PTR(-EINVAL);
	}
	return sa;
}

static int change(struct azvpn_policy *policy, const struct azvpn_policy_config *config,
		  struct azvpn_sa *sa, bool replace, struct netlink_ext_ack *extack)
{
	if (!replace) {
		NL_SET_ERR_MSG(extack,
			       "the tunnel has a policy of this direction and these selectors");
		return -EEXIST;
	}
	if (policy->key.priority != config->priority) {
		NL_SET_ERR_MSG(extack,
			       "the priority of a policy cannot be changed: delete it first");
		return -EINVAL;
	}
	configure(policy, config, sa);
	send_held(policy);
	return 0;
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
	struct azvpn_tunnel *tunnel = azvpn_tunnel_lookup(azn, config->tunnel_id);
	struct azvpn_policy *policy;
	struct azvpn_sa *sa = NULL;

	lockdep_assert_held(&azn->lock);
	if (!tunnel) {
		NL_SET_ERR_MSG(extack, "no tunnel of this network namespace has this id");
		return -ESRCH;
	}
	if (config->sa.spi) {
		sa = named_sa(azn, config, tunnel, extack);
		if (IS_ERR(sa))
			return PTR_ERR(sa);
	}
	policy = azvpn_policy_find(tunnel, config->direction, &config->selector);
	return policy ? change(policy, config, sa, replace, extack) : create(tunnel, config, sa);
}

/**
 * azvpn_policy_delete() - Delete a policy
 * @policy: the policy, freed once no packet can see it; the lock of its namespace held
 */
void azvpn_policy_delete(struct azvpn_policy *policy)
{
	azvpn_policy_hide(policy);
	delist(policy);
	retire(policy);
}

/**
 * azvpn_policy_flush() - Delete the policies of a tunnel
 * @tunnel: the tunnel, the lock of its namespace held
 */
void azvpn_policy_flush(struct azvpn_tunnel *tunnel)
{
	struct azvpn_policy *policy, *next;

	lockdep_assert_held(&tunnel->azn->lock);
	list_for_each_entry_safe(policy, next, &tunnel->policies, tunnel_list)
		azvpn_policy_delete(policy);
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
