// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet in: SPI, queue, decryption, replay window, policy.
 *
 * The kernel hands us ESP packets, raw or out of UDP port 4500, one at a time.
 * Those with an SPI of ours are queued on the same CPU, for a NAPI that runs
 * right after the network driver's and finds them as one batch, hot in the
 * cache. It decrypts them all, passes the replay window of each SA under one
 * hold of its lock, and delivers through GRO. Others go on to xfrm.
 *
 * The queues are the module's, not each tunnel's: one for each CPU.
 */
#include <linux/ip.h>
#include <linux/prefetch.h>
#include <linux/udp.h>
#include <net/gro.h>
#include <net/hotdata.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/xfrm.h>

#include "decapsulate.h"
#include "device.h"
#include "esp.h"
#include "event.h"
#include "net.h"
#include "path_error.h"
#include "receive.h"
#include "sa.h"
#include "trace.h"

/* Above what the kernel's own users of ESP have, of which the highest is 100 */
#define PRIORITY_FIRST 200

/* Below all of them */
#define PRIORITY_LAST (-1)

/**
 * struct cell - Receive queue of a CPU
 * @queue: packets to process, each with a hold on its SA
 * @napi: processes the queue
 *
 * The lock of the queue is taken once for each packet and once for each batch.
 * It is uncontended, but NAPI may run in a thread on another CPU.
 */
struct cell {
	struct sk_buff_head queue;
	struct napi_struct napi;
};

static struct cell __percpu *cells;

/* NAPI wants a device; this one is in no namespace and carries nothing */
static struct net_device *napi_device;

/**
 * struct receive_cb - What is known of a packet, in its control block
 * @rx: SA, held until the packet leaves us; NULL before it is found
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
	struct receive_cb *cb = receive_cb(skb);
	struct azvpn_sa *sa = cb->rx->sa;

	azvpn_drop_rx(skb, sa, cb->sequence, reason);
	percpu_ref_put(&sa->ref);
}

/* Queue a packet on this CPU, from which NAPI takes it */
static void enqueue(struct sk_buff *skb)
{
	struct cell *cell = this_cpu_ptr(cells);
	bool first = false, full = false;

	spin_lock(&cell->queue.lock);
	if (unlikely(skb_queue_len(&cell->queue) >= compat_max_backlog())) {
		full = true;
	} else {
		first = skb_queue_empty(&cell->queue);
		__skb_queue_tail(&cell->queue, skb);
	}
	spin_unlock(&cell->queue.lock);
	if (unlikely(full))
		drop(skb, AZVPN_A_DROPS_BACKLOG);
	else if (first)
		napi_schedule(&cell->napi);
}

static u64 sequence_of(const struct azvpn_sa_rx *rx, const struct ip_esp_hdr *esp)
{
	u32 low = ntohl(esp->seq_no);

	return rx->transform.esn ? azvpn_replay_infer(&rx->replay, low) : low;
}

static unsigned int verdict_reason(enum azvpn_replay_verdict verdict)
{
	return verdict == AZVPN_REPLAY_SEEN ? AZVPN_A_DROPS_REPLAY : AZVPN_A_DROPS_STALE;
}

/* What can be told before decryption; 0 or why the packet is dropped */
static unsigned int inspect(struct sk_buff *skb, struct azvpn_sa_rx *rx, bool encap, u64 *sequence)
{
	const struct azvpn_geometry *geometry = &rx->transform.geometry;
	const unsigned int header = azvpn_esp_header(geometry);
	enum azvpn_replay_verdict verdict;

	if (unlikely(!(rx->sa->tunnel->dev->flags & IFF_UP)))
		return AZVPN_A_DROPS_DOWN;
	if (unlikely(encap != READ_ONCE(rx->encap)))
		return AZVPN_A_DROPS_ENCAPSULATION;
	if (unlikely(READ_ONCE(rx->expired)))
		return AZVPN_A_DROPS_EXPIRED;
	if (unlikely(skb->len < azvpn_esp_min(geometry) ||
		     (skb->len - header - geometry->icv) & (geometry->align - 1) ||
		     !pskb_may_pull(skb, header)))
		return AZVPN_A_DROPS_MALFORMED;
	*sequence = sequence_of(rx, (struct ip_esp_hdr *)skb->data);
	verdict = azvpn_replay_check(&rx->replay, *sequence);
	return likely(verdict == AZVPN_REPLAY_NEW) ? 0 : verdict_reason(verdict);
}

