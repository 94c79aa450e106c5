/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_LINUX_TIMER_H
#define _AZVPN_COMPAT_LINUX_TIMER_H

#include_next <linux/timer.h>

#ifdef COMPAT_NO_TIMER_CONTAINER_OF
#define timer_container_of(var, timer, field) container_of(timer, typeof(*var), field)
#endif

#endif /* _AZVPN_COMPAT_LINUX_TIMER_H */
