// SPDX-License-Identifier: GPL-2.0
/*
 * Security associations: their table and their life.
 *
 * An SPI is reserved by a larval SA, which has a key but nothing that packets
 * could use; the inbound SA takes its place in the table in one step.
 *
 * The end of an SA: azvpn_sa_delete() takes it out of the table and from its
 * policies, so that no packet finds it any more, and kills its reference
 * count. Packets that use it, which are those in RCU sections that began
 * before, those in a receive queue and those in an asynchronous crypto driver,
 * hold a reference, or are waited for: the count's switch to atomic mode takes
 * a grace period and so does the work that frees.
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <uapi/linux/azvpn.h>

#include "device.h"
#include "event.h"
#include "lifetime.h"
#include "net.h"
#include "policy.h"
#include "sa.h"

/* How long an SPI stays reserved: longer than any key exchange is retried */
#define LARVAL_SECONDS 300

/* How often allocation guesses before it says that the range is full */
#define SPI_TRIES 1000

/* Without extended sequence numbers: when to ask for a rekey, and when to stop */
#define SEQUENCE_SOFT 0xc0000000u
#define SEQUENCE_HARD 0xffffffffu

static struct workqueue_struct *free_queue;

static const struct rhashtable_params table_params = {
	.key_len	= sizeof(struct azvpn_sa_key),
	.key_offset	= offsetof(struct azvpn_sa, key),
	.head_offset	= offsetof(struct azvpn_sa, node),
	.automatic_shrinking = true,
};

int azvpn_sa_table_init(struct azvpn_net *azn)
{
	return rhashtable_init(&azn->sas, &table_params);
}

/* All SAs have been flushed */
void azvpn_sa_table_free(struct azvpn_net *azn)
{
	WARN_ON_ONCE(!list_empty(&azn->sa_list));
	rhashtable_destroy(&azn->sas);
}

/**
 * azvpn_sa_lookup() - Find the SA of a packet
 * @azn: namespace
 * @spi: SPI
 * @daddr: outer destination
 *
 * Context: under RCU.
 */
struct azvpn_sa *azvpn_sa_lookup(const struct azvpn_net *azn, __be32 spi, __be32 daddr)
{
	const struct azvpn_sa_key key = { .spi = spi, .daddr = daddr };

	return rhashtable_lookup((struct rhashtable *)&azn->sas, &key, table_params);
}

/**
 * azvpn_sa_find() - Find the SA a request names
 * @azn: namespace, its lock held
 * @spi: SPI
 * @daddr: outer destination
 *
 * Return: the SA, valid while the lock is held, or NULL.
 */
struct azvpn_sa *azvpn_sa_find(struct azvpn_net *azn, __be32 spi, __be32 daddr)
{
	const struct azvpn_sa_key key = { .spi = spi, .daddr = daddr };

	lockdep_assert_held(&azn->lock);
	return rhashtable_lookup_fast(&azn->sas, &key, table_params);
}

static void free_tx(struct azvpn_sa_tx *tx)
{
	if (tx)
		azvpn_path_free(rcu_dereference_protected(tx->path, 1));
	kfree_sensitive(tx);
}

/* Everything but the reference count and the device */
static void free_parts(struct azvpn_sa *sa)
{
	free_tx(sa->tx);
	kfree_sensitive(sa->rx);
	if (sa->aead)
		crypto_free_aead(sa->aead);
	free_percpu(sa->counters);
}

static void free_sa(struct azvpn_sa *sa)
{
	struct azvpn_tunnel *tunnel = sa->tunnel;

	free_parts(sa);
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

	queue_rcu_work(free_queue, &sa->free_work);
}

static struct azvpn_sa *alloc_sa(struct azvpn_net *azn, const struct azvpn_sa_key *key)
{
	struct azvpn_sa *sa = kzalloc(sizeof(*sa), GFP_KERNEL);

	if (!sa)
		return NULL;
	if (percpu_ref_init(&sa->ref, release, 0, GFP_KERNEL)) {
		kfree(sa);
		return NULL;
	}
	sa->key = *key;
	sa->azn = azn;
	sa->added = ktime_get_seconds();
	INIT_LIST_HEAD(&sa->policies);
	INIT_RCU_WORK(&sa->free_work, free_later);
	return sa;
}

static int publish(struct azvpn_sa *sa)
{
	struct azvpn_net *azn = sa->azn;
	int err;

	lockdep_assert_held(&azn->lock);
	err = rhashtable_lookup_insert_fast(&azn->sas, &sa->node, table_params);
	if (err)
		return err;
	list_add_tail(&sa->list, &azn->sa_list);
	azn->sa_count++;
	azn->generation++;
	if (sa->tunnel)
		sa->tunnel->sa_count++;
	azvpn_lifetime_watch(sa);
	return 0;
}

