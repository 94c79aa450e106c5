/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_TCP_H
#define SHIM_LINUX_TCP_H

#include <linux/types.h>
#include_next <linux/tcp.h>

#endif
