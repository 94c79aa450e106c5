/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_RCUPDATE_H
#define SHIM_LINUX_RCUPDATE_H

#include <linux/compiler.h>

#define rcu_read_lock()				((void)0)
#define rcu_read_unlock()			((void)0)
#define rcu_dereference(p)			READ_ONCE(p)
#define rcu_dereference_protected(p, c)		((void)(c), (p))
#define rcu_assign_pointer(p, value)		((p) = (value))
#define RCU_INIT_POINTER(p, value)		((p) = (value))

#define lockdep_is_held(lock)			((void)(lock), 1)
#define lockdep_assert_held(lock)		((void)(lock))

#endif
