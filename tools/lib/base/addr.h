/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPv4 addresses and prefixes, and the addresses a gateway takes from its
 * GatewaySubnet.
 *
 * Addresses are numbers in host byte order here, so that arithmetic on them is
 * plain; they change to network byte order where they meet the kernel.
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

#define AZVPN_ADDR_SIZE		sizeof("255.255.255.255")
#define AZVPN_PREFIX_SIZE	sizeof("255.255.255.255/32")

/* The longest and the shortest prefix of a subnet, and of a VNet */
#define AZVPN_SUBNET_MIN_LEN	8
#define AZVPN_SUBNET_MAX_LEN	29

/**
 * struct azvpn_prefix - a network
 * @addr: its first address; the bits below @len are zero
 * @len: 0 to 32
 */
struct azvpn_prefix {
	uint32_t addr;
	uint8_t len;
};

/* A list of prefixes; azvpn_prefixes_clear() frees it, {} is an empty one */
struct azvpn_prefixes {
	struct azvpn_prefix *list;
	size_t count;
};

/* Parse dotted decimal. @what names the value in the error ("--public-ip"). */
int azvpn_addr_parse(const char *text, const char *what, uint32_t *addr,
		     struct azvpn_error *error);
/* Return: @buf */
const char *azvpn_addr_format(uint32_t addr, char buf[AZVPN_ADDR_SIZE]);

/* Parse "a.b.c.d/len". Bits set below len are refused, not cut off. */
int azvpn_prefix_parse(const char *text, const char *what, struct azvpn_prefix *prefix,
		       struct azvpn_error *error);
/* Return: @buf */
const char *azvpn_prefix_format(const struct azvpn_prefix *prefix, char buf[AZVPN_PREFIX_SIZE]);

uint32_t azvpn_prefix_last(const struct azvpn_prefix *prefix);
bool azvpn_prefix_equal(const struct azvpn_prefix *a, const struct azvpn_prefix *b);
bool azvpn_prefix_overlap(const struct azvpn_prefix *a, const struct azvpn_prefix *b);
bool azvpn_prefix_within(const struct azvpn_prefix *inner, const struct azvpn_prefix *outer);
bool azvpn_prefix_has(const struct azvpn_prefix *prefix, uint32_t addr);

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

/*
 * What a VNet must not contain: multicast, loopback, link-local, broadcast and
 * the address of the platform's own services. Return: the range, or NULL.
 */
const struct azvpn_prefix *azvpn_addr_forbidden(const struct azvpn_prefix *prefix);

/*
 * Whether an address can be one end of a tunnel on the public side: not zero,
 * loopback, multicast or broadcast.
 */
bool azvpn_addr_is_host(uint32_t addr);

/*
 * Of a GatewaySubnet of /29 or bigger. The first four addresses and the last
 * one are reserved, as in every subnet: the gateway's instance gets the first
 * one after them, its BGP speaker the second to last of the range.
 */
uint32_t azvpn_addr_instance(const struct azvpn_prefix *subnet);
uint32_t azvpn_addr_bgp(const struct azvpn_prefix *subnet);
bool azvpn_addr_reserved(const struct azvpn_prefix *subnet, uint32_t addr);

#endif /* AZVPN_ADDR_H */
