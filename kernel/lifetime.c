// SPDX-License-Identifier: GPL-2.0
/*
 * The limits of SAs in bytes, packets and seconds.
 *
 * Each SA looks at its limits when they may next be reached, off the packet
 * path: for seconds that is known, for bytes and packets it is as soon as the
 * fastest link could bring what is left, a second at least. So an SA far from
 * its limits costs a look every few seconds to minutes. Only the hard packet
 * limit of an outbound SA is exact: sending compares it with the sequence
 * number it has in hand anyway.
 */
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include "device.h"
#include "event.h"
#include "lifetime.h"
#include "net.h"
#include "sa.h"

/* More than one tunnel carries in a second: 100 Gbit/s of the smallest packets, or of any */
#define BYTES_A_SECOND 12500000000ULL
#define PACKETS_A_SECOND 100000000ULL

/* No limit is further off than this; then another look is taken */
#define MAX_SECONDS 3600

static bool is_reached(const struct azvpn_limits *limits, const struct azvpn_usage *usage, u64 age)
{
	return (limits->bytes && usage->bytes >= limits->bytes) ||
	       (limits->packets && usage->packets >= limits->packets) ||
	       (limits->seconds && age >= limits->seconds);
}

static u64 sooner(u64 seconds, u64 limit, u64 used, u64 rate)
{
	return limit && limit > used ? min(seconds, div64_u64(limit - used, rate)) : seconds;
}

static u64 seconds_left(const struct azvpn_limits *limits, const struct azvpn_usage *usage, u64 age)
{
	u64 seconds = MAX_SECONDS;

	seconds = sooner(seconds, limits->bytes, usage->bytes, BYTES_A_SECOND);
	seconds = sooner(seconds, limits->packets, usage->packets, PACKETS_A_SECOND);
	return sooner(seconds, limits->seconds, age, 1);
}

static bool has_limits(const struct azvpn_limits *limits)
{
	return limits->bytes || limits->packets || limits->seconds;
}

/*
 * A scheduled look holds the SA. A timer may be late by an eighth of its time,
 * so a distant limit is approached in steps.
 */
static void schedule_look(struct azvpn_sa *sa, u64 seconds)
{
	percpu_ref_get(&sa->ref);
	if (!queue_delayed_work(azvpn_queue, &sa->check,
				max_t(u64, seconds - seconds / 8, 1) * HZ))
		percpu_ref_put(&sa->ref);
}

/* Packets have it no more, although it cannot be deleted before somebody is told */
static void stop_packets(struct azvpn_sa *sa)
{
	if (sa->tx)
		WRITE_ONCE(sa->tx->max_sequence, 0);
	else
		WRITE_ONCE(sa->rx->expired, true);
}

static void look_at(struct azvpn_sa *sa)
{
	u64 age = ktime_get_seconds() - sa->added, seconds;
	struct azvpn_usage usage = {};

	if (sa->counters)
		azvpn_counters_fold(sa->counters, &usage);
	/* A packet that could not be encrypted has used its number up all the same */
	if (sa->tx)
		usage.packets = azvpn_sa_sequence(sa);
	if (is_reached(&sa->hard, &usage, age)) {
		if (azvpn_sa_is_larval(sa) || !azvpn_event_expire(sa, true)) {
			azvpn_sa_delete(sa);
			return;
		}
		stop_packets(sa);
		schedule_look(sa, 1);
		return;
	}
	/* Without memory the event is tried again, in a second */
	if (!sa->soft_expired && is_reached(&sa->soft, &usage, age))
		sa->soft_expired = !azvpn_event_expire(sa, false);
	seconds = seconds_left(&sa->hard, &usage, age);
	if (!sa->soft_expired)
		seconds = min(seconds, is_reached(&sa->soft, &usage, age) ? 1 :
			      seconds_left(&sa->soft, &usage, age));
	schedule_look(sa, seconds);
}

static void check(struct work_struct *work)
{
	struct azvpn_sa *sa = container_of(to_delayed_work(work), struct azvpn_sa, check);

	mutex_lock(&sa->azn->lock);
	if (!sa->dead)
		look_at(sa);
	mutex_unlock(&sa->azn->lock);
	percpu_ref_put(&sa->ref);
}

void azvpn_lifetime_init(struct azvpn_sa *sa)
{
	INIT_DELAYED_WORK(&sa->check, check);
}

/**
 * azvpn_lifetime_start() - Have the limits of an SA looked at from now on
 * @sa: the SA, just added, the lock of its namespace held
 */
void azvpn_lifetime_start(struct azvpn_sa *sa)
{
	const struct azvpn_usage none = {};

	if (has_limits(&sa->soft) || has_limits(&sa->hard))
		schedule_look(sa, min(seconds_left(&sa->soft, &none, 0),
				      seconds_left(&sa->hard, &none, 0)));
}

/**
 * azvpn_lifetime_stop() - Have them looked at no more
 * @sa: the SA, on its way out, the lock of its namespace held
 *
 * A look that has begun waits for the lock, finds the SA dead and ends.
 */
void azvpn_lifetime_stop(struct azvpn_sa *sa)
{
	if (cancel_delayed_work(&sa->check))
		percpu_ref_put(&sa->ref);
}
