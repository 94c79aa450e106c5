/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_LINUX_NETLINK_H
#define _AZVPN_COMPAT_LINUX_NETLINK_H

#include_next <linux/netlink.h>

#ifdef COMPAT_NO_ERR_MSG_FMT
/*
 * Newer kernels have the text in the extack. Here each place has one of its
 * own: two requests that fail there at once may see each other's.
 */
#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) \
	NL_SET_ERR_MSG_ATTR_FMT(extack, NULL, fmt, ##args)

#define NL_SET_ERR_MSG_ATTR_FMT(extack, attr, fmt, args...)		\
do {									\
	static char text[80];						\
	struct netlink_ext_ack *__extack = (extack);			\
									\
	if (!__extack)							\
		break;							\
	snprintf(text, sizeof(text), fmt, ##args);			\
	__extack->_msg = text;						\
	NL_SET_BAD_ATTR(__extack, attr);				\
} while (0)
#endif

#endif /* _AZVPN_COMPAT_LINUX_NETLINK_H */
