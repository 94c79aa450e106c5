/* SPDX-License-Identifier: GPL-2.0 */
/* The way to the peer: outer addresses, UDP ports, cached route. */
#ifndef _AZVPN_PATH_H
#define _AZVPN_PATH_H

#include <linux/types.h>
#include <net/dst.h>

#include "addr.h"
#include "esp.h"

struct azvpn_tunnel;

/**
 * struct azvpn_path - Outer addresses of an SA; immutable, replaced as a whole
 * @saddr: outer source
 * @daddr: outer destination, of the same family
 * @sport: UDP source port, 0 for ESP without UDP
 * @dport: UDP destination port
 * @dst: the route, with the path's reference, or NULL; swapped by any CPU, read under RCU
 * @cookie: tells whether @dst still holds, for the routing code
 * @rcu: defers the end
 *
 * Addresses and ports are in network byte order, like everything here.
 *
 * One route for all CPUs: packets use it without a reference, so that it is not
 * written to, and it takes no memory for each possible CPU of each SA.
 */
struct azvpn_path {
	struct azvpn_addr saddr;
	struct azvpn_addr daddr;
	__be16 sport;
	__be16 dport;
	struct dst_entry __rcu *dst;
	u32 cookie;
	struct rcu_head rcu;
};

static inline bool azvpn_path_encap(const struct azvpn_path *path)
{
	return path->sport;
}

/* Bytes in front of the ESP header */
static inline unsigned int azvpn_path_outer(const struct azvpn_path *path)
{
	return (path->daddr.family == AF_INET ? AZVPN_OUTER_IPV4 : AZVPN_OUTER_IPV6) +
	       (azvpn_path_encap(path) ? AZVPN_OUTER_UDP : 0);
}

struct azvpn_path *azvpn_path_create(const struct azvpn_addr *saddr,
				     const struct azvpn_addr *daddr, __be16 sport, __be16 dport);
void azvpn_path_free(struct azvpn_path *path);
struct dst_entry *azvpn_path_route(struct azvpn_path *path, const struct azvpn_tunnel *tunnel);
void azvpn_path_forget_route(struct azvpn_path *path);

#endif /* _AZVPN_PATH_H */
