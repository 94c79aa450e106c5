// SPDX-License-Identifier: GPL-2.0
/* Addresses of devices. */
#include <errno.h>
#include <netlink/cache.h>
#include <netlink/route/addr.h>
#include <stdio.h>
#include <string.h>

#include "net.h"

struct nl_addr *azvpn_net_to_nl(const struct azvpn_prefix *prefix)
{
	uint16_t family = prefix->addr.family;
	struct nl_addr *result = nl_addr_build(family, prefix->addr.bytes,
					       azvpn_addr_bits(family) / 8);

	if (result)
		nl_addr_set_prefixlen(result, prefix->len);
	return result;
}

/* The default route has no bytes, but a family */
struct azvpn_prefix azvpn_net_from_nl(const struct nl_addr *addr)
{
	struct azvpn_prefix prefix = {};
	uint16_t family = addr ? nl_addr_get_family(addr) : 0;
	size_t size;

	if (family != AF_INET && family != AF_INET6)
		return prefix;
	size = nl_addr_get_len(addr);
	prefix.addr.family = family;
	prefix.len = nl_addr_get_prefixlen(addr);
	if (size == azvpn_addr_bits(family) / 8)
		memcpy(prefix.addr.bytes, nl_addr_get_binary_addr(addr), size);
	return prefix;
}

static int list_failed(const char *what, int code, struct azvpn_error *error)
{
	return azvpn_error_set(error, -EIO, "list of %s: %s", what, nl_geterror(code));
}

static int change_address(struct azvpn_rtnl *rtnl, struct rtnl_addr *addr, bool add,
			  const struct azvpn_device *device, struct azvpn_error *error)
{
	struct nl_msg *msg = NULL;

	if (add)
		rtnl_addr_build_add_request(addr, NLM_F_CREATE | NLM_F_EXCL, &msg);
	else
		rtnl_addr_build_delete_request(addr, 0, &msg);
	return azvpn_rtnl_request(rtnl, msg, error, "cannot %s an address of %s",
				  add ? "add" : "delete", device->name);
}

static int add_address(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
		       const struct azvpn_prefix *host, const char *label,
		       struct azvpn_error *error)
{
	struct rtnl_addr *addr = rtnl_addr_alloc();
	struct nl_addr *local = azvpn_net_to_nl(host);
	int ret = -ENOMEM;

	if (addr && local) {
		rtnl_addr_set_ifindex(addr, device->index);
		rtnl_addr_set_local(addr, local);
		rtnl_addr_set_label(addr, label);
		ret = change_address(rtnl, addr, true, device, error);
	}
	nl_addr_put(local);
	rtnl_addr_put(addr);
	return ret;
}

int azvpn_device_address(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
			 const struct azvpn_addr *wanted, struct azvpn_error *error)
{
	const struct azvpn_prefix host = azvpn_prefix_host(wanted);
	struct azvpn_prefix found;
	struct nl_cache *cache;
	struct nl_object *item;
	char label[IF_NAMESIZE + 3];
	bool there = false;
	int changes = 0, ret;

	snprintf(label, sizeof(label), "%s:gw", device->name);
	ret = rtnl_addr_alloc_cache(rtnl->sock, &cache);
	if (ret)
		return list_failed("addresses", ret, error);
	for (item = nl_cache_get_first(cache); item && !ret; item = nl_cache_get_next(item)) {
		struct rtnl_addr *addr = (struct rtnl_addr *)item;

		if (rtnl_addr_get_ifindex(addr) != device->index ||
		    rtnl_addr_get_family(addr) != AF_INET)
			continue;
		found = azvpn_net_from_nl(rtnl_addr_get_local(addr));
		if (azvpn_prefix_equal(&found, &host)) {
			there = true;
		} else if (!strcmp(rtnl_addr_get_label(addr) ?: "", label)) {
			ret = change_address(rtnl, addr, false, device, error);
			changes++;
		}
	}
	nl_cache_free(cache);
	if (!ret && !there) {
		ret = add_address(rtnl, device, &host, label, error);
		changes++;
	}
	return ret < 0 ? ret : changes;
}

int azvpn_net_has_address(struct azvpn_rtnl *rtnl, const struct azvpn_addr *wanted,
			  struct azvpn_error *error)
{
	struct azvpn_prefix found;
	struct nl_cache *cache;
	struct nl_object *item;
	bool there = false;
	int ret;

	ret = rtnl_addr_alloc_cache(rtnl->sock, &cache);
	if (ret)
		return list_failed("addresses", ret, error);
	for (item = nl_cache_get_first(cache); item; item = nl_cache_get_next(item)) {
		struct rtnl_addr *addr = (struct rtnl_addr *)item;

		found = azvpn_net_from_nl(rtnl_addr_get_local(addr));
		there |= azvpn_addr_equal(&found.addr, wanted);
	}
	nl_cache_free(cache);
	return there;
}
