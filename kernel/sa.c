// SPDX-License-Identifier: GPL-2.0
/*
 * Security associations: their table and their life.
 *
 * An SPI is reserved by a larval SA, which has a name but nothing that packets
 * could use; the inbound SA takes its place in the table in one step, and the
 * packets that came too early.
 *
 * The end of an SA: azvpn_sa_delete() takes it out of the table and from its
 * policies, so that no packet finds it any more, and kills its reference
 * count. Packets that use it, which are those in RCU sections that began
 * before, those in a receive queue and those in an asynchronous crypto driver,
 * hold a reference, or are waited for: the count's switch to atomic mode takes
 * a grace period and so does the work that frees.
 */
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <uapi/linux/azvpn.h>

#include "device.h"
#include "event.h"
#include "icmp_guard.h"
#include "lifetime.h"
#include "net.h"
#include "policy.h"
#include "receive.h"
#include "sa.h"

/* How long an SPI stays reserved: longer than any key exchange is retried */
#define LARVAL_SECONDS 300

/* How often allocation guesses before it says that the range is full */
#define SPI_TRIES 1000

/* What a busy peer sends while a slow machine works out the keys; not what a flood brings */
#define MAX_EARLY 512

/* Of packets that wait for keys: how many may be overtaken, and when to give up on that */
#define FEW_EARLY 8
#define EARLY_ROUNDS 16

/* Without extended sequence numbers: when to ask for a rekey, and when to stop */
#define SEQUENCE_SOFT 0xc0000000u
#define SEQUENCE_HARD 0xffffffffu

struct workqueue_struct *azvpn_queue;

/* Whoever chooses SPIs chooses them apart; an address adds what two of them share */
static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct azvpn_sa_key *key = data;
	const __be32 *words = key->daddr.ip6.s6_addr32;

	return jhash_3words((__force u32)key->spi, (__force u32)words[0],
			    (__force u32)words[3], seed);
}

static const struct rhashtable_params table_params = {
	.key_len	= sizeof(struct azvpn_sa_key),
	.key_offset	= offsetof(struct azvpn_sa_name, key),
	.head_offset	= offsetof(struct azvpn_sa_name, node),
	.hashfn		= hash_key,
	.automatic_shrinking = true,
};

int azvpn_sa_table_init(struct azvpn_net *azn)
{
	xa_init_flags(&azn->sa_ids, XA_FLAGS_ALLOC1);
	return rhashtable_init(&azn->sas, &table_params);
}

/* All SAs have been flushed */
void azvpn_sa_table_free(struct azvpn_net *azn)
{
	WARN_ON_ONCE(!xa_empty(&azn->sa_ids));
	xa_destroy(&azn->sa_ids);
	rhashtable_destroy(&azn->sas);
}

/**
 * azvpn_sa_lookup() - Find the SA of a packet
 * @azn: namespace
 * @key: destination and SPI
 *
 * Context: under RCU.
 * Return: its name, which leads to it, or NULL.
 */
const struct azvpn_sa_name *azvpn_sa_lookup(const struct azvpn_net *azn,
					    const struct azvpn_sa_key *key)
{
	return rhashtable_lookup((struct rhashtable *)&azn->sas, key, table_params);
}

/**
 * azvpn_sa_find() - Find the SA a request names
 * @azn: namespace, its lock held
 * @key: its key
 *
 * Return: the SA, valid while the lock is held, or NULL.
 */
struct azvpn_sa *azvpn_sa_find(struct azvpn_net *azn, const struct azvpn_sa_key *key)
{
	const struct azvpn_sa_name *name;

	lockdep_assert_held(&azn->lock);
	name = rhashtable_lookup_fast(&azn->sas, key, table_params);
	return name ? name->sa : NULL;
}

static void free_tx(struct azvpn_sa_tx *tx)
{
	if (!tx)
		return;
	azvpn_path_free(rcu_dereference_protected(tx->path, 1));
	azvpn_transform_free(&tx->transform);
	kfree_sensitive(tx);
}