/* What is left to do for an SA that is in no table */
static void retire(struct azvpn_sa *sa)
{
	struct azvpn_net *azn = sa->azn;

	lockdep_assert_held(&azn->lock);
	azvpn_policy_forget_sa(sa);
	list_del(&sa->list);
	azn->sa_count--;
	azn->generation++;
	if (sa->tunnel)
		sa->tunnel->sa_count--;
	percpu_ref_kill(&sa->ref);
}

/**
 * azvpn_sa_delete() - Delete an SA
 * @sa: the SA, the lock of its namespace held; freed once no packet uses it
 */
void azvpn_sa_delete(struct azvpn_sa *sa)
{
	rhashtable_remove_fast(&sa->azn->sas, &sa->node, table_params);
	retire(sa);
}

/**
 * azvpn_sa_flush() - Delete the SAs of a tunnel
 * @azn: namespace, its lock held
 * @tunnel: the tunnel, NULL for all SAs and reserved SPIs
 */
void azvpn_sa_flush(struct azvpn_net *azn, struct azvpn_tunnel *tunnel)
{
	struct azvpn_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &azn->sa_list, list)
		if (!tunnel || sa->tunnel == tunnel)
			azvpn_sa_delete(sa);
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
int azvpn_sa_reserve(struct azvpn_net *azn, struct azvpn_sa_key *key, __be32 saddr,
		     u32 min, u32 max, struct netlink_ext_ack *extack)
{
	struct azvpn_sa *sa = alloc_sa(azn, key);
	int err = -EEXIST, tries;

	if (!sa)
		return -ENOMEM;
	sa->saddr = saddr;
	sa->hard.seconds = LARVAL_SECONDS;
	for (tries = 0; err == -EEXIST && tries < SPI_TRIES; tries++) {
		u64 offset = mul_u64_u32_shr((u64)max - min + 1, get_random_u32(), 32);

		sa->key.spi = htonl(min + (u32)offset);
		err = publish(sa);
	}
	if (err) {
		if (err == -EEXIST) {
			NL_SET_ERR_MSG(extack, "no SPI of the range is free");
			err = -ENOSPC;
		}
		free_sa(sa);
		return err;
	}
	key->spi = sa->key.spi;
	return 0;
}

static int create_tx(struct azvpn_sa *sa, const u8 *salt)
{
	struct azvpn_sa_tx *tx = kzalloc(sizeof(*tx), GFP_KERNEL);
	struct azvpn_path *path;

	if (!tx)
		return -ENOMEM;
	sa->tx = tx;
	path = azvpn_path_create(sa->saddr, sa->key.daddr, sa->sport, sa->dport);
	if (!path)
		return -ENOMEM;
	RCU_INIT_POINTER(tx->path, path);
	tx->aead = sa->aead;
	tx->counters = sa->counters;
	tx->sa = sa;
	tx->max_sequence = sa->hard.packets ?: U64_MAX;
	tx->spi = sa->key.spi;
	tx->flags = sa->flags;
	memcpy(tx->salt, salt, sizeof(tx->salt));
	return 0;
}

static void set_peer(struct azvpn_sa *sa)
{
	WRITE_ONCE(sa->rx->peer, sa->saddr);
	WRITE_ONCE(sa->rx->peer_port, sa->sport);
}

