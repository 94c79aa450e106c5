/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: see Documentation/netlink/specs/azvpn.yaml. */
#ifndef _AZVPN_NETLINK_H
#define _AZVPN_NETLINK_H

#include <net/genetlink.h>

#include "addr.h"
#include "stats.h"

struct azvpn_net;
struct azvpn_tunnel;

extern struct genl_family azvpn_family;

/* netlink.c */
struct azvpn_net *azvpn_netlink_dump_net(struct netlink_callback *cb);
int azvpn_netlink_reply(struct genl_info *info,
			int (*fill)(struct sk_buff *msg, const void *object), const void *object);
int azvpn_netlink_put_dump(struct sk_buff *msg, struct netlink_callback *cb, u8 command,
			   int (*fill)(struct sk_buff *msg, const void *object),
			   const void *object);
int azvpn_netlink_put_addr(struct sk_buff *msg, int attr, const struct azvpn_addr *addr);
int azvpn_netlink_get_addr(struct genl_info *info, int attr, struct azvpn_addr *addr);
int azvpn_netlink_put_drops(struct sk_buff *msg, int attr, int last_attr,
			    struct azvpn_drops *drops);
int azvpn_netlink_find_tunnel(struct azvpn_net *azn, struct genl_info *info,
			      const struct nlattr *attr, struct azvpn_tunnel **tunnel);
int azvpn_netlink_require(struct genl_info *info, const u8 *attrs, unsigned int count);

/* netlink_sa.c */
extern const struct nla_policy azvpn_sa_nla_policy[AZVPN_A_SA_MAX + 1];
int azvpn_netlink_sa_alloc_spi(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_sa_add(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_sa_update(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_sa_get(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_sa_dump(struct sk_buff *msg, struct netlink_callback *cb);
int azvpn_netlink_sa_del(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_sa_flush(struct sk_buff *skb, struct genl_info *info);

/* netlink_policy.c */
extern const struct nla_policy azvpn_policy_nla_policy[AZVPN_A_POLICY_MAX + 1];
int azvpn_netlink_policy_add(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_policy_get(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_policy_dump(struct sk_buff *msg, struct netlink_callback *cb);
int azvpn_netlink_policy_del(struct sk_buff *skb, struct genl_info *info);
int azvpn_netlink_policy_flush(struct sk_buff *skb, struct genl_info *info);

int azvpn_netlink_init(void);
void azvpn_netlink_exit(void);

#endif /* _AZVPN_NETLINK_H */