static void free_rx(struct azvpn_sa_rx *rx)
{
	if (!rx)
		return;
	azvpn_path_free(rcu_dereference_protected(rx->path, 1));
	azvpn_transform_free(&rx->transform);
	kfree_sensitive(rx);
}

/* Its name has gone with the table, or was never there */
static void free_sa(struct azvpn_sa *sa)
{
	struct azvpn_tunnel *tunnel = sa->tunnel;

	free_tx(sa->tx);
	free_rx(sa->rx);
	free_percpu(sa->counters);
	kfree(sa->early);
	percpu_ref_exit(&sa->ref);
	if (tunnel)
		netdev_put(tunnel->dev, &sa->dev_tracker);
	kfree(sa);
}

static void free_later(struct work_struct *work)
{
	free_sa(container_of(to_rcu_work(work), struct azvpn_sa, free_work));
}

static void release(struct percpu_ref *ref)
{
	struct azvpn_sa *sa = container_of(ref, struct azvpn_sa, ref);

	queue_rcu_work(azvpn_queue, &sa->free_work);
}

static struct azvpn_sa_name *alloc_name(struct azvpn_sa *sa, const struct azvpn_sa_key *key)
{
	struct azvpn_sa_name *name = kzalloc(sizeof(*name), GFP_KERNEL);

	if (!name)
		return NULL;
	name->key = *key;
	name->sa = sa;
	name->rx = sa->rx;
	return name;
}

static struct azvpn_sa *alloc_sa(struct azvpn_net *azn, __be32 spi)
{
	struct azvpn_sa *sa = kzalloc(sizeof(*sa), GFP_KERNEL);

	if (!sa)
		return NULL;
	if (percpu_ref_init(&sa->ref, release, 0, GFP_KERNEL)) {
		kfree(sa);
		return NULL;
	}
	sa->spi = spi;
	sa->azn = azn;
	sa->added = ktime_get_seconds();
	azvpn_drops_init(&sa->drops);
	azvpn_lifetime_init(sa);
	INIT_LIST_HEAD(&sa->tunnel_list);
	INIT_LIST_HEAD(&sa->policies);
	INIT_RCU_WORK(&sa->free_work, free_later);
	return sa;
}

/* Count an SA whose name is in the table, and give it a number; may fail before it counts */
static int enlist(struct azvpn_sa *sa)
{
	struct azvpn_net *azn = sa->azn;
	int err;

	lockdep_assert_held(&azn->lock);
	err = xa_alloc_cyclic(&azn->sa_ids, &sa->id, sa, xa_limit_32b, &azn->next_sa_id,
			      GFP_KERNEL);
	if (err < 0)
		return err;
	azn->sa_count++;
	if (sa->tunnel) {
		list_add_tail(&sa->tunnel_list, &sa->tunnel->sas);
		sa->tunnel->sa_count++;
	}
	azvpn_lifetime_start(sa);
	return 0;
}

static int insert_name(struct azvpn_sa *sa)
{
	return rhashtable_lookup_insert_fast(&sa->azn->sas, &sa->name->node, table_params);
}

static void remove_name(struct azvpn_net *azn, struct azvpn_sa_name *name)
{
	rhashtable_remove_fast(&azn->sas, &name->node, table_params);
	kfree_rcu(name, rcu);
}

static int publish(struct azvpn_sa *sa)
{
	int err = insert_name(sa);

	if (err) {
		kfree(sa->name);
		return err;
	}
	err = enlist(sa);
	if (err)
		remove_name(sa->azn, sa->name);
	return err;
}

