/* SPDX-License-Identifier: GPL-2.0 */
/* The tunnel: a network device of type "azvpn". */
#ifndef _AZVPN_DEVICE_H
#define _AZVPN_DEVICE_H

#include <linux/netdevice.h>
#include <linux/workqueue.h>

#include "net.h"
#include "policy.h"
#include "stats.h"

/**
 * struct azvpn_tunnel - Private part of a device
 * @dev: the device; immutable
 * @azn: the namespace its ESP packets travel in, where it was made; immutable
 * @out: outbound policies, what sending looks at
 * @in: inbound policies, what receiving looks at
 * @id: number of the tunnel in its namespace; immutable
 * @link: index of the device or VRF that outer packets leave by, 0 for any; under RTNL
 * @mark: mark of outer packets, by which they are routed too; under RTNL
 * @mss: the most that TCP may announce as MSS either way, 0 to let it; under RTNL
 * @df: AZVPN_DF_*; under RTNL
 * @dscp: of outer packets whose SA does not copy it; under RTNL
 * @drops: packets dropped
 * @sas: its SAs; under the lock of @azn
 * @policies: its policies; under the lock of @azn
 * @sa_count: number of its SAs; under the lock of @azn
 * @policy_count: number of its policies; under the lock of @azn
 * @ready_count: number of outbound policies that have an SA or can ask for
 *	one; the device is not dormant while it is not 0; under the lock of @azn
 * @ups: how often it has ceased to be dormant; under the lock of @azn
 * @mtu: the MTU the administrator wants, of which the device's is no more; under RTNL
 * @path_mtu: the MTU that the path of the last packet leaves; written by any CPU
 * @follow: brings the device's MTU in line with both
 *
 * Everything packets read is in the first cache lines and does not change
 * with traffic. What is under RTNL packets read without a lock.
 */
struct azvpn_tunnel {
	struct net_device *dev;
	struct azvpn_net *azn;
	struct azvpn_policy_set out;
	struct azvpn_policy_set in;
	u32 id;
	int link;
	u32 mark;
	u16 mss;
	u8 df;
	u8 dscp;

	struct azvpn_drops drops;
	struct list_head sas;
	struct list_head policies;
	u32 sa_count;
	u32 policy_count;
	u32 ready_count;
	u32 ups;
	unsigned int mtu;
	unsigned int path_mtu;
	struct work_struct follow;
};

struct azvpn_tunnel *azvpn_tunnel_lookup(struct azvpn_net *azn, u32 id);
void azvpn_tunnel_set_ready(struct azvpn_tunnel *tunnel, bool ready);
void azvpn_tunnel_note_path(struct azvpn_tunnel *tunnel, unsigned int mtu);
void azvpn_device_collect(struct azvpn_net *azn, struct list_head *devices);

int azvpn_device_init(void);
void azvpn_device_exit(void);

#endif /* _AZVPN_DEVICE_H */
