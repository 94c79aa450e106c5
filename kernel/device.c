// SPDX-License-Identifier: GPL-2.0
/* The tunnel: a network device of type "azvpn". */
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>
#include <net/rtnetlink.h>
#include <uapi/linux/azvpn.h>

#include "device.h"
#include "esp.h"
#include "receive.h"
#include "sa.h"
#include "send.h"

/* What Azure's gateways use: it fits every path of 1,500 bytes with room to spare */
#define DEFAULT_MTU 1400

/**
 * azvpn_tunnel_lookup() - Find a tunnel
 * @azn: namespace, its lock held
 * @id: number of the tunnel
 *
 * Return: the tunnel, valid while the lock is held, or NULL.
 */
struct azvpn_tunnel *azvpn_tunnel_lookup(struct azvpn_net *azn, u32 id)
{
	lockdep_assert_held(&azn->lock);
	return xa_load(&azn->tunnels, id);
}

/**
 * azvpn_tunnel_set_ready() - Count a policy that can send, or no longer can
 * @tunnel: its tunnel, the lock of its namespace held
 * @ready: whether it can
 *
 * The carrier follows, by which routing daemons and ignore_routes_with_linkdown
 * know that the tunnel leads nowhere.
 */
void azvpn_tunnel_set_ready(struct azvpn_tunnel *tunnel, bool ready)
{
	lockdep_assert_held(&tunnel->azn->lock);
	tunnel->ready_count += ready ? 1 : -1;
	if (tunnel->ready_count)
		netif_carrier_on(tunnel->dev);
	else
		netif_carrier_off(tunnel->dev);
}

/**
 * azvpn_device_collect() - Put the devices of a namespace on a list to be unregistered
 * @azn: namespace
 * @devices: the list
 *
 * Context: RTNL held.
 */
void azvpn_device_collect(struct azvpn_net *azn, struct list_head *devices)
{
	struct azvpn_tunnel *tunnel;
	unsigned long id;

	ASSERT_RTNL();
	xa_for_each(&azn->tunnels, id, tunnel)
		unregister_netdevice_queue(tunnel->dev, devices);
}

/*
 * Reserve the id. Until the device is registered nobody may find the tunnel by it:
 * when that fails the core frees the device without waiting for references to it.
 */
static int claim_id(struct azvpn_tunnel *tunnel)
{
	struct azvpn_net *azn = tunnel->azn;
	int err;

	mutex_lock(&azn->lock);
	err = xa_insert(&azn->tunnels, tunnel->id, NULL, GFP_KERNEL);
	mutex_unlock(&azn->lock);
	return err;
}

/* The place in the array is there, so this cannot fail */
static void publish_id(struct azvpn_tunnel *tunnel)
{
	struct azvpn_net *azn = tunnel->azn;

	mutex_lock(&azn->lock);
	xa_store(&azn->tunnels, tunnel->id, tunnel, GFP_KERNEL);
	azn->tunnel_count++;
	azn->generation++;
	mutex_unlock(&azn->lock);
}

static void release_id(struct azvpn_tunnel *tunnel)
{
	struct azvpn_net *azn = tunnel->azn;

	mutex_lock(&azn->lock);
	azvpn_policy_flush(azn, tunnel);
	azvpn_sa_flush(azn, tunnel);
	if (xa_erase(&azn->tunnels, tunnel->id)) {	/* more than reserved */
		azn->tunnel_count--;
		azn->generation++;
	}
	mutex_unlock(&azn->lock);
}

static int init_device(struct net_device *dev)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);
	int err = -ENOMEM;

	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats)
		return err;
	tunnel->drops = azvpn_drops_alloc();
	if (!tunnel->drops)
		goto free_stats;
	err = azvpn_receive_init(tunnel);
	if (err)
		goto free_drops;
	err = claim_id(tunnel);
	if (err)
		goto free_receive;
	return 0;

free_receive:
	azvpn_receive_stop(tunnel);
	azvpn_receive_free(tunnel);
free_drops:
	free_percpu(tunnel->drops);
free_stats:
	free_percpu(dev->tstats);
	return err;
}

/*
 * The end of a device, after which no reference to it is left:
 *
 * 1. The core has closed it and waited for RCU: no packet is in xmit.
 * 2. release_id() takes its SAs and policies out of their tables, so that no
 *    request and no new packet finds the tunnel through them.
 * 3. azvpn_receive_stop() ends NAPI, frees what was queued and makes every
 *    later attempt to queue fail.
 *
 * Who may still point to it, and why that ends: a packet that found its SA
 * before 2 and a packet in an asynchronous crypto driver hold a reference on
 * their SA; it ends with the packet, which 3 keeps out of the queue. An SA
 * holds a reference on the device until it is freed, a grace period after its
 * last packet. The core waits for that before it calls free_device().
 */
static void uninit_device(struct net_device *dev)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);

	release_id(tunnel);
	azvpn_receive_stop(tunnel);
}

