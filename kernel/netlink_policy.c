// SPDX-License-Identifier: GPL-2.0
/* Operations on policies. */
#include <linux/inetdevice.h>
#include <net/ipv6.h>

#include "device.h"
#include "net.h"
#include "netlink.h"
#include "policy.h"
#include "sa.h"

#define ADDRESS NLA_POLICY_RANGE(NLA_BINARY, sizeof(struct in_addr), sizeof(struct in6_addr))

/* What a request may hold; the rest is for replies */
const struct nla_policy azvpn_policy_nla_policy[AZVPN_A_POLICY_MAX + 1] = {
	[AZVPN_A_POLICY_TUNNEL_ID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[AZVPN_A_POLICY_DIRECTION]	= NLA_POLICY_MAX(NLA_U32, AZVPN_DIRECTION_OUT),
	[AZVPN_A_POLICY_SRC]		= ADDRESS,
	[AZVPN_A_POLICY_SRC_PREFIX]	= NLA_POLICY_MAX(NLA_U32, 128),
	[AZVPN_A_POLICY_DST]		= ADDRESS,
	[AZVPN_A_POLICY_DST_PREFIX]	= NLA_POLICY_MAX(NLA_U32, 128),
	[AZVPN_A_POLICY_PROTOCOL]	= NLA_POLICY_MAX(NLA_U32, 255),
	[AZVPN_A_POLICY_SRC_PORT_MIN]	= { .type = NLA_U16 },
	[AZVPN_A_POLICY_SRC_PORT_MAX]	= { .type = NLA_U16 },
	[AZVPN_A_POLICY_DST_PORT_MIN]	= { .type = NLA_U16 },
	[AZVPN_A_POLICY_DST_PORT_MAX]	= { .type = NLA_U16 },
	[AZVPN_A_POLICY_PRIORITY]	= { .type = NLA_U32 },
	[AZVPN_A_POLICY_ACTION]		= NLA_POLICY_MAX(NLA_U32, AZVPN_POLICY_ACTION_DROP),
	[AZVPN_A_POLICY_REQID]		= { .type = NLA_U32 },
	[AZVPN_A_POLICY_SA_SPI]		= { .type = NLA_BE32 },
	[AZVPN_A_POLICY_SA_DST]		= ADDRESS,
	[AZVPN_A_POLICY_SA_DPORT]	= { .type = NLA_BE16 },
};

static bool has_host_bits(const struct azvpn_addr *addr, u8 prefix)
{
	struct in6_addr network;

	if (addr->family == AF_INET)
		return addr->ip4 & ~inet_make_mask(prefix);
	ipv6_addr_prefix(&network, &addr->ip6, prefix);
	return !ipv6_addr_equal(&network, &addr->ip6);
}

static int get_network(struct genl_info *info, int addr_attr, int prefix_attr,
		       struct azvpn_addr *network, u8 *prefix)
{
	int err = azvpn_netlink_get_addr(info, addr_attr, network);

	if (err)
		return err;
	*prefix = nla_get_u32(info->attrs[prefix_attr]);
	if (network->family == AF_INET && *prefix > 32) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[prefix_attr],
				    "the prefix of an IPv4 network is at most 32");
		return -EINVAL;
	}
	if (!has_host_bits(network, *prefix))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[addr_attr],
			    "the address has bits right of its prefix");
	return -EINVAL;
}

static bool knows_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return true;
	default:
		return false;
	}
}

static int get_ports(struct genl_info *info, u8 protocol, int min_attr, int max_attr,
		     struct azvpn_port_range *range)
{
	const struct nlattr *min = info->attrs[min_attr], *max = info->attrs[max_attr];

	range->min = min ? nla_get_u16(min) : 0;
	range->max = max ? nla_get_u16(max) : U16_MAX;
	if (range->min > range->max) {
		NL_SET_ERR_MSG_ATTR(info->extack, max ?: min,
				    "the lowest port is above the highest");
		return -EINVAL;
	}
	if ((range->min || range->max != U16_MAX) && !knows_ports(protocol)) {
		NL_SET_ERR_MSG(info->extack,
			       "ports need the protocol TCP, UDP, UDP-Lite, SCTP, DCCP, ICMP or ICMPv6");
		return -EINVAL;
	}
	return 0;
}

