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
#include "sa.h"
#include "send.h"

/* What Azure's gateways use: it fits every path of 1,500 bytes with room to spare */
#define DEFAULT_MTU 1400

/* And that they clamp TCP to; an IPv6 header is 20 bytes longer than the difference has room for */
#define DEFAULT_MSS 1350

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
 * A tunnel without any is dormant, by which routing daemons know that it leads
 * nowhere. It keeps its carrier: without one the core takes the queueing
 * discipline away, and packets vanish before they are counted here.
 */
void azvpn_tunnel_set_ready(struct azvpn_tunnel *tunnel, bool ready)
{
	lockdep_assert_held(&tunnel->azn->lock);
	tunnel->ready_count += ready ? 1 : -1;
	if (!tunnel->ready_count) {
		netif_dormant_on(tunnel->dev);
	} else if (netif_dormant(tunnel->dev)) {
		tunnel->ups++;
		netif_dormant_off(tunnel->dev);
	}
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
 * The device's MTU follows what the path of an any-to-any tunnel leaves, so that
 * the stack fragments, or tells the sender, before a packet comes here. Not
 * below what IPv6 needs, which would take it off the device: send.c copes with
 * paths that carry less.
 */
static void follow_path(struct work_struct *work)
{
	struct azvpn_tunnel *tunnel = container_of(work, struct azvpn_tunnel, follow);
	struct net_device *dev = tunnel->dev;
	unsigned int mtu;

	rtnl_lock();
	mtu = min(tunnel->mtu, max_t(unsigned int, READ_ONCE(tunnel->path_mtu),
				     AZVPN_IPV6_MIN_MTU));
	if (dev->reg_state == NETREG_REGISTERED && dev->mtu != mtu) {
		const unsigned int wanted = tunnel->mtu;

		dev_set_mtu(dev, mtu);
		tunnel->mtu = wanted;
	}
	rtnl_unlock();
	dev_put(dev);
}

/**
 * azvpn_tunnel_note_path() - Note what the path of a tunnel carries
 * @tunnel: tunnel
 * @mtu: the longest inner packet, in bytes
 *
 * Context: softirqs off.
 */
void azvpn_tunnel_note_path(struct azvpn_tunnel *tunnel, unsigned int mtu)
{
	if (likely(READ_ONCE(tunnel->path_mtu) == mtu))
		return;
	WRITE_ONCE(tunnel->path_mtu, mtu);
	dev_hold(tunnel->dev);
	if (!queue_work(azvpn_queue, &tunnel->follow))
		dev_put(tunnel->dev);
}

static int change_mtu(struct net_device *dev, int mtu)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);

	tunnel->mtu = mtu;
	WRITE_ONCE(dev->mtu, mtu);
	/* The next packet brings the path's back */
	WRITE_ONCE(tunnel->path_mtu, AZVPN_IP_MAX);
	return 0;
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
	mutex_unlock(&azn->lock);
}

static void release_id(struct azvpn_tunnel *tunnel)
{
	struct azvpn_net *azn = tunnel->azn;

	mutex_lock(&azn->lock);
	azvpn_policy_flush(tunnel);
	azvpn_sa_flush(tunnel);
	if (xa_erase(&azn->tunnels, tunnel->id))	/* more than reserved */
		azn->tunnel_count--;
	mutex_unlock(&azn->lock);
}

static int init_device(struct net_device *dev)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);
	int err;

	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats)
		return -ENOMEM;
	tunnel->mtu = dev->mtu;
	tunnel->path_mtu = AZVPN_IP_MAX;
	azvpn_drops_init(&tunnel->drops);
	INIT_LIST_HEAD(&tunnel->sas);
	INIT_LIST_HEAD(&tunnel->policies);
	INIT_WORK(&tunnel->follow, follow_path);
	err = claim_id(tunnel);
	if (err)
		free_percpu(dev->tstats);
	return err;
}

/*
 * The end of a device, after which no reference to it is left:
 *
 * 1. The core has closed it and waited for RCU: no packet is in xmit.
 * 2. release_id() takes its SAs and policies out of their tables, so that no
 *    request and no new packet finds the tunnel through them.
 *
 * Who may still point to it, and why that ends: a packet that found its SA
 * before 2, one that waits in a receive queue and one in an asynchronous crypto
 * driver hold a reference on their SA; it ends with the packet, which finds the
 * device down and is dropped. One that was delivered to GRO just before is
 * flushed by the end of the same NAPI poll, which is an RCU section. An SA holds
 * a reference on the device until it is freed, a grace period after its last
 * packet; so does follow_path() while it is queued. The core waits for that
 * before it calls free_device(). Nothing here waits, so that thousands of
 * devices go together.
 */
static void uninit_device(struct net_device *dev)
{
	release_id(netdev_priv(dev));
}

static void free_device(struct net_device *dev)
{
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
	.ndo_change_mtu		= change_mtu,
	.ndo_get_stats64	= dev_get_tstats64,
};

static int count_strings(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? AZVPN_DROP_COUNT : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < AZVPN_DROP_COUNT; i++, data += ETH_GSTRING_LEN)
		snprintf(data, ETH_GSTRING_LEN, "drop_%s",
			 azvpn_drop_name(AZVPN_DROP_FIRST + i));
}

static void get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const struct azvpn_tunnel *tunnel = netdev_priv(dev);
	int i;

	for (i = 0; i < AZVPN_DROP_COUNT; i++)
		data[i] = azvpn_drops_read(&tunnel->drops, AZVPN_DROP_FIRST + i);
}

