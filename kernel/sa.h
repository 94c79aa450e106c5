/* SPDX-License-Identifier: GPL-2.0 */
/* Security associations. */
#ifndef _AZVPN_SA_H
#define _AZVPN_SA_H

#include <linux/netdevice.h>
#include <linux/percpu-refcount.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>

#include "crypto.h"
#include "hold.h"
#include "path.h"
#include "replay.h"
#include "stats.h"

struct azvpn_net;
struct azvpn_tunnel;
struct netlink_ext_ack;

/**
 * struct azvpn_sa_key - What tells an SA from all others of its namespace
 * @daddr: outer destination
 * @spi: security parameters index
 * @dport: UDP destination port of an outbound SA in UDP, else 0
 * @zero: padding, compared with the rest
 *
 * The protocol is always ESP. An inbound SPI is chosen here and unique. An
 * outbound one is chosen by the peer: peers behind one NAT may choose the same,
 * and are told apart by their ports.
 */
struct azvpn_sa_key {
	struct azvpn_addr daddr;
	__be32 spi;
	__be16 dport;
	u16 zero;
};

struct azvpn_sa;

/**
 * struct azvpn_sa_name - An entry of the table of SAs
 * @node: in &struct azvpn_net.sas
 * @key: what it is found by; immutable
 * @sa: the SA; immutable
 * @rx: its part for inbound packets, NULL if it has none; immutable
 * @rcu: defers the end
 *
 * Apart from the SA, so that one which moves is found by its old name until it
 * is found by the new one.
 */
struct azvpn_sa_name {
	struct rhash_head node;
	struct azvpn_sa_key key;
	struct azvpn_sa *sa;
	struct azvpn_sa_rx *rx;
	struct rcu_head rcu;
};

/**
 * struct azvpn_limits - After how much an SA expires; 0 means never
 * @bytes: inner bytes carried
 * @packets: packets carried
 * @seconds: since the SA was added
 */
struct azvpn_limits {
	u64 bytes;
	u64 packets;
	u64 seconds;
};

/**
 * struct azvpn_sa_tx - The part of an outbound SA that packets use
 * @transform: encrypts
 * @path: outer addresses; replaced under the lock of the namespace
 * @counters: per CPU
 * @sa: the SA
 * @max_sequence: last sequence number that may be used; lowered under the lock
 * @spi: SPI
 * @flags: AZVPN_SA_FLAG_*
 * @tfc: inner packets are padded to so many bytes, 0 for none
 * @sequence: last sequence number used; any CPU
 *
 * What is not said to change is immutable. @sequence has a cache line of its
 * own: it is all that CPUs which send at the same time contend for. Numbers
 * are taken one at a time just before a packet is encrypted, so that packets
 * of different CPUs overtake each other by little, as the small replay windows
 * of many peers demand.
 */
struct azvpn_sa_tx {
	struct azvpn_transform transform;
	struct azvpn_path __rcu *path;
	struct azvpn_counters __percpu *counters;
	struct azvpn_sa *sa;
	u64 max_sequence;
	__be32 spi;
	u32 flags;
	u32 tfc;

	atomic64_t sequence ____cacheline_aligned_in_smp;
};

/**
 * struct azvpn_sa_rx - The part of an inbound SA that packets use
 * @transform: decrypts
 * @counters: per CPU
 * @sa: the SA
 * @spi: SPI
 * @flags: AZVPN_SA_FLAG_*
 * @reqid: which policies apply
 * @encap: packets come in UDP; changed under the lock of the namespace
 * @expired: a hard limit is reached and the SA about to go; likewise
 * @path: from where packets in UDP are expected, as source; replaced likewise
 * @mapping_after: jiffies before which no other mapping event is raised; any CPU
 * @lock: covers @replay
 * @replay: replay window
 *
 * What is not said to change is immutable. @lock and @replay begin a cache
 * line of their own; they are written once per batch of packets.
 */
struct azvpn_sa_rx {
	struct azvpn_transform transform;
	struct azvpn_counters __percpu *counters;
	struct azvpn_sa *sa;
	__be32 spi;
	u32 flags;
	u32 reqid;
	bool encap;
	bool expired;
	struct azvpn_path __rcu *path;
	unsigned long mapping_after;

	spinlock_t lock ____cacheline_aligned_in_smp;	/* see above */
	struct azvpn_replay replay;
};

/**
 * struct azvpn_sa - A security association
 * @tx: what packets use of an outbound SA, NULL otherwise; immutable
 * @rx: what packets use of an inbound SA, NULL otherwise; immutable
 * @tunnel: tunnel, NULL for a reserved SPI; immutable, kept by @dev_tracker's reference
 * @spi: SPI; immutable
 * @direction: AZVPN_DIRECTION_*; immutable
 * @ref: held by packets that use the SA beyond their RCU section, and by @check
 *	while it is scheduled; killed when the SA leaves its table
 * @last_used: see azvpn_note_use(); any CPU
 * @drops: packets that found the SA and were dropped
 * @azn: namespace; immutable
 * @name: its entry in the table; replaced under the lock
 * @id: its number in &struct azvpn_net.sa_ids, for dumps; immutable
 * @dev_tracker: the SA's reference on the device of @tunnel
 * @algorithm: all zero for a reserved SPI; immutable
 * @counters: counters, NULL for a reserved SPI
 * @early: packets that came before the keys, of a reserved SPI
 * @saddr: outer source; under the lock
 * @sport: UDP source port, 0 for ESP without UDP; under the lock
 * @dport: UDP destination port; under the lock
 * @flags: AZVPN_SA_FLAG_*; immutable
 * @reqid: immutable
 * @soft: limits that raise an event; immutable
 * @hard: limits that end the SA; immutable
 * @added: second of CLOCK_MONOTONIC; immutable
 * @soft_expired: the event was raised; under the lock
 * @dead: it has left its table; under the lock
 * @check: looks at its limits
 * @tunnel_list: in &struct azvpn_tunnel.sas; under the lock
 * @policies: outbound policies that send with the SA; under the lock
 * @free_work: frees it, a grace period after @ref has ended
 *
 * The lock is that of the namespace.
 */