static int parse_selector(struct genl_info *info, struct azvpn_selector *selector)
{
	const struct nlattr *protocol = info->attrs[AZVPN_A_POLICY_PROTOCOL];
	int err;

	selector->protocol = protocol ? nla_get_u32(protocol) : 0;
	err = get_network(info, AZVPN_A_POLICY_SRC, AZVPN_A_POLICY_SRC_PREFIX,
			  &selector->src, &selector->src_prefix) ?:
	      get_network(info, AZVPN_A_POLICY_DST, AZVPN_A_POLICY_DST_PREFIX,
			  &selector->dst, &selector->dst_prefix) ?:
	      get_ports(info, selector->protocol, AZVPN_A_POLICY_SRC_PORT_MIN,
			AZVPN_A_POLICY_SRC_PORT_MAX, &selector->sport) ?:
	      get_ports(info, selector->protocol, AZVPN_A_POLICY_DST_PORT_MIN,
			AZVPN_A_POLICY_DST_PORT_MAX, &selector->dport);
	if (err || selector->src.family == selector->dst.family)
		return err;
	NL_SET_ERR_MSG(info->extack, "one network is IPv4 and the other IPv6");
	return -EINVAL;
}

static int parse_name(struct genl_info *info, u32 *tunnel_id, u32 *direction,
		      struct azvpn_selector *selector)
{
	static const u8 required[] = {
		AZVPN_A_POLICY_TUNNEL_ID, AZVPN_A_POLICY_DIRECTION,
		AZVPN_A_POLICY_SRC, AZVPN_A_POLICY_SRC_PREFIX,
		AZVPN_A_POLICY_DST, AZVPN_A_POLICY_DST_PREFIX,
	};
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (err)
		return err;
	*tunnel_id = nla_get_u32(info->attrs[AZVPN_A_POLICY_TUNNEL_ID]);
	*direction = nla_get_u32(info->attrs[AZVPN_A_POLICY_DIRECTION]);
	return parse_selector(info, selector);
}

/* An SA has a name, and only an outbound policy that protects has an SA */
static int parse_sa(struct genl_info *info, struct azvpn_policy_config *config)
{
	struct nlattr *spi = info->attrs[AZVPN_A_POLICY_SA_SPI];
	struct nlattr *dst = info->attrs[AZVPN_A_POLICY_SA_DST];
	struct nlattr *dport = info->attrs[AZVPN_A_POLICY_SA_DPORT];
	int err;

	if (!spi && !dst && !dport)
		return 0;
	if (!spi || !dst) {
		NL_SET_ERR_MSG(info->extack, "an SA is named by its SPI and its destination");
		return -EINVAL;
	}
	if (config->direction != AZVPN_DIRECTION_OUT ||
	    config->action != AZVPN_POLICY_ACTION_PROTECT) {
		NL_SET_ERR_MSG_ATTR(info->extack, spi,
				    "only an outbound policy that protects names an SA");
		return -EINVAL;
	}
	err = azvpn_netlink_get_addr(info, AZVPN_A_POLICY_SA_DST, &config->sa.daddr);
	if (err)
		return err;
	config->sa.spi = nla_get_be32(spi);
	config->sa.dport = dport ? nla_get_be16(dport) : 0;
	if (config->sa.spi)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, spi, "a trap policy names no SA at all");
	return -EINVAL;
}

static u32 get_u32(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : 0;
}

static int parse_config(struct genl_info *info, struct azvpn_policy_config *config)
{
	static const u8 required[] = { AZVPN_A_POLICY_ACTION };
	int err;

	err = parse_name(info, &config->tunnel_id, &config->direction, &config->selector) ?:
	      azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (err)
		return err;
	config->priority = get_u32(info, AZVPN_A_POLICY_PRIORITY);
	config->action = get_u32(info, AZVPN_A_POLICY_ACTION);
	config->reqid = get_u32(info, AZVPN_A_POLICY_REQID);
	return parse_sa(info, config);
}

int azvpn_netlink_policy_add(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	bool replace = info->nlhdr->nlmsg_flags & NLM_F_REPLACE;
	struct azvpn_policy_config config = {};
	int err;

	err = parse_config(info, &config);
	if (err)
		return err;
	mutex_lock(&azn->lock);
	err = azvpn_policy_add(azn, &config, replace, info->extack);
	mutex_unlock(&azn->lock);
	return err;
}

/* The policy that the selectors name; the lock of the namespace is held */
static struct azvpn_policy *named_policy(struct azvpn_net *azn, struct genl_info *info)
{
	struct azvpn_selector selector = {};
	struct azvpn_policy *policy = NULL;
	struct azvpn_tunnel *tunnel;
	u32 tunnel_id, direction;
	int err;

	err = parse_name(info, &tunnel_id, &direction, &selector);
	if (err)
		return ERR_PTR(err);
	tunnel = azvpn_tunnel_lookup(azn, tunnel_id);
	if (tunnel)
		policy = azvpn_policy_find(tunnel, direction, &selector);
	if (policy)
		return policy;
	NL_SET_ERR_MSG(info->extack, "no policy of the tunnel has this direction and selectors");
	return ERR_PTR(-ESRCH);
}

