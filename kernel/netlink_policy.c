// SPDX-License-Identifier: GPL-2.0
/* Operations on policies. */
#include <linux/inetdevice.h>

#include "device.h"
#include "net.h"
#include "netlink.h"
#include "policy.h"
#include "sa.h"

/* What a request may hold; the rest is for replies */
const struct nla_policy azvpn_policy_nla_policy[AZVPN_A_POLICY_MAX + 1] = {
	[AZVPN_A_POLICY_TUNNEL_ID]	= NLA_POLICY_MIN(NLA_U32, 1),
	[AZVPN_A_POLICY_DIRECTION]	= NLA_POLICY_MAX(NLA_U32, AZVPN_DIRECTION_OUT),
	[AZVPN_A_POLICY_SRC_IPV4]	= { .type = NLA_BE32 },
	[AZVPN_A_POLICY_SRC_PREFIX]	= NLA_POLICY_MAX(NLA_U32, 32),
	[AZVPN_A_POLICY_DST_IPV4]	= { .type = NLA_BE32 },
	[AZVPN_A_POLICY_DST_PREFIX]	= NLA_POLICY_MAX(NLA_U32, 32),
	[AZVPN_A_POLICY_ACTION]		= NLA_POLICY_MAX(NLA_U32, AZVPN_POLICY_ACTION_DROP),
	[AZVPN_A_POLICY_REQID]		= { .type = NLA_U32 },
	[AZVPN_A_POLICY_SA_SPI]		= { .type = NLA_BE32 },
	[AZVPN_A_POLICY_SA_DST_IPV4]	= { .type = NLA_BE32 },
};

static int get_network(struct genl_info *info, int addr_attr, int prefix_attr,
		       __be32 *network, u8 *prefix)
{
	struct nlattr *addr = info->attrs[addr_attr];

	*network = nla_get_be32(addr);
	*prefix = nla_get_u32(info->attrs[prefix_attr]);
	if (!(*network & ~inet_make_mask(*prefix)))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, addr, "the address has bits right of its prefix");
	return -EINVAL;
}

static int parse_key(struct genl_info *info, struct azvpn_policy_key *key)
{
	static const u8 required[] = {
		AZVPN_A_POLICY_TUNNEL_ID, AZVPN_A_POLICY_DIRECTION,
		AZVPN_A_POLICY_SRC_IPV4, AZVPN_A_POLICY_SRC_PREFIX,
		AZVPN_A_POLICY_DST_IPV4, AZVPN_A_POLICY_DST_PREFIX,
	};
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (err)
		return err;
	key->tunnel_id = nla_get_u32(info->attrs[AZVPN_A_POLICY_TUNNEL_ID]);
	key->direction = nla_get_u32(info->attrs[AZVPN_A_POLICY_DIRECTION]);
	return get_network(info, AZVPN_A_POLICY_SRC_IPV4, AZVPN_A_POLICY_SRC_PREFIX,
			   &key->src, &key->src_prefix) ?:
	       get_network(info, AZVPN_A_POLICY_DST_IPV4, AZVPN_A_POLICY_DST_PREFIX,
			   &key->dst, &key->dst_prefix);
}

/* An SA is named by SPI and destination, and only an outbound policy that protects has one */
static int parse_sa(struct genl_info *info, struct azvpn_policy_config *config)
{
	struct nlattr *spi = info->attrs[AZVPN_A_POLICY_SA_SPI];
	struct nlattr *dst = info->attrs[AZVPN_A_POLICY_SA_DST_IPV4];

	if (!spi && !dst)
		return 0;
	if (!spi || !dst) {
		NL_SET_ERR_MSG(info->extack, "an SA is named by its SPI and its destination");
		return -EINVAL;
	}
	if (config->key.direction != AZVPN_DIRECTION_OUT ||
	    config->action != AZVPN_POLICY_ACTION_PROTECT) {
		NL_SET_ERR_MSG_ATTR(info->extack, spi,
				    "only an outbound policy that protects names an SA");
		return -EINVAL;
	}
	config->spi = nla_get_be32(spi);
	config->sa_dst = nla_get_be32(dst);
	if (config->spi)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, spi, "a trap policy names no SA at all");
	return -EINVAL;
}