static const struct ethtool_ops ethtool_ops = {
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= count_strings,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_stats,
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
	/* netpoll sends whole frames, and from hard interrupts */
	dev->priv_flags |= IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	/* Super-packets come whole and are cut and checksummed in one copy */
	compat_set_lltx(dev);
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->needed_headroom = LL_MAX_HEADER + AZVPN_HEADROOM;
	dev->needed_tailroom = AZVPN_TAILROOM;
	dev->mtu = DEFAULT_MTU;
	dev->min_mtu = AZVPN_IPV4_MIN_MTU;
	dev->max_mtu = AZVPN_IP_MAX - AZVPN_HEADROOM - AZVPN_TAILROOM;
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

/* What may be changed; all is checked by link_policy */
static void configure(struct azvpn_tunnel *tunnel, struct nlattr *data[])
{
	struct azvpn_sa *sa;

	ASSERT_RTNL();
	if (data[IFLA_AZVPN_LINK])
		WRITE_ONCE(tunnel->link, nla_get_u32(data[IFLA_AZVPN_LINK]));
	if (data[IFLA_AZVPN_MARK])
		WRITE_ONCE(tunnel->mark, nla_get_u32(data[IFLA_AZVPN_MARK]));
	if (data[IFLA_AZVPN_MSS])
		WRITE_ONCE(tunnel->mss, nla_get_u16(data[IFLA_AZVPN_MSS]));
	if (data[IFLA_AZVPN_DF])
		WRITE_ONCE(tunnel->df, nla_get_u8(data[IFLA_AZVPN_DF]));
	if (data[IFLA_AZVPN_DSCP])
		WRITE_ONCE(tunnel->dscp, nla_get_u8(data[IFLA_AZVPN_DSCP]));
	if (!data[IFLA_AZVPN_LINK] && !data[IFLA_AZVPN_MARK])
		return;
	mutex_lock(&tunnel->azn->lock);
	list_for_each_entry(sa, &tunnel->sas, tunnel_list)
		if (sa->tx)
			azvpn_sa_forget_route(sa);
	mutex_unlock(&tunnel->azn->lock);
}

static int check_id(struct azvpn_tunnel *tunnel, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&tunnel->azn->lock);
	err = azvpn_tunnel_lookup(tunnel->azn, tunnel->id) ? -EEXIST : 0;
	mutex_unlock(&tunnel->azn->lock);
	if (err)
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "another tunnel of this network namespace has this id");
	return err;
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
	err = check_id(tunnel, data[IFLA_AZVPN_ID], extack);
	if (err)
		return err;
	tunnel->mss = DEFAULT_MSS;
	err = register_netdevice(dev);
	if (err)
		return err;
	configure(tunnel, data);
	publish_id(tunnel);
	netif_dormant_on(dev);
	return 0;
}

COMPAT_NEWLINK(compat_new_link, new_link)

static int change_link(struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	struct azvpn_tunnel *tunnel = netdev_priv(dev);

	if (!data)
		return 0;
	if (data[IFLA_AZVPN_ID] && nla_get_u32(data[IFLA_AZVPN_ID]) != tunnel->id) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_AZVPN_ID],
				    "the id of a tunnel cannot be changed");
		return -EOPNOTSUPP;
	}
	configure(tunnel, data);
	return 0;
}

static size_t link_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u32)) +	/* IFLA_AZVPN_ID */
	       nla_total_size(sizeof(u32)) +	/* IFLA_AZVPN_LINK */
	       nla_total_size(sizeof(u32)) +	/* IFLA_AZVPN_MARK */
	       nla_total_size(sizeof(u8)) +	/* IFLA_AZVPN_DF */
	       nla_total_size(sizeof(u8)) +	/* IFLA_AZVPN_DSCP */
	       nla_total_size(sizeof(u16)) +	/* IFLA_AZVPN_MSS */
	       nla_total_size(sizeof(u32));	/* IFLA_AZVPN_UPS */
}

static int fill_link(struct sk_buff *skb, const struct net_device *dev)
{
	const struct azvpn_tunnel *tunnel = netdev_priv(dev);

	return nla_put_u32(skb, IFLA_AZVPN_ID, tunnel->id) ?:
	       nla_put_u32(skb, IFLA_AZVPN_LINK, tunnel->link) ?:
	       nla_put_u32(skb, IFLA_AZVPN_MARK, tunnel->mark) ?:
	       nla_put_u8(skb, IFLA_AZVPN_DF, tunnel->df) ?:
	       nla_put_u8(skb, IFLA_AZVPN_DSCP, tunnel->dscp) ?:
	       nla_put_u16(skb, IFLA_AZVPN_MSS, tunnel->mss) ?:
	       nla_put_u32(skb, IFLA_AZVPN_UPS, READ_ONCE(tunnel->ups));
}

static struct net *link_net(const struct net_device *dev)
{
	const struct azvpn_tunnel *tunnel = netdev_priv(dev);

	return tunnel->azn->net;
}

static const struct nla_policy link_policy[IFLA_AZVPN_MAX + 1] = {
	[IFLA_AZVPN_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[IFLA_AZVPN_LINK]	= { .type = NLA_U32 },
	[IFLA_AZVPN_MARK]	= { .type = NLA_U32 },
	[IFLA_AZVPN_DF]		= NLA_POLICY_MAX(NLA_U8, AZVPN_DF_CLEAR),
	[IFLA_AZVPN_DSCP]	= NLA_POLICY_MAX(NLA_U8, 63),
	[IFLA_AZVPN_MSS]	= { .type = NLA_U16 },
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
