/* SPDX-License-Identifier: GPL-2.0 */
/* The operations of the netlink family and what they take, for nlfuzz. */
#ifndef AZVPN_SELFTESTS_NLFUZZ_H
#define AZVPN_SELFTESTS_NLFUZZ_H

#include <linux/azvpn.h>
#include <stdbool.h>
#include <stdint.h>

/* ADDRESS: of IPv4, given as a number; ADDRESS6: of IPv6, see encode() */
enum kind { U16, BE16, U32, BE32, U64, ADDRESS, ADDRESS6, TEXT, KEY };

enum { MAX_BAD = 5, MAX_SIZES = 3 };

struct argument {
	int type;
	const char *name;
	enum kind kind;
	/* without it the operation is refused, with all the others there */
	bool required;
	uint64_t valid;
	uint64_t bad[MAX_BAD];
	unsigned int nr_bad;
	/* of TEXT instead of @valid */
	const char *text;
	/* of KEY: those that are accepted; the first one is taken */
	unsigned int sizes[MAX_SIZES];
};

struct operation {
	const char *name;
	unsigned int command;
	int flags;
	bool dumps;
	/* run before, so that it finds what it works on */
	const struct operation *needs;
	/* takes back what it did, if that is possible */
	const struct operation *undo;
	/* ends with one of type 0 */
	struct argument *arguments;
	/* what it is refused with; the same, or NULL */
	const struct argument *unwanted;
};

extern const struct operation *const operations[];
extern const unsigned int nr_operations;

/* No two runs of eight bytes of it are the same, and it has no zero. */
extern const uint8_t test_key[36];

/* Puts the id of the tunnel to work with into the table. */
void use_tunnel(uint32_t id);

/* Bytes of a valid value */
unsigned int size_of(const struct argument *argument);

/* Writes @value as that attribute holds it; text and keys are as valid as ever. */
void encode(const struct argument *argument, uint64_t value, uint8_t *bytes);

#endif
