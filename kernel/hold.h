/* SPDX-License-Identifier: GPL-2.0 */
/* Short queues of packets that wait for keys. */
#ifndef _AZVPN_HOLD_H
#define _AZVPN_HOLD_H

#include <linux/skbuff.h>
#include <linux/timer.h>

/**
 * struct azvpn_hold - Packets that wait for an SA
 * @queue: the packets; its lock covers it and @closed
 * @limit: so many may wait; immutable
 * @closed: nobody will come for what is queued from now on
 * @timer: runs while there are packets, ends when the first has waited too long
 * @expire: called for a packet that has waited too long or is left at the end, to free
 *	and count it, with softirqs off
 * @context: for @expire
 *
 * Packets are in the order in which they came, their control blocks untouched.
 */
struct azvpn_hold {
	struct sk_buff_head queue;
	unsigned int limit;
	bool closed;
	struct timer_list timer;
	void (*expire)(struct sk_buff *skb, void *context);
	void *context;
};

/* What has become of a packet that was to be held */
enum azvpn_hold_verdict {
	AZVPN_HOLD_HELD,
	AZVPN_HOLD_FULL,
	AZVPN_HOLD_CLOSED,
};

void azvpn_hold_init(struct azvpn_hold *hold, unsigned int limit,
		     void (*expire)(struct sk_buff *skb, void *context), void *context);
enum azvpn_hold_verdict azvpn_hold_packet(struct azvpn_hold *hold, struct sk_buff *skb);
void azvpn_hold_take(struct azvpn_hold *hold, struct sk_buff_head *packets);
void azvpn_hold_close(struct azvpn_hold *hold, struct sk_buff_head *packets);
void azvpn_hold_end(struct azvpn_hold *hold);

#endif /* _AZVPN_HOLD_H */
