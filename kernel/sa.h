/* SPDX-License-Identifier: GPL-2.0 */
/* Security associations. */
#ifndef _AZVPN_SA_H
#define _AZVPN_SA_H

#include <linux/netdevice.h>
#include <linux/percpu-refcount.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>

#include "crypto.h"
#include "path.h"
#include "replay.h"
#include "stats.h"

struct azvpn_net;
struct azvpn_tunnel;
struct netlink_ext_ack;

/**
 * struct azvpn_sa_key - What tells an SA from all others of its namespace
 * @spi: security parameters index
 * @daddr: outer destination
 *
 * The protocol is always ESP.
 */
struct azvpn_sa_key {
	__be32 spi;
	__be32 daddr;
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
 * @aead: transform
 * @path: outer addresses; replaced under the lock of the namespace
 * @counters: per CPU; softirqs off
 * @sa: the SA
 * @max_sequence: last sequence number that may be used
 * @spi: SPI
 * @flags: AZVPN_SA_FLAG_*
 * @salt: first 4 bytes of the nonce
 * @sequence: last sequence number used; any CPU
 *
 * All but @path and @sequence is immutable. @sequence has a cache line of its
 * own: it is all that CPUs which send at the same time contend for. Numbers
 * are taken one at a time just before a packet is encrypted, so that packets
 * of different CPUs overtake each other by little, as the small replay windows
 * of many peers demand.
 */
struct azvpn_sa_tx {
	struct crypto_aead *aead;
	struct azvpn_path __rcu *path;
	struct azvpn_counters __percpu *counters;
	struct azvpn_sa *sa;
	u64 max_sequence;
	__be32 spi;
	u32 flags;
	u8 salt[AZVPN_ESP_SALT];

	atomic64_t sequence ____cacheline_aligned_in_smp;
};

/**
 * struct azvpn_sa_rx - The part of an inbound SA that packets use
 * @aead: transform
 * @counters: per CPU; softirqs off
 * @sa: the SA
 * @tunnel: tunnel
 * @spi: SPI
 * @flags: AZVPN_SA_FLAG_*
 * @reqid: which policies apply
 * @salt: first 4 bytes of the nonce
 * @peer: address UDP-encapsulated packets are expected from; changed under the
 *	lock of the namespace
 * @peer_port: port they are expected from, 0 if the SA knows of none; likewise
 * @mapping_after: jiffies before which no other mapping event is raised; any CPU
 * @lock: covers @replay
 * @replay: replay window
 *
 * What is not said to change is immutable. @lock and @replay begin a cache
 * line of their own; they are written once per batch of packets.
 */
struct azvpn_sa_rx {
	struct crypto_aead *aead;
	struct azvpn_counters __percpu *counters;
	struct azvpn_sa *sa;
	struct azvpn_tunnel *tunnel;
	__be32 spi;
	u32 flags;
	u32 reqid;
	u8 salt[AZVPN_ESP_SALT];
	__be32 peer;
	__be16 peer_port;
	unsigned long mapping_after;

	spinlock_t lock ____cacheline_aligned_in_smp;	/* see above */
	struct azvpn_replay replay;
};

/**
 * struct azvpn_sa - A security association
 * @node: in &struct azvpn_net.sas
 * @key: SPI and destination; changed by an update, under the lock of the namespace
 * @tx: what packets use of an outbound SA, NULL otherwise; immutable
 * @rx: what packets use of an inbound SA, NULL otherwise; immutable
 * @ref: held by packets that use the SA beyond their RCU section; killed when
 *	the SA leaves its table
 * @azn: namespace; immutable
 * @tunnel: tunnel, NULL for a reserved SPI; immutable, kept by @dev_tracker's reference
 * @dev_tracker: the SA's reference on the device of @tunnel
 * @aead: transform, NULL for a reserved SPI; immutable
 * @counters: counters, NULL for a reserved SPI
 * @saddr: outer source; under the lock
 * @sport: UDP source port, 0 for ESP without UDP; under the lock
 * @dport: UDP destination port; under the lock
 * @direction: AZVPN_DIRECTION_*; immutable
 * @flags: AZVPN_SA_FLAG_*; immutable
 * @reqid: immutable
 * @soft: limits that raise an event; immutable
 * @hard: limits that end the SA; immutable
 * @added: second of CLOCK_MONOTONIC; immutable
 * @soft_expired: the event was raised; under the lock
 * @list: in &struct azvpn_net.sa_list; under the lock
 * @policies: outbound policies that send with the SA; under the lock
 * @free_work: frees it, a grace period after @ref has ended
 *
 * The lock is that of the namespace.
 */
struct azvpn_sa {
	struct rhash_head node;
	struct azvpn_sa_key key;
	struct azvpn_sa_tx *tx;
	struct azvpn_sa_rx *rx;
	struct percpu_ref ref;