static int create_rx(struct azvpn_sa *sa, const u8 *salt, u32 window)
{
	struct azvpn_sa_rx *rx;

	rx = kzalloc(struct_size(rx, replay.bits, azvpn_replay_words(window)), GFP_KERNEL);
	if (!rx)
		return -ENOMEM;
	sa->rx = rx;
	rx->aead = sa->aead;
	rx->counters = sa->counters;
	rx->sa = sa;
	rx->spi = sa->key.spi;
	rx->flags = sa->flags;
	rx->reqid = sa->reqid;
	rx->mapping_after = jiffies;
	memcpy(rx->salt, salt, sizeof(rx->salt));
	spin_lock_init(&rx->lock);
	azvpn_replay_init(&rx->replay, window);
	set_peer(sa);
	return 0;
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

/* Make an SA that is in no table yet */
static struct azvpn_sa *create_sa(struct azvpn_net *azn, const struct azvpn_sa_config *config,
				  struct netlink_ext_ack *extack)
{
	unsigned int key_len = config->material_len - AZVPN_ESP_SALT;
	const u8 *salt = config->material + key_len;
	struct azvpn_sa *sa = alloc_sa(azn, &config->key);
	int err = -ENOMEM;

	if (!sa)
		return ERR_PTR(err);
	sa->saddr = config->saddr;
	sa->sport = config->sport;
	sa->dport = config->dport;
	sa->direction = config->direction;
	sa->flags = config->flags;
	sa->reqid = config->reqid;
	set_limits(sa, config);

	sa->counters = azvpn_counters_alloc();
	if (!sa->counters)
		goto free;
	sa->aead = azvpn_crypto_alloc(config->material, key_len, extack);
	if (IS_ERR(sa->aead)) {
		err = PTR_ERR(sa->aead);
		sa->aead = NULL;
		goto free;
	}
	if (config->direction == AZVPN_DIRECTION_OUT)
		err = create_tx(sa, salt);
	else
		err = create_rx(sa, salt, config->replay_window);
	if (err)
		goto free;
	return sa;

free:
	free_sa(sa);
	return ERR_PTR(err);
}

/* Put an SA in the place of the larval one that reserved its SPI */
static int replace_larval(struct azvpn_sa *larval, struct azvpn_sa *sa)
{
	struct azvpn_net *azn = sa->azn;
	int err;

	err = rhashtable_replace_fast(&azn->sas, &larval->node, &sa->node, table_params);
	if (err)
		return err;
	retire(larval);
	list_add_tail(&sa->list, &azn->sa_list);
	azn->sa_count++;
	sa->tunnel->sa_count++;
	azvpn_lifetime_watch(sa);
	return 0;
}

static int publish_for(struct azvpn_sa *sa, u32 tunnel_id, struct netlink_ext_ack *extack)
{
	struct azvpn_net *azn = sa->azn;
	struct azvpn_tunnel *tunnel = azvpn_tunnel_lookup(azn, tunnel_id);
	struct azvpn_sa *other;

	if (!tunnel) {
		NL_SET_ERR_MSG(extack, "no tunnel of this network namespace has this id");
		return -ESRCH;
	}
	other = azvpn_sa_find(azn, sa->key.spi, sa->key.daddr);
	if (other && (!azvpn_sa_is_larval(other) || !sa->rx)) {
		NL_SET_ERR_MSG(extack, "another SA has this SPI and destination");
		return -EEXIST;
	}
	netdev_hold(tunnel->dev, &sa->dev_tracker, GFP_KERNEL);
	sa->tunnel = tunnel;
	if (sa->rx)
		sa->rx->tunnel = tunnel;
	return other ? replace_larval(other, sa) : publish(sa);
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

static int set_daddr(struct azvpn_sa *sa, __be32 daddr, struct netlink_ext_ack *extack)
{
	struct azvpn_net *azn = sa->azn;
	const __be32 old = sa->key.daddr;
	int err;

	if (daddr == old)
		return 0;
	if (azvpn_sa_find(azn, sa->key.spi, daddr)) {
		NL_SET_ERR_MSG(extack, "another SA has this SPI and the new destination");
		return -EEXIST;
	}
	rhashtable_remove_fast(&azn->sas, &sa->node, table_params);
	sa->key.daddr = daddr;
	err = rhashtable_insert_fast(&azn->sas, &sa->node, table_params);
	if (err) {	/* the table had no memory: the SA is lost, and said to be */
		NL_SET_ERR_MSG(extack, "no memory for the new destination, the SA is deleted");
		sa->key.daddr = old;
		azvpn_event_expire(sa, true);
		retire(sa);
	}
	return err;
}

/**
 * azvpn_sa_move() - Change the outer addresses of an SA
 * @sa: the SA, the lock of its namespace held
 * @move: the new addresses and ports
 * @extack: told what is wrong
 *
 * Sequence number, replay window and counters stay.
 *
 * Return: 0; -EINVAL for a reserved SPI, -EEXIST, -ENOMEM.
 */
int azvpn_sa_move(struct azvpn_sa *sa, const struct azvpn_sa_move *move,
		  struct netlink_ext_ack *extack)
{
	struct azvpn_path *path = NULL;
	int err;

	lockdep_assert_held(&sa->azn->lock);
	if (azvpn_sa_is_larval(sa)) {
		NL_SET_ERR_MSG(extack, "the SPI is only reserved, there is no SA yet");
		return -EINVAL;
	}
	if (sa->tx) {
		path = azvpn_path_create(move->saddr, move->daddr, move->sport, move->dport);
		if (!path)
			return -ENOMEM;
	}
	err = set_daddr(sa, move->daddr, extack);
	if (err) {
		azvpn_path_free(path);
		return err;
	}
	sa->saddr = move->saddr;
	sa->sport = move->sport;
	sa->dport = move->dport;
	sa->azn->generation++;
	if (sa->tx)
		azvpn_path_free(rcu_replace_pointer(sa->tx->path, path, true));
	else
		set_peer(sa);
	return 0;
}

int __init azvpn_sa_init(void)
{
	free_queue = alloc_workqueue("azvpn", WQ_UNBOUND, 0);
	return free_queue ? 0 : -ENOMEM;
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
	destroy_workqueue(free_queue);
	rcu_barrier();
}
