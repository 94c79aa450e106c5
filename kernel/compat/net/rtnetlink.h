/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_NET_RTNETLINK_H
#define _AZVPN_COMPAT_NET_RTNETLINK_H

#include_next <net/rtnetlink.h>

/* COMPAT_NEWLINK(name, new_link): what rtnl_link_ops takes, from the newest form */
#ifdef COMPAT_NO_NEWLINK_PARAMS
struct rtnl_newlink_params {
	struct net *src_net;
	struct nlattr **tb;
	struct nlattr **data;
};

/* The namespace of IFLA_LINK_NETNSID comes as src_net if there is one */
static inline struct net *rtnl_newlink_link_net(struct rtnl_newlink_params *params)
{
	return params->src_net;
}

#define COMPAT_NEWLINK(name, new_link)							\
static int name(struct net *src_net, struct net_device *dev, struct nlattr *tb[],	\
		struct nlattr *data[], struct netlink_ext_ack *extack)			\
{											\
	struct rtnl_newlink_params params = {						\
		.src_net = src_net,							\
		.tb = tb,								\
		.data = data,								\
	};										\
											\
	return new_link(dev, &params, extack);						\
}
#else
#define COMPAT_NEWLINK(name, new_link)							\
static int name(struct net_device *dev, struct rtnl_newlink_params *params,		\
		struct netlink_ext_ack *extack)						\
{											\
	return new_link(dev, params, extack);						\
}
#endif

#endif /* _AZVPN_COMPAT_NET_RTNETLINK_H */