static struct azvpn_sa_key key_of(const struct sk_buff *skb)
{
	return (struct azvpn_sa_key) {
		.spi	= ((struct ip_esp_hdr *)skb->data)->spi,
		.daddr	= ip_hdr(skb)->version == 4 ? azvpn_addr_ip4(ip_hdr(skb)->daddr) :
						      azvpn_addr_ip6(&ipv6_hdr(skb)->daddr),
	};
}

/* A packet of a reserved SPI waits for the keys; false if these have just come */
static bool hold_early(struct sk_buff *skb, const struct azvpn_sa *larval, __be16 peer_port)
{
	struct net_device *dev = skb->dev;

	receive_cb(skb)->peer_port = peer_port;
	/* The device it came by, and its route, may be gone before the keys come */
	skb_dst_drop(skb);
	skb->dev = NULL;
	switch (azvpn_hold_packet(larval->early, skb)) {
	case AZVPN_HOLD_HELD:
		this_cpu_inc(larval->azn->counters->early_held);
		return true;
	case AZVPN_HOLD_FULL:
		this_cpu_inc(larval->azn->counters->early_full);
		kfree_skb(skb);
		return true;
	default:
		skb->dev = dev;
		return false;
	}
}

/* A packet has found its SA, and holds it from now on; false if it is dropped. Softirqs are off */
static bool admit(struct sk_buff *skb, const struct azvpn_sa_name *name, __be16 peer_port)
{
	unsigned int reason;
	u64 sequence = 0;

	reason = inspect(skb, name->rx, peer_port, &sequence);
	if (unlikely(reason)) {
		azvpn_drop_rx(skb, name->sa, sequence, reason);
		return false;
	}
	*receive_cb(skb) = (struct receive_cb) {
		.rx		= name->rx,
		.sequence	= sequence,
		.peer_port	= peer_port,
	};
	percpu_ref_get(&name->sa->ref);
	return true;
}

/*
 * A packet of protocol ESP, data at the ESP header, under RCU and with
 * softirqs off. -EINVAL sends it on to the next handler, untouched.
 */
static int receive(struct sk_buff *skb, __be16 peer_port)
{
	struct azvpn_net *azn = azvpn_net(dev_net(skb->dev));
	const struct azvpn_sa_name *name;
	struct azvpn_sa_key key;

	if (unlikely(!pskb_may_pull(skb, AZVPN_ESP_HDR)))
		return -EINVAL;
	key = key_of(skb);
	name = azvpn_sa_lookup(azn, &key);
	if (unlikely(name && azvpn_sa_is_larval(name->sa))) {
		if (hold_early(skb, name->sa, peer_port))
			return 0;
		name = azvpn_sa_lookup(azn, &key);
	}
	if (unlikely(!name || !name->rx)) {
		this_cpu_inc(azn->counters->unknown_spi);
		return -EINVAL;
	}
	if (likely(admit(skb, name, peer_port)))
		enqueue(skb);
	return 0;
}

static int receive_raw(struct sk_buff *skb)
{
	return receive(skb, 0);
}

/* The UDP header is right in front of the ESP header, though it is pulled */
static int receive_encap(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return receive(skb, ((const struct udphdr *)skb->data - 1)->source);
}

/* A driver that works asynchronously has finished; softirqs are off */
static void decrypt_done(struct sk_buff *skb, int err)
{
	receive_cb(skb)->err = err;
	receive_cb(skb)->decrypted = true;
	enqueue(skb);
}

/*
 * Whether nobody else can see the page fragments. A flag says so of spliced
 * pages, but older kernels do not set it for all; the count of references does.
 */
static bool owns_fragments(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i;

	if (skb_has_frag_list(skb) || skb_has_shared_frag(skb))
		return false;
	for (i = 0; i < shinfo->nr_frags; i++)
		if (!skb->pp_recycle && page_count(skb_frag_page(&shinfo->frags[i])) != 1)
			return false;
	return true;
}

/* Make a packet's bytes ours to overwrite, where they are if nobody else has them too */
static int make_own(struct sk_buff *skb)
{
	if (likely(!skb_cloned(skb) && (!skb_is_nonlinear(skb) || owns_fragments(skb))))
		return 0;
	return skb_linearize_cow(skb);
}

