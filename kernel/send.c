// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet out: policy, SA, segments, ESP, outer header.
 *
 * All CPUs send in parallel and without a lock. A packet costs: one atomic
 * (its sequence number), a reference on the SA that is a per-CPU increment, no
 * allocation (a packet whose bytes are shared, such as those TCP keeps to send
 * again, has to be copied before it can be encrypted in place: one allocation,
 * one copy), and the copy that cuts a super-packet into segments.
 */
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/random.h>
#include <net/dst.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "device.h"
#include "esp.h"
#include "event.h"
#include "mss.h"
#include "outer.h"
#include "policy.h"
#include "sa.h"
#include "send.h"
#include "trace.h"

/**
 * struct send_cb - What an asynchronous completion needs, in the packet's control block
 * @tx: SA, held
 * @sequence: sequence number
 * @len: length of the inner packet in bytes
 */
struct send_cb {
	struct azvpn_sa_tx *tx;
	u64 sequence;
	unsigned int len;
};

/**
 * struct burst - The packets of one call, which is one packet or a super-packet cut up
 * @outer: tunnel, SA, path and route
 * @inner_mtu: the longest inner packet that the path carries in one piece, in bytes
 * @packets: sent so far
 * @bytes: length of their inner packets
 */
struct burst {
	struct azvpn_outer outer;
	unsigned int inner_mtu;
	u64 packets;
	u64 bytes;
};

static struct send_cb *send_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct send_cb) > sizeof(skb->cb));
	return (struct send_cb *)skb->cb;
}

static void drop(struct sk_buff *skb, const struct burst *burst, unsigned int reason)
{
	azvpn_drop_tx(skb, burst->outer.tunnel, burst->outer.tx ? burst->outer.tx->sa : NULL, 0,
		      reason);
}

static void count(struct azvpn_tunnel *tunnel, struct azvpn_sa_tx *tx, u64 packets, u64 bytes)
{
	struct pcpu_sw_netstats *stats = this_cpu_ptr(tunnel->dev->tstats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->tx_packets, packets);
	u64_stats_add(&stats->tx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);
	azvpn_counters_add(tx->counters, packets, bytes);
	azvpn_note_use(&tx->sa->last_used);
}

/* The last step, common to both outcomes of the crypto driver; whether the packet went */
static bool transmit(struct sk_buff *skb, const struct azvpn_outer *outer, u64 sequence,
		     unsigned int len)
{
	trace_azvpn_send(outer->tx->sa, sequence, len);
	if (likely(!azvpn_outer_transmit(skb, outer->tunnel, outer->path, outer->dst)))
		return true;
	azvpn_drop_refused(outer->tunnel, outer->tx->sa, sequence);
	return false;
}

/* A driver that works asynchronously has finished; softirqs are off, the route may be another */
static void encrypt_done(struct sk_buff *skb, int err)
{
	const struct send_cb cb = *send_cb(skb);
	struct azvpn_sa_tx *tx = cb.tx;
	struct azvpn_outer outer = { .tunnel = tx->sa->tunnel, .tx = tx };

	rcu_read_lock();
	outer.path = rcu_dereference(tx->path);
	outer.dst = azvpn_path_route(outer.path, outer.tunnel);
	if (unlikely(err || !outer.dst))
		azvpn_drop_tx(skb, outer.tunnel, tx->sa, cb.sequence,
			      err ? AZVPN_A_DROPS_CRYPTO : AZVPN_A_DROPS_NO_ROUTE);
	else if (transmit(skb, &outer, cb.sequence, cb.len))
		count(outer.tunnel, tx, 1, cb.len);
	rcu_read_unlock();
	percpu_ref_put(&tx->sa->ref);
}

/* Padding 1, 2, 3; its length; what is inside (RFC 4303 section 2.4); room for the ICV */
static void put_trailer(struct sk_buff *skb, const struct azvpn_geometry *geometry, u8 next)
{
	unsigned int padding = azvpn_esp_padding(geometry, skb->len), i;
	u8 *tail = skb_put(skb, padding + AZVPN_ESP_TRAILER + geometry->icv);

	for (i = 1; i <= padding; i++)
		*tail++ = i;
	*tail++ = padding;
	*tail = next;
}

