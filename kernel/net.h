/* SPDX-License-Identifier: GPL-2.0 */
/* What the module keeps per network namespace. */
#ifndef _AZVPN_NET_H
#define _AZVPN_NET_H

#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

/**
 * struct azvpn_net - Tunnels, SAs and policies of a network namespace
 * @net: the namespace; immutable
 * @lock: serialises every change below, and covers what says so. Taken inside
 *	of RTNL where both are held, never the other way round.
 * @tunnels: &struct azvpn_tunnel by id; changed under @lock
 * @sas: &struct azvpn_sa by SPI and destination; changed under @lock, read under RCU
 * @policies: &struct azvpn_policy by tunnel, direction and selectors; likewise
 * @sa_list: all SAs, for dumps; under @lock
 * @policy_list: all policies, for dumps; under @lock
 * @generation: changes with every change, so that a dump can tell; under @lock
 * @tunnel_count: number of tunnels; under @lock
 * @sa_count: number of SAs; under @lock
 * @policy_count: number of policies; under @lock
 * @aging: checks lifetimes once a second while an SA has some
 * @unknown_spi: per CPU, ESP packets whose SPI no SA has; softirqs off
 *
 * The namespace is the one the ESP packets travel in. A tunnel's device may be
 * moved to another one.
 */
struct azvpn_net {
	struct net *net;
	struct mutex lock;	/* see above */
	struct xarray tunnels;
	struct rhashtable sas;
	struct rhashtable policies;
	struct list_head sa_list;
	struct list_head policy_list;
	u32 generation;
	u32 tunnel_count;
	u32 sa_count;
	u32 policy_count;
	struct delayed_work aging;
	u64 __percpu *unknown_spi;
};

struct azvpn_net *azvpn_net(const struct net *net);

int azvpn_net_init(void);
void azvpn_net_exit(void);

#endif /* _AZVPN_NET_H */
