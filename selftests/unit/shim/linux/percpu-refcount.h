/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_PERCPU_REFCOUNT_H
#define SHIM_LINUX_PERCPU_REFCOUNT_H

struct percpu_ref {
	int unused;
};

#endif
