// SPDX-License-Identifier: GPL-2.0
/* Multicast events for the IKE daemon. */
#include <net/genetlink.h>
#include <uapi/linux/azvpn.h>

#include "device.h"
#include "event.h"
#include "netlink.h"
#include "policy.h"
#include "sa.h"

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

/* A listener that cannot take it hears that from its socket; that there is none is no error */
static int end(struct sk_buff *msg, void *header, struct net *net, gfp_t gfp, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	err = genlmsg_multicast_netns(&azvpn_family, net, msg, 0, 0, gfp);
	return err == -ENOMEM ? err : 0;
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
	return nla_put_be32(msg, AZVPN_A_SA_SPI, sa->spi) ?:
	       nla_put_u32(msg, AZVPN_A_SA_TUNNEL_ID, sa->tunnel->id) ?:
	       nla_put_u32(msg, AZVPN_A_SA_REQID, sa->reqid);
}

/**
 * azvpn_event_expire() - Tell that an SA has reached a limit
 * @sa: the SA, the lock of its namespace held
 * @hard: whether the limit is a hard one
 *
 * Context: process.
 * Return: 0, or -ENOMEM if nobody was told: try again.
 */
int azvpn_event_expire(const struct azvpn_sa *sa, bool hard)
{
	const struct azvpn_sa_key *key = &sa->name->key;
	struct sk_buff *msg;
	void *header;

	msg = begin(AZVPN_CMD_EXPIRE_NTF, GFP_KERNEL, &header);
	if (!msg)
		return -ENOMEM;
	return end(msg, header, sa->azn->net, GFP_KERNEL,
		   put_sa(msg, sa) ?:
		   azvpn_netlink_put_addr(msg, AZVPN_A_SA_DST, &key->daddr) ?:
		   (key->dport ? nla_put_be16(msg, AZVPN_A_SA_ENCAP_DPORT, key->dport) : 0) ?:
		   nla_put_u32(msg, AZVPN_A_SA_DIRECTION, sa->direction) ?:
		   (hard ? nla_put_flag(msg, AZVPN_A_SA_HARD) : 0));
}

static int put_flow(struct sk_buff *msg, const struct azvpn_flow *flow)
{
	u16 sport = flow->sport, dport = flow->dport;

	if (flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6) {
		sport = flow->dport >> 8;
		dport = flow->dport & 0xff;
	}
	return nla_put_u32(msg, AZVPN_A_POLICY_PROTOCOL, flow->protocol) ?:
	       azvpn_netlink_put_addr(msg, AZVPN_A_POLICY_PACKET_SRC, &flow->src) ?:
	       azvpn_netlink_put_addr(msg, AZVPN_A_POLICY_PACKET_DST, &flow->dst) ?:
	       nla_put_be16(msg, AZVPN_A_POLICY_PACKET_SPORT, htons(sport)) ?:
	       nla_put_be16(msg, AZVPN_A_POLICY_PACKET_DPORT, htons(dport));
}

/**
 * azvpn_event_acquire() - Ask for an SA
 * @policy: outbound policy without an SA, under RCU
 * @skb: the packet that needs it, data at its IP header
 *
 * Raised at most once a second for each policy.
 *
 * Context: softirqs off.
 * Return: whether somebody listens, who has been asked now or shortly before.
 */
bool azvpn_event_acquire(struct azvpn_policy *policy, const struct sk_buff *skb)
{
	struct net *net = policy->tunnel->azn->net;
	const struct azvpn_policy_key *key = &policy->key;
	struct azvpn_flow flow;
	struct sk_buff *msg;
	void *header;

	if (!has_listeners(net))
		return false;
	if (!once_a_second(&policy->acquire_after))
		return true;
	msg = begin(AZVPN_CMD_ACQUIRE_NTF, GFP_ATOMIC, &header);
	if (!msg)
		return false;
	azvpn_flow_read(&flow, skb, 0);
	return !end(msg, header, net, GFP_ATOMIC,
		    nla_put_u32(msg, AZVPN_A_POLICY_TUNNEL_ID, key->tunnel_id) ?:
		    nla_put_u32(msg, AZVPN_A_POLICY_REQID, azvpn_policy_read_rule(policy).reqid) ?:
		    azvpn_netlink_put_addr(msg, AZVPN_A_POLICY_SRC, &key->src) ?:
		    nla_put_u32(msg, AZVPN_A_POLICY_SRC_PREFIX, key->src_prefix) ?:
		    azvpn_netlink_put_addr(msg, AZVPN_A_POLICY_DST, &key->dst) ?:
		    nla_put_u32(msg, AZVPN_A_POLICY_DST_PREFIX, key->dst_prefix) ?:
		    put_flow(msg, &flow));
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
void azvpn_event_mapping(struct azvpn_sa_rx *rx, const struct azvpn_addr *saddr, __be16 sport)
{
	const struct azvpn_path *path = rcu_dereference(rx->path);
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
	    azvpn_netlink_put_addr(msg, AZVPN_A_SA_DST, &path->daddr) ?:
	    azvpn_netlink_put_addr(msg, AZVPN_A_SA_SRC, saddr) ?:
	    nla_put_be16(msg, AZVPN_A_SA_ENCAP_SPORT, sport));
}