struct azvpn_sa {
	struct azvpn_sa_tx *tx;
	struct azvpn_sa_rx *rx;
	struct azvpn_tunnel *tunnel;
	__be32 spi;
	u32 direction;
	struct percpu_ref ref;
	unsigned long last_used;
	struct azvpn_drops drops;

	struct azvpn_net *azn;
	struct azvpn_sa_name *name;
	u32 id;
	netdevice_tracker dev_tracker;
	struct azvpn_algorithm algorithm;
	struct azvpn_counters __percpu *counters;
	struct azvpn_hold *early;
	struct azvpn_addr saddr;
	__be16 sport;
	__be16 dport;
	u32 flags;
	u32 reqid;
	struct azvpn_limits soft;
	struct azvpn_limits hard;
	u64 added;
	bool soft_expired;
	bool dead;
	struct delayed_work check;
	struct list_head tunnel_list;
	struct list_head policies;
	struct rcu_work free_work;
};

/**
 * struct azvpn_sa_config - What an SA is to be
 * @spi: SPI
 * @daddr: outer destination
 * @saddr: outer source
 * @sport: UDP source port, 0 for ESP without UDP
 * @dport: UDP destination port
 * @direction: AZVPN_DIRECTION_*
 * @tunnel_id: number of the tunnel
 * @reqid: which policies apply
 * @flags: AZVPN_SA_FLAG_*
 * @replay_window: in packets
 * @tfc: pad inner packets to so many bytes
 * @algorithm: cipher and integrity algorithm
 * @keys: their keys; belong to the caller, who wipes them
 * @soft: limits that raise an event
 * @hard: limits that end the SA
 */
struct azvpn_sa_config {
	__be32 spi;
	struct azvpn_addr daddr;
	struct azvpn_addr saddr;
	__be16 sport;
	__be16 dport;
	u32 direction;
	u32 tunnel_id;
	u32 reqid;
	u32 flags;
	u32 replay_window;
	u32 tfc;
	struct azvpn_algorithm algorithm;
	struct azvpn_keys keys;
	struct azvpn_limits soft;
	struct azvpn_limits hard;
};

/**
 * struct azvpn_sa_move - New outer addresses of an SA
 * @daddr: outer destination
 * @saddr: outer source
 * @sport: UDP source port, 0 for ESP without UDP
 * @dport: UDP destination port
 */
struct azvpn_sa_move {
	struct azvpn_addr daddr;
	struct azvpn_addr saddr;
	__be16 sport;
	__be16 dport;
};

int azvpn_sa_table_init(struct azvpn_net *azn);
void azvpn_sa_table_free(struct azvpn_net *azn);

int azvpn_sa_reserve(struct azvpn_net *azn, struct azvpn_sa_key *key,
		     const struct azvpn_addr *saddr, u32 min, u32 max,
		     struct netlink_ext_ack *extack);
int azvpn_sa_add(struct azvpn_net *azn, const struct azvpn_sa_config *config,
		 struct netlink_ext_ack *extack);
int azvpn_sa_move(struct azvpn_sa *sa, const struct azvpn_sa_move *move,
		  struct netlink_ext_ack *extack);
void azvpn_sa_forget_route(struct azvpn_sa *sa);
void azvpn_sa_delete(struct azvpn_sa *sa);
void azvpn_sa_flush(struct azvpn_tunnel *tunnel);
void azvpn_sa_flush_all(struct azvpn_net *azn);

struct azvpn_sa *azvpn_sa_find(struct azvpn_net *azn, const struct azvpn_sa_key *key);
const struct azvpn_sa_name *azvpn_sa_lookup(const struct azvpn_net *azn,
					    const struct azvpn_sa_key *key);

/**
 * azvpn_sa_sequence() - The last sequence number used, or the highest received
 * @sa: SA, not larval
 */
static inline u64 azvpn_sa_sequence(const struct azvpn_sa *sa)
{
	/* Sending goes on counting when there are no numbers left */
	return sa->tx ? min_t(u64, atomic64_read(&sa->tx->sequence),
			      READ_ONCE(sa->tx->max_sequence)) :
			READ_ONCE(sa->rx->replay.top);
}

/* Whether it is but a reserved SPI */
static inline bool azvpn_sa_is_larval(const struct azvpn_sa *sa)
{
	return sa->early;
}

/* Looks at limits and frees SAs */
extern struct workqueue_struct *azvpn_queue;

int azvpn_sa_init(void);
void azvpn_sa_exit(void);

#endif /* _AZVPN_SA_H */