static void free_device(struct net_device *dev)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);

	azvpn_receive_free(tunnel);
	free_percpu(tunnel->drops);
	free_percpu(dev->tstats);
}

/*
 * Packets of a tunnel are subject to its own policies and not to the kernel's
 * xfrm. IPv6 gets no address of its own accord, as the tunnel could not carry
 * what it would announce.
 */
static int open_device(struct net_device *dev)
{
	struct in_device *in = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6 = __in6_dev_get(dev);

	if (in) {
		IN_DEV_CONF_SET(in, NOPOLICY, 1);
		IN_DEV_CONF_SET(in, NOXFRM, 1);
	}
	if (in6)
		in6->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	return 0;
}

static const struct net_device_ops device_ops = {
	.ndo_init		= init_device,
	.ndo_uninit		= uninit_device,
	.ndo_open		= open_device,
	.ndo_start_xmit		= azvpn_send,
	.ndo_get_stats64	= dev_get_tstats64,
};

static const struct ethtool_ops ethtool_ops = {
	.get_link = ethtool_op_get_link,
};

static const struct device_type device_type = { .name = "azvpn" };

static void setup_device(struct net_device *dev)
{
	const netdev_features_t features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA |
					   NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE;

	dev->netdev_ops = &device_ops;
	dev->ethtool_ops = &ethtool_ops;
	dev->header_ops = &ip_tunnel_header_ops;	/* packet sockets learn the protocol */
	dev->needs_free_netdev = true;
	dev->priv_destructor = free_device;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	/* Super-packets come whole and are cut and checksummed in one copy */
	compat_set_lltx(dev);
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->needed_headroom = LL_MAX_HEADER + AZVPN_HEADROOM;
	dev->needed_tailroom = AZVPN_TAILROOM;
	dev->mtu = DEFAULT_MTU;
	dev->min_mtu = AZVPN_IPV4_MIN_MTU;
	dev->max_mtu = azvpn_esp_inner_mtu(AZVPN_IPV4_MAX, true);
	SET_NETDEV_DEVTYPE(dev, &device_type);
	netif_keep_dst(dev);
}

static int validate_link(struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	if (tb[IFLA_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS], "a tunnel has no hardware address");
		return -EINVAL;
	}
	return 0;
}

static int new_link(struct net_device *dev, struct rtnl_newlink_params *params,
		    struct netlink_ext_ack *extack)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);
	struct nlattr **data = params->data;
	int err;

	if (!data || !data[IFLA_AZVPN_ID]) {
		NL_SET_ERR_MSG(extack, "the id of the tunnel is missing");
		return -EINVAL;
	}
	tunnel->dev = dev;
	tunnel->azn = azvpn_net(rtnl_newlink_link_net(params));
	tunnel->id = nla_get_u32(data[IFLA_AZVPN_ID]);
	mutex_lock(&tunnel->azn->lock);
	err = azvpn_tunnel_lookup(tunnel->azn, tunnel->id) ? -EEXIST : 0;
	mutex_unlock(&tunnel->azn->lock);
	if (err) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_AZVPN_ID],
				    "another tunnel of this network namespace has this id");
		return err;
	}
	netif_carrier_off(dev);
	err = register_netdevice(dev);
	if (!err)
		publish_id(tunnel);
	return err;
}

COMPAT_NEWLINK(compat_new_link, new_link)

static int change_link(struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);

	if (data && data[IFLA_AZVPN_ID] && nla_get_u32(data[IFLA_AZVPN_ID]) != tunnel->id) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_AZVPN_ID],
				    "the id of a tunnel cannot be changed");
		return -EOPNOTSUPP;
	}
	return 0;
}

static size_t link_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u32));	/* IFLA_AZVPN_ID */
}

static int fill_link(struct sk_buff *skb, const struct net_device *dev)
{
	const struct azvpn_tunnel *tunnel = netdev_priv(dev);

	return nla_put_u32(skb, IFLA_AZVPN_ID, tunnel->id);
}

static struct net *link_net(const struct net_device *dev)
{
	const struct azvpn_tunnel *tunnel = netdev_priv(dev);

	return tunnel->azn->net;
}

static const struct nla_policy link_policy[IFLA_AZVPN_MAX + 1] = {
	[IFLA_AZVPN_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static struct rtnl_link_ops link_ops __read_mostly = {
	.kind		= "azvpn",
	.priv_size	= sizeof(struct azvpn_tunnel),
	.maxtype	= IFLA_AZVPN_MAX,
	.policy		= link_policy,
	.setup		= setup_device,
	.validate	= validate_link,
	.newlink	= compat_new_link,
	.changelink	= change_link,
	.get_size	= link_size,
	.fill_info	= fill_link,
	.get_link_net	= link_net,
};

int __init azvpn_device_init(void)
{
	return rtnl_link_register(&link_ops);
}

void azvpn_device_exit(void)
{
	rtnl_link_unregister(&link_ops);
}

MODULE_ALIAS_RTNL_LINK("azvpn");
