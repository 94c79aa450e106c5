/* SPDX-License-Identifier: GPL-2.0 */
/* Before 6.5 what <net/gso.h> declares is in <linux/netdevice.h>. */
#ifndef _AZVPN_COMPAT_NET_GSO_H
#define _AZVPN_COMPAT_NET_GSO_H

#if __has_include_next(<net/gso.h>)
#include_next <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

#endif /* _AZVPN_COMPAT_NET_GSO_H */
