/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_NET_IPV6_H
#define SHIM_NET_IPV6_H

#include <linux/ipv6.h>
#include <string.h>

#define IP6_OFFSET	0xfff8

enum {
	NEXTHDR_HOP = 0,
	NEXTHDR_ROUTING = 43,
	NEXTHDR_FRAGMENT = 44,
	NEXTHDR_AUTH = 51,
	NEXTHDR_NONE = 59,
	NEXTHDR_DEST = 60,
};

static inline bool ipv6_ext_hdr(u8 next)
{
	return next == NEXTHDR_HOP || next == NEXTHDR_ROUTING || next == NEXTHDR_FRAGMENT ||
	       next == NEXTHDR_AUTH || next == NEXTHDR_NONE || next == NEXTHDR_DEST;
}

/*
 * As the kernel's: stops at the header of a fragment but the first, whose own number is then
 * left in @next; below 0 if a header is cut off or nothing follows, @next is as it was then.
 */
static inline int ipv6_skip_exthdr(const struct sk_buff *skb, int offset, u8 *next,
				   __be16 *fragment)
{
	u8 current = *next, buffer[4];
	const u8 *header;

	*fragment = 0;
	while (ipv6_ext_hdr(current)) {
		if (current == NEXTHDR_NONE)
			return -1;
		header = skb_header_pointer(skb, offset, 2, buffer);
		if (!header)
			return -1;
		if (current == NEXTHDR_FRAGMENT) {
			header = skb_header_pointer(skb, offset, 4, buffer);
			if (!header)
				return -1;
			memcpy(fragment, header + 2, sizeof(*fragment));
			if (*fragment & htons(IP6_OFFSET))
				break;
			offset += 8;
		} else if (current == NEXTHDR_AUTH) {
			offset += (header[1] + 2) * 4;
		} else {
			offset += (header[1] + 1) * 8;
		}
		current = header[0];
	}
	*next = current;
	return offset;
}

static inline void ipv6_addr_prefix(struct in6_addr *prefix, const struct in6_addr *addr, int len)
{
	int i;

	for (i = 0; i < 16; i++, len -= 8)
		prefix->s6_addr[i] = addr->s6_addr[i] &
				     (len >= 8 ? 0xff : len > 0 ? 0xff00 >> len : 0);
}

#endif
