// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet in: SPI, queue, decryption, replay window, policy.
 *
 * The kernel hands us ESP packets, raw or out of UDP port 4500, one at a time.
 * Those with an SPI of ours are queued for the tunnel on the same CPU, whose
 * NAPI runs right after the network driver's and finds them as one batch, hot
 * in the cache. It decrypts them all, passes the replay window of each SA
 * under one hold of its lock, and delivers through GRO. Others go on to xfrm.
 */
#include <linux/ip.h>
#include <linux/prefetch.h>
#include <linux/udp.h>
#include <net/hotdata.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "device.h"
#include "esp.h"
#include "event.h"
#include "net.h"
#include "policy.h"
#include "receive.h"
#include "sa.h"

/* Above what the kernel's own users of ESP have, of which the highest is 100 */
#define HANDLER_PRIORITY 200

/**
 * struct azvpn_cell - Receive queue of a tunnel on one CPU
 * @queue: packets to process; its lock covers it and @closed
 * @closed: the tunnel goes: nothing may be queued any more
 * @napi: processes the queue
 * @tunnel: tunnel; immutable
 *
 * The lock is taken once for each packet and once for each batch. It is
 * uncontended, but NAPI may run in a thread on another CPU.
 */
struct azvpn_cell {
	struct sk_buff_head queue;
	bool closed;
	struct napi_struct napi;
	struct azvpn_tunnel *tunnel;
};

/**
 * struct receive_cb - What is known of a packet, in its control block
 * @rx: SA, held until the packet leaves us
 * @sequence: 64-bit sequence number, authentic once decrypted
 * @err: outcome of an asynchronous decryption
 * @refused: why the replay window does not let it pass, 0 if it does
 * @peer_port: UDP source port, 0 for raw ESP
 * @decrypted: an asynchronous driver is done with it
 */
struct receive_cb {
	struct azvpn_sa_rx *rx;
	u64 sequence;
	int err;
	unsigned int refused;
	__be16 peer_port;
	bool decrypted;
};

static struct receive_cb *receive_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct receive_cb) > sizeof(skb->cb));
	return (struct receive_cb *)skb->cb;
}

/* Drop a packet that holds its SA */
static void drop(struct sk_buff *skb, unsigned int reason)
{
	struct azvpn_sa_rx *rx = receive_cb(skb)->rx;

	azvpn_drop_rx(skb, rx->tunnel, rx->counters, reason);
	percpu_ref_put(&rx->sa->ref);
}

/* Queue a packet on this CPU, from which NAPI takes it */
static void enqueue(struct sk_buff *skb)
{
	struct azvpn_tunnel *tunnel = receive_cb(skb)->rx->tunnel;
	struct azvpn_cell *cell = this_cpu_ptr(tunnel->cells);
	unsigned int reason = 0;
	bool first = false;

	spin_lock(&cell->queue.lock);
	if (unlikely(cell->closed)) {
		reason = AZVPN_A_DROPS_DOWN;
	} else if (unlikely(skb_queue_len(&cell->queue) >= compat_max_backlog())) {
		reason = AZVPN_A_DROPS_BACKLOG;
	} else {
		first = skb_queue_empty(&cell->queue);
		__skb_queue_tail(&cell->queue, skb);
	}
	spin_unlock(&cell->queue.lock);
	if (unlikely(reason))
		drop(skb, reason);
	else if (first)
		napi_schedule(&cell->napi);
}

static u64 sequence_of(const struct azvpn_sa_rx *rx, const struct ip_esp_hdr *esp)
{
	u32 low = ntohl(esp->seq_no);

	return rx->flags & AZVPN_SA_FLAG_ESN ? azvpn_replay_infer(&rx->replay, low) : low;
}

static unsigned int verdict_reason(enum azvpn_replay_verdict verdict)
{
	return verdict == AZVPN_REPLAY_SEEN ? AZVPN_A_DROPS_REPLAY : AZVPN_A_DROPS_STALE;
}