static void put_iv(u8 *iv, const struct azvpn_transform *transform, u64 sequence)
{
	__be64 counter = cpu_to_be64(sequence);
	u64 random;
	unsigned int i;

	switch (transform->iv_kind) {
	case AZVPN_IV_COUNTER:
		/* Never used twice under a key, which is all it needs (RFC 4106 section 3.1) */
		memcpy(iv, &counter, sizeof(counter));
		break;
	case AZVPN_IV_RANDOM:
		for (i = 0; i < transform->geometry.iv; i += sizeof(random)) {
			random = get_random_u64();
			memcpy(iv + i, &random, sizeof(random));
		}
		break;
	}
}

static void push_esp(struct sk_buff *skb, const struct azvpn_sa_tx *tx, u64 sequence)
{
	struct ip_esp_hdr *esp = skb_push(skb, azvpn_esp_header(&tx->transform.geometry));

	esp->spi = tx->spi;
	esp->seq_no = htonl(lower_32_bits(sequence));
	put_iv(esp->enc_data, &tx->transform, sequence);
}

/* Routing, connection tracking and offloads of the inner packet do not concern the outer one */
static void scrub(struct sk_buff *skb, const struct azvpn_tunnel *tunnel)
{
	skb_scrub_packet(skb, !net_eq(tunnel->azn->net, dev_net(tunnel->dev)));
	skb->mark = READ_ONCE(tunnel->mark);
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb_clear_hash_if_not_l4(skb);
}

/* Bytes to put behind an inner packet, for traffic flow confidentiality (RFC 4303 section 2.7) */
static unsigned int tfc_padding(const struct burst *burst, unsigned int len)
{
	const unsigned int wanted = min(burst->outer.tx->tfc, burst->inner_mtu);

	return wanted > len ? wanted - len : 0;
}

/* Put all headers on and encrypt; a packet under way asynchronously is no longer ours */
static int encapsulate(struct sk_buff *skb, struct burst *burst, u64 sequence)
{
	const struct azvpn_sa_tx *tx = burst->outer.tx;
	const struct azvpn_traits inner = azvpn_outer_traits(skb);
	const u8 next = ip_hdr(skb)->version == 4 ? IPPROTO_IPIP : IPPROTO_IPV6;
	struct azvpn_job job = {
		.transform	= &tx->transform,
		.done		= encrypt_done,
		.skb		= skb,
		.sequence	= sequence,
		.spi		= tx->spi,
	};
	unsigned int esp_len;

	scrub(skb, burst->outer.tunnel);
	if (unlikely(tx->tfc))
		skb_put_zero(skb, tfc_padding(burst, skb->len));
	put_trailer(skb, &tx->transform.geometry, next);
	push_esp(skb, tx, sequence);
	esp_len = skb->len;
	azvpn_outer_push(skb, &burst->outer, &inner);
	job.offset = skb->len - esp_len;
	return azvpn_crypto_encrypt(&job);
}

/*
 * The reference on the SA is taken before the driver sees the packet, as an
 * asynchronous completion on another CPU may be the first to drop it.
 */
static void send_one(struct sk_buff *skb, struct burst *burst)
{
	const unsigned int len = skb->len;
	struct azvpn_sa_tx *tx = burst->outer.tx;
	u64 sequence = atomic64_inc_return(&tx->sequence);
	int err;

	if (unlikely(sequence > READ_ONCE(tx->max_sequence))) {
		azvpn_drop_tx(skb, burst->outer.tunnel, tx->sa, sequence, AZVPN_A_DROPS_EXPIRED);
		return;
	}
	*send_cb(skb) = (struct send_cb){ .tx = tx, .sequence = sequence, .len = len };
	percpu_ref_get(&tx->sa->ref);
	err = encapsulate(skb, burst, sequence);
	if (unlikely(err == -EINPROGRESS))
		return;
	percpu_ref_put(&tx->sa->ref);
	if (unlikely(err)) {
		azvpn_drop_tx(skb, burst->outer.tunnel, tx->sa, sequence, err == -ENOMEM ?
			      AZVPN_A_DROPS_NO_MEMORY : AZVPN_A_DROPS_CRYPTO);
		return;
	}
	if (likely(transmit(skb, &burst->outer, sequence, len))) {
		burst->packets++;
		burst->bytes += len;
	}
}

static unsigned int headroom(const struct burst *burst)
{
	return LL_RESERVED_SPACE(burst->outer.dst->dev) + AZVPN_HEADROOM;
}

/* Whether the packet can be written to and grown where it is */
static bool is_own(const struct sk_buff *skb, unsigned int head, unsigned int tail)
{
	return !skb_cloned(skb) && !skb_is_nonlinear(skb) && skb_headroom(skb) >= head &&
	       skb_tailroom(skb) >= tail;
}

