// SPDX-License-Identifier: GPL-2.0
#include "address.h"

struct azvpn_addr azvpn_addr_of(host_t *host)
{
	struct azvpn_addr addr = { .family = host->get_family(host) };
	chunk_t bytes = host->get_address(host);

	memcpy(addr.bytes, bytes.ptr, min(bytes.len, sizeof(addr.bytes)));
	return addr;
}

host_t *azvpn_host_of(const struct azvpn_addr *addr, uint16_t port)
{
	chunk_t bytes = chunk_create((u_char *)addr->bytes, addr->family == AF_INET6 ?
				     sizeof(addr->ip6) : sizeof(addr->ip4));

	return host_create_from_chunk(addr->family, bytes, port);
}

/* Not as a whole, for what lies between the members is anything */
bool azvpn_same_addr(const struct azvpn_addr *a, const struct azvpn_addr *b)
{
	return a->family == b->family && memeq(a->bytes, b->bytes, sizeof(a->bytes));
}

bool azvpn_same_sa(const struct azvpn_nl_sa_name *a, const struct azvpn_nl_sa_name *b)
{
	return a->spi == b->spi && a->dport == b->dport && azvpn_same_addr(&a->dst, &b->dst);
}