/* What can be told before decryption; 0 or why the packet is dropped */
static unsigned int inspect(struct sk_buff *skb, struct azvpn_sa_rx *rx, u64 *sequence)
{
	enum azvpn_replay_verdict verdict;

	if (unlikely(!(rx->tunnel->dev->flags & IFF_UP)))
		return AZVPN_A_DROPS_DOWN;
	if (unlikely(skb->len < AZVPN_ESP_MIN || (skb->len & (AZVPN_ESP_ALIGN - 1)) ||
		     !pskb_may_pull(skb, AZVPN_ESP_HDR + AZVPN_ESP_IV)))
		return AZVPN_A_DROPS_MALFORMED;
	*sequence = sequence_of(rx, (struct ip_esp_hdr *)skb->data);
	verdict = azvpn_replay_check(&rx->replay, *sequence);
	return likely(verdict == AZVPN_REPLAY_NEW) ? 0 : verdict_reason(verdict);
}

/* The UDP header stays in front of the ESP header, though it is pulled */
static __be16 udp_source(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return ((const struct udphdr *)((const u8 *)iph + iph->ihl * 4))->source;
}

/*
 * A packet of protocol ESP, data at the ESP header, under RCU and with
 * softirqs off. -EINVAL sends it on to the next handler.
 */
static int receive(struct sk_buff *skb, bool encap)
{
	struct azvpn_net *azn = azvpn_net(dev_net(skb->dev));
	struct azvpn_sa *sa;
	unsigned int reason;
	u64 sequence = 0;

	if (unlikely(!pskb_may_pull(skb, AZVPN_ESP_HDR)))
		return -EINVAL;
	sa = azvpn_sa_lookup(azn, ((struct ip_esp_hdr *)skb->data)->spi, ip_hdr(skb)->daddr);
	if (!sa || !sa->rx) {
		this_cpu_inc(*azn->unknown_spi);
		if (!sa || !azvpn_sa_is_larval(sa))
			return -EINVAL;
		kfree_skb(skb);
		return 0;
	}
	reason = inspect(skb, sa->rx, &sequence);
	if (unlikely(reason)) {
		azvpn_drop_rx(skb, sa->rx->tunnel, sa->counters, reason);
		return 0;
	}
	*receive_cb(skb) = (struct receive_cb) {
		.rx		= sa->rx,
		.sequence	= sequence,
		.peer_port	= encap ? udp_source(skb) : 0,
	};
	percpu_ref_get(&sa->ref);
	enqueue(skb);
	return 0;
}

static int receive_raw(struct sk_buff *skb)
{
	return receive(skb, false);
}

static int receive_encap(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return receive(skb, encap_type);
}

/* A driver that works asynchronously has finished; softirqs are off */
static void decrypt_done(struct sk_buff *skb, int err)
{
	receive_cb(skb)->err = err;
	receive_cb(skb)->decrypted = true;
	enqueue(skb);
}

/*
 * Make a packet's bytes ours to overwrite. Fragments may stay where they are
 * unless someone else has them too: a tap, or the sender's own pages.
 */
static int make_own(struct sk_buff *skb)
{
	if (likely(!skb_cloned(skb) && !skb_is_nonlinear(skb)))
		return 0;
	if (!skb_cloned(skb) && !skb_has_frag_list(skb) && !skb_has_shared_frag(skb))
		return 0;
	return skb_linearize_cow(skb);
}

static int decrypt(struct sk_buff *skb)
{
	const struct receive_cb *cb = receive_cb(skb);
	const struct azvpn_sa_rx *rx = cb->rx;
	const struct azvpn_job job = {
		.aead		= rx->aead,
		.done		= decrypt_done,
		.skb		= skb,
		.sequence	= cb->sequence,
		.spi		= rx->spi,
		.salt		= rx->salt,
		.esn		= rx->flags & AZVPN_SA_FLAG_ESN,
	};

	if (unlikely(make_own(skb)))
		return -ENOMEM;
	return azvpn_crypto_decrypt(&job);
}

