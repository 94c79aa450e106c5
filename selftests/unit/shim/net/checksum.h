/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_NET_CHECKSUM_H
#define SHIM_NET_CHECKSUM_H

#include <linux/skbuff.h>

typedef __u16 __sum16;

/* RFC 1624: the sum, where @from has become @to */
static inline void inet_proto_csum_replace2(__sum16 *sum, struct sk_buff *skb, __be16 from,
					    __be16 to, bool in_pseudo_header)
{
	u32 n = (u16)~*sum + (u16)~from + to;

	(void)skb;
	(void)in_pseudo_header;
	n = (n & 0xffff) + (n >> 16);
	*sum = ~((n & 0xffff) + (n >> 16));
}

#endif