/* What is left to do for an SA whose name is in no table */
static void retire(struct azvpn_sa *sa)
{
	struct azvpn_net *azn = sa->azn;

	lockdep_assert_held(&azn->lock);
	sa->dead = true;
	azvpn_policy_forget_sa(sa);
	xa_erase(&azn->sa_ids, sa->id);
	azn->sa_count--;
	if (sa->tunnel) {
		list_del(&sa->tunnel_list);
		sa->tunnel->sa_count--;
	}
	azvpn_lifetime_stop(sa);
	if (sa->early)
		azvpn_hold_end(sa->early);
	percpu_ref_kill(&sa->ref);
}

/**
 * azvpn_sa_delete() - Delete an SA
 * @sa: the SA, the lock of its namespace held; freed once no packet uses it
 */
void azvpn_sa_delete(struct azvpn_sa *sa)
{
	remove_name(sa->azn, sa->name);
	retire(sa);
}

/**
 * azvpn_sa_flush() - Delete the SAs of a tunnel
 * @tunnel: the tunnel, the lock of its namespace held
 */
void azvpn_sa_flush(struct azvpn_tunnel *tunnel)
{
	struct azvpn_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &tunnel->sas, tunnel_list)
		azvpn_sa_delete(sa);
}

/**
 * azvpn_sa_flush_all() - Delete all SAs and reserved SPIs
 * @azn: namespace, its lock held
 */
void azvpn_sa_flush_all(struct azvpn_net *azn)
{
	struct azvpn_sa *sa;
	unsigned long id;

	xa_for_each(&azn->sa_ids, id, sa)
		azvpn_sa_delete(sa);
}

/* A packet came for a reserved SPI, and no keys after it */
static void early_expired(struct sk_buff *skb, void *context)
{
	const struct azvpn_sa *sa = context;

	this_cpu_inc(sa->azn->counters->early_timeout);
	kfree_skb(skb);
}

static struct azvpn_sa *create_larval(struct azvpn_net *azn, const struct azvpn_sa_key *key,
				      const struct azvpn_addr *saddr)
{
	struct azvpn_sa *sa = alloc_sa(azn, key->spi);

	if (!sa)
		return NULL;
	sa->saddr = *saddr;
	sa->hard.seconds = LARVAL_SECONDS;
	sa->early = kmalloc(sizeof(*sa->early), GFP_KERNEL);
	if (!sa->early) {
		free_sa(sa);
		return NULL;
	}
	azvpn_hold_init(sa->early, MAX_EARLY, early_expired, sa);
	return sa;
}

static int publish_random(struct azvpn_sa *sa, struct azvpn_sa_key *key, u32 min, u32 max)
{
	int err = -EEXIST, tries;

	for (tries = 0; err == -EEXIST && tries < SPI_TRIES; tries++) {
		u64 offset = mul_u64_u32_shr((u64)max - min + 1, get_random_u32(), 32);

		key->spi = htonl(min + (u32)offset);
		sa->spi = key->spi;
		sa->name = alloc_name(sa, key);
		err = sa->name ? publish(sa) : -ENOMEM;
	}
	return err;
}

/**
 * azvpn_sa_reserve() - Reserve an SPI for an inbound SA
 * @azn: namespace, its lock held
 * @key: destination; the SPI is put in
 * @saddr: outer source
 * @min: lowest SPI, in host byte order
 * @max: highest SPI
 * @extack: told what is wrong
 *
 * Return: 0; -ENOSPC if (nearly) all SPIs of the range are in use, -ENOMEM.
 */
int azvpn_sa_reserve(struct azvpn_net *azn, struct azvpn_sa_key *key,
		     const struct azvpn_addr *saddr, u32 min, u32 max,
		     struct netlink_ext_ack *extack)
{
	struct azvpn_sa *sa = create_larval(azn, key, saddr);
	int err;

	if (!sa)
		return -ENOMEM;
	err = publish_random(sa, key, min, max);
	if (!err)
		return 0;
	free_sa(sa);
	if (err != -EEXIST)
		return err;
	NL_SET_ERR_MSG(extack, "no SPI of the range is free");
	return -ENOSPC;
}

