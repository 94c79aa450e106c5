/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_NET_DST_H
#define SHIM_NET_DST_H

#include <linux/compiler.h>

struct dst_entry;

#endif
