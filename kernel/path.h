/* SPDX-License-Identifier: GPL-2.0 */
/* The way to the peer: outer addresses, UDP ports, cached route. */
#ifndef _AZVPN_PATH_H
#define _AZVPN_PATH_H

#include <linux/types.h>
#include <net/dst_cache.h>

struct azvpn_tunnel;
struct rtable;

/**
 * struct azvpn_path - Outer addresses of an SA; immutable, replaced as a whole
 * @saddr: outer source
 * @daddr: outer destination
 * @sport: UDP source port, 0 for ESP without UDP
 * @dport: UDP destination port
 * @cache: the route, per CPU; softirqs off
 * @rcu: defers the end
 *
 * Addresses and ports are in network byte order, like everything here.
 */
struct azvpn_path {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
	struct dst_cache cache;
	struct rcu_head rcu;
};

static inline bool azvpn_path_encap(const struct azvpn_path *path)
{
	return path->sport;
}

struct azvpn_path *azvpn_path_create(__be32 saddr, __be32 daddr, __be16 sport, __be16 dport);
void azvpn_path_free(struct azvpn_path *path);
struct rtable *azvpn_path_route(struct azvpn_path *path, struct net *net);

#endif /* _AZVPN_PATH_H */
