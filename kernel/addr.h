/* SPDX-License-Identifier: GPL-2.0 */
/* An address of either family. */
#ifndef _AZVPN_ADDR_H
#define _AZVPN_ADDR_H

#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * struct azvpn_addr - An IPv4 or IPv6 address, in network byte order
 * @ip4: the address, if it is IPv4; what follows is zero
 * @ip6: the address, if it is IPv6
 * @family: AF_INET, AF_INET6, or 0 if there is no address
 * @zero: padding; addresses are compared and hashed as bytes
 */
struct azvpn_addr {
	union {
		__be32 ip4;
		struct in6_addr ip6;
	};
	u16 family;
	u16 zero;
};

static inline struct azvpn_addr azvpn_addr_ip4(__be32 ip4)
{
	struct azvpn_addr addr = { .family = AF_INET };

	addr.ip4 = ip4;
	return addr;
}

static inline struct azvpn_addr azvpn_addr_ip6(const struct in6_addr *ip6)
{
	return (struct azvpn_addr){ .ip6 = *ip6, .family = AF_INET6 };
}

static inline bool azvpn_addr_equal(const struct azvpn_addr *a, const struct azvpn_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Bytes of an address, 0 for none */
static inline unsigned int azvpn_addr_size(const struct azvpn_addr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return sizeof(addr->ip4);
	case AF_INET6:
		return sizeof(addr->ip6);
	default:
		return 0;
	}
}

#endif /* _AZVPN_ADDR_H */