static int decrypt(struct sk_buff *skb)
{
	const struct receive_cb *cb = receive_cb(skb);
	const struct azvpn_sa_rx *rx = cb->rx;
	const struct azvpn_job job = {
		.transform	= &rx->transform,
		.done		= decrypt_done,
		.skb		= skb,
		.sequence	= cb->sequence,
		.spi		= rx->spi,
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

/*
 * A NAT in between may have given the peer another address: the daemon is to
 * know. Only of what the window has let pass, so that no replay can say so.
 */
static void note_peer(struct sk_buff *skb)
{
	const struct receive_cb *cb = receive_cb(skb);
	const struct azvpn_path *path;
	struct azvpn_addr saddr;

	if (likely(!cb->peer_port))
		return;
	path = rcu_dereference(cb->rx->path);
	saddr = ip_hdr(skb)->version == 4 ? azvpn_addr_ip4(ip_hdr(skb)->saddr) :
					    azvpn_addr_ip6(&ipv6_hdr(skb)->saddr);
	if (likely(cb->peer_port == path->sport && azvpn_addr_equal(&saddr, &path->saddr)))
		return;
	azvpn_event_mapping(cb->rx, &saddr, cb->peer_port);
}

/* Routing, connection tracking and offloads of the outer packet do not concern the inner one */
static void scrub(struct sk_buff *skb, struct azvpn_tunnel *tunnel)
{
	struct net_device *dev = tunnel->dev;

	skb_reset_mac_header(skb);
	skb_scrub_packet(skb, !net_eq(tunnel->azn->net, dev_net(dev)));
	skb->dev = dev;
	skb->mark = 0;
	/* That the peer vouches for a packet does not say that its sender's checksum is right */
	skb->ip_summed = CHECKSUM_NONE;
	skb->csum_valid = 0;
	skb->encapsulation = 0;
	skb_clear_hash(skb);
	skb_set_queue_mapping(skb, 0);
}

static void count(struct azvpn_sa *sa, const struct azvpn_sa_rx *rx, unsigned int len)
{
	dev_sw_netstats_rx_add(sa->tunnel->dev, len);
	azvpn_counters_add(rx->counters, 1, len);
	azvpn_note_use(&sa->last_used);
}

/* The tunnel may have gone down while the packet waited, or be about to go for good */
static unsigned int pass(struct sk_buff *skb)
{
	const struct receive_cb *cb = receive_cb(skb);

	if (unlikely(cb->refused))
		return cb->refused;
	if (unlikely(!(cb->rx->sa->tunnel->dev->flags & IFF_UP)))
		return AZVPN_A_DROPS_DOWN;
	note_peer(skb);
	return azvpn_decapsulate(skb, cb->rx);
}

/* Third pass: the inner packets go to the stack, merged if this is @napi's poll */
static void deliver_batch(struct napi_struct *napi, struct sk_buff_head *authentic)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(authentic))) {
		const struct receive_cb cb = *receive_cb(skb);
		struct azvpn_sa *sa = cb.rx->sa;
		unsigned int reason = pass(skb);

		if (unlikely(reason)) {
			drop(skb, reason);
			continue;
		}
		trace_azvpn_receive(sa, cb.sequence, skb->len);
		scrub(skb, sa->tunnel);
		count(sa, cb.rx, skb->len);
		percpu_ref_put(&sa->ref);
		if (likely(napi))
			napi_gro_receive(napi, skb);
		else
			netif_receive_skb(skb);
	}
}

/* Move up to @budget packets from the cell to a list of our own */
static int take_batch(struct cell *cell, struct sk_buff_head *batch, int budget)
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

/*
 * What GRO holds back it passes on before the poll is over: a tunnel's device
 * must not be in there when the RCU section ends, as nothing else keeps it.
 */
static int poll(struct napi_struct *napi, int budget)
{
	struct cell *cell = container_of(napi, struct cell, napi);
	struct sk_buff_head batch, authentic;
	int count;

	__skb_queue_head_init(&batch);
	__skb_queue_head_init(&authentic);
	count = take_batch(cell, &batch, budget);
	decrypt_batch(&batch, &authentic);
	mark_batch(&authentic);
	rcu_read_lock();
	deliver_batch(&cell->napi, &authentic);
	if (count < budget)
		napi_complete_done(napi, count);
	else
		napi_gro_flush(napi, false);
	rcu_read_unlock();
	return count;
}

/**
 * azvpn_receive_early() - Take in packets that came before the keys of their SA
 * @packets: the packets, consumed
 * @name: what their SA is known by, or about to be
 *
 * Not by way of the queue: the window has passed them when this returns, and
 * none that another CPU takes in afterwards overtakes them.
 *
 * Context: process, the lock of the namespace held.
 */
