/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_JHASH_H
#define SHIM_LINUX_JHASH_H

#include <linux/types.h>

/* Any function will do that spreads a little */
static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 seed)
{
	return ((a * 31 + b) * 31 + c) * 2654435761u ^ seed;
}

#endif