/* Make a packet linear, private and roomy; consumes it if it cannot be */
static struct sk_buff *make_own(struct sk_buff *skb, struct burst *burst)
{
	const unsigned int head = headroom(burst);
	const unsigned int tail = AZVPN_TAILROOM +
				  (burst->outer.tx->tfc ? tfc_padding(burst, skb->len) : 0);
	struct sk_buff *copy = skb;

	if (!is_own(skb, head, tail)) {
		copy = skb_copy_expand(skb, head, tail, GFP_ATOMIC | __GFP_NOWARN);
		if (unlikely(!copy)) {
			drop(skb, burst, AZVPN_A_DROPS_NO_MEMORY);
			return NULL;
		}
		consume_skb(skb);
	}
	if (copy->ip_summed == CHECKSUM_PARTIAL && unlikely(skb_checksum_help(copy))) {
		drop(copy, burst, AZVPN_A_DROPS_MALFORMED);
		return NULL;
	}
	return copy;
}

/* Cut a super-packet up; with no feature on offer the segments are linear and checksummed */
static struct sk_buff *segment(struct sk_buff *skb, struct burst *burst)
{
	struct sk_buff *segments;

	if (!skb_is_gso(skb))
		return skb;
	if (skb_cow_head(skb, headroom(burst)))
		segments = ERR_PTR(-ENOMEM);
	else
		segments = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segments)) {
		drop(skb, burst, PTR_ERR(segments) == -ENOMEM ? AZVPN_A_DROPS_NO_MEMORY :
								AZVPN_A_DROPS_MALFORMED);
		return NULL;
	}
	consume_skb(skb);
	return segments;
}

static void send_burst(struct sk_buff *skb, struct burst *burst)
{
	struct sk_buff *next;

	skb_list_walk_safe(segment(skb, burst), skb, next) {
		skb_mark_not_on_list(skb);
		skb = make_own(skb, burst);
		if (likely(skb))
			send_one(skb, burst);
	}
	if (burst->packets)
		count(burst->outer.tunnel, burst->outer.tx, burst->packets, burst->bytes);
}

/* Tell the sender what fits; IPv6 never hears less than it has to be able to send */
static void refuse_size(struct sk_buff *skb, unsigned int mtu)
{
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	if (ip_hdr(skb)->version == 4)
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	else
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
}

static int send_fragment(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	azvpn_send(skb, skb->dev);
	return 0;
}

/* What may be fragmented is so before encryption, so that each piece arrives by itself */
static bool fragment(struct sk_buff *skb, unsigned int mtu)
{
	if (ip_hdr(skb)->version != 4 || skb_is_gso(skb) || !skb_dst(skb) ||
	    mtu < AZVPN_IPV4_MIN_MTU)
		return false;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->frag_max_size = mtu;
	ip_do_fragment(dev_net(skb->dev), skb->sk, skb, send_fragment);
	return true;
}

static bool is_too_long(const struct sk_buff *skb, unsigned int mtu)
{
	return skb_is_gso(skb) ? !skb_gso_validate_network_len(skb, mtu) : skb->len > mtu;
}

/*
 * The device's MTU keeps packets to what the path carries; this is for a path
 * that has just become narrower, or is narrower than the device's MTU can be. A
 * packet that must not be fragmented goes back with the size that fits. Where
 * the outer packet may be, what is left goes in pieces.
 */
static bool fits_path(struct sk_buff *skb, const struct burst *burst)
{
	const struct azvpn_traits inner = azvpn_outer_traits(skb);
	unsigned int mtu = burst->inner_mtu;

	if (likely(!is_too_long(skb, mtu)) || !azvpn_outer_df(&burst->outer, inner.df))
		return true;
	if (ip_hdr(skb)->version == 6)
		mtu = max_t(unsigned int, mtu, AZVPN_IPV6_MIN_MTU);
	mtu = max_t(unsigned int, mtu, AZVPN_IPV4_MIN_MTU);
	if (!is_too_long(skb, mtu))
		return true;
	refuse_size(skb, mtu);
	return false;
}

static bool says_drop(const struct azvpn_policy *policy)
{
	return azvpn_policy_read_rule(policy).action == AZVPN_POLICY_ACTION_DROP;
}

/*
 * A policy has no SA: it asks for one, or it was just changed into one that
 * drops. The packet waits, if anybody has heard the question; 0 if it does.
 */
