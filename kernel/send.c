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
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/route.h>

#include "device.h"
#include "esp.h"
#include "event.h"
#include "policy.h"
#include "sa.h"
#include "send.h"

/**
 * struct send_cb - What an asynchronous completion needs, in the packet's control block
 * @tx: SA, held
 * @len: length of the inner packet in bytes
 */
struct send_cb {
	struct azvpn_sa_tx *tx;
	unsigned int len;
};

/**
 * struct burst - The packets of one call, which is one packet or a super-packet cut up
 * @tunnel: tunnel
 * @tx: SA
 * @path: outer addresses
 * @rt: route to the peer, with a reference
 * @packets: sent so far
 * @bytes: length of their inner packets
 */
struct burst {
	struct azvpn_tunnel *tunnel;
	struct azvpn_sa_tx *tx;
	struct azvpn_path *path;
	struct rtable *rt;
	u64 packets;
	u64 bytes;
};

static struct send_cb *send_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct send_cb) > sizeof(skb->cb));
	return (struct send_cb *)skb->cb;
}

static void count(struct azvpn_tunnel *tunnel, struct azvpn_sa_tx *tx, u64 packets, u64 bytes)
{
	struct pcpu_sw_netstats *stats = this_cpu_ptr(tunnel->dev->tstats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->tx_packets, packets);
	u64_stats_add(&stats->tx_bytes, bytes);
	u64_stats_update_end(&stats->syncp);
	azvpn_counters_add(tx->counters, packets, bytes);
}

/* The last step, common to both outcomes of the crypto driver */
static void transmit(struct sk_buff *skb, struct azvpn_tunnel *tunnel)
{
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	ip_local_out(tunnel->azn->net, NULL, skb);
}

/* A driver that works asynchronously has finished; softirqs are off */
static void encrypt_done(struct sk_buff *skb, int err)
{
	struct azvpn_sa_tx *tx = send_cb(skb)->tx;
	struct azvpn_tunnel *tunnel = tx->sa->tunnel;

	if (unlikely(err)) {
		azvpn_drop_tx(skb, tunnel, tx->counters, AZVPN_A_DROPS_CRYPTO);
	} else {
		count(tunnel, tx, 1, send_cb(skb)->len);
		transmit(skb, tunnel);
	}
	percpu_ref_put(&tx->sa->ref);
}

/* Padding 1, 2, 3; its length; what is inside (RFC 4303 section 2.4); room for the ICV */
static void put_trailer(struct sk_buff *skb)
{
	unsigned int padding = azvpn_esp_padding(skb->len), i;
	u8 *tail = skb_put(skb, padding + AZVPN_ESP_TRAILER + AZVPN_ESP_ICV);

	for (i = 1; i <= padding; i++)
		*tail++ = i;
	*tail++ = padding;
	*tail = IPPROTO_IPIP;
}

static void push_esp(struct sk_buff *skb, const struct azvpn_sa_tx *tx, u64 sequence)
{
	struct ip_esp_hdr *esp = skb_push(skb, AZVPN_ESP_HDR + AZVPN_ESP_IV);
	__be64 iv = cpu_to_be64(sequence);

	esp->spi = tx->spi;
	esp->seq_no = htonl(lower_32_bits(sequence));
	/* Never used twice under a key, which is all that GCM asks of it (RFC 4106 section 3.1) */
	memcpy(esp->enc_data, &iv, sizeof(iv));
}

static void push_udp(struct sk_buff *skb, const struct azvpn_path *path)
{
	struct udphdr *udp = skb_push(skb, sizeof(*udp));

	udp->source = path->sport;
	udp->dest = path->dport;
	udp->len = htons(skb->len);
	udp->check = 0;	/* RFC 3948 section 2.1 */
}

/* RFC 4301 section 5.1.2.1; the ECN field as RFC 6040 section 4.1 says */
static u8 outer_tos(u8 inner, u32 flags)
{
	u8 tos = flags & AZVPN_SA_FLAG_COPY_DSCP ? inner & ~INET_ECN_MASK : 0;

	return flags & AZVPN_SA_FLAG_COPY_ECN ? tos | (inner & INET_ECN_MASK) : tos;
}

