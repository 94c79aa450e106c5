/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses and prefixes of both families.
 *
 * They are kept in network byte order, as the kernel wants them; whoever counts
 * addresses does so in a file of his own (see subnet.h).
 */
#ifndef AZVPN_ADDR_H
#define AZVPN_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/**
 * struct azvpn_addr - an address of either family, in network byte order
 * @family: AF_INET, AF_INET6, or 0 if there is none; then all else is zero, too
 * @ip4: the address, if it is IPv4; what follows is zero
 * @ip6: the address, if it is IPv6
 * @bytes: either, from the first byte on
 */
struct azvpn_addr {
	uint16_t family;
	union {
		struct in_addr ip4;
		struct in6_addr ip6;
		uint8_t bytes[16];
	};
};

#define AZVPN_ADDR_SIZE		INET6_ADDRSTRLEN
#define AZVPN_PREFIX_SIZE	(INET6_ADDRSTRLEN + sizeof("/128") - 1)

/**
 * struct azvpn_prefix - a network
 * @addr: its first address; the bits below @len are zero
 * @len: 0 to azvpn_addr_bits()
 */
struct azvpn_prefix {
	struct azvpn_addr addr;
	uint8_t len;
};

/* A list of prefixes; azvpn_prefixes_clear() frees it, {} is an empty one */
struct azvpn_prefixes {
	struct azvpn_prefix *list;
	size_t count;
};

/* Parse "a.b.c.d" or "a:b::c". @what names the value in the error ("--public-ip"). */
int azvpn_addr_parse(const char *text, const char *what, struct azvpn_addr *addr,
		     struct azvpn_error *error);
/* Return: @buf, which is empty if there is no address */
const char *azvpn_addr_format(const struct azvpn_addr *addr, char buf[AZVPN_ADDR_SIZE]);

/* How many bits an address of the family has: 32 or 128; none has 0 */
unsigned int azvpn_addr_bits(uint16_t family);
bool azvpn_addr_equal(const struct azvpn_addr *a, const struct azvpn_addr *b);
/* Less than, equal to, or more than 0, as a sorts before, with or after b; IPv4 first */
int azvpn_addr_compare(const struct azvpn_addr *a, const struct azvpn_addr *b);

/*
 * Whether an address can be one end of a tunnel on the public side: not zero,
 * loopback, link-local of IPv6, multicast or broadcast.
 */
bool azvpn_addr_is_host(const struct azvpn_addr *addr);

/* Parse "ADDRESS/LENGTH". Bits set below the length are refused, not cut off. */
int azvpn_prefix_parse(const char *text, const char *what, struct azvpn_prefix *prefix,
		       struct azvpn_error *error);
/* Return: @buf */
const char *azvpn_prefix_format(const struct azvpn_prefix *prefix, char buf[AZVPN_PREFIX_SIZE]);

/* The prefix of the address alone: /32 or /128 */
struct azvpn_prefix azvpn_prefix_host(const struct azvpn_addr *addr);
struct azvpn_addr azvpn_prefix_last(const struct azvpn_prefix *prefix);
bool azvpn_prefix_equal(const struct azvpn_prefix *a, const struct azvpn_prefix *b);
/* As azvpn_addr_compare(); of two with the same first address the bigger network comes first */
int azvpn_prefix_compare(const struct azvpn_prefix *a, const struct azvpn_prefix *b);
/* Networks of different families never meet */
bool azvpn_prefix_overlap(const struct azvpn_prefix *a, const struct azvpn_prefix *b);
bool azvpn_prefix_within(const struct azvpn_prefix *inner, const struct azvpn_prefix *outer);
bool azvpn_prefix_has(const struct azvpn_prefix *prefix, const struct azvpn_addr *addr);

/* Append a copy of @prefix. Return: 0 or -ENOMEM. */
int azvpn_prefixes_add(struct azvpn_prefixes *prefixes, const struct azvpn_prefix *prefix);
/* @to is overwritten. Return: 0 or -ENOMEM, then @to is empty. */
int azvpn_prefixes_copy(struct azvpn_prefixes *to, const struct azvpn_prefixes *from);
void azvpn_prefixes_clear(struct azvpn_prefixes *prefixes);
/* Same prefixes in the same order */
bool azvpn_prefixes_equal(const struct azvpn_prefixes *a, const struct azvpn_prefixes *b);
/* The first prefix of the list that overlaps @prefix, or NULL */
const struct azvpn_prefix *azvpn_prefixes_overlap(const struct azvpn_prefixes *prefixes,
						  const struct azvpn_prefix *prefix);

#endif /* AZVPN_ADDR_H */
