// SPDX-License-Identifier: GPL-2.0
/* Multicast events for the IKE daemon. */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <net/genetlink.h>
#include <uapi/linux/azvpn.h>

#include "device.h"
#include "event.h"
#include "netlink.h"
#include "policy.h"
#include "sa.h"

/* An event is lost without memory or listener; the daemon asks for the state anyway */
static struct sk_buff *begin(u8 command, gfp_t gfp, void **header)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, gfp);

	if (!msg)
		return NULL;
	*header = genlmsg_put(msg, 0, 0, &azvpn_family, 0, command);
	if (!*header) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static void end(struct sk_buff *msg, void *header, struct net *net, gfp_t gfp, int err)
{
	if (err) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(&azvpn_family, net, msg, 0, 0, gfp);
}

/* True for one caller a second; several CPUs may ask at once */
static bool once_a_second(unsigned long *after)
{
	unsigned long old = READ_ONCE(*after);

	return time_after_eq(jiffies, old) && cmpxchg(after, old, jiffies + HZ) == old;
}

static bool has_listeners(struct net *net)
{
	return genl_has_listeners(&azvpn_family, net, 0);
}

static int put_sa(struct sk_buff *msg, const struct azvpn_sa *sa)
{
	return nla_put_be32(msg, AZVPN_A_SA_SPI, sa->key.spi) ?:
	       nla_put_in_addr(msg, AZVPN_A_SA_DST_IPV4, sa->key.daddr) ?:
	       nla_put_u32(msg, AZVPN_A_SA_TUNNEL_ID, sa->tunnel->id) ?:
	       nla_put_u32(msg, AZVPN_A_SA_REQID, sa->reqid);
}

/**
 * azvpn_event_expire() - Tell that an SA has reached a limit
 * @sa: the SA, the lock of its namespace held
 * @hard: whether the limit is a hard one
 *
 * Context: process.
 */
void azvpn_event_expire(const struct azvpn_sa *sa, bool hard)
{
	struct sk_buff *msg;
	void *header;

	msg = begin(AZVPN_CMD_EXPIRE_NTF, GFP_KERNEL, &header);
	if (!msg)
		return;
	end(msg, header, sa->azn->net, GFP_KERNEL,
	    put_sa(msg, sa) ?:
	    nla_put_u32(msg, AZVPN_A_SA_DIRECTION, sa->direction) ?:
	    (hard ? nla_put_flag(msg, AZVPN_A_SA_HARD) : 0));
}

/**
 * azvpn_event_acquire() - Ask for an SA
 * @policy: outbound policy without an SA, under RCU
 * @iph: header of the packet that needs it
 *
 * Raised at most once a second for each policy.
 *
 * Context: softirqs off.
 */
void azvpn_event_acquire(struct azvpn_policy *policy, const struct iphdr *iph)
{
	struct net *net = policy->tunnel->azn->net;
	const struct azvpn_policy_key *key = &policy->key;
	struct sk_buff *msg;
	void *header;

	if (!has_listeners(net) || !once_a_second(&policy->acquire_after))
		return;
	msg = begin(AZVPN_CMD_ACQUIRE_NTF, GFP_ATOMIC, &header);
	if (!msg)
		return;
	end(msg, header, net, GFP_ATOMIC,
	    nla_put_u32(msg, AZVPN_A_POLICY_TUNNEL_ID, key->tunnel_id) ?:
	    nla_put_u32(msg, AZVPN_A_POLICY_REQID, azvpn_policy_read_rule(policy).reqid) ?:
	    nla_put_in_addr(msg, AZVPN_A_POLICY_SRC_IPV4, key->src) ?:
	    nla_put_u32(msg, AZVPN_A_POLICY_SRC_PREFIX, key->src_prefix) ?:
	    nla_put_in_addr(msg, AZVPN_A_POLICY_DST_IPV4, key->dst) ?:
	    nla_put_u32(msg, AZVPN_A_POLICY_DST_PREFIX, key->dst_prefix) ?:
	    nla_put_u32(msg, AZVPN_A_POLICY_PROTOCOL, iph->protocol) ?:
	    nla_put_in_addr(msg, AZVPN_A_POLICY_PACKET_SRC_IPV4, iph->saddr) ?:
	    nla_put_in_addr(msg, AZVPN_A_POLICY_PACKET_DST_IPV4, iph->daddr));
}

/**
 * azvpn_event_mapping() - Tell that the peer's packets come from elsewhere
 * @rx: inbound SA, held
 * @saddr: address an authentic packet came from
 * @sport: its UDP source port
 *
 * Raised at most once a second for each SA.
 *
 * Context: softirqs off.
 */
void azvpn_event_mapping(struct azvpn_sa_rx *rx, __be32 saddr, __be16 sport)
{
	struct net *net = rx->sa->azn->net;
	struct sk_buff *msg;
	void *header;

	if (!has_listeners(net) || !once_a_second(&rx->mapping_after))
		return;
	msg = begin(AZVPN_CMD_MAPPING_NTF, GFP_ATOMIC, &header);
	if (!msg)
		return;
	end(msg, header, net, GFP_ATOMIC,
	    put_sa(msg, rx->sa) ?:
	    nla_put_in_addr(msg, AZVPN_A_SA_SRC_IPV4, saddr) ?:
	    nla_put_be16(msg, AZVPN_A_SA_ENCAP_SPORT, sport));
}
