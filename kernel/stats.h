/* SPDX-License-Identifier: GPL-2.0 */
/* Counters: packets and bytes per CPU, drops by reason. */
#ifndef _AZVPN_STATS_H
#define _AZVPN_STATS_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <uapi/linux/azvpn.h>

/* A drop reason is the number of its attribute in the "drops" set */
#define AZVPN_DROP_FIRST	AZVPN_A_DROPS_NO_POLICY
#define AZVPN_DROP_COUNT	(AZVPN_A_DROPS_MAX - AZVPN_DROP_FIRST + 1)

struct azvpn_sa;
struct azvpn_tunnel;
struct sk_buff;

/**
 * struct azvpn_last_drop - The packet dropped last
 * @time: second of CLOCK_MONOTONIC, 0 if there was none
 * @sequence: its sequence number, 0 if it had none
 * @spi: SPI of its SA, 0 if it had found none
 * @reason: AZVPN_A_DROPS_*
 */
struct azvpn_last_drop {
	u64 time;
	u64 sequence;
	__be32 spi;
	u32 reason;
};

/**
 * struct azvpn_drops - Packets dropped, by reason
 * @reason: counters, indexed by reason less AZVPN_DROP_FIRST
 * @lock: covers @last; a CPU that finds it taken leaves the record to the other
 * @last: the packet dropped last
 *
 * Not per CPU: a dropped packet has cost more than a shared cache line, and a
 * host of 64 CPUs with 10,000 tunnels would pay for it in gigabytes.
 */
struct azvpn_drops {
	atomic64_t reason[AZVPN_DROP_COUNT];
	spinlock_t lock;	/* see above */
	struct azvpn_last_drop last;
};

/**
 * struct azvpn_counters - What an SA did on one CPU
 * @packets: packets carried
 * @bytes: bytes of inner packets carried
 *
 * Added to by this_cpu_add(), which needs no lock on any kernel.
 */
struct azvpn_counters {
	u64 packets;
	u64 bytes;
};

/**
 * struct azvpn_usage - The counters of all CPUs together
 * @packets: packets carried
 * @bytes: bytes of inner packets carried
 */
struct azvpn_usage {
	u64 packets;
	u64 bytes;
};

/**
 * azvpn_counters_add() - Count packets carried
 * @counters: counters of the SA
 * @packets: number of packets
 * @bytes: length of the inner packets together
 *
 * Context: any.
 */
static inline void azvpn_counters_add(struct azvpn_counters __percpu *counters, u64 packets,
				      u64 bytes)
{
	this_cpu_add(counters->packets, packets);
	this_cpu_add(counters->bytes, bytes);
}

/**
 * azvpn_note_use() - Note that something was used just now
 * @last_used: jiffies of the last use, with bit 0 set; 0 before the first
 *
 * Does not write what is there already, to leave the cache line to other CPUs.
 */
static inline void azvpn_note_use(unsigned long *last_used)
{
	unsigned long now = jiffies | 1;

	if (READ_ONCE(*last_used) != now)
		WRITE_ONCE(*last_used, now);
}

void azvpn_counters_fold(struct azvpn_counters __percpu *counters, struct azvpn_usage *usage);
u64 azvpn_last_use(const unsigned long *last_used);

const char *azvpn_drop_name(unsigned int reason);
void azvpn_drops_init(struct azvpn_drops *drops);
u64 azvpn_drops_read(const struct azvpn_drops *drops, unsigned int reason);
struct azvpn_last_drop azvpn_drops_last(struct azvpn_drops *drops);

void azvpn_drop_tx(struct sk_buff *skb, struct azvpn_tunnel *tunnel, struct azvpn_sa *sa,
		   u64 sequence, unsigned int reason);
void azvpn_drop_refused(struct azvpn_tunnel *tunnel, struct azvpn_sa *sa, u64 sequence);
void azvpn_drop_rx(struct sk_buff *skb, struct azvpn_sa *sa, u64 sequence, unsigned int reason);

#endif /* _AZVPN_STATS_H */
