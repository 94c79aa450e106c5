// SPDX-License-Identifier: GPL-2.0
/* Counters: packets and bytes per CPU, drops by reason. */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "device.h"
#include "sa.h"
#include "stats.h"
#include "trace.h"

static const char *const drop_names[AZVPN_A_DROPS_MAX + 1] = {
	[AZVPN_A_DROPS_NO_POLICY]	= "no_policy",
	[AZVPN_A_DROPS_POLICY]		= "policy",
	[AZVPN_A_DROPS_NO_SA]		= "no_sa",
	[AZVPN_A_DROPS_NO_ROUTE]	= "no_route",
	[AZVPN_A_DROPS_LOOP]		= "loop",
	[AZVPN_A_DROPS_MTU]		= "mtu",
	[AZVPN_A_DROPS_NO_MEMORY]	= "no_memory",
	[AZVPN_A_DROPS_EXPIRED]		= "expired",
	[AZVPN_A_DROPS_BACKLOG]		= "backlog",
	[AZVPN_A_DROPS_MALFORMED]	= "malformed",
	[AZVPN_A_DROPS_STALE]		= "stale",
	[AZVPN_A_DROPS_REPLAY]		= "replay",
	[AZVPN_A_DROPS_ICV]		= "icv",
	[AZVPN_A_DROPS_TRAILER]		= "trailer",
	[AZVPN_A_DROPS_SELECTOR]	= "selector",
	[AZVPN_A_DROPS_PROTOCOL]	= "protocol",
	[AZVPN_A_DROPS_ECN]		= "ecn",
	[AZVPN_A_DROPS_DUMMY]		= "dummy",
	[AZVPN_A_DROPS_CRYPTO]		= "crypto",
	[AZVPN_A_DROPS_DOWN]		= "down",
	[AZVPN_A_DROPS_HOLD_FULL]	= "hold_full",
	[AZVPN_A_DROPS_HOLD_TIMEOUT]	= "hold_timeout",
	[AZVPN_A_DROPS_REFUSED]		= "refused",
	[AZVPN_A_DROPS_ENCAPSULATION]	= "encapsulation",
	[AZVPN_A_DROPS_PADDING]		= "padding",
};

/* Of a reason, as ethtool -S shows it */
const char *azvpn_drop_name(unsigned int reason)
{
	return drop_names[reason];
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
		usage->packets += READ_ONCE(per_cpu_ptr(counters, cpu)->packets);
		usage->bytes += READ_ONCE(per_cpu_ptr(counters, cpu)->bytes);
	}
}

/**
 * azvpn_last_use() - When something was used last
 * @last_used: as azvpn_note_use() writes it
 *
 * Return: second of CLOCK_MONOTONIC, 0 for never.
 */
u64 azvpn_last_use(const unsigned long *last_used)
{
	unsigned long then = READ_ONCE(*last_used);

	/* Bit 0 is always set, which may put it into the future */
	return then ? ktime_get_seconds() - (jiffies - (then & ~1UL)) / HZ : 0;
}

void azvpn_drops_init(struct azvpn_drops *drops)
{
	spin_lock_init(&drops->lock);
}

u64 azvpn_drops_read(const struct azvpn_drops *drops, unsigned int reason)
{
	return atomic64_read(&drops->reason[reason - AZVPN_DROP_FIRST]);
}

/**
 * azvpn_drops_last() - The packet dropped last
 * @drops: of a tunnel or an SA
 *
 * Context: process.
 */
struct azvpn_last_drop azvpn_drops_last(struct azvpn_drops *drops)
{
	struct azvpn_last_drop last;

	spin_lock_bh(&drops->lock);
	last = drops->last;
	spin_unlock_bh(&drops->lock);
	return last;
}

static void note(struct azvpn_drops *drops, const struct azvpn_last_drop *drop)
{
	atomic64_inc(&drops->reason[drop->reason - AZVPN_DROP_FIRST]);
	if (spin_trylock(&drops->lock)) {
		drops->last = *drop;
		spin_unlock(&drops->lock);
	}
}

/*
 * The kernel's own word for a reason, which its drop monitor shows. There is
 * none for what happens to ESP alone.
 */
