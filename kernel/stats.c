// SPDX-License-Identifier: GPL-2.0
/* Counters: packets, bytes and drops by reason, per CPU. */
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/ktime.h>

#include "device.h"
#include "stats.h"

struct azvpn_counters __percpu *azvpn_counters_alloc(void)
{
	struct azvpn_counters __percpu *counters = alloc_percpu(struct azvpn_counters);
	int cpu;

	if (!counters)
		return NULL;
	for_each_possible_cpu(cpu) {
		u64_stats_init(&per_cpu_ptr(counters, cpu)->syncp);
		u64_stats_init(&per_cpu_ptr(counters, cpu)->drops.syncp);
	}
	return counters;
}

struct azvpn_drops __percpu *azvpn_drops_alloc(void)
{
	struct azvpn_drops __percpu *drops = alloc_percpu(struct azvpn_drops);
	int cpu;

	if (!drops)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(drops, cpu)->syncp);
	return drops;
}

/**
 * azvpn_counters_add() - Count packets carried
 * @counters: counters of the SA
 * @packets: number of packets
 * @bytes: length of the inner packets together
 *
 * Context: softirqs off.
 */
void azvpn_counters_add(struct azvpn_counters __percpu *counters, u64 packets, u64 bytes)
{
	struct azvpn_counters *own = this_cpu_ptr(counters);

	u64_stats_update_begin(&own->syncp);
	u64_stats_add(&own->packets, packets);
	u64_stats_add(&own->bytes, bytes);
	u64_stats_update_end(&own->syncp);
	WRITE_ONCE(own->last_used, jiffies);
}

/**
 * azvpn_jiffies_to_seconds() - When something happened
 * @then: value of jiffies at the time, not in the future
 *
 * Return: second of CLOCK_MONOTONIC.
 */
u64 azvpn_jiffies_to_seconds(unsigned long then)
{
	return ktime_get_seconds() - (jiffies - then) / HZ;
}

/**
 * azvpn_counters_fold() - Sum up the counters of all CPUs
 * @counters: counters of the SA
 * @usage: where to put the sums
 *
 * Context: process.
 */
void azvpn_counters_fold(struct azvpn_counters __percpu *counters, struct azvpn_usage *usage)
{
	int cpu;

	memset(usage, 0, sizeof(*usage));
	for_each_possible_cpu(cpu) {
		const struct azvpn_counters *one = per_cpu_ptr(counters, cpu);
		u64 packets, bytes;
		unsigned int start;

		do {
			start = u64_stats_fetch_begin(&one->syncp);
			packets = u64_stats_read(&one->packets);
			bytes = u64_stats_read(&one->bytes);
		} while (u64_stats_fetch_retry(&one->syncp, start));
		usage->packets += packets;
		usage->bytes += bytes;
		if (packets)
			usage->last_used = max(usage->last_used,
					       azvpn_jiffies_to_seconds(READ_ONCE(one->last_used)));
	}
}

static void add_drops(const struct azvpn_drops *one, u64 reasons[AZVPN_DROP_COUNT])
{
	u64 copy[AZVPN_DROP_COUNT];
	unsigned int start;
	int i;

	do {
		start = u64_stats_fetch_begin(&one->syncp);
		for (i = 0; i < AZVPN_DROP_COUNT; i++)
			copy[i] = u64_stats_read(&one->reason[i]);
	} while (u64_stats_fetch_retry(&one->syncp, start));
	for (i = 0; i < AZVPN_DROP_COUNT; i++)
		reasons[i] += copy[i];
}

/**
 * azvpn_counters_fold_drops() - Sum up the drops of an SA
 * @counters: counters of the SA
 * @reasons: sums, indexed by reason less AZVPN_DROP_FIRST
 */
void azvpn_counters_fold_drops(struct azvpn_counters __percpu *counters,
			       u64 reasons[AZVPN_DROP_COUNT])
{
	int cpu;

	memset(reasons, 0, AZVPN_DROP_COUNT * sizeof(reasons[0]));
	for_each_possible_cpu(cpu)
		add_drops(&per_cpu_ptr(counters, cpu)->drops, reasons);
}

/**
 * azvpn_drops_fold() - Sum up the drops of a tunnel
 * @drops: counters of the tunnel
 * @reasons: sums, indexed by reason less AZVPN_DROP_FIRST
 */
void azvpn_drops_fold(struct azvpn_drops __percpu *drops, u64 reasons[AZVPN_DROP_COUNT])
{
	int cpu;

	memset(reasons, 0, AZVPN_DROP_COUNT * sizeof(reasons[0]));
	for_each_possible_cpu(cpu)
		add_drops(per_cpu_ptr(drops, cpu), reasons);
}

static void count_drop(struct azvpn_drops *own, unsigned int reason)
{
	u64_stats_update_begin(&own->syncp);
	u64_stats_inc(&own->reason[reason - AZVPN_DROP_FIRST]);
	u64_stats_update_end(&own->syncp);
}

static void drop(struct sk_buff *skb, struct azvpn_tunnel *tunnel,
		 struct azvpn_counters __percpu *counters, unsigned int reason)
{
	count_drop(this_cpu_ptr(tunnel->drops), reason);
	if (counters)
		count_drop(&this_cpu_ptr(counters)->drops, reason);
	kfree_skb(skb);
}

/**
 * azvpn_drop_tx() - Drop an outbound packet
 * @skb: the packet, freed
 * @tunnel: its tunnel
 * @counters: counters of its SA, NULL if it has found none
 * @reason: AZVPN_A_DROPS_*
 *
 * Context: softirqs off.
 */
void azvpn_drop_tx(struct sk_buff *skb, struct azvpn_tunnel *tunnel,
		   struct azvpn_counters __percpu *counters, unsigned int reason)
{
	dev_core_stats_tx_dropped_inc(tunnel->dev);
	drop(skb, tunnel, counters, reason);
}

/**
 * azvpn_drop_rx() - Drop an inbound packet
 * @skb: the packet, freed
 * @tunnel: its tunnel
 * @counters: counters of its SA
 * @reason: AZVPN_A_DROPS_*
 *
 * Context: softirqs off.
 */
void azvpn_drop_rx(struct sk_buff *skb, struct azvpn_tunnel *tunnel,
		   struct azvpn_counters __percpu *counters, unsigned int reason)
{
	dev_core_stats_rx_dropped_inc(tunnel->dev);
	drop(skb, tunnel, counters, reason);
}