static int create_tx(struct azvpn_sa *sa, const struct azvpn_sa_config *config,
		     struct netlink_ext_ack *extack)
{
	struct azvpn_sa_tx *tx = kzalloc(sizeof(*tx), GFP_KERNEL);
	struct azvpn_path *path;

	if (!tx)
		return -ENOMEM;
	sa->tx = tx;
	path = azvpn_path_create(&config->saddr, &config->daddr, config->sport, config->dport);
	if (!path)
		return -ENOMEM;
	RCU_INIT_POINTER(tx->path, path);
	tx->counters = sa->counters;
	tx->sa = sa;
	tx->max_sequence = sa->hard.packets ?: U64_MAX;
	tx->spi = sa->spi;
	tx->flags = sa->flags;
	tx->tfc = config->tfc;
	return azvpn_transform_init(&tx->transform, &config->algorithm, &config->keys,
				    sa->flags & AZVPN_SA_FLAG_ESN, extack);
}

static int create_rx(struct azvpn_sa *sa, const struct azvpn_sa_config *config,
		     struct netlink_ext_ack *extack)
{
	const u32 window = config->replay_window;
	struct azvpn_path *path;
	struct azvpn_sa_rx *rx;

	rx = kzalloc(struct_size(rx, replay.bits, azvpn_replay_words(window)), GFP_KERNEL);
	if (!rx)
		return -ENOMEM;
	sa->rx = rx;
	path = azvpn_path_create(&config->saddr, &config->daddr, config->sport, config->dport);
	if (!path)
		return -ENOMEM;
	RCU_INIT_POINTER(rx->path, path);
	rx->counters = sa->counters;
	rx->sa = sa;
	rx->spi = sa->spi;
	rx->flags = sa->flags;
	rx->reqid = sa->reqid;
	rx->encap = config->sport;
	rx->mapping_after = jiffies;
	spin_lock_init(&rx->lock);
	azvpn_replay_init(&rx->replay, window);
	return azvpn_transform_init(&rx->transform, &config->algorithm, &config->keys,
				    sa->flags & AZVPN_SA_FLAG_ESN, extack);
}

static u64 tighter(u64 limit, u64 other)
{
	return limit ? min(limit, other) : other;
}

static void set_limits(struct azvpn_sa *sa, const struct azvpn_sa_config *config)
{
	sa->soft = config->soft;
	sa->hard = config->hard;
	if (config->direction == AZVPN_DIRECTION_OUT && !(config->flags & AZVPN_SA_FLAG_ESN)) {
		sa->soft.packets = tighter(sa->soft.packets, SEQUENCE_SOFT);
		sa->hard.packets = tighter(sa->hard.packets, SEQUENCE_HARD);
	}
}

static struct azvpn_sa_key key_of(__be32 spi, u32 direction, const struct azvpn_addr *daddr,
				  __be16 dport)
{
	return (struct azvpn_sa_key) {
		.spi	= spi,
		.daddr	= *daddr,
		.dport	= direction == AZVPN_DIRECTION_OUT ? dport : 0,
	};
}

static int create_parts(struct azvpn_sa *sa, const struct azvpn_sa_config *config,
			struct netlink_ext_ack *extack)
{
	const struct azvpn_sa_key key = key_of(config->spi, config->direction, &config->daddr,
					       config->dport);
	int err;

	sa->counters = alloc_percpu(struct azvpn_counters);
	if (!sa->counters)
		return -ENOMEM;
	err = config->direction == AZVPN_DIRECTION_OUT ? create_tx(sa, config, extack) :
							 create_rx(sa, config, extack);
	if (err)
		return err;
	sa->name = alloc_name(sa, &key);
	return sa->name ? 0 : -ENOMEM;
}