static bool keeps_df(const struct iphdr *inner, u32 flags)
{
	return flags & AZVPN_SA_FLAG_COPY_DF && inner->frag_off & htons(IP_DF);
}

/*
 * ip_local_out() fills in length and checksum. The identification matters only
 * to packets that may be fragmented (RFC 6864); others are spared its price.
 */
static void push_ip(struct sk_buff *skb, const struct burst *burst, u8 tos, bool df)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tos;
	iph->id = 0;
	iph->frag_off = df ? htons(IP_DF) : 0;
	iph->ttl = ip4_dst_hoplimit(&burst->rt->dst);
	iph->protocol = azvpn_path_encap(burst->path) ? IPPROTO_UDP : IPPROTO_ESP;
	iph->saddr = burst->path->saddr;
	iph->daddr = burst->path->daddr;
	if (!df)
		__ip_select_ident(burst->tunnel->azn->net, iph, 1);
	skb_reset_network_header(skb);
}

/* Routing, connection tracking and offloads of the inner packet do not concern the outer one */
static void scrub(struct sk_buff *skb, const struct burst *burst)
{
	struct azvpn_tunnel *tunnel = burst->tunnel;

	skb_scrub_packet(skb, !net_eq(tunnel->azn->net, dev_net(tunnel->dev)));
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb->protocol = htons(ETH_P_IP);
	skb_clear_hash_if_not_l4(skb);
	skb_dst_set(skb, dst_clone(&burst->rt->dst));
}

/* Put all headers on and encrypt; a packet under way asynchronously is no longer ours */
static int encapsulate(struct sk_buff *skb, struct burst *burst, u64 sequence)
{
	const struct azvpn_sa_tx *tx = burst->tx;
	const u8 tos = outer_tos(ip_hdr(skb)->tos, tx->flags);
	/* Where the MTU is locked it cannot be learned, so DF would lose packets for ever */
	const bool df = keeps_df(ip_hdr(skb), tx->flags) && !ip_mtu_locked(&burst->rt->dst);
	struct azvpn_job job = {
		.aead		= tx->aead,
		.done		= encrypt_done,
		.skb		= skb,
		.sequence	= sequence,
		.spi		= tx->spi,
		.salt		= tx->salt,
		.esn		= tx->flags & AZVPN_SA_FLAG_ESN,
	};
	unsigned int esp_len;

	scrub(skb, burst);
	put_trailer(skb);
	push_esp(skb, tx, sequence);
	esp_len = skb->len;
	if (azvpn_path_encap(burst->path))
		push_udp(skb, burst->path);
	skb_reset_transport_header(skb);
	push_ip(skb, burst, tos, df);
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
	struct azvpn_sa_tx *tx = burst->tx;
	u64 sequence = atomic64_inc_return(&tx->sequence);
	int err;

	if (unlikely(sequence > tx->max_sequence)) {
		azvpn_drop_tx(skb, burst->tunnel, tx->counters, AZVPN_A_DROPS_EXPIRED);
		return;
	}
	send_cb(skb)->tx = tx;
	send_cb(skb)->len = len;
	percpu_ref_get(&tx->sa->ref);
	err = encapsulate(skb, burst, sequence);
	if (unlikely(err == -EINPROGRESS))
		return;
	percpu_ref_put(&tx->sa->ref);
	if (unlikely(err)) {
		azvpn_drop_tx(skb, burst->tunnel, tx->counters, err == -ENOMEM ?
			      AZVPN_A_DROPS_NO_MEMORY : AZVPN_A_DROPS_CRYPTO);
		return;
	}
	burst->packets++;
	burst->bytes += len;
	transmit(skb, burst->tunnel);
}

static unsigned int headroom(const struct burst *burst)
{
	return LL_RESERVED_SPACE(burst->rt->dst.dev) + AZVPN_HEADROOM;
}

/* Whether the packet can be written to and grown where it is */
static bool is_own(const struct sk_buff *skb, unsigned int head)
{
	return !skb_cloned(skb) && !skb_is_nonlinear(skb) && skb_headroom(skb) >= head &&
	       skb_tailroom(skb) >= AZVPN_TAILROOM;
}

