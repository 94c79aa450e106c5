// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family, and its operations on tunnels and namespaces.
 *
 * A request concerns the network namespace of its socket. Everything is for
 * CAP_NET_ADMIN of the host, not of a container: SPIs, addresses and counters
 * are nobody else's business.
 */
#include <linux/module.h>
#include <net/sock.h>

#include "device.h"
#include "net.h"
#include "netlink.h"

static const struct nla_policy tunnel_nla_policy[AZVPN_A_TUNNEL_MAX + 1] = {
	[AZVPN_A_TUNNEL_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy net_nla_policy[AZVPN_A_NET_MAX + 1] = {};

/**
 * azvpn_netlink_require() - Refuse a request that lacks an attribute
 * @info: the request
 * @attrs: numbers of the attributes it must have
 * @count: how many these are
 *
 * Return: 0 or -EINVAL.
 */
int azvpn_netlink_require(struct genl_info *info, const u8 *attrs, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (info->attrs[attrs[i]])
			continue;
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, attrs[i]);
		NL_SET_ERR_MSG(info->extack, "a required attribute is missing");
		return -EINVAL;
	}
	return 0;
}

/**
 * azvpn_netlink_reply() - Answer a request with one object
 * @info: the request
 * @fill: puts the attributes
 * @object: what @fill is given
 */
int azvpn_netlink_reply(struct genl_info *info,
			int (*fill)(struct sk_buff *msg, const void *object), const void *object)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &azvpn_family, 0, info->genlhdr->cmd);
	if (!header || fill(msg, object)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

/**
 * azvpn_netlink_put_dump() - Put one object into a dump
 * @msg: the dump
 * @cb: its state
 * @command: AZVPN_CMD_*
 * @fill: puts the attributes
 * @object: what @fill is given
 *
 * Return: 0, or -EMSGSIZE if there is no room left.
 */
int azvpn_netlink_put_dump(struct sk_buff *msg, struct netlink_callback *cb, u8 command,
			   int (*fill)(struct sk_buff *msg, const void *object),
			   const void *object)
{
	void *header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &azvpn_family, NLM_F_MULTI, command);

	if (!header)
		return -EMSGSIZE;
	if (fill(msg, object)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(msg, header);
	return 0;
}

/**
 * azvpn_netlink_dump_net() - The namespace a dump is of
 * @cb: state of the dump
 */
struct azvpn_net *azvpn_netlink_dump_net(struct netlink_callback *cb)
{
	return azvpn_net(sock_net(cb->skb->sk));
}

/**
 * azvpn_netlink_put_drops() - Put the drop counters
 * @msg: message
 * @attr: attribute to nest them in
 * @reasons: counters
 */
int azvpn_netlink_put_drops(struct sk_buff *msg, int attr, const u64 reasons[AZVPN_DROP_COUNT])
{
	struct nlattr *nest = nla_nest_start(msg, attr);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < AZVPN_DROP_COUNT; i++)
		if (nla_put_u64_64bit(msg, AZVPN_DROP_FIRST + i, reasons[i], AZVPN_A_DROPS_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_tunnel_u64(struct sk_buff *msg, int attr, u64 value)
{
	return nla_put_u64_64bit(msg, attr, value, AZVPN_A_TUNNEL_PAD);
}

static int fill_tunnel(struct sk_buff *msg, const void *object)
{
	const struct azvpn_tunnel *tunnel = object;
	struct net_device *dev = tunnel->dev;
	struct rtnl_link_stats64 stats;
	u64 reasons[AZVPN_DROP_COUNT];
	char name[IFNAMSIZ];

	strscpy(name, dev->name, sizeof(name));
	dev_get_stats(dev, &stats);
	azvpn_drops_fold(tunnel->drops, reasons);
	return nla_put_u32(msg, AZVPN_A_TUNNEL_ID, tunnel->id) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_IFINDEX, dev->ifindex) ?:
	       nla_put_string(msg, AZVPN_A_TUNNEL_IFNAME, name) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_CARRIER, netif_carrier_ok(dev)) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_SAS, tunnel->sa_count) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_POLICIES, tunnel->policy_count) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_RX_PACKETS, stats.rx_packets) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_RX_BYTES, stats.rx_bytes) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_TX_PACKETS, stats.tx_packets) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_TX_BYTES, stats.tx_bytes) ?:
	       azvpn_netlink_put_drops(msg, AZVPN_A_TUNNEL_DROPS, reasons);
}

/**
 * azvpn_netlink_find_tunnel() - Find the tunnel a request names
 * @azn: namespace, its lock held
 * @info: the request
 * @attr: attribute with the tunnel's number, may be NULL
 * @tunnel: where to put it; untouched without @attr
 *
 * Return: 0 or -ESRCH.
 */