/* Make an SA that is in no table yet */
static struct azvpn_sa *create_sa(struct azvpn_net *azn, const struct azvpn_sa_config *config,
				  struct netlink_ext_ack *extack)
{
	struct azvpn_sa *sa = alloc_sa(azn, config->spi);
	int err;

	if (!sa)
		return ERR_PTR(-ENOMEM);
	sa->saddr = config->saddr;
	sa->sport = config->sport;
	sa->dport = config->dport;
	sa->direction = config->direction;
	sa->flags = config->flags;
	sa->reqid = config->reqid;
	sa->algorithm = config->algorithm;
	set_limits(sa, config);
	err = create_parts(sa, config, extack);
	if (!err)
		return sa;
	free_sa(sa);
	return ERR_PTR(err);
}

/*
 * Take in what has waited for an SA that is not in its table yet. What comes
 * meanwhile waits, too, so that it does not overtake the others by more than a
 * small replay window has; the few that come during the last round may.
 */
static void receive_waiting(const struct azvpn_sa *larval, const struct azvpn_sa *sa)
{
	unsigned int waiting, round;

	for (round = 0, waiting = MAX_EARLY; round < EARLY_ROUNDS && waiting > FEW_EARLY; round++) {
		struct sk_buff_head early;

		__skb_queue_head_init(&early);
		azvpn_hold_take(larval->early, &early);
		waiting = skb_queue_len(&early);
		azvpn_receive_early(&early, sa->name);
	}
}

/*
 * Put an SA in the place of the larval one that reserved its SPI. Packets that
 * found the larval one but were not held yet find its queue closed and look again.
 */
static int replace_larval(struct azvpn_sa *larval, struct azvpn_sa *sa)
{
	struct azvpn_net *azn = sa->azn;
	struct sk_buff_head early;
	int err;

	err = enlist(sa);
	if (err) {
		kfree(sa->name);
		return err;
	}
	receive_waiting(larval, sa);
	/* Same key, so same place: this cannot fail */
	rhashtable_replace_fast(&azn->sas, &larval->name->node, &sa->name->node, table_params);
	kfree_rcu(larval->name, rcu);
	__skb_queue_head_init(&early);
	azvpn_hold_close(larval->early, &early);
	retire(larval);
	azvpn_receive_early(&early, sa->name);
	return 0;
}

static int publish_for(struct azvpn_sa *sa, u32 tunnel_id, struct netlink_ext_ack *extack)
{
	struct azvpn_net *azn = sa->azn;
	struct azvpn_tunnel *tunnel = azvpn_tunnel_lookup(azn, tunnel_id);
	struct azvpn_sa *other;
	int err;

	if (!tunnel) {
		NL_SET_ERR_MSG(extack, "no tunnel of this network namespace has this id");
		err = -ESRCH;
		goto free_name;
	}
	other = azvpn_sa_find(azn, &sa->name->key);
	if (other && (!azvpn_sa_is_larval(other) || !sa->rx)) {
		NL_SET_ERR_MSG(extack, "another SA has this SPI and destination");
		err = -EEXIST;
		goto free_name;
	}
	if (sa->tx && sa->sport) {
		err = azvpn_icmp_guard_start(azn, sa->sport);
		if (err)
			goto free_name;
	}
	netdev_hold(tunnel->dev, &sa->dev_tracker, GFP_KERNEL);
	sa->tunnel = tunnel;
	return other ? replace_larval(other, sa) : publish(sa);

free_name:
	kfree(sa->name);
	return err;
}

/**
 * azvpn_sa_add() - Add an SA
 * @azn: namespace, its lock not held: a crypto driver may have to be loaded first
 * @config: what it is to be
 * @extack: told what is wrong
 *
 * Context: process.
 * Return: 0; -ESRCH without such a tunnel, -EEXIST, -ENOMEM, what the crypto API says.
 */
int azvpn_sa_add(struct azvpn_net *azn, const struct azvpn_sa_config *config,
		 struct netlink_ext_ack *extack)
{
	struct azvpn_sa *sa = create_sa(azn, config, extack);
	int err;

