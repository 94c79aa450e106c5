/* SPDX-License-Identifier: GPL-2.0 */
/* What the module keeps per network namespace. */
#ifndef _AZVPN_NET_H
#define _AZVPN_NET_H

#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

/**
 * struct azvpn_net_counters - Packets that belong to no SA, on one CPU
 * @unknown_spi: ESP packets whose SPI no SA has
 * @early_held: packets of a reserved SPI that began to wait for its keys
 * @early_full: packets of a reserved SPI, of which too many wait already
 * @early_timeout: packets of a reserved SPI whose keys did not come
 *
 * Added to by this_cpu_inc().
 */
struct azvpn_net_counters {
	u64 unknown_spi;
	u64 early_held;
	u64 early_full;
	u64 early_timeout;
};

struct nf_hook_ops;

/**
 * struct azvpn_net - Tunnels, SAs and policies of a network namespace
 * @net: the namespace; immutable
 * @lock: serialises every change below, and covers what says so. Taken inside
 *	of RTNL where both are held, never the other way round.
 * @tunnels: &struct azvpn_tunnel by id; changed under @lock
 * @sas: &struct azvpn_sa_name by SPI and destination; changed under @lock, read under RCU
 * @policies: &struct azvpn_policy by tunnel, direction and selectors; likewise
 * @sa_ids: all SAs, for dumps, by a number given in the order in which they were
 *	added: a dump goes on where it was, whatever comes and goes; under @lock
 * @policy_ids: all policies, likewise
 * @next_sa_id: where the search for the next number begins; under @lock
 * @next_policy_id: likewise
 * @tunnel_count: number of tunnels; under @lock
 * @sa_count: number of SAs; under @lock
 * @policy_count: number of policies; under @lock
 * @counters: packets that belong to no SA, per CPU
 * @icmp_hooks: of icmp_guard.c, NULL as long as there are none; under @lock
 * @encap_port: the port ESP in UDP is sent from; changed under @lock
 *
 * The namespace is the one the ESP packets travel in. A tunnel's device may be
 * moved to another one.
 */
struct azvpn_net {
	struct net *net;
	struct mutex lock;	/* see above */
	struct xarray tunnels;
	struct rhashtable sas;
	struct rhltable policies;
	struct xarray sa_ids;
	struct xarray policy_ids;
	u32 next_sa_id;
	u32 next_policy_id;
	u32 tunnel_count;
	u32 sa_count;
	u32 policy_count;
	struct azvpn_net_counters __percpu *counters;
	struct nf_hook_ops *icmp_hooks;
	__be16 encap_port;
};

struct azvpn_net *azvpn_net(const struct net *net);

int azvpn_net_init(void);
void azvpn_net_exit(void);

#endif /* _AZVPN_NET_H */
