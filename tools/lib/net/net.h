/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tunnel devices, their address and their routes in one network namespace.
 *
 * What is ours is marked, and nothing else is ever changed: devices by their
 * group, addresses by their label, routes by their protocol. The marks are
 * given in the request that makes the object, so none is ever without.
 */
#ifndef AZVPN_NET_H
#define AZVPN_NET_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "rtnl.h"

/* Routing protocol of our routes, and group of our devices ("ip route show proto 65") */
#define AZVPN_NET_MARK	65

/**
 * struct azvpn_device - a network device
 * @index: of the device
 * @name: of the device
 * @alias: text shown by ip-link(8), for people
 * @is_tunnel: of type azvpn
 * @ours: a tunnel device of our group, called azvpn<id>
 * @id: tunnel id; 0 if not a tunnel
 * @up: administratively
 * @ready: it can carry packets now
 * @ups: how often it has become ready since the device was made
 * @rx_bytes: received, of inner packets
 * @tx_bytes: sent
 */
struct azvpn_device {
	int index;
	char name[IF_NAMESIZE];
	char alias[128];
	bool is_tunnel;
	bool ours;
	uint32_t id;
	bool up;
	bool ready;
	uint32_t ups;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
};

/* All devices of a namespace at one moment; azvpn_devices_clear() frees it */
struct azvpn_devices {
	struct azvpn_device *list;
	size_t count;
};

int azvpn_devices_load(struct azvpn_rtnl *rtnl, struct azvpn_devices *devices,
		       struct azvpn_error *error);
void azvpn_devices_clear(struct azvpn_devices *devices);
/* Our device of that tunnel id, or NULL */
const struct azvpn_device *azvpn_devices_find(const struct azvpn_devices *devices, uint32_t id);

/*
 * Changes. Each returns how many it made (0: all was right already) or a
 * negative errno.
 */

/* Make the device azvpn<id>. Refused if the name or the id is taken. */
int azvpn_device_make(struct azvpn_rtnl *rtnl, uint32_t id, struct azvpn_error *error);
int azvpn_device_delete(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
			struct azvpn_error *error);
/* Have it up, with this alias */
int azvpn_device_set(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
		     const char *alias, struct azvpn_error *error);
/* Have @addr, which is IPv4 as its mark is, as our only address on the device */
int azvpn_device_address(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
			 const struct azvpn_addr *addr, struct azvpn_error *error);
/*
 * Have no others of our routes over the device than these; with @add have all of
 * them. A prefix that moves from one device to another must be deleted there
 * before it can be added here, hence the two steps.
 */
int azvpn_device_routes(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
			const struct azvpn_prefixes *prefixes, bool add,
			struct azvpn_error *error);

/* Whether an interface of the namespace has the address; a negative errno if unknown */
int azvpn_net_has_address(struct azvpn_rtnl *rtnl, const struct azvpn_addr *addr,
			  struct azvpn_error *error);
/* Have IPv4 packets forwarded in the namespace that the calling thread is in */
int azvpn_net_forward(struct azvpn_error *error);

/*
 * To libnl, to be freed with nl_addr_put(), NULL if there is no memory; and back,
 * empty for what is no IP address
 */
struct nl_addr *azvpn_net_to_nl(const struct azvpn_prefix *prefix);
struct azvpn_prefix azvpn_net_from_nl(const struct nl_addr *addr);

#endif /* AZVPN_NET_H */
