/* SPDX-License-Identifier: GPL-2.0 */
/* Counters: packets, bytes and drops by reason, per CPU. */
#ifndef _AZVPN_STATS_H
#define _AZVPN_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include <uapi/linux/azvpn.h>

/* A drop reason is the number of its attribute in the "drops" set */
#define AZVPN_DROP_FIRST	AZVPN_A_DROPS_NO_POLICY
#define AZVPN_DROP_COUNT	(AZVPN_A_DROPS_MAX - AZVPN_DROP_FIRST + 1)

struct azvpn_tunnel;
struct sk_buff;

/**
 * struct azvpn_drops - Packets dropped on one CPU, by reason
 * @reason: counters, indexed by reason less AZVPN_DROP_FIRST
 * @syncp: makes 64-bit reads whole on 32-bit hosts
 *
 * Written with softirqs off by the CPU that owns it.
 */
struct azvpn_drops {
	u64_stats_t reason[AZVPN_DROP_COUNT];
	struct u64_stats_sync syncp;
};

/**
 * struct azvpn_counters - What an SA did on one CPU
 * @packets: packets carried
 * @bytes: bytes of inner packets carried
 * @last_used: jiffies of the last packet carried, meaningful if @packets is not 0
 * @syncp: makes 64-bit reads whole on 32-bit hosts
 * @drops: packets that found the SA and were dropped
 *
 * Written with softirqs off by the CPU that owns it.
 */
struct azvpn_counters {
	u64_stats_t packets;
	u64_stats_t bytes;
	unsigned long last_used;
	struct u64_stats_sync syncp;
	struct azvpn_drops drops;
};

/**
 * struct azvpn_usage - The counters of all CPUs together
 * @packets: packets carried
 * @bytes: bytes of inner packets carried
 * @last_used: second of CLOCK_MONOTONIC in which the last packet was carried, 0 for never
 */
struct azvpn_usage {
	u64 packets;
	u64 bytes;
	u64 last_used;
};

struct azvpn_counters __percpu *azvpn_counters_alloc(void);
void azvpn_counters_add(struct azvpn_counters __percpu *counters, u64 packets, u64 bytes);
void azvpn_counters_fold(struct azvpn_counters __percpu *counters, struct azvpn_usage *usage);
void azvpn_counters_fold_drops(struct azvpn_counters __percpu *counters,
			       u64 reasons[AZVPN_DROP_COUNT]);

struct azvpn_drops __percpu *azvpn_drops_alloc(void);
void azvpn_drops_fold(struct azvpn_drops __percpu *drops, u64 reasons[AZVPN_DROP_COUNT]);

void azvpn_drop_tx(struct sk_buff *skb, struct azvpn_tunnel *tunnel,
		   struct azvpn_counters __percpu *counters, unsigned int reason);
void azvpn_drop_rx(struct sk_buff *skb, struct azvpn_tunnel *tunnel,
		   struct azvpn_counters __percpu *counters, unsigned int reason);

u64 azvpn_jiffies_to_seconds(unsigned long then);

#endif /* _AZVPN_STATS_H */
