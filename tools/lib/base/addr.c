// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

unsigned int azvpn_addr_bits(uint16_t family)
{
	return family == AF_INET ? 32 : family == AF_INET6 ? 128 : 0;
}

static size_t addr_bytes(const struct azvpn_addr *addr)
{
	return azvpn_addr_bits(addr->family) / 8;
}

/* One value, one spelling: an IPv4 address written as IPv6 would be told from itself */
static bool parse(const char *text, struct azvpn_addr *addr)
{
	*addr = (struct azvpn_addr){ .family = AF_INET };
	if (inet_pton(AF_INET, text, &addr->ip4) == 1)
		return true;
	addr->family = AF_INET6;
	return inet_pton(AF_INET6, text, &addr->ip6) == 1 && !IN6_IS_ADDR_V4MAPPED(&addr->ip6);
}

int azvpn_addr_parse(const char *text, const char *what, struct azvpn_addr *addr,
		     struct azvpn_error *error)
{
	struct azvpn_addr parsed;

	if (!parse(text, &parsed))
		return azvpn_error_set(error, -EINVAL,
				       "%s: \"%.100s\" is not an IP address such as 203.0.113.1",
				       what, text);
	*addr = parsed;
	return 0;
}

const char *azvpn_addr_format(const struct azvpn_addr *addr, char buf[AZVPN_ADDR_SIZE])
{
	*buf = '\0';
	if (addr->family)
		inet_ntop(addr->family, addr->bytes, buf, AZVPN_ADDR_SIZE);
	return buf;
}

bool azvpn_addr_equal(const struct azvpn_addr *a, const struct azvpn_addr *b)
{
	return !azvpn_addr_compare(a, b);
}

int azvpn_addr_compare(const struct azvpn_addr *a, const struct azvpn_addr *b)
{
	if (a->family != b->family)
		return azvpn_addr_bits(a->family) < azvpn_addr_bits(b->family) ? -1 : 1;
	return memcmp(a->bytes, b->bytes, addr_bytes(a));
}

bool azvpn_addr_is_host(const struct azvpn_addr *addr)
{
	uint8_t first = addr->bytes[0];

	if (addr->family == AF_INET)
		return first != 0 && first != 127 && first < 224;
	return addr->family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(&addr->ip6) &&
	       !IN6_IS_ADDR_LOOPBACK(&addr->ip6) && !IN6_IS_ADDR_LINKLOCAL(&addr->ip6) &&
	       !IN6_IS_ADDR_MULTICAST(&addr->ip6);
}

/* The bits of byte @i that are not the network's */
static uint8_t host_bits(uint8_t len, size_t i)
{
	if (len <= 8 * i)
		return 0xff;
	return len >= 8 * (i + 1) ? 0 : 0xff >> (len - 8 * i);
}

/* Clear the bits below the length. Return: whether one was set. */
static bool truncate_addr(struct azvpn_prefix *prefix)
{
	bool any = false;
	size_t i;

	for (i = 0; i < addr_bytes(&prefix->addr); i++) {
		any |= prefix->addr.bytes[i] & host_bits(prefix->len, i);
		prefix->addr.bytes[i] &= ~host_bits(prefix->len, i);
	}
	return any;
}

/* A number without sign or superfluous zeros, up to @max */
static bool parse_length(const char *text, unsigned int max, uint8_t *len)
{
	size_t size = strlen(text);
	unsigned long value;

	if (!size || size > 3 || strspn(text, "0123456789") != size || (*text == '0' && size > 1))
		return false;
	value = strtoul(text, NULL, 10);
	*len = value;
	return value <= max;
}

int azvpn_prefix_parse(const char *text, const char *what, struct azvpn_prefix *prefix,
		       struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE], net[AZVPN_PREFIX_SIZE];
	struct azvpn_prefix parsed = {};
	const char *slash = strchr(text, '/');
	bool good = slash && (size_t)(slash - text) < sizeof(addr);

	if (good) {
		memcpy(addr, text, slash - text);
		addr[slash - text] = '\0';
		good = parse(addr, &parsed.addr) &&
		       parse_length(slash + 1, azvpn_addr_bits(parsed.addr.family), &parsed.len);
	}
	if (!good)
		return azvpn_error_set(error, -EINVAL,
				       "%s: \"%.100s\" is not a prefix such as 10.1.0.0/16", what,
				       text);
	if (truncate_addr(&parsed))
		return azvpn_error_set(error, -EINVAL,
				       "%s: %s has bits set outside its prefix; did you mean %s?",
				       what, text, azvpn_prefix_format(&parsed, net));
	*prefix = parsed;
	return 0;
}

const char *azvpn_prefix_format(const struct azvpn_prefix *prefix, char buf[AZVPN_PREFIX_SIZE])
{
	char addr[AZVPN_ADDR_SIZE];

	snprintf(buf, AZVPN_PREFIX_SIZE, "%s/%u", azvpn_addr_format(&prefix->addr, addr),
		 prefix->len);
	return buf;
}

struct azvpn_prefix azvpn_prefix_host(const struct azvpn_addr *addr)
{
	return (struct azvpn_prefix){ *addr, azvpn_addr_bits(addr->family) };
}

struct azvpn_addr azvpn_prefix_last(const struct azvpn_prefix *prefix)
{
	struct azvpn_addr last = prefix->addr;
	size_t i;

	for (i = 0; i < addr_bytes(&last); i++)
		last.bytes[i] |= host_bits(prefix->len, i);
	return last;
}

bool azvpn_prefix_equal(const struct azvpn_prefix *a, const struct azvpn_prefix *b)
{
	return !azvpn_prefix_compare(a, b);
}

int azvpn_prefix_compare(const struct azvpn_prefix *a, const struct azvpn_prefix *b)
{
	int order = azvpn_addr_compare(&a->addr, &b->addr);

	return order ? order : a->len - b->len;
}

bool azvpn_prefix_has(const struct azvpn_prefix *prefix, const struct azvpn_addr *addr)
{
	struct azvpn_prefix network = { *addr, prefix->len };

	truncate_addr(&network);
	return azvpn_addr_equal(&network.addr, &prefix->addr);
}

bool azvpn_prefix_within(const struct azvpn_prefix *inner, const struct azvpn_prefix *outer)
{
	return inner->len >= outer->len && azvpn_prefix_has(outer, &inner->addr);
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
