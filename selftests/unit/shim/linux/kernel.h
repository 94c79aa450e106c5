/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_KERNEL_H
#define SHIM_LINUX_KERNEL_H

#include <linux/compiler.h>
#include <linux/types.h>

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))

#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b)	((type)(a) > (type)(b) ? (type)(a) : (type)(b))

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define U16_MAX			UINT16_MAX

/* The fuzzers and tests run on what the module runs on: little endian */
#define htons(x)		((__be16)__builtin_bswap16(x))
#define ntohs(x)		__builtin_bswap16(x)
#define htonl(x)		((__be32)__builtin_bswap32(x))
#define ntohl(x)		__builtin_bswap32(x)
#define swab16(x)		__builtin_bswap16(x)

#define WARN_ON_ONCE(condition)	do {		\
	if (condition)				\
		__builtin_trap();		\
} while (0)

extern unsigned long jiffies;

#endif
