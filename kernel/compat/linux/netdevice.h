/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_LINUX_NETDEVICE_H
#define _AZVPN_COMPAT_LINUX_NETDEVICE_H

#include_next <linux/netdevice.h>
#include <linux/slab.h>

/* compat_set_lltx: no lock around sending */
static inline void compat_set_lltx(struct net_device *dev)
{
#ifdef COMPAT_NO_DEV_LLTX
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
}

/* compat_alloc_dummy, compat_free_dummy: a device for NAPI to be on, and no more */
#ifdef COMPAT_NO_ALLOC_NETDEV_DUMMY
static inline struct net_device *compat_alloc_dummy(void)
{
	struct net_device *dev = kvzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
}

static inline void compat_free_dummy(struct net_device *dev)
{
	kvfree(dev);
}
#else
static inline struct net_device *compat_alloc_dummy(void)
{
	return alloc_netdev_dummy(0);
}

static inline void compat_free_dummy(struct net_device *dev)
{
	if (dev)
		free_netdev(dev);
}
#endif

#endif /* _AZVPN_COMPAT_LINUX_NETDEVICE_H */