	struct azvpn_net *azn;
	struct azvpn_tunnel *tunnel;
	netdevice_tracker dev_tracker;
	struct crypto_aead *aead;
	struct azvpn_counters __percpu *counters;
	__be32 saddr;
	__be16 sport;
	__be16 dport;
	u32 direction;
	u32 flags;
	u32 reqid;
	struct azvpn_limits soft;
	struct azvpn_limits hard;
	u64 added;
	bool soft_expired;
	struct list_head list;
	struct list_head policies;
	struct rcu_work free_work;
};

/**
 * struct azvpn_sa_config - What an SA is to be
 * @key: SPI and destination
 * @saddr: outer source
 * @sport: UDP source port, 0 for ESP without UDP
 * @dport: UDP destination port
 * @direction: AZVPN_DIRECTION_*
 * @tunnel_id: number of the tunnel
 * @reqid: which policies apply
 * @flags: AZVPN_SA_FLAG_*
 * @replay_window: in packets
 * @material: AES key and salt; belongs to the caller, who wipes it
 * @material_len: length of @material in bytes
 * @soft: limits that raise an event
 * @hard: limits that end the SA
 */
struct azvpn_sa_config {
	struct azvpn_sa_key key;
	__be32 saddr;
	__be16 sport;
	__be16 dport;
	u32 direction;
	u32 tunnel_id;
	u32 reqid;
	u32 flags;
	u32 replay_window;
	const u8 *material;
	unsigned int material_len;
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
	__be32 daddr;
	__be32 saddr;
	__be16 sport;
	__be16 dport;
};

int azvpn_sa_table_init(struct azvpn_net *azn);
void azvpn_sa_table_free(struct azvpn_net *azn);

int azvpn_sa_reserve(struct azvpn_net *azn, struct azvpn_sa_key *key, __be32 saddr,
		     u32 min, u32 max, struct netlink_ext_ack *extack);
int azvpn_sa_add(struct azvpn_net *azn, const struct azvpn_sa_config *config,
		 struct netlink_ext_ack *extack);
int azvpn_sa_move(struct azvpn_sa *sa, const struct azvpn_sa_move *move,
		  struct netlink_ext_ack *extack);
void azvpn_sa_delete(struct azvpn_sa *sa);
void azvpn_sa_flush(struct azvpn_net *azn, struct azvpn_tunnel *tunnel);

struct azvpn_sa *azvpn_sa_find(struct azvpn_net *azn, __be32 spi, __be32 daddr);
struct azvpn_sa *azvpn_sa_lookup(const struct azvpn_net *azn, __be32 spi, __be32 daddr);

/**
 * azvpn_sa_sequence() - The last sequence number used, or the highest received
 * @sa: SA, not larval
 */
static inline u64 azvpn_sa_sequence(const struct azvpn_sa *sa)
{
	/* Sending goes on counting when there are no numbers left */
	return sa->tx ? min_t(u64, atomic64_read(&sa->tx->sequence), sa->tx->max_sequence) :
			READ_ONCE(sa->rx->replay.top);
}

static inline bool azvpn_sa_is_larval(const struct azvpn_sa *sa)
{
	return !sa->aead;
}

int azvpn_sa_init(void);
void azvpn_sa_exit(void);

#endif /* _AZVPN_SA_H */