static int parse_config(struct genl_info *info, struct azvpn_policy_config *config)
{
	static const u8 required[] = { AZVPN_A_POLICY_ACTION };
	struct nlattr *reqid = info->attrs[AZVPN_A_POLICY_REQID];
	int err;

	err = parse_key(info, &config->key) ?:
	      azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (err)
		return err;
	config->action = nla_get_u32(info->attrs[AZVPN_A_POLICY_ACTION]);
	config->reqid = reqid ? nla_get_u32(reqid) : 0;
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
	struct azvpn_policy_key key = {};
	struct azvpn_policy *policy;
	int err;

	err = parse_key(info, &key);
	if (err)
		return ERR_PTR(err);
	policy = azvpn_policy_find(azn, &key);
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
		azvpn_policy_delete(azn, policy);
	mutex_unlock(&azn->lock);
	return PTR_ERR_OR_ZERO(policy);
}

int azvpn_netlink_policy_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct nlattr *attr = info->attrs[AZVPN_A_POLICY_TUNNEL_ID];
	struct azvpn_tunnel *tunnel = NULL;
	int err;

	mutex_lock(&azn->lock);
	err = azvpn_netlink_find_tunnel(azn, info, attr, &tunnel);
	if (!err)
		azvpn_policy_flush(azn, tunnel);
	mutex_unlock(&azn->lock);
	return err;
}

static u64 last_used(const struct azvpn_policy *policy)
{
	unsigned long then = READ_ONCE(policy->last_used);

	/* Bit 0 is always set, which may put it into the future */
	return then ? azvpn_jiffies_to_seconds(then & ~1UL) : 0;
}

static int fill_policy(struct sk_buff *msg, const void *object)
{
	const struct azvpn_policy *policy = object;
	const struct azvpn_policy_key *key = &policy->key;
	const struct azvpn_sa_tx *tx =
		rcu_dereference_protected(policy->tx, lockdep_is_held(&policy->tunnel->azn->lock));
	int err = 0;

	if (tx)
		err = nla_put_be32(msg, AZVPN_A_POLICY_SA_SPI, tx->spi) ?:
		      nla_put_in_addr(msg, AZVPN_A_POLICY_SA_DST_IPV4, tx->sa->key.daddr);
	return err ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_TUNNEL_ID, key->tunnel_id) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_DIRECTION, key->direction) ?:
	       nla_put_in_addr(msg, AZVPN_A_POLICY_SRC_IPV4, key->src) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_SRC_PREFIX, key->src_prefix) ?:
	       nla_put_in_addr(msg, AZVPN_A_POLICY_DST_IPV4, key->dst) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_DST_PREFIX, key->dst_prefix) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_ACTION, policy->rule.action) ?:
	       nla_put_u32(msg, AZVPN_A_POLICY_REQID, policy->rule.reqid) ?:
	       nla_put_u64_64bit(msg, AZVPN_A_POLICY_LAST_USED, last_used(policy),
				 AZVPN_A_POLICY_PAD);
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

/* How many policies were dumped already is kept in cb->args[0] */
int azvpn_netlink_policy_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct nlattr *attr = genl_info_dump(cb)->attrs[AZVPN_A_POLICY_TUNNEL_ID];
	struct azvpn_net *azn = azvpn_netlink_dump_net(cb);
	u32 tunnel_id = attr ? nla_get_u32(attr) : 0;
	struct azvpn_policy *policy;
	unsigned long at = 0;

	mutex_lock(&azn->lock);
	cb->seq = azn->generation;
	list_for_each_entry(policy, &azn->policy_list, list) {
		if (at++ < cb->args[0] || (tunnel_id && policy->key.tunnel_id != tunnel_id))
			continue;
		if (azvpn_netlink_put_dump(msg, cb, AZVPN_CMD_POLICY_GET, fill_policy, policy)) {
			at--;
			break;
		}
	}
	cb->args[0] = at;
	mutex_unlock(&azn->lock);
	return msg->len;
}
