// SPDX-License-Identifier: GPL-2.0
/*
 * The limits of SAs in bytes, packets and seconds.
 *
 * They are checked once a second, off the packet path. Only the hard packet
 * limit of an outbound SA is exact: sending compares it with the sequence
 * number it has in hand anyway.
 */
#include <linux/ktime.h>

#include "event.h"
#include "lifetime.h"
#include "net.h"
#include "sa.h"

static bool has_limits(const struct azvpn_limits *limits)
{
	return limits->bytes || limits->packets || limits->seconds;
}

static bool is_limited(const struct azvpn_sa *sa)
{
	return has_limits(&sa->soft) || has_limits(&sa->hard);
}

static bool is_reached(const struct azvpn_limits *limits, const struct azvpn_usage *usage, u64 age)
{
	return (limits->bytes && usage->bytes >= limits->bytes) ||
	       (limits->packets && usage->packets >= limits->packets) ||
	       (limits->seconds && age >= limits->seconds);
}

static void check_sa(struct azvpn_sa *sa)
{
	u64 age = ktime_get_seconds() - sa->added;
	struct azvpn_usage usage = {};

	if (sa->counters)
		azvpn_counters_fold(sa->counters, &usage);
	/* A packet that could not be encrypted has used its number up all the same */
	if (sa->tx)
		usage.packets = azvpn_sa_sequence(sa);
	if (is_reached(&sa->hard, &usage, age)) {
		if (!azvpn_sa_is_larval(sa))
			azvpn_event_expire(sa, true);
		azvpn_sa_delete(sa);
	} else if (!sa->soft_expired && is_reached(&sa->soft, &usage, age)) {
		sa->soft_expired = true;
		azvpn_event_expire(sa, false);
	}
}

static void check_lifetimes(struct work_struct *work)
{
	struct azvpn_net *azn = container_of(to_delayed_work(work), struct azvpn_net, aging);
	struct azvpn_sa *sa, *next;
	bool more = false;

	mutex_lock(&azn->lock);
	list_for_each_entry_safe(sa, next, &azn->sa_list, list) {
		if (!is_limited(sa))
			continue;
		more = true;
		check_sa(sa);
	}
	if (more)
		schedule_delayed_work(&azn->aging, HZ);
	mutex_unlock(&azn->lock);
}

void azvpn_lifetime_init(struct azvpn_net *azn)
{
	INIT_DELAYED_WORK(&azn->aging, check_lifetimes);
}

/**
 * azvpn_lifetime_watch() - Have the limits of an SA checked from now on
 * @sa: the SA, just added, the lock of its namespace held
 */
void azvpn_lifetime_watch(struct azvpn_sa *sa)
{
	if (is_limited(sa))
		schedule_delayed_work(&sa->azn->aging, HZ);
}