int azvpn_netlink_policy_del(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct azvpn_policy *policy;

	mutex_lock(&azn->lock);
	policy = named_policy(azn, info);
	if (!IS_ERR(policy))
		azvpn_policy_delete(policy);
	mutex_unlock(&azn->lock);
	return PTR_ERR_OR_ZERO(policy);
}

static void flush_all(struct azvpn_net *azn)
{
	struct azvpn_policy *policy;
	unsigned long id;

	xa_for_each(&azn->policy_ids, id, policy)
		azvpn_policy_delete(policy);
}

int azvpn_netlink_policy_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct nlattr *attr = info->attrs[AZVPN_A_POLICY_TUNNEL_ID];
	struct azvpn_tunnel *tunnel = NULL;
	int err;

	mutex_lock(&azn->lock);
	err = azvpn_netlink_find_tunnel(azn, info, attr, &tunnel);
	if (!err && tunnel)
		azvpn_policy_flush(tunnel);
	else if (!err)
		flush_all(azn);
	mutex_unlock(&azn->lock);
	return err;
}

static int put_sa(struct sk_buff *msg, const struct azvpn_sa *sa)
{
	const struct azvpn_sa_key *key = &sa->name->key;

	return nla_put_be32(msg, AZVPN_A_POLICY_SA_SPI, key->spi) ?:
	       azvpn_netlink_put_addr(msg, AZVPN_A_POLICY_SA_DST, &key->daddr) ?:
	       (key->dport ? nla_put_be16(msg, AZVPN_A_POLICY_SA_DPORT, key->dport) : 0);
}

static int put_selector(struct sk_buff *msg, const struct azvpn_policy *policy)
{
	const struct azvpn_policy_key *key = &policy->key;

	return azvpn_netlink_put_addr(msg, AZVPN_A_POLICY_SRC, &key->src) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_SRC_PREFIX, key->src_prefix) ?:
	       azvpn_netlink_put_addr(msg, AZVPN_A_POLICY_DST, &key->dst) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_DST_PREFIX, key->dst_prefix) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_PROTOCOL, key->protocol) ?:
	       nla_put_u16(msg, AZVPN_A_POLICY_SRC_PORT_MIN, policy->sport.min) ?:
	       nla_put_u16(msg, AZVPN_A_POLICY_SRC_PORT_MAX, policy->sport.max) ?:
	       nla_put_u16(msg, AZVPN_A_POLICY_DST_PORT_MIN, policy->dport.min) ?:
	       nla_put_u16(msg, AZVPN_A_POLICY_DST_PORT_MAX, policy->dport.max);
}

static int fill_policy(struct sk_buff *msg, const void *object)
{
	const struct azvpn_policy *policy = object;
	const struct azvpn_sa_tx *tx =
		rcu_dereference_protected(policy->tx, lockdep_is_held(&policy->tunnel->azn->lock));

	return (tx ? put_sa(msg, tx->sa) : 0) ?:
	       put_selector(msg, policy) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_TUNNEL_ID, policy->key.tunnel_id) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_DIRECTION, policy->key.direction) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_PRIORITY, policy->key.priority) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_ACTION, policy->rule.action) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_REQID, policy->rule.reqid) ?:
	       nla_put_u64_64bit(msg, AZVPN_A_POLICY_LAST_USED,
				 azvpn_last_use(&policy->last_used), AZVPN_A_POLICY_PAD);
}

int azvpn_netlink_policy_get(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct azvpn_policy *policy;
	int err;

	mutex_lock(&azn->lock);
	policy = named_policy(azn, info);
	err = IS_ERR(policy) ? PTR_ERR(policy) : azvpn_netlink_reply(info, fill_policy, policy);
	mutex_unlock(&azn->lock);
	return err;
}

/* The number of the next policy to dump is kept in cb->args[0], see the dump of SAs */
int azvpn_netlink_policy_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct nlattr *attr = genl_info_dump(cb)->attrs[AZVPN_A_POLICY_TUNNEL_ID];
	struct azvpn_net *azn = azvpn_netlink_dump_net(cb);
	u32 tunnel_id = attr ? nla_get_u32(attr) : 0;
	struct azvpn_policy *policy;
	unsigned long id;

	mutex_lock(&azn->lock);
	xa_for_each_start(&azn->policy_ids, id, policy, cb->args[0]) {
		if (tunnel_id && policy->key.tunnel_id != tunnel_id)
			continue;
		if (azvpn_netlink_put_dump(msg, cb, AZVPN_CMD_POLICY_GET, fill_policy, policy))
			break;
	}
	cb->args[0] = policy ? id : ULONG_MAX;
	mutex_unlock(&azn->lock);
	return msg->len;
}