static unsigned int crypto_reason(int err)
{
	switch (err) {
	case -EBADMSG:
		return AZVPN_A_DROPS_ICV;
	case -ENOMEM:
		return AZVPN_A_DROPS_NO_MEMORY;
	default:
		return AZVPN_A_DROPS_CRYPTO;
	}
}

/* First pass: everything is decrypted, or under way, or dropped */
static void decrypt_batch(struct sk_buff_head *queue, struct sk_buff_head *authentic)
{
	struct sk_buff *skb;
	int err;

	while ((skb = __skb_dequeue(queue))) {
		if (!skb_queue_empty(queue))
			prefetch(skb_peek(queue)->data);
		err = likely(!receive_cb(skb)->decrypted) ? decrypt(skb) : receive_cb(skb)->err;
		if (unlikely(err == -EINPROGRESS))
			continue;
		if (unlikely(err))
			drop(skb, crypto_reason(err));
		else
			__skb_queue_tail(authentic, skb);
	}
}

/* Pass packets of one SA through its window, up to one of another; returns that */
static struct sk_buff *mark_run(struct sk_buff_head *authentic, struct sk_buff *skb)
{
	struct azvpn_sa_rx *rx = receive_cb(skb)->rx;
	enum azvpn_replay_verdict verdict;

	spin_lock(&rx->lock);
	do {
		verdict = azvpn_replay_mark(&rx->replay, receive_cb(skb)->sequence);
		if (unlikely(verdict != AZVPN_REPLAY_NEW))
			receive_cb(skb)->refused = verdict_reason(verdict);
		skb = skb_peek_next(skb, authentic);
	} while (skb && receive_cb(skb)->rx == rx);
	spin_unlock(&rx->lock);
	return skb;
}

/* Second pass: one hold of the lock for each run of packets of the same SA */
static void mark_batch(struct sk_buff_head *authentic)
{
	struct sk_buff *skb = skb_peek(authentic);

	while (skb)
		skb = mark_run(authentic, skb);
}

/* A NAT in between may have given the peer another address: the daemon is to know */
static void note_peer(struct sk_buff *skb)
{
	struct receive_cb *cb = receive_cb(skb);
	struct azvpn_sa_rx *rx = cb->rx;
	__be32 saddr = ip_hdr(skb)->saddr;

	if (likely(!cb->peer_port || !READ_ONCE(rx->peer_port)))
		return;
	if (likely(cb->peer_port == READ_ONCE(rx->peer_port) && saddr == READ_ONCE(rx->peer)))
		return;
	azvpn_event_mapping(rx, saddr, cb->peer_port);
}

/* Take ICV, trailer, padding, ESP header and IV off; 0 or why the packet is dropped */
static unsigned int strip(struct sk_buff *skb)
{
	u8 trailer[AZVPN_ESP_TRAILER];
	unsigned int len = skb->len - AZVPN_ESP_ICV;

	if (skb_copy_bits(skb, len - sizeof(trailer), trailer, sizeof(trailer)))
		return AZVPN_A_DROPS_TRAILER;
	if (unlikely(trailer[1] == IPPROTO_NONE))
		return AZVPN_A_DROPS_DUMMY;
	if (unlikely(trailer[1] != IPPROTO_IPIP))
		return AZVPN_A_DROPS_PROTOCOL;
	len -= sizeof(trailer);
	if (unlikely(len < AZVPN_ESP_HDR + AZVPN_ESP_IV + trailer[0] + sizeof(struct iphdr)))
		return AZVPN_A_DROPS_TRAILER;
	if (unlikely(pskb_trim(skb, len - trailer[0])))
		return AZVPN_A_DROPS_NO_MEMORY;
	__skb_pull(skb, AZVPN_ESP_HDR + AZVPN_ESP_IV);
	return 0;
}

