/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_NETLINK_H
#define SHIM_LINUX_NETLINK_H

#include <errno.h>
#include <linux/compiler.h>
#include <linux/kernel.h>

struct netlink_ext_ack {
	const char *message;
};

#define NL_SET_ERR_MSG(extack, text)	((extack)->message = (text))

#endif