void azvpn_receive_early(struct sk_buff_head *packets, const struct azvpn_sa_name *name)
{
	struct sk_buff_head batch, authentic;
	struct sk_buff *skb;

	__skb_queue_head_init(&batch);
	__skb_queue_head_init(&authentic);
	local_bh_disable();
	rcu_read_lock();
	while ((skb = __skb_dequeue(packets)))
		if (admit(skb, name, receive_cb(skb)->peer_port))
			__skb_queue_tail(&batch, skb);
	decrypt_batch(&batch, &authentic);
	mark_batch(&authentic);
	deliver_batch(NULL, &authentic);
	rcu_read_unlock();
	local_bh_enable();
}

/* Called for packets with a secpath, which none of ours has */
static int no_secpath(struct sk_buff *skb, int err)
{
	return 1;
}

/*
 * The end of the chain. Without it the kernel answers ESP that nobody knows,
 * and so tells which SPIs somebody does.
 */
static int swallow(struct sk_buff *skb)
{
	kfree_skb(skb);
	return 0;
}

static int swallow_encap(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return swallow(skb);
}

static int ignore_error4(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

static int ignore_error6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
			 int offset, __be32 info)
{
	return -ENOENT;
}

static struct xfrm4_protocol first4 __read_mostly = {
	.handler	= receive_raw,
	.input_handler	= receive_encap,
	.cb_handler	= no_secpath,
	.err_handler	= azvpn_path_error4,
	.priority	= PRIORITY_FIRST,
};

static struct xfrm4_protocol last4 __read_mostly = {
	.handler	= swallow,
	.input_handler	= swallow_encap,
	.cb_handler	= no_secpath,
	.err_handler	= ignore_error4,
	.priority	= PRIORITY_LAST,
};

static struct xfrm6_protocol first6 __read_mostly = {
	.handler	= receive_raw,
	.input_handler	= receive_encap,
	.cb_handler	= no_secpath,
	.err_handler	= azvpn_path_error6,
	.priority	= PRIORITY_FIRST,
};

static struct xfrm6_protocol last6 __read_mostly = {
	.handler	= swallow,
	.input_handler	= swallow_encap,
	.cb_handler	= no_secpath,
	.err_handler	= ignore_error6,
	.priority	= PRIORITY_LAST,
};

static int register_handlers(void)
{
	int err;

	err = xfrm4_protocol_register(&last4, IPPROTO_ESP);
	if (err)
		return err;
	err = xfrm4_protocol_register(&first4, IPPROTO_ESP);
	if (err)
		goto last4;
	err = xfrm6_protocol_register(&last6, IPPROTO_ESP);
	if (err)
		goto first4;
	err = xfrm6_protocol_register(&first6, IPPROTO_ESP);
	if (err)
		goto last6;
	return 0;

last6:
	xfrm6_protocol_deregister(&last6, IPPROTO_ESP);
first4:
	xfrm4_protocol_deregister(&first4, IPPROTO_ESP);
last4:
	xfrm4_protocol_deregister(&last4, IPPROTO_ESP);
	return err;
}

static void init_cell(struct cell *cell)
{
	skb_queue_head_init(&cell->queue);
	/* No socket can busy-poll one CPU's share of the tunnels */
	set_bit(NAPI_STATE_NO_BUSY_POLL, &cell->napi.state);
	netif_napi_add(napi_device, &cell->napi, poll);
	napi_enable(&cell->napi);
}

int __init azvpn_receive_init(void)
{
	int cpu, err;

	cells = alloc_percpu(struct cell);
	if (!cells)
		return -ENOMEM;
	napi_device = compat_alloc_dummy();
	if (!napi_device) {
		free_percpu(cells);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		init_cell(per_cpu_ptr(cells, cpu));
	err = register_handlers();
	if (err)
		azvpn_receive_exit();
	return err;
}

/* No SA is left, hence no packet in a queue: each holds its SA, and that its device */
void azvpn_receive_exit(void)
{
	int cpu;

	xfrm6_protocol_deregister(&first6, IPPROTO_ESP);
	xfrm6_protocol_deregister(&last6, IPPROTO_ESP);
	xfrm4_protocol_deregister(&first4, IPPROTO_ESP);
	xfrm4_protocol_deregister(&last4, IPPROTO_ESP);
	for_each_possible_cpu(cpu) {
		struct cell *cell = per_cpu_ptr(cells, cpu);

		napi_disable(&cell->napi);
		__netif_napi_del(&cell->napi);
	}
	synchronize_net();	/* the list of NAPIs is read under RCU */
	compat_free_dummy(napi_device);
	free_percpu(cells);
}
