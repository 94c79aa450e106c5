// SPDX-License-Identifier: GPL-2.0
/* Routes over a tunnel device. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/cache.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

/* Of an IPv4 or IPv6 route */
static struct azvpn_prefix destination(struct rtnl_route *route)
{
	struct azvpn_prefix prefix = azvpn_net_from_nl(rtnl_route_get_dst(route));

	prefix.addr.family = rtnl_route_get_family(route);
	return prefix;
}

static bool is_ours(struct rtnl_route *route, const struct azvpn_device *device)
{
	struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);

	return rtnl_route_get_protocol(route) == AZVPN_NET_MARK &&
	       rtnl_route_get_table(route) == RT_TABLE_MAIN && hop &&
	       rtnl_route_nh_get_ifindex(hop) == device->index;
}

/* The caller frees it with rtnl_route_put(). NULL: no memory. */
static struct rtnl_route *make_route(const struct azvpn_device *device,
				     const struct azvpn_prefix *prefix)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *dst = azvpn_net_to_nl(prefix);

	if (!route || !hop || !dst) {
		rtnl_route_put(route);
		if (hop)
			rtnl_route_nh_free(hop);
		nl_addr_put(dst);
		return NULL;
	}
	rtnl_route_set_family(route, prefix->addr.family);
	rtnl_route_set_dst(route, dst);
	rtnl_route_set_table(route, RT_TABLE_MAIN);
	rtnl_route_set_protocol(route, AZVPN_NET_MARK);
	rtnl_route_set_scope(route, prefix->addr.family == AF_INET ? RT_SCOPE_LINK :
								     RT_SCOPE_UNIVERSE);
	rtnl_route_set_type(route, RTN_UNICAST);
	rtnl_route_nh_set_ifindex(hop, device->index);
	rtnl_route_add_nexthop(route, hop);
	nl_addr_put(dst);
	return route;
}

static int add_route(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
		     const struct azvpn_prefix *prefix, struct azvpn_error *error)
{
	struct rtnl_route *route = make_route(device, prefix);
	char text[AZVPN_PREFIX_SIZE];
	struct nl_msg *msg = NULL;
	int ret;

	if (route)
		rtnl_route_build_add_request(route, NLM_F_CREATE | NLM_F_EXCL, &msg);
	rtnl_route_put(route);
	azvpn_prefix_format(prefix, text);
	ret = azvpn_rtnl_request(rtnl, msg, error, "cannot add route %s dev %s", text,
				 device->name);
	if (ret == -EEXIST)
		return azvpn_error_set(error, ret,
				       "there is a route to %s already that azvpnctl did not make (see \"ip route show %s\"); delete it, or give it a metric",
				       text, text);
	return ret ? ret : 1;
}

static int delete_route(struct azvpn_rtnl *rtnl, struct rtnl_route *route,
			const struct azvpn_device *device, struct azvpn_error *error)
{
	const struct azvpn_prefix prefix = destination(route);
	char text[AZVPN_PREFIX_SIZE];
	struct nl_msg *msg = NULL;

	rtnl_route_build_del_request(route, 0, &msg);
	return azvpn_rtnl_request(rtnl, msg, error, "cannot delete route %s dev %s",
				  azvpn_prefix_format(&prefix, text), device->name);
}

/*
 * Delete what is superfluous, mark in @there what is not.
 * Return: how many were deleted, or a negative errno.
 */
static int delete_others(struct azvpn_rtnl *rtnl, struct nl_cache *cache,
			 const struct azvpn_device *device, const struct azvpn_prefixes *prefixes,
			 bool *there, struct azvpn_error *error)
{
	struct nl_object *item;
	int changes = 0, ret;
	size_t i;

	for (item = nl_cache_get_first(cache); item; item = nl_cache_get_next(item)) {
		struct rtnl_route *route = (struct rtnl_route *)item;
		struct azvpn_prefix prefix;

		if (!is_ours(route, device))
			continue;
		prefix = destination(route);
		for (i = 0; i < prefixes->count; i++)
			if (azvpn_prefix_equal(&prefixes->list[i], &prefix))
				break;
		if (i < prefixes->count) {
			there[i] = true;
			continue;
		}
		ret = delete_route(rtnl, route, device, error);
		if (ret)
			return ret;
		changes++;
	}
	return changes;
}

int azvpn_device_routes(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
			const struct azvpn_prefixes *prefixes, bool add,
			struct azvpn_error *error)
{
	bool *there = calloc(prefixes->count + 1, sizeof(*there));
	struct nl_cache *cache = NULL;
	int changes = 0, ret;
	size_t i;

	if (!there)
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	ret = rtnl_route_alloc_cache(rtnl->sock, AF_UNSPEC, 0, &cache);
	if (ret) {
		free(there);
		return azvpn_error_set(error, -EIO, "list of routes: %s", nl_geterror(ret));
	}
	ret = delete_others(rtnl, cache, device, prefixes, there, error);
	for (i = 0; add && i < prefixes->count && ret >= 0; i++) {
		changes += ret;
		ret = there[i] ? 0 : add_route(rtnl, device, &prefixes->list[i], error);
	}
	nl_cache_free(cache);
	free(there);
	return ret < 0 ? ret : changes + ret;
}
