// SPDX-License-Identifier: GPL-2.0
/* What the module keeps per network namespace. */
#include <linux/rtnetlink.h>
#include <net/netns/generic.h>

#include "device.h"
#include "icmp_guard.h"
#include "net.h"
#include "policy.h"
#include "sa.h"

static unsigned int net_id __read_mostly;

/**
 * azvpn_net() - The module's part of a network namespace
 * @net: a namespace that is alive
 *
 * Context: any.
 */
struct azvpn_net *azvpn_net(const struct net *net)
{
	return net_generic(net, net_id);
}

static int __net_init init_net_one(struct net *net)
{
	struct azvpn_net *azn = azvpn_net(net);
	int err;

	azn->net = net;
	mutex_init(&azn->lock);
	xa_init(&azn->tunnels);

	azn->counters = alloc_percpu(struct azvpn_net_counters);
	if (!azn->counters)
		return -ENOMEM;
	err = azvpn_sa_table_init(azn);
	if (err)
		goto free_counters;
	err = azvpn_policy_table_init(azn);
	if (err)
		goto free_sas;
	return 0;

free_sas:
	azvpn_sa_table_free(azn);
free_counters:
	free_percpu(azn->counters);
	return err;
}

/*
 * All devices of the namespace are gone when a subsystem's turn comes, so no
 * packet arrives any more. Tunnels that were moved elsewhere are left. They go
 * now, and with each its SAs and policies: an SA holds a reference on its
 * device and RTNL, when released, waits for these. Then but for reserved SPIs
 * the tables are empty.
 */
static void __net_exit exit_net_batch(struct list_head *nets)
{
	LIST_HEAD(devices);
	struct net *net;

	rtnl_lock();
	list_for_each_entry(net, nets, exit_list)
		azvpn_device_collect(azvpn_net(net), &devices);
	unregister_netdevice_many(&devices);
	rtnl_unlock();

	list_for_each_entry(net, nets, exit_list) {
		struct azvpn_net *azn = azvpn_net(net);

		mutex_lock(&azn->lock);
		azvpn_sa_flush_all(azn);
		mutex_unlock(&azn->lock);
	}
	flush_workqueue(azvpn_queue);	/* looks at SAs that had begun want the lock */
	list_for_each_entry(net, nets, exit_list) {
		struct azvpn_net *azn = azvpn_net(net);

		azvpn_policy_table_free(azn);
		azvpn_sa_table_free(azn);
		xa_destroy(&azn->tunnels);
		free_percpu(azn->counters);
	}
}

/* The core waits for RCU before it goes on to exit_net_batch() */
static void __net_exit pre_exit_net(struct net *net)
{
	azvpn_icmp_guard_stop(azvpn_net(net));
}

static struct pernet_operations net_ops = {
	.init		= init_net_one,
	.pre_exit	= pre_exit_net,
	.exit_batch	= exit_net_batch,
	.id		= &net_id,
	.size		= sizeof(struct azvpn_net),
};

int __init azvpn_net_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void azvpn_net_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