/*
 * The inner header; what follows the inner packet is padding for traffic flow
 * confidentiality (RFC 4303 section 2.7).
 */
static unsigned int check_inner(struct sk_buff *skb)
{
	const struct iphdr *iph;
	unsigned int len;

	if (unlikely(!pskb_may_pull(skb, sizeof(*iph))))
		return AZVPN_A_DROPS_NO_MEMORY;
	iph = (const struct iphdr *)skb->data;
	len = ntohs(iph->tot_len);
	if (unlikely(iph->version != 4 || iph->ihl < 5 || len < iph->ihl * 4U || len > skb->len))
		return AZVPN_A_DROPS_TRAILER;
	if (unlikely(pskb_trim(skb, len)))
		return AZVPN_A_DROPS_NO_MEMORY;
	return 0;
}

/* Routing, connection tracking and offloads of the outer packet do not concern the inner one */
static void scrub(struct sk_buff *skb, struct azvpn_tunnel *tunnel)
{
	struct net_device *dev = tunnel->dev;

	skb_reset_mac_header(skb);
	skb_scrub_packet(skb, !net_eq(tunnel->azn->net, dev_net(dev)));
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	/* That the peer vouches for a packet does not say that its sender's checksum is right */
	skb->ip_summed = CHECKSUM_NONE;
	skb->csum_valid = 0;
	skb->encapsulation = 0;
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
}

static unsigned int decapsulate(struct sk_buff *skb)
{
	const struct azvpn_sa_rx *rx = receive_cb(skb)->rx;
	const u8 outer_tos = ip_hdr(skb)->tos;
	const struct iphdr *iph;
	unsigned int reason;

	reason = strip(skb) ?: check_inner(skb);
	if (unlikely(reason))
		return reason;
	iph = (const struct iphdr *)skb->data;
	if (unlikely(!azvpn_policy_allows_in(rx->tunnel, rx->reqid, iph->saddr, iph->daddr)))
		return AZVPN_A_DROPS_SELECTOR;
	skb_reset_network_header(skb);
	/* RFC 6040 section 4.2: above 1 means that the packet must not go on */
	if (rx->flags & AZVPN_SA_FLAG_COPY_ECN &&
	    unlikely(INET_ECN_decapsulate(skb, outer_tos, iph->tos) > 1))
		return AZVPN_A_DROPS_ECN;
	return 0;
}

static void count(struct azvpn_tunnel *tunnel, struct azvpn_sa_rx *rx, unsigned int len)
{
	dev_sw_netstats_rx_add(tunnel->dev, len);
	azvpn_counters_add(rx->counters, 1, len);
}

/* Third pass: the inner packets go to the stack */
static void deliver_batch(struct azvpn_cell *cell, struct sk_buff_head *authentic)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(authentic))) {
		struct azvpn_sa_rx *rx = receive_cb(skb)->rx;
		unsigned int reason = receive_cb(skb)->refused;

		if (likely(!reason)) {
			note_peer(skb);
			reason = decapsulate(skb);
		}
		if (unlikely(reason)) {
			drop(skb, reason);
			continue;
		}
		scrub(skb, cell->tunnel);
		count(cell->tunnel, rx, skb->len);
		percpu_ref_put(&rx->sa->ref);
		napi_gro_receive(&cell->napi, skb);
	}
}

/* Move up to @budget packets from the cell to a list of our own */
static int take_batch(struct azvpn_cell *cell, struct sk_buff_head *batch, int budget)
{
	int count = 0;

	spin_lock(&cell->queue.lock);
	if (skb_queue_len(&cell->queue) <= budget) {
		count = skb_queue_len(&cell->queue);
		skb_queue_splice_tail_init(&cell->queue, batch);
	} else {
		for (; count < budget; count++)
			__skb_queue_tail(batch, __skb_dequeue(&cell->queue));
	}
	spin_unlock(&cell->queue.lock);
	return count;
}

