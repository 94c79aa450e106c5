/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_NET_TCP_H
#define SHIM_NET_TCP_H

#include <linux/tcp.h>

#define TCPOPT_EOL	0
#define TCPOPT_NOP	1
#define TCPOPT_MSS	2
#define TCPOLEN_MSS	4

#endif
