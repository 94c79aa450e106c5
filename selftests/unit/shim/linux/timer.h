/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_TIMER_H
#define SHIM_LINUX_TIMER_H

struct timer_list {
	int unused;
};

#endif