static int poll(struct napi_struct *napi, int budget)
{
	struct azvpn_cell *cell = container_of(napi, struct azvpn_cell, napi);
	struct sk_buff_head batch, authentic;
	int count;

	__skb_queue_head_init(&batch);
	__skb_queue_head_init(&authentic);
	count = take_batch(cell, &batch, budget);
	decrypt_batch(&batch, &authentic);
	mark_batch(&authentic);
	rcu_read_lock();
	deliver_batch(cell, &authentic);
	rcu_read_unlock();
	if (count < budget)
		napi_complete_done(napi, count);
	return count;
}

/**
 * azvpn_receive_init() - Make a tunnel's queues
 * @tunnel: tunnel, on its way to be registered
 */
int azvpn_receive_init(struct azvpn_tunnel *tunnel)
{
	int cpu;

	tunnel->cells = alloc_percpu(struct azvpn_cell);
	if (!tunnel->cells)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct azvpn_cell *cell = per_cpu_ptr(tunnel->cells, cpu);

		skb_queue_head_init(&cell->queue);
		cell->tunnel = tunnel;
		/* No socket can busy-poll one CPU's share of a tunnel */
		set_bit(NAPI_STATE_NO_BUSY_POLL, &cell->napi.state);
		netif_napi_add(tunnel->dev, &cell->napi, poll);
		napi_enable(&cell->napi);
	}
	return 0;
}

static void close_cell(struct azvpn_cell *cell)
{
	struct sk_buff_head left;
	struct sk_buff *skb;

	__skb_queue_head_init(&left);
	spin_lock_bh(&cell->queue.lock);
	cell->closed = true;
	skb_queue_splice_tail_init(&cell->queue, &left);
	spin_unlock_bh(&cell->queue.lock);
	local_bh_disable();
	while ((skb = __skb_dequeue(&left)))
		drop(skb, AZVPN_A_DROPS_DOWN);
	local_bh_enable();
}

/**
 * azvpn_receive_stop() - Let no packet come in any more
 * @tunnel: tunnel, on its way out
 *
 * Context: process, may sleep.
 */
void azvpn_receive_stop(struct azvpn_tunnel *tunnel)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct azvpn_cell *cell = per_cpu_ptr(tunnel->cells, cpu);

		napi_disable(&cell->napi);
		close_cell(cell);
		__netif_napi_del(&cell->napi);
	}
	synchronize_net();	/* the list of NAPIs is read under RCU */
}

/**
 * azvpn_receive_free() - Free a tunnel's queues
 * @tunnel: tunnel, stopped, and no reference to it left
 */
void azvpn_receive_free(struct azvpn_tunnel *tunnel)
{
	free_percpu(tunnel->cells);
}

/*
 * A router says that one of our packets is too big for it. What it quotes is
 * the outer header and at least the ESP header (RFC 792). The new path MTU
 * reaches the cached routes by itself; azvpn_send() tells the inner senders.
 */
static int path_error(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct ip_esp_hdr *esp = (const struct ip_esp_hdr *)(skb->data + iph->ihl * 4);
	struct net *net = dev_net(skb->dev);
	struct azvpn_sa *sa = azvpn_sa_lookup(azvpn_net(net), esp->spi, iph->daddr);

	if (!sa || !sa->tx)
		return -ENOENT;
	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, net, info, 0, IPPROTO_ESP);
	return 0;
}

/* Called for packets with a secpath, which none of ours has */
static int pass(struct sk_buff *skb, int err)
{
	return 1;
}

static struct xfrm4_protocol handlers __read_mostly = {
	.handler	= receive_raw,
	.input_handler	= receive_encap,
	.cb_handler	= pass,
	.err_handler	= path_error,
	.priority	= HANDLER_PRIORITY,
};

int __init azvpn_receive_register(void)
{
	return xfrm4_protocol_register(&handlers, IPPROTO_ESP);
}

void azvpn_receive_unregister(void)
{
	xfrm4_protocol_deregister(&handlers, IPPROTO_ESP);
}