int azvpn_netlink_find_tunnel(struct azvpn_net *azn, struct genl_info *info,
			      const struct nlattr *attr, struct azvpn_tunnel **tunnel)
{
	if (!attr)
		return 0;
	*tunnel = azvpn_tunnel_lookup(azn, nla_get_u32(attr));
	if (*tunnel)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "no tunnel of this network namespace has this id");
	return -ESRCH;
}

static int tunnel_get(struct sk_buff *skb, struct genl_info *info)
{
	static const u8 required[] = { AZVPN_A_TUNNEL_ID };
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct azvpn_tunnel *tunnel;
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (err)
		return err;
	mutex_lock(&azn->lock);
	err = azvpn_netlink_find_tunnel(azn, info, info->attrs[AZVPN_A_TUNNEL_ID], &tunnel);
	if (!err)
		err = azvpn_netlink_reply(info, fill_tunnel, tunnel);
	mutex_unlock(&azn->lock);
	return err;
}

/* The next id to dump is kept in cb->args[0] */
static int tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct azvpn_net *azn = azvpn_netlink_dump_net(cb);
	struct azvpn_tunnel *tunnel;
	unsigned long id;

	mutex_lock(&azn->lock);
	cb->seq = azn->generation;
	xa_for_each_start(&azn->tunnels, id, tunnel, cb->args[0])
		if (azvpn_netlink_put_dump(msg, cb, AZVPN_CMD_TUNNEL_GET, fill_tunnel, tunnel))
			break;
	cb->args[0] = tunnel ? id : ULONG_MAX;
	mutex_unlock(&azn->lock);
	return msg->len;
}

static int fill_net(struct sk_buff *msg, const void *object)
{
	const struct azvpn_net *azn = object;
	u64 unknown_spi = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		unknown_spi += READ_ONCE(*per_cpu_ptr(azn->unknown_spi, cpu));
	return nla_put_u64_64bit(msg, AZVPN_A_NET_UNKNOWN_SPI, unknown_spi, AZVPN_A_NET_PAD) ?:
	       nla_put_u32(msg, AZVPN_A_NET_TUNNELS, azn->tunnel_count) ?:
	       nla_put_u32(msg, AZVPN_A_NET_SAS, azn->sa_count) ?:
	       nla_put_u32(msg, AZVPN_A_NET_POLICIES, azn->policy_count);
}

static int net_get(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	int err;

	mutex_lock(&azn->lock);
	err = azvpn_netlink_reply(info, fill_net, azn);
	mutex_unlock(&azn->lock);
	return err;
}

#define OP(_cmd, _doit, _dumpit, _policy) {	\
	.cmd		= AZVPN_CMD_##_cmd,	\
	.doit		= (_doit),		\
	.dumpit		= (_dumpit),		\
	.policy		= (_policy),		\
	.maxattr	= ARRAY_SIZE(_policy) - 1,	\
	.flags		= GENL_ADMIN_PERM,	\
}

static const struct genl_ops ops[] = {
	OP(TUNNEL_GET, tunnel_get, tunnel_dump, tunnel_nla_policy),
	OP(SA_ALLOC_SPI, azvpn_netlink_sa_alloc_spi, NULL, azvpn_sa_nla_policy),
	OP(SA_ADD, azvpn_netlink_sa_add, NULL, azvpn_sa_nla_policy),
	OP(SA_UPDATE, azvpn_netlink_sa_update, NULL, azvpn_sa_nla_policy),
	OP(SA_GET, azvpn_netlink_sa_get, azvpn_netlink_sa_dump, azvpn_sa_nla_policy),
	OP(SA_DEL, azvpn_netlink_sa_del, NULL, azvpn_sa_nla_policy),
	OP(SA_FLUSH, azvpn_netlink_sa_flush, NULL, azvpn_sa_nla_policy),
	OP(POLICY_ADD, azvpn_netlink_policy_add, NULL, azvpn_policy_nla_policy),
	OP(POLICY_GET, azvpn_netlink_policy_get, azvpn_netlink_policy_dump,
	   azvpn_policy_nla_policy),
	OP(POLICY_DEL, azvpn_netlink_policy_del, NULL, azvpn_policy_nla_policy),
	OP(POLICY_FLUSH, azvpn_netlink_policy_flush, NULL, azvpn_policy_nla_policy),
	OP(NET_GET, net_get, NULL, net_nla_policy),
};

static const struct genl_multicast_group groups[] = {
	{ .name = AZVPN_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/*
 * Requests of different namespaces run in parallel; those of one take its lock
 * each for itself.
 */
struct genl_family azvpn_family __ro_after_init = {
	.name		= AZVPN_GENL_NAME,
	.version	= AZVPN_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.resv_start_op	= AZVPN_CMD_MAX + 1,
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};

int __init azvpn_netlink_init(void)
{
	return genl_register_family(&azvpn_family);
}

void azvpn_netlink_exit(void)
{
	genl_unregister_family(&azvpn_family);
}

MODULE_ALIAS_GENL_FAMILY(AZVPN_GENL_NAME);
