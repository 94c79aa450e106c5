/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_NET_GSO_H
#define _AZVPN_COMPAT_NET_GSO_H

#ifdef COMPAT_NO_GSO_H
#include <linux/netdevice.h>	/* which declares it all */
#else
#include_next <net/gso.h>
#endif

#endif /* _AZVPN_COMPAT_NET_GSO_H */
