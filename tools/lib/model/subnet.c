// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>

#include "subnet.h"

/* Addresses at the start of a subnet that nobody gets */
#define RESERVED_HEAD	4

#define RANGE(a, b, c, d, length) \
	{ { .family = AF_INET, .bytes = { a, b, c, d } }, length }

static const struct azvpn_prefix forbidden[] = {
	RANGE(0, 0, 0, 0, 8),		/* "this network", RFC 1122 */
	RANGE(127, 0, 0, 0, 8),		/* loopback */
	RANGE(169, 254, 0, 0, 16),	/* link-local */
	RANGE(168, 63, 129, 16, 32),	/* Azure's platform services */
	RANGE(224, 0, 0, 0, 4),		/* multicast */
	RANGE(255, 255, 255, 255, 32),	/* broadcast */
};

const struct azvpn_prefix *azvpn_subnet_forbidden(const struct azvpn_prefix *prefix)
{
	size_t i;

	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (azvpn_prefix_overlap(prefix, &forbidden[i]))
			return &forbidden[i];
	return NULL;
}

static struct azvpn_addr plus(const struct azvpn_addr *addr, int32_t n)
{
	return (struct azvpn_addr){
		.family = AF_INET,
		.ip4.s_addr = htonl(ntohl(addr->ip4.s_addr) + n),
	};
}

struct azvpn_addr azvpn_subnet_instance(const struct azvpn_prefix *subnet)
{
	return plus(&subnet->addr, RESERVED_HEAD);
}

struct azvpn_addr azvpn_subnet_bgp(const struct azvpn_prefix *subnet)
{
	struct azvpn_addr last = azvpn_prefix_last(subnet);

	return plus(&last, -1);
}

bool azvpn_subnet_reserved(const struct azvpn_prefix *subnet, const struct azvpn_addr *addr)
{
	struct azvpn_addr last = azvpn_prefix_last(subnet);
	uint32_t offset = ntohl(addr->ip4.s_addr) - ntohl(subnet->addr.ip4.s_addr);

	return offset < RESERVED_HEAD || azvpn_addr_equal(addr, &last);
}
