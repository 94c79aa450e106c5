/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_INETDEVICE_H
#define SHIM_LINUX_INETDEVICE_H

#include <linux/kernel.h>
#include <linux/types.h>

static inline __be32 inet_make_mask(int prefix)
{
	return prefix ? htonl(~0u << (32 - prefix)) : 0;
}

#endif
