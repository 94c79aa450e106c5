// SPDX-License-Identifier: GPL-2.0
#include "sa-fields.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum field_type {
	FIELD_ADDRESS,
	FIELD_NETWORK,		/* address, then prefix length in the field behind it */
	FIELD_SPI,
	FIELD_PORT,
	FIELD_U32,
	FIELD_U64,
	FIELD_DIRECTION,
	FIELD_ACTION,
	FIELD_FLAGS,
	FIELD_KEY_FILE,
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
};

#define AT(member) offsetof(struct request, member)

/* A name may stand for several members: each verb reads its own. */
static const struct field fields[] = {
	{ "spi", FIELD_SPI, AT(sa.spi) },
	{ "spi", FIELD_SPI, AT(update.spi) },
	{ "dst", FIELD_ADDRESS, AT(sa.dst) },
	{ "dst", FIELD_ADDRESS, AT(update.dst) },
	{ "src", FIELD_ADDRESS, AT(sa.src) },
	{ "new-src", FIELD_ADDRESS, AT(update.new_src) },
	{ "new-dst", FIELD_ADDRESS, AT(update.new_dst) },
	{ "dir", FIELD_DIRECTION, AT(sa.direction) },
	{ "dir", FIELD_DIRECTION, AT(policy.direction) },
	{ "tunnel", FIELD_U32, AT(sa.tunnel_id) },
	{ "tunnel", FIELD_U32, AT(policy.tunnel_id) },
	{ "tunnel", FIELD_U32, AT(tunnel) },
	{ "reqid", FIELD_U32, AT(sa.reqid) },
	{ "reqid", FIELD_U32, AT(policy.reqid) },
	{ "key", FIELD_KEY_FILE, AT(key) },
	{ "flags", FIELD_FLAGS, AT(sa.flags) },
	{ "window", FIELD_U32, AT(sa.replay_window) },
	{ "sport", FIELD_PORT, AT(sa.encap_sport) },
	{ "sport", FIELD_PORT, AT(update.encap_sport) },
	{ "dport", FIELD_PORT, AT(sa.encap_dport) },
	{ "dport", FIELD_PORT, AT(update.encap_dport) },
	{ "soft-bytes", FIELD_U64, AT(sa.soft.bytes) },
	{ "hard-bytes", FIELD_U64, AT(sa.hard.bytes) },
	{ "soft-packets", FIELD_U64, AT(sa.soft.packets) },
	{ "hard-packets", FIELD_U64, AT(sa.hard.packets) },
	{ "soft-seconds", FIELD_U64, AT(sa.soft.seconds) },
	{ "hard-seconds", FIELD_U64, AT(sa.hard.seconds) },
	{ "from", FIELD_NETWORK, AT(policy.src) },
	{ "to", FIELD_NETWORK, AT(policy.dst) },
	{ "action", FIELD_ACTION, AT(policy.action) },
	{ "sa", FIELD_SPI, AT(policy.sa_spi) },
	{ "sa-dst", FIELD_ADDRESS, AT(policy.sa_dst) },
	{ "min", FIELD_U32, AT(spi_min) },
	{ "max", FIELD_U32, AT(spi_max) },
	{ "replace", FIELD_U32, AT(replace) },
};

_Static_assert(offsetof(struct azvpn_nl_policy, src_prefix) ==
	       offsetof(struct azvpn_nl_policy, src) + sizeof(struct in_addr),
	       "FIELD_NETWORK takes the prefix length to follow the address");
_Static_assert(offsetof(struct azvpn_nl_policy, dst_prefix) ==
	       offsetof(struct azvpn_nl_policy, dst) + sizeof(struct in_addr),
	       "FIELD_NETWORK takes the prefix length to follow the address");

static uint32_t one_of(const char *name, const char *value, const char *const *choices)
{
	uint32_t i;

	for (i = 0; choices[i]; i++)
		if (!strcmp(value, choices[i]))
			return i;
	die("%s: \"%s\" is not known", name, value);
}

static uint32_t parse_flags(const char *name, char *value)
{
	static const char *const names[] = { "esn", "copy-df", "copy-ecn", "copy-dscp", NULL };
	uint32_t flags = 0;
	char *word;

	for (word = strtok(value, ","); word; word = strtok(NULL, ","))
		flags |= 1U << one_of(name, word, names);
	return flags;
}

static struct in_addr parse_in_addr(const char *name, const char *value)
{
	struct in_addr address;

	if (inet_pton(AF_INET, value, &address) != 1)
		die("%s: \"%s\" is not an IPv4 address", name, value);
	return address;
}

static void parse_network(const char *name, char *value, void *member)
{
	char *slash = strchr(value, '/');
	struct in_addr *address = member;
	uint32_t *prefix = (uint32_t *)(address + 1);

	*prefix = 32;
	if (slash) {
		*slash = '\0';
		/* a prefix too long is for the kernel to refuse */
		*prefix = parse_number(name, slash + 1, 0, 255);
	}
	*address = parse_in_addr(name, value);
}

static void set_field(struct request *request, const struct field *field, char *value)
{
	static const char *const directions[] = { "in", "out", NULL };
	static const char *const actions[] = { "protect", "drop", NULL };
	void *member = (char *)request + field->offset;

	switch (field->type) {
	case FIELD_ADDRESS:
		*(struct in_addr *)member = parse_in_addr(field->name, value);
		break;
	case FIELD_NETWORK:
		parse_network(field->name, value, member);
		break;
	case FIELD_SPI:
		*(uint32_t *)member = htonl(parse_number(field->name, value, 0, UINT32_MAX));
		break;
	case FIELD_PORT:
		*(uint16_t *)member = htons(parse_number(field->name, value, 0, UINT16_MAX));
		break;
	case FIELD_U32:
		*(uint32_t *)member = parse_number(field->name, value, 0, UINT32_MAX);
		break;
	case FIELD_U64:
		*(uint64_t *)member = parse_number(field->name, value, 0, UINT64_MAX);
		break;
	case FIELD_DIRECTION:
		*(uint32_t *)member = one_of(field->name, value, directions);
		break;
	case FIELD_ACTION:
		*(uint32_t *)member = one_of(field->name, value, actions);
		break;
	case FIELD_FLAGS:
		*(uint32_t *)member = parse_flags(field->name, value);
		break;
	case FIELD_KEY_FILE:
		request->sa.key_size = read_key(value, member, SA_KEY_MAX);
		request->sa.key = member;
		break;
	}
}

static void set_word(struct request *request, const char *word)
{
	const char *equals = strchr(word, '=');
	unsigned int i, known = 0;

	if (!equals)
		die("\"%s\" is not NAME=VALUE", word);
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct field *field = &fields[i];
		char *value;

		if (strlen(field->name) != (size_t)(equals - word) ||
		    strncmp(word, field->name, equals - word))
			continue;
		/* parsing writes into it */
		value = strdup(equals + 1);
		if (!value)
			die_errno("strdup");
		set_field(request, field, value);
		free(value);
		known++;
	}
	if (!known)
		die("\"%s\" is no word of this program", word);
}

void request_parse(struct request *request, char **words, unsigned int nr)
{
	unsigned int i;

	memset(request, 0, sizeof(*request));
	request->sa.algorithm = AZVPN_ALGORITHM_AES_GCM_16;
	for (i = 0; i < nr; i++)
		set_word(request, words[i]);
}
