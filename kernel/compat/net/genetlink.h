/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_NET_GENETLINK_H
#define _AZVPN_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>

#ifdef COMPAT_NO_GENL_INFO_DUMP
/* What both have is ->attrs; for messages there is cb->extack */
#define genl_info_dump(cb) genl_dumpit_info(cb)
#endif

#endif /* _AZVPN_COMPAT_NET_GENETLINK_H */
