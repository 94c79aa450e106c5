/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_NET_HOTDATA_H
#define _AZVPN_COMPAT_NET_HOTDATA_H

#include <linux/netdevice.h>
#ifndef COMPAT_NO_HOTDATA_BACKLOG
#include_next <net/hotdata.h>
#endif

/* compat_max_backlog: net.core.netdev_max_backlog */
static inline unsigned int compat_max_backlog(void)
{
#ifdef COMPAT_NO_HOTDATA_BACKLOG
	return READ_ONCE(netdev_max_backlog);
#else
	return READ_ONCE(net_hotdata.max_backlog);
#endif
}

#endif /* _AZVPN_COMPAT_NET_HOTDATA_H */
