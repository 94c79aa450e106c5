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
	FIELD_SOURCE,		/* networks of the policy */
	FIELD_DESTINATION,
	FIELD_SPI,
	FIELD_PORT,
	FIELD_SOURCE_PORTS,	/* of the policy, too */
	FIELD_DESTINATION_PORTS,
	FIELD_U32,
	FIELD_U64,
	FIELD_DIRECTION,
	FIELD_ACTION,
	FIELD_FLAGS,
	FIELD_ALGORITHM,
	FIELD_KEY_FILE,
	FIELD_INTEGRITY_KEY_FILE,
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
	{ "spi", FIELD_SPI, AT(name.spi) },
	{ "dst", FIELD_ADDRESS, AT(sa.dst) },
	{ "dst", FIELD_ADDRESS, AT(name.dst) },
	{ "src", FIELD_ADDRESS, AT(sa.src) },
	{ "new-src", FIELD_ADDRESS, AT(update.new_src) },
	{ "new-dst", FIELD_ADDRESS, AT(update.new_dst) },
	{ "new-sport", FIELD_PORT, AT(update.new_sport) },
	{ "new-dport", FIELD_PORT, AT(update.new_dport) },
	{ "dir", FIELD_DIRECTION, AT(sa.direction) },
	{ "dir", FIELD_DIRECTION, AT(policy.direction) },
	{ "tunnel", FIELD_U32, AT(sa.tunnel_id) },
	{ "tunnel", FIELD_U32, AT(policy.tunnel_id) },
	{ "tunnel", FIELD_U32, AT(tunnel) },
	{ "reqid", FIELD_U32, AT(sa.reqid) },
	{ "reqid", FIELD_U32, AT(policy.reqid) },
	{ "cipher", FIELD_ALGORITHM, AT(sa.cipher) },
	{ "integrity", FIELD_ALGORITHM, AT(sa.integrity) },
	{ "key", FIELD_KEY_FILE, AT(key) },
	{ "ikey", FIELD_INTEGRITY_KEY_FILE, AT(integrity_key) },
	{ "flags", FIELD_FLAGS, AT(sa.flags) },
	{ "window", FIELD_U32, AT(sa.replay_window) },
	{ "tfc", FIELD_U32, AT(sa.tfc) },
	{ "sport", FIELD_PORT, AT(sa.encap_sport) },
	{ "sport", FIELD_SOURCE_PORTS, AT(policy.selector) },
	{ "dport", FIELD_PORT, AT(sa.encap_dport) },
	{ "dport", FIELD_PORT, AT(name.dport) },
	{ "dport", FIELD_DESTINATION_PORTS, AT(policy.selector) },
	{ "soft-bytes", FIELD_U64, AT(sa.soft.bytes) },
	{ "hard-bytes", FIELD_U64, AT(sa.hard.bytes) },
	{ "soft-packets", FIELD_U64, AT(sa.soft.packets) },
	{ "hard-packets", FIELD_U64, AT(sa.hard.packets) },
	{ "soft-seconds", FIELD_U64, AT(sa.soft.seconds) },
	{ "hard-seconds", FIELD_U64, AT(sa.hard.seconds) },
	{ "from", FIELD_SOURCE, AT(policy.selector) },
	{ "to", FIELD_DESTINATION, AT(policy.selector) },
	{ "proto", FIELD_U32, AT(policy.selector.protocol) },
	{ "priority", FIELD_U32, AT(policy.priority) },
	{ "action", FIELD_ACTION, AT(policy.action) },
	{ "sa", FIELD_SPI, AT(policy.sa.spi) },
	{ "sa-dst", FIELD_ADDRESS, AT(policy.sa.dst) },
	{ "sa-dport", FIELD_PORT, AT(policy.sa.dport) },
	{ "min", FIELD_U32, AT(spi_min) },
	{ "max", FIELD_U32, AT(spi_max) },
	{ "replace", FIELD_U32, AT(replace) },
};

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