static enum skb_drop_reason kernel_reason(unsigned int reason)
{
	switch (reason) {
	case AZVPN_A_DROPS_NO_POLICY:
	case AZVPN_A_DROPS_POLICY:
	case AZVPN_A_DROPS_SELECTOR:
		return SKB_DROP_REASON_XFRM_POLICY;
	case AZVPN_A_DROPS_NO_ROUTE:
		return SKB_DROP_REASON_IP_OUTNOROUTES;
	case AZVPN_A_DROPS_MTU:
		return SKB_DROP_REASON_PKT_TOO_BIG;
	case AZVPN_A_DROPS_NO_MEMORY:
		return SKB_DROP_REASON_NOMEM;
	case AZVPN_A_DROPS_BACKLOG:
		return SKB_DROP_REASON_CPU_BACKLOG;
	case AZVPN_A_DROPS_HOLD_FULL:
		return SKB_DROP_REASON_FULL_RING;
	case AZVPN_A_DROPS_MALFORMED:
	case AZVPN_A_DROPS_TRAILER:
	case AZVPN_A_DROPS_PADDING:
		return SKB_DROP_REASON_IP_INHDR;
	case AZVPN_A_DROPS_PROTOCOL:
		return SKB_DROP_REASON_UNHANDLED_PROTO;
	case AZVPN_A_DROPS_DOWN:
		return SKB_DROP_REASON_DEV_READY;
	default:
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
}

static struct azvpn_last_drop describe(const struct azvpn_sa *sa, u64 sequence,
				       unsigned int reason)
{
	return (struct azvpn_last_drop) {
		.time		= ktime_get_seconds(),
		.sequence	= sequence,
		.spi		= sa ? sa->spi : 0,
		.reason		= reason,
	};
}

static void record(struct azvpn_tunnel *tunnel, struct azvpn_sa *sa,
		   const struct azvpn_last_drop *drop)
{
	note(&tunnel->drops, drop);
	if (sa)
		note(&sa->drops, drop);
}

static void drop(struct sk_buff *skb, struct azvpn_tunnel *tunnel, struct azvpn_sa *sa,
		 u64 sequence, unsigned int reason)
{
	const struct azvpn_last_drop last = describe(sa, sequence, reason);

	trace_azvpn_drop(tunnel, skb->len, &last);
	record(tunnel, sa, &last);
	kfree_skb_reason(skb, kernel_reason(reason));
}

/**
 * azvpn_drop_tx() - Drop an outbound packet
 * @skb: the packet, freed
 * @tunnel: its tunnel
 * @sa: its SA, NULL if it has found none
 * @sequence: its sequence number, 0 if it has none yet
 * @reason: AZVPN_A_DROPS_*
 *
 * Context: softirqs off.
 */
void azvpn_drop_tx(struct sk_buff *skb, struct azvpn_tunnel *tunnel, struct azvpn_sa *sa,
		   u64 sequence, unsigned int reason)
{
	dev_core_stats_tx_dropped_inc(tunnel->dev);
	drop(skb, tunnel, sa, sequence, reason);
}

/**
 * azvpn_drop_refused() - Count an outbound packet that others have dropped
 * @tunnel: its tunnel
 * @sa: its SA
 * @sequence: its sequence number
 *
 * Context: softirqs off.
 */
void azvpn_drop_refused(struct azvpn_tunnel *tunnel, struct azvpn_sa *sa, u64 sequence)
{
	const struct azvpn_last_drop last = describe(sa, sequence, AZVPN_A_DROPS_REFUSED);

	dev_core_stats_tx_dropped_inc(tunnel->dev);
	trace_azvpn_drop(tunnel, 0, &last);
	record(tunnel, sa, &last);
}

/**
 * azvpn_drop_rx() - Drop an inbound packet
 * @skb: the packet, freed
 * @sa: its SA
 * @sequence: its sequence number, 0 if that is not known
 * @reason: AZVPN_A_DROPS_*
 *
 * Context: softirqs off.
 */
void azvpn_drop_rx(struct sk_buff *skb, struct azvpn_sa *sa, u64 sequence, unsigned int reason)
{
	dev_core_stats_rx_dropped_inc(sa->tunnel->dev);
	drop(skb, sa->tunnel, sa, sequence, reason);
}
