// SPDX-License-Identifier: GPL-2.0
/* The way to the peer: outer addresses, UDP ports, cached route. */
#include <linux/slab.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "device.h"
#include "path.h"

/**
 * azvpn_path_create() - Describe a way to the peer
 * @saddr: outer source
 * @daddr: outer destination
 * @sport: UDP source port, 0 for ESP without UDP
 * @dport: UDP destination port
 *
 * Context: process.
 * Return: the path, NULL without memory.
 */
struct azvpn_path *azvpn_path_create(const struct azvpn_addr *saddr,
				     const struct azvpn_addr *daddr, __be16 sport, __be16 dport)
{
	struct azvpn_path *path = kzalloc(sizeof(*path), GFP_KERNEL);

	if (!path)
		return NULL;
	path->saddr = *saddr;
	path->daddr = *daddr;
	path->sport = sport;
	path->dport = dport;
	return path;
}

/* The route itself is freed after another grace period, as packets may use it */
static void set_route(struct azvpn_path *path, struct dst_entry *dst)
{
	dst_release(unrcu_pointer(xchg(&path->dst, RCU_INITIALIZER(dst))));
}

static void free_rcu(struct rcu_head *rcu)
{
	struct azvpn_path *path = container_of(rcu, struct azvpn_path, rcu);

	set_route(path, NULL);
	kfree(path);
}

/**
 * azvpn_path_free() - Free a path that no pointer leads to any more
 * @path: may be NULL; readers under RCU may still use it
 */
void azvpn_path_free(struct azvpn_path *path)
{
	if (path)
		call_rcu(&path->rcu, free_rcu);
}

/**
 * azvpn_path_forget_route() - Have the route looked up again
 * @path: the path
 *
 * Context: any.
 */
void azvpn_path_forget_route(struct azvpn_path *path)
{
	set_route(path, NULL);
}

static struct dst_entry *look_up_ip4(const struct azvpn_path *path,
				     const struct azvpn_tunnel *tunnel, u8 protocol)
{
	struct flowi4 flow = {
		.daddr		= path->daddr.ip4,
		.saddr		= path->saddr.ip4,
		.flowi4_oif	= READ_ONCE(tunnel->link),
		.flowi4_mark	= READ_ONCE(tunnel->mark),
		.flowi4_proto	= protocol,
		.fl4_sport	= path->sport,
		.fl4_dport	= path->dport,
	};
	struct rtable *rt = ip_route_output_key(tunnel->azn->net, &flow);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *look_up_ip6(const struct azvpn_path *path,
				     const struct azvpn_tunnel *tunnel, u8 protocol)
{
	struct flowi6 flow = {
		.daddr		= path->daddr.ip6,
		.saddr		= path->saddr.ip6,
		.flowi6_oif	= READ_ONCE(tunnel->link),
		.flowi6_mark	= READ_ONCE(tunnel->mark),
		.flowi6_proto	= protocol,
		.fl6_sport	= path->sport,
		.fl6_dport	= path->dport,
	};
	/* With a source address given, IPv6 takes the device for a wish unless told otherwise */
	const int flags = flow.flowi6_oif ? RT6_LOOKUP_F_IFACE : 0;
	struct dst_entry *dst = ip6_route_output_flags(tunnel->azn->net, NULL, &flow, flags);

	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

static u32 cookie_of(const struct dst_entry *dst, u16 family)
{
	return family == AF_INET6 ? rt6_get_cookie(dst_rt6_info(dst)) : 0;
}

/**
 * azvpn_path_route() - The route to the peer
 * @path: the path, under RCU
 * @tunnel: its tunnel, which says by which device or VRF and with which mark
 *
 * Context: softirqs off, under RCU.
 * Return: the route, valid until the end of the RCU section, or NULL.
 */
struct dst_entry *azvpn_path_route(struct azvpn_path *path, const struct azvpn_tunnel *tunnel)
{
	struct dst_entry *dst = rcu_dereference(path->dst);
	const u8 protocol = azvpn_path_encap(path) ? IPPROTO_UDP : IPPROTO_ESP;

	if (likely(dst && (!dst->obsolete || dst->ops->check(dst, READ_ONCE(path->cookie)))))
		return dst;
	dst = path->daddr.family == AF_INET ? look_up_ip4(path, tunnel, protocol) :
					      look_up_ip6(path, tunnel, protocol);
	if (!dst)
		return NULL;
	/*
	 * Should two CPUs look up different routes at once, the cookie may be the
	 * other's: the check then fails, and the route is looked up again.
	 */
	WRITE_ONCE(path->cookie, cookie_of(dst, path->daddr.family));
	set_route(path, dst);
	return dst;
}