static struct azvpn_addr parse_addr(const char *name, const char *value)
{
	struct azvpn_addr address = { .family = strchr(value, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(address.family, value, address.bytes) != 1)
		die("%s: \"%s\" is not an address", name, value);
	return address;
}

static void parse_network(const char *name, char *value, struct azvpn_addr *address,
			  uint32_t *prefix)
{
	char *slash = strchr(value, '/');

	if (slash)
		*slash = '\0';
	*address = parse_addr(name, value);
	*prefix = address->family == AF_INET6 ? 128 : 32;
	/* a prefix too long is for the kernel to refuse */
	if (slash)
		*prefix = parse_number(name, slash + 1, 0, 255);
}

static void set_address_field(const struct field *field, char *value, void *member)
{
	struct azvpn_nl_selector *selector = member;

	switch (field->type) {
	case FIELD_SOURCE:
		parse_network(field->name, value, &selector->src, &selector->src_prefix);
		break;
	case FIELD_DESTINATION:
		parse_network(field->name, value, &selector->dst, &selector->dst_prefix);
		break;
	default:
		*(struct azvpn_addr *)member = parse_addr(field->name, value);
	}
}

/* A range out of order is for the kernel to refuse */
static void parse_range(const char *name, char *value, uint16_t *min, uint16_t *max)
{
	char *dash = strchr(value, '-');

	if (dash)
		*dash = '\0';
	*min = parse_number(name, value, 0, UINT16_MAX);
	*max = dash ? parse_number(name, dash + 1, 0, UINT16_MAX) : *min;
}

static void set_port_field(const struct field *field, char *value, void *member)
{
	struct azvpn_nl_selector *selector = member;

	switch (field->type) {
	case FIELD_SOURCE_PORTS:
		parse_range(field->name, value, &selector->src_port_min, &selector->src_port_max);
		break;
	case FIELD_DESTINATION_PORTS:
		parse_range(field->name, value, &selector->dst_port_min, &selector->dst_port_max);
		break;
	default:
		/* the same word of a policy may be a range, and no port then */
		if (!strchr(value, '-'))
			*(uint16_t *)member = htons(parse_number(field->name, value, 0,
								 UINT16_MAX));
	}
}

static void set_algorithm(const struct field *field, const char *value, char *member)
{
	if (strlen(value) >= AZVPN_NL_ALGORITHM_SIZE)
		die("%s: \"%s\" is too long", field->name, value);
	strcpy(member, value);
}

static void set_key_field(struct request *request, const struct field *field, const char *value)
{
	if (field->type == FIELD_KEY_FILE) {
		request->sa.cipher_key_size = read_key(value, request->key, SA_KEY_MAX);
		request->sa.cipher_key = request->key;
	} else {
		request->sa.integrity_key_size = read_key(value, request->integrity_key,
							  SA_KEY_MAX);
		request->sa.integrity_key = request->integrity_key;
	}
}

static void set_field(struct request *request, const struct field *field, char *value)
{
	static const char *const directions[] = { "in", "out", NULL };
	static const char *const actions[] = { "protect", "drop", NULL };
	void *member = (char *)request + field->offset;

	switch (field->type) {
	case FIELD_ADDRESS:
	case FIELD_SOURCE:
	case FIELD_DESTINATION:
		set_address_field(field, value, member);
		break;
	case FIELD_SPI:
		*(uint32_t *)member = htonl(parse_number(field->name, value, 0, UINT32_MAX));
		break;
	case FIELD_PORT:
	case FIELD_SOURCE_PORTS:
	case FIELD_DESTINATION_PORTS:
		set_port_field(field, value, member);
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
	case FIELD_ALGORITHM:
		set_algorithm(field, value, member);
		break;
	case FIELD_KEY_FILE:
	case FIELD_INTEGRITY_KEY_FILE:
		set_key_field(request, field, value);
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
	strcpy(request->sa.cipher, "aes-gcm-16");
	request->policy.selector.src_port_max = UINT16_MAX;
	request->policy.selector.dst_port_max = UINT16_MAX;
	for (i = 0; i < nr; i++)
		set_word(request, words[i]);
}
