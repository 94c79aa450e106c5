// SPDX-License-Identifier: GPL-2.0
/* The way to the peer: outer addresses, UDP ports, cached route. */
#include <linux/slab.h>
#include <net/route.h>

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
struct azvpn_path *azvpn_path_create(__be32 saddr, __be32 daddr, __be16 sport, __be16 dport)
{
	struct azvpn_path *path = kzalloc(sizeof(*path), GFP_KERNEL);

	if (!path)
		return NULL;
	if (dst_cache_init(&path->cache, GFP_KERNEL)) {
		kfree(path);
		return NULL;
	}
	path->saddr = saddr;
	path->daddr = daddr;
	path->sport = sport;
	path->dport = dport;
	return path;
}

static void free_rcu(struct rcu_head *rcu)
{
	struct azvpn_path *path = container_of(rcu, struct azvpn_path, rcu);

	dst_cache_destroy(&path->cache);
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
 * azvpn_path_route() - The route to the peer
 * @path: the path, under RCU
 * @net: namespace the ESP packets travel in
 *
 * Context: softirqs off.
 * Return: the route with a reference, or NULL.
 */
struct rtable *azvpn_path_route(struct azvpn_path *path, struct net *net)
{
	__be32 saddr = path->saddr;
	struct flowi4 flow = {
		.daddr		= path->daddr,
		.saddr		= path->saddr,
		.flowi4_proto	= azvpn_path_encap(path) ? IPPROTO_UDP : IPPROTO_ESP,
		.fl4_sport	= path->sport,
		.fl4_dport	= path->dport,
	};
	struct rtable *rt = dst_cache_get_ip4(&path->cache, &saddr);

	if (likely(rt))
		return rt;
	rt = ip_route_output_key(net, &flow);
	if (IS_ERR(rt))
		return NULL;
	dst_cache_set_ip4(&path->cache, &rt->dst, path->saddr);
	return rt;
}