/* Make a packet linear, private and roomy; consumes it if it cannot be */
static struct sk_buff *make_own(struct sk_buff *skb, struct burst *burst)
{
	const unsigned int head = headroom(burst);
	struct sk_buff *copy = skb;

	if (!is_own(skb, head)) {
		copy = skb_copy_expand(skb, head, AZVPN_TAILROOM, GFP_ATOMIC | __GFP_NOWARN);
		if (unlikely(!copy)) {
			azvpn_drop_tx(skb, burst->tunnel, burst->tx->counters,
				      AZVPN_A_DROPS_NO_MEMORY);
			return NULL;
		}
		consume_skb(skb);
	}
	if (copy->ip_summed == CHECKSUM_PARTIAL && unlikely(skb_checksum_help(copy))) {
		azvpn_drop_tx(copy, burst->tunnel, burst->tx->counters, AZVPN_A_DROPS_MALFORMED);
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
		azvpn_drop_tx(skb, burst->tunnel, burst->tx->counters,
			      PTR_ERR(segments) == -ENOMEM ? AZVPN_A_DROPS_NO_MEMORY :
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
		count(burst->tunnel, burst->tx, burst->packets, burst->bytes);
}

/*
 * The device's MTU keeps packets to what an ordinary path carries. This is for
 * a path that carries less: a packet that must not be fragmented goes back
 * with the size that fits, any other is fragmented after encryption.
 */
static bool fits_path(struct sk_buff *skb, const struct burst *burst)
{
	unsigned int mtu;

	if (!keeps_df(ip_hdr(skb), burst->tx->flags))
		return true;
	mtu = azvpn_esp_inner_mtu(dst_mtu(&burst->rt->dst), azvpn_path_encap(burst->path));
	if (skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) : skb->len <= mtu)
		return true;
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	return false;
}

static bool says_drop(const struct azvpn_policy *policy)
{
	return azvpn_policy_read_rule(policy).action == AZVPN_POLICY_ACTION_DROP;
}

/* A policy has no SA: it asks for one, or it was just changed into one that drops */
static unsigned int without_sa(struct azvpn_policy *policy, const struct iphdr *iph)
{
	smp_rmb();	/* no rule older than the missing SA; pairs with configure() */
	if (says_drop(policy))
		return AZVPN_A_DROPS_POLICY;
	azvpn_event_acquire(policy, iph);
	return AZVPN_A_DROPS_NO_SA;
}

/* Everything that is decided once for a burst; 0 or why it is dropped */
static unsigned int find_way(struct sk_buff *skb, struct burst *burst)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct azvpn_policy *policy = azvpn_policy_out(burst->tunnel, iph->saddr, iph->daddr);

	if (unlikely(!policy))
		return AZVPN_A_DROPS_NO_POLICY;
	if (unlikely(says_drop(policy)))
		return AZVPN_A_DROPS_POLICY;
	burst->tx = rcu_dereference(policy->tx);
	if (unlikely(!burst->tx))
		return without_sa(policy, iph);
	burst->path = rcu_dereference(burst->tx->path);
	burst->rt = azvpn_path_route(burst->path, burst->tunnel->azn->net);
	if (unlikely(!burst->rt))
		return AZVPN_A_DROPS_NO_ROUTE;
	if (unlikely(burst->rt->dst.dev == burst->tunnel->dev))
		return AZVPN_A_DROPS_LOOP;
	return fits_path(skb, burst) ? 0 : AZVPN_A_DROPS_MTU;
}

static bool is_ipv4(struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) &&
	       pskb_network_may_pull(skb, sizeof(struct iphdr)) && ip_hdr(skb)->version == 4;
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
	struct burst burst = { .tunnel = netdev_priv(dev) };
	unsigned int reason;

	rcu_read_lock();
	reason = is_ipv4(skb) ? find_way(skb, &burst) : AZVPN_A_DROPS_PROTOCOL;
	if (unlikely(reason))
		azvpn_drop_tx(skb, burst.tunnel, burst.tx ? burst.tx->counters : NULL, reason);
	else
		send_burst(skb, &burst);
	if (burst.rt)
		ip_rt_put(burst.rt);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
