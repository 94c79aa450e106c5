/* SPDX-License-Identifier: GPL-2.0 */
/* The tunnel: a network device of type "azvpn". */
#ifndef _AZVPN_DEVICE_H
#define _AZVPN_DEVICE_H

#include <linux/netdevice.h>

#include "net.h"
#include "policy.h"
#include "stats.h"

struct azvpn_cell;

/**
 * struct azvpn_tunnel - Private part of a device
 * @dev: the device; immutable
 * @azn: the namespace its ESP packets travel in, where it was made; immutable
 * @out: outbound policies, what sending looks at
 * @in: inbound policies, what receiving looks at
 * @drops: packets dropped, per CPU; softirqs off
 * @cells: receive queue and NAPI, per CPU, see receive.c
 * @id: number of the tunnel in its namespace; immutable
 * @sa_count: number of its SAs; under the lock of @azn
 * @policy_count: number of its policies; under the lock of @azn
 * @ready_count: number of outbound policies that have an SA or can ask for
 *	one; the device has carrier while it is not 0; under the lock of @azn
 *
 * Everything packets read is in the first cache lines and does not change
 * with traffic.
 */
struct azvpn_tunnel {
	struct net_device *dev;
	struct azvpn_net *azn;
	struct azvpn_policy_set out;
	struct azvpn_policy_set in;
	struct azvpn_drops __percpu *drops;
	struct azvpn_cell __percpu *cells;
	u32 id;

	u32 sa_count;
	u32 policy_count;
	u32 ready_count;
};

struct azvpn_tunnel *azvpn_tunnel_lookup(struct azvpn_net *azn, u32 id);
void azvpn_tunnel_set_ready(struct azvpn_tunnel *tunnel, bool ready);
void azvpn_device_collect(struct azvpn_net *azn, struct list_head *devices);

int azvpn_device_init(void);
void azvpn_device_exit(void);

#endif /* _AZVPN_DEVICE_H */
