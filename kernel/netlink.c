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
 * azvpn_netlink_put_addr() - Put an address
 * @msg: message
 * @attr: attribute
 * @addr: address, of a family
 */
int azvpn_netlink_put_addr(struct sk_buff *msg, int attr, const struct azvpn_addr *addr)
{
	return nla_put(msg, attr, azvpn_addr_size(addr), addr);
}

/**
 * azvpn_netlink_get_addr() - Get an address
 * @info: the request
 * @attr: attribute
 * @addr: where to put it; untouched without the attribute
 *
 * Return: 0 or -EINVAL.
 */
int azvpn_netlink_get_addr(struct genl_info *info, int attr, struct azvpn_addr *addr)
{
	const struct nlattr *value = info->attrs[attr];

	if (!value)
		return 0;
	*addr = (struct azvpn_addr){};
	switch (nla_len(value)) {
	case sizeof(addr->ip4):
		addr->family = AF_INET;
		break;
	case sizeof(addr->ip6):
		addr->family = AF_INET6;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(info->extack, value,
				    "an address has 4 bytes (IPv4) or 16 (IPv6)");
		return -EINVAL;
	}
	memcpy(addr, nla_data(value), nla_len(value));
	return 0;
}

static int put_last_drop(struct sk_buff *msg, int attr, const struct azvpn_last_drop *last)
{
	struct nlattr *nest;

	if (!last->time)
		return 0;
	nest = nla_nest_start(msg, attr);
	if (!nest || nla_put_u32(msg, AZVPN_A_LAST_DROP_REASON, last->reason) ||
	    nla_put_u64_64bit(msg, AZVPN_A_LAST_DROP_TIME, last->time, AZVPN_A_LAST_DROP_PAD) ||
	    nla_put_be32(msg, AZVPN_A_LAST_DROP_SPI, last->spi) ||
	    nla_put_u64_64bit(msg, AZVPN_A_LAST_DROP_SEQUENCE, last->sequence,
			      AZVPN_A_LAST_DROP_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * azvpn_netlink_put_drops() - Put the drop counters and the last drop
 * @msg: message
 * @attr: attribute to nest the counters in
 * @last_attr: attribute to nest the last drop in
 * @drops: counters
 */
int azvpn_netlink_put_drops(struct sk_buff *msg, int attr, int last_attr,
			    struct azvpn_drops *drops)
{
	const struct azvpn_last_drop last = azvpn_drops_last(drops);
	struct nlattr *nest = nla_nest_start(msg, attr);
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = AZVPN_DROP_FIRST; i <= AZVPN_A_DROPS_MAX; i++)
		if (nla_put_u64_64bit(msg, i, azvpn_drops_read(drops, i), AZVPN_A_DROPS_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return put_last_drop(msg, last_attr, &last);
}

static int put_tunnel_u64(struct sk_buff *msg, int attr, u64 value)
{
	return nla_put_u64_64bit(msg, attr, value, AZVPN_A_TUNNEL_PAD);
}

static int fill_tunnel(struct sk_buff *msg, const void *object)
{
	struct azvpn_tunnel *tunnel = (struct azvpn_tunnel *)object;
	struct net_device *dev = tunnel->dev;
	struct rtnl_link_stats64 stats;
	char name[IFNAMSIZ];

	strscpy(name, dev->name, sizeof(name));
	dev_get_stats(dev, &stats);
	return nla_put_u32(msg, AZVPN_A_TUNNEL_ID, tunnel->id) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_IFINDEX, dev->ifindex) ?:
	       nla_put_string(msg, AZVPN_A_TUNNEL_IFNAME, name) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_CARRIER, !netif_dormant(dev)) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_SAS, tunnel->sa_count) ?:
	       nla_put_u32(msg, AZVPN_A_TUNNEL_POLICIES, tunnel->policy_count) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_RX_PACKETS, stats.rx_packets) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_RX_BYTES, stats.rx_bytes) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_TX_PACKETS, stats.tx_packets) ?:
	       put_tunnel_u64(msg, AZVPN_A_TUNNEL_TX_BYTES, stats.tx_bytes) ?:
	       azvpn_netlink_put_drops(msg, AZVPN_A_TUNNEL_DROPS, AZVPN_A_TUNNEL_LAST_DROP,
				       &tunnel->drops);
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
	xa_for_each_start(&azn->tunnels, id, tunnel, cb->args[0])
		if (azvpn_netlink_put_dump(msg, cb, AZVPN_CMD_TUNNEL_GET, fill_tunnel, tunnel))
			break;
	cb->args[0] = tunnel ? id : ULONG_MAX;
	mutex_unlock(&azn->lock);
	return msg->len;
}

static int put_net_u64(struct sk_buff *msg, int attr, u64 value)
{
	return nla_put_u64_64bit(msg, attr, value, AZVPN_A_NET_PAD);
}

static int fill_net(struct sk_buff *msg, const void *object)
{
	const struct azvpn_net *azn = object;
	struct azvpn_net_counters sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct azvpn_net_counters *one = per_cpu_ptr(azn->counters, cpu);

		sum.unknown_spi += READ_ONCE(one->unknown_spi);
		sum.early_held += READ_ONCE(one->early_held);
		sum.early_full += READ_ONCE(one->early_full);
		sum.early_timeout += READ_ONCE(one->early_timeout);
	}
	return put_net_u64(msg, AZVPN_A_NET_UNKNOWN_SPI, sum.unknown_spi) ?:
	       put_net_u64(msg, AZVPN_A_NET_EARLY_HELD, sum.early_held) ?:
	       put_net_u64(msg, AZVPN_A_NET_EARLY_FULL, sum.early_full) ?:
	       put_net_u64(msg, AZVPN_A_NET_EARLY_TIMEOUT, sum.early_timeout) ?:
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