static unsigned int without_sa(struct azvpn_policy *policy, struct sk_buff *skb)
{
	smp_rmb();	/* no rule older than the missing SA; pairs with configure() */
	if (says_drop(policy))
		return AZVPN_A_DROPS_POLICY;
	if (!azvpn_event_acquire(policy, skb) || !READ_ONCE(policy->trap))
		return AZVPN_A_DROPS_NO_SA;
	switch (azvpn_hold_packet(&policy->hold, skb)) {
	case AZVPN_HOLD_HELD:
		return 0;
	case AZVPN_HOLD_FULL:
		return AZVPN_A_DROPS_HOLD_FULL;
	default:
		return AZVPN_A_DROPS_NO_SA;
	}
}

static bool is_any(const struct azvpn_policy *policy)
{
	return !policy->key.src_prefix && !policy->key.dst_prefix;
}

/* Everything about the way that is decided once for a burst; 0 or why the packet is dropped */
static unsigned int find_route(struct burst *burst, const struct azvpn_policy *policy)
{
	struct azvpn_outer *outer = &burst->outer;

	outer->path = rcu_dereference(outer->tx->path);
	outer->dst = azvpn_path_route(outer->path, outer->tunnel);
	if (unlikely(!outer->dst))
		return AZVPN_A_DROPS_NO_ROUTE;
	if (unlikely(outer->dst->dev == outer->tunnel->dev))
		return AZVPN_A_DROPS_LOOP;
	burst->inner_mtu = azvpn_esp_inner_mtu(&outer->tx->transform.geometry,
					       azvpn_path_outer(outer->path),
					       dst_mtu(outer->dst));
	if (likely(is_any(policy)))
		azvpn_tunnel_note_path(outer->tunnel, burst->inner_mtu);
	return 0;
}

/* With its way found a packet goes, in pieces if need be, or back; 0 or why it is dropped */
static unsigned int send_by_sa(struct sk_buff *skb, struct burst *burst,
			       const struct azvpn_policy *policy)
{
	unsigned int reason = find_route(burst, policy);

	if (unlikely(reason))
		return reason;
	azvpn_mss_clamp(skb, burst->outer.tunnel);
	if (unlikely(is_too_long(skb, burst->inner_mtu))) {
		if (!azvpn_outer_traits(skb).df && fragment(skb, burst->inner_mtu))
			return 0;
		if (!fits_path(skb, burst))
			return AZVPN_A_DROPS_MTU;
	}
	send_burst(skb, burst);
	return 0;
}

static unsigned int send_by_policy(struct sk_buff *skb, struct burst *burst)
{
	struct azvpn_policy *policy = azvpn_policy_out(burst->outer.tunnel, skb);

	if (unlikely(!policy))
		return AZVPN_A_DROPS_NO_POLICY;
	if (unlikely(says_drop(policy)))
		return AZVPN_A_DROPS_POLICY;
	burst->outer.tx = rcu_dereference(policy->tx);
	if (unlikely(!burst->outer.tx))
		return without_sa(policy, skb);
	return send_by_sa(skb, burst, policy);
}

static bool is_ip(struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return pskb_network_may_pull(skb, sizeof(struct iphdr)) &&
		       ip_hdr(skb)->version == 4;
	case htons(ETH_P_IPV6):
		return pskb_network_may_pull(skb, sizeof(struct ipv6hdr)) &&
		       ip_hdr(skb)->version == 6;
	default:
		return false;
	}
}

/**
 * azvpn_send() - Send a packet through a tunnel
 * @skb: the packet or super-packet, consumed; data begins at the inner IP header
 * @dev: the tunnel's device
 *
 * Context: softirqs off; any number of CPUs at once.
 */
netdev_tx_t azvpn_send(struct sk_buff *skb, struct net_device *dev)
{
	struct burst burst = { .outer.tunnel = netdev_priv(dev) };
	unsigned int reason;

	rcu_read_lock();
	reason = is_ip(skb) ? send_by_policy(skb, &burst) : AZVPN_A_DROPS_PROTOCOL;
	if (unlikely(reason))
		drop(skb, &burst, reason);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/**
 * azvpn_send_held() - Send packets that have waited for an SA
 * @packets: the packets, consumed
 * @tunnel: their tunnel
 *
 * Context: process.
 */
void azvpn_send_held(struct sk_buff_head *packets, struct azvpn_tunnel *tunnel)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(packets))) {
		local_bh_disable();
		azvpn_send(skb, tunnel->dev);
		local_bh_enable();
	}
}
