/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_NETDEVICE_H
#define SHIM_LINUX_NETDEVICE_H

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>

struct net_device {
	unsigned int mtu;
};

typedef struct {
	int unused;
} netdevice_tracker;

#endif
