// SPDX-License-Identifier: GPL-2.0
/*
 * Short queues of packets that wait for keys.
 *
 * Outbound the first packet of a flow waits for the SA it has asked for.
 * Inbound a peer may send by an SA before its keys have come here: as responder
 * it may do so as soon as its answer is on the way (RFC 7296 section 2.8).
 */
#include <linux/jiffies.h>

#include "hold.h"

/* Longer than a key exchange with a packet lost and sent again */
#define MAX_WAIT (5 * HZ)

/* The timer runs from the first packet of a queue that was empty: none waits for longer */
static void time_out(struct timer_list *timer)
{
	struct azvpn_hold *hold = container_of(timer, struct azvpn_hold, timer);
	struct sk_buff_head packets;
	struct sk_buff *skb;

	__skb_queue_head_init(&packets);
	spin_lock_bh(&hold->queue.lock);
	skb_queue_splice_tail_init(&hold->queue, &packets);
	spin_unlock_bh(&hold->queue.lock);
	while ((skb = __skb_dequeue(&packets)))
		hold->expire(skb, hold->context);
}

/**
 * azvpn_hold_init() - Make an empty queue
 * @hold: the queue
 * @limit: so many packets may wait
 * @expire: see &struct azvpn_hold
 * @context: for @expire
 */
void azvpn_hold_init(struct azvpn_hold *hold, unsigned int limit,
		     void (*expire)(struct sk_buff *skb, void *context), void *context)
{
	skb_queue_head_init(&hold->queue);
	hold->limit = limit;
	hold->closed = false;
	timer_setup(&hold->timer, time_out, 0);
	hold->expire = expire;
	hold->context = context;
}

/**
 * azvpn_hold_packet() - Let a packet wait
 * @hold: the queue, in existence until the caller's RCU section ends
 * @skb: the packet, still the caller's if it is not held
 *
 * Context: softirqs off.
 */
enum azvpn_hold_verdict azvpn_hold_packet(struct azvpn_hold *hold, struct sk_buff *skb)
{
	enum azvpn_hold_verdict verdict = AZVPN_HOLD_HELD;

	spin_lock(&hold->queue.lock);
	if (hold->closed) {
		verdict = AZVPN_HOLD_CLOSED;
	} else if (skb_queue_len(&hold->queue) >= hold->limit) {
		verdict = AZVPN_HOLD_FULL;
	} else {
		if (skb_queue_empty(&hold->queue))
			mod_timer(&hold->timer, jiffies + MAX_WAIT);
		__skb_queue_tail(&hold->queue, skb);
	}
	spin_unlock(&hold->queue.lock);
	return verdict;
}

/**
 * azvpn_hold_take() - Take what waits, for what it waited for is there
 * @hold: the queue
 * @packets: list to put them on
 *
 * Context: process or softirq.
 */
void azvpn_hold_take(struct azvpn_hold *hold, struct sk_buff_head *packets)
{
	spin_lock_bh(&hold->queue.lock);
	skb_queue_splice_tail_init(&hold->queue, packets);
	spin_unlock_bh(&hold->queue.lock);
}

/**
 * azvpn_hold_close() - Take what waits, and let nothing wait any more
 * @hold: the queue
 * @packets: list to put them on
 *
 * Context: process.
 */
void azvpn_hold_close(struct azvpn_hold *hold, struct sk_buff_head *packets)
{
	spin_lock_bh(&hold->queue.lock);
	hold->closed = true;
	skb_queue_splice_tail_init(&hold->queue, packets);
	spin_unlock_bh(&hold->queue.lock);
	/* Closed before: nobody starts the timer again */
	timer_delete_sync(&hold->timer);
}

/**
 * azvpn_hold_end() - Let nothing wait any more, and expire what does
 * @hold: the queue, which may be freed a grace period later
 *
 * Context: process.
 */
void azvpn_hold_end(struct azvpn_hold *hold)
{
	struct sk_buff_head packets;
	struct sk_buff *skb;

	__skb_queue_head_init(&packets);
	azvpn_hold_close(hold, &packets);
	local_bh_disable();
	while ((skb = __skb_dequeue(&packets)))
		hold->expire(skb, hold->context);
	local_bh_enable();
}
