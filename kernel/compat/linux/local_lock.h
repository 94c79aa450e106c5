/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_LINUX_LOCAL_LOCK_H
#define _AZVPN_COMPAT_LINUX_LOCAL_LOCK_H

#include <linux/sched.h>	/* which 6.1 forgets with lockdep */
#include_next <linux/local_lock.h>

#ifdef COMPAT_NO_NESTED_BH
/*
 * The nested form locks on PREEMPT_RT alone. There local_lock() serialises as
 * well; elsewhere it disables preemption, which softirqs off imply.
 */
#define local_lock_nested_bh(lock) local_lock(lock)
#define local_unlock_nested_bh(lock) local_unlock(lock)
#endif

#endif /* _AZVPN_COMPAT_LINUX_LOCAL_LOCK_H */
