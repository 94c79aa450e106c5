/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_NET_IP_H
#define SHIM_NET_IP_H

#include <linux/ip.h>

#endif