	if (IS_ERR(sa))
		return PTR_ERR(sa);
	mutex_lock(&azn->lock);
	err = publish_for(sa, config->tunnel_id, extack);
	mutex_unlock(&azn->lock);
	if (err)
		free_sa(sa);
	return err;
}

/* Have the SA found by another key from now on, and by the old one until then */
static int rename_sa(struct azvpn_sa *sa, const struct azvpn_sa_key *key,
		     struct netlink_ext_ack *extack)
{
	struct azvpn_sa_name *old = sa->name, *name;
	int err;

	if (!memcmp(key, &old->key, sizeof(*key)))
		return 0;
	name = alloc_name(sa, key);
	if (!name)
		return -ENOMEM;
	sa->name = name;
	err = insert_name(sa);
	if (err) {
		sa->name = old;
		kfree(name);
		if (err == -EEXIST)
			NL_SET_ERR_MSG(extack, "another SA has this SPI and the new destination");
		return err;
	}
	remove_name(sa->azn, old);
	return 0;
}

/**
 * azvpn_sa_move() - Change the outer addresses of an SA
 * @sa: the SA, the lock of its namespace held
 * @move: the new addresses and ports
 * @extack: told what is wrong
 *
 * Sequence number, replay window and counters stay. No packet misses the SA:
 * it has both names for a moment.
 *
 * Return: 0; -EINVAL for a reserved SPI, -EEXIST, -ENOMEM; then nothing has changed.
 */
int azvpn_sa_move(struct azvpn_sa *sa, const struct azvpn_sa_move *move,
		  struct netlink_ext_ack *extack)
{
	const struct azvpn_sa_key key = key_of(sa->spi, sa->direction, &move->daddr, move->dport);
	struct azvpn_path *path;
	int err;

	lockdep_assert_held(&sa->azn->lock);
	if (azvpn_sa_is_larval(sa)) {
		NL_SET_ERR_MSG(extack, "the SPI is only reserved, there is no SA yet");
		return -EINVAL;
	}
	if (sa->tx && move->sport) {
		err = azvpn_icmp_guard_start(sa->azn, move->sport);
		if (err)
			return err;
	}
	path = azvpn_path_create(&move->saddr, &move->daddr, move->sport, move->dport);
	if (!path)
		return -ENOMEM;
	err = rename_sa(sa, &key, extack);
	if (err) {
		azvpn_path_free(path);
		return err;
	}
	sa->saddr = move->saddr;
	sa->sport = move->sport;
	sa->dport = move->dport;
	if (sa->tx) {
		path = rcu_replace_pointer(sa->tx->path, path, lockdep_is_held(&sa->azn->lock));
	} else {
		WRITE_ONCE(sa->rx->encap, move->sport);
		path = rcu_replace_pointer(sa->rx->path, path, lockdep_is_held(&sa->azn->lock));
	}
	azvpn_path_free(path);
	return 0;
}

/**
 * azvpn_sa_forget_route() - Have the route to the peer looked up again
 * @sa: outbound SA, the lock of its namespace held
 */
void azvpn_sa_forget_route(struct azvpn_sa *sa)
{
	azvpn_path_forget_route(rcu_dereference_protected(sa->tx->path,
							  lockdep_is_held(&sa->azn->lock)));
}

int __init azvpn_sa_init(void)
{
	azvpn_queue = alloc_workqueue("azvpn", WQ_UNBOUND, 0);
	return azvpn_queue ? 0 : -ENOMEM;
}

/*
 * No namespace has an SA any more. Those deleted last may still wait for RCU
 * twice, first to make their reference count whole, then to be queued; and
 * freeing queues the end of their paths.
 */
void azvpn_sa_exit(void)
{
	rcu_barrier();
	rcu_barrier();
	destroy_workqueue(azvpn_queue);
	rcu_barrier();
}
