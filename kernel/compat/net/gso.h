/* SPDX-License-Identifier: GPL-2.0 */
/* Before 6.5 what <net/gso.h> declares is in <linux/netdevice.h>. */
#ifndef _AZVPN_COMPAT_NET_GSO_H
#define _AZVPN_COMPAT_NET_GSO_H

#include <linux/netdevice.h>

#endif /* _AZVPN_COMPAT_NET_GSO_H */
