/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_XARRAY_H
#define SHIM_LINUX_XARRAY_H

#include <linux/types.h>

struct xarray {
	int unused;
};

#define XA_FLAGS_ALLOC1		0

#define xa_init_flags(xa, flags)	((void)(xa))
#define xa_empty(xa)			((void)(xa), true)
#define xa_destroy(xa)			((void)(xa))

#endif
