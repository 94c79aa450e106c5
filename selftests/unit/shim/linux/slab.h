/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <stdlib.h>

#include <linux/types.h>

#define GFP_KERNEL	0
#define GFP_ATOMIC	0

#define struct_size(p, member, count)	(sizeof(*(p)) + sizeof((p)->member[0]) * (count))

/* While it is set, there is no memory */
extern bool shim_no_memory;

static inline void *kmalloc(size_t size, int flags)
{
	(void)flags;
	return shim_no_memory ? NULL : malloc(size);
}

#define kfree(p)		free(p)
/* Nobody reads meanwhile */
#define kfree_rcu(p, member)	free(p)

#endif
