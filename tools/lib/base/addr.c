// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

/* Addresses at the start of a subnet that nobody gets */
#define RESERVED_HEAD	4

static const struct azvpn_prefix forbidden[] = {
	{ 0x00000000, 8 },	/* "this network", RFC 1122 */
	{ 0x7f000000, 8 },	/* loopback */
	{ 0xa9fe0000, 16 },	/* link-local */
	{ 0xa83f8110, 32 },	/* 168.63.129.16, Azure's platform services */
	{ 0xe0000000, 4 },	/* multicast */
	{ 0xffffffff, 32 },	/* broadcast */
};

static uint32_t mask(uint8_t len)
{
	return len ? UINT32_MAX << (32 - len) : 0;
}

int azvpn_addr_parse(const char *text, const char *what, uint32_t *addr,
		     struct azvpn_error *error)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return azvpn_error_set(error, -EINVAL,
				       "%s: \"%s\" is not an IPv4 address such as 203.0.113.1",
				       what, text);
	*addr = ntohl(in.s_addr);
	return 0;
}

const char *azvpn_addr_format(uint32_t addr, char buf[AZVPN_ADDR_SIZE])
{
	snprintf(buf, AZVPN_ADDR_SIZE, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 0xff,
		 addr >> 8 & 0xff, addr & 0xff);
	return buf;
}

static int not_a_prefix(const char *text, const char *what, struct azvpn_error *error)
{
	return azvpn_error_set(error, -EINVAL, "%s: \"%s\" is not a prefix such as 10.1.0.0/16",
			       what, text);
}

int azvpn_prefix_parse(const char *text, const char *what, struct azvpn_prefix *prefix,
		       struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE], net[AZVPN_PREFIX_SIZE];
	const char *slash = strchr(text, '/');
	struct azvpn_prefix parsed;
	unsigned int len;
	char rest;

	if (!slash || (size_t)(slash - text) >= sizeof(addr))
		return not_a_prefix(text, what, error);
	memcpy(addr, text, slash - text);
	addr[slash - text] = '\0';
	if (azvpn_addr_parse(addr, what, &parsed.addr, NULL) ||
	    strspn(slash + 1, "0123456789") != strlen(slash + 1) || strlen(slash + 1) > 2 ||
	    sscanf(slash + 1, "%2u%c", &len, &rest) != 1 || len > 32)
		return not_a_prefix(text, what, error);
	parsed.len = len;
	if (parsed.addr & ~mask(len)) {
		parsed.addr &= mask(len);
		return azvpn_error_set(error, -EINVAL,
				       "%s: %s has bits set outside its prefix; did you mean %s?",
				       what, text, azvpn_prefix_format(&parsed, net));
	}
	*prefix = parsed;
	return 0;
}

const char *azvpn_prefix_format(const struct azvpn_prefix *prefix, char buf[AZVPN_PREFIX_SIZE])
{
	char addr[AZVPN_ADDR_SIZE];

	snprintf(buf, AZVPN_PREFIX_SIZE, "%s/%u", azvpn_addr_format(prefix->addr, addr),
		 prefix->len % 100u);
	return buf;
}

uint32_t azvpn_prefix_last(const struct azvpn_prefix *prefix)
{
	return prefix->addr | ~mask(prefix->len);
}

bool azvpn_prefix_equal(const struct azvpn_prefix *a, const struct azvpn_prefix *b)
{
	return a->addr == b->addr && a->len == b->len;
}

bool azvpn_prefix_has(const struct azvpn_prefix *prefix, uint32_t addr)
{
	return (addr & mask(prefix->len)) == prefix->addr;
}

bool azvpn_prefix_within(const struct azvpn_prefix *inner, const struct azvpn_prefix *outer)
{
	return inner->len >= outer->len && azvpn_prefix_has(outer, inner->addr);
}

bool azvpn_prefix_overlap(const struct azvpn_prefix *a, const struct azvpn_prefix *b)
{
	return azvpn_prefix_within(a, b) || azvpn_prefix_within(b, a);
}

int azvpn_prefixes_add(struct azvpn_prefixes *prefixes, const struct azvpn_prefix *prefix)
{
	struct azvpn_prefix *list;

	list = reallocarray(prefixes->list, prefixes->count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[prefixes->count++] = *prefix;
	prefixes->list = list;
	return 0;
}

int azvpn_prefixes_copy(struct azvpn_prefixes *to, const struct azvpn_prefixes *from)
{
	*to = (struct azvpn_prefixes){};
	if (!from->count)
		return 0;
	to->list = reallocarray(NULL, from->count, sizeof(*to->list));
	if (!to->list)
		return -ENOMEM;
	memcpy(to->list, from->list, from->count * sizeof(*to->list));
	to->count = from->count;
	return 0;
}

void azvpn_prefixes_clear(struct azvpn_prefixes *prefixes)
{
	free(prefixes->list);
	*prefixes = (struct azvpn_prefixes){};
}

bool azvpn_prefixes_equal(const struct azvpn_prefixes *a, const struct azvpn_prefixes *b)
{
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!azvpn_prefix_equal(&a->list[i], &b->list[i]))
			return false;
	return true;
}

const struct azvpn_prefix *azvpn_prefixes_overlap(const struct azvpn_prefixes *prefixes,
						  const struct azvpn_prefix *prefix)
{
	size_t i;

	for (i = 0; i < prefixes->count; i++)
		if (azvpn_prefix_overlap(&prefixes->list[i], prefix))
			return &prefixes->list[i];
	return NULL;
}

const struct azvpn_prefix *azvpn_addr_forbidden(const struct azvpn_prefix *prefix)
{
	size_t i;

	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (azvpn_prefix_overlap(prefix, &forbidden[i]))
			return &forbidden[i];
	return NULL;
}

bool azvpn_addr_is_host(uint32_t addr)
{
	return addr >> 24 != 0 && addr >> 24 != 127 && addr < 0xe0000000;
}

uint32_t azvpn_addr_instance(const struct azvpn_prefix *subnet)
{
	return subnet->addr + RESERVED_HEAD;
}

uint32_t azvpn_addr_bgp(const struct azvpn_prefix *subnet)
{
	return azvpn_prefix_last(subnet) - 1;
}

bool azvpn_addr_reserved(const struct azvpn_prefix *subnet, uint32_t addr)
{
	return addr - subnet->addr < RESERVED_HEAD || addr == azvpn_prefix_last(subnet);
}
