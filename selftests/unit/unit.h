/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every unit test of tools/lib includes.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* A call that returns 0, or the test fails and shows its error */
#define ok(call) do {								\
	if (call)								\
		fail_msg("%s: %s", #call, error.text);				\
} while (0)

/* A call that fails with words that tell this */
#define refused(words, call) do {						\
	error.text[0] = '\0';							\
	assert_true((call) < 0);						\
	if (!strstr(error.text, words))						\
		fail_msg("%s: \"%s\" does not say \"%s\"", #call, error.text, words); \
} while (0)

static inline struct azvpn_prefix prefix(const char *text)
{
	struct azvpn_error error;
	struct azvpn_prefix result;

	if (azvpn_prefix_parse(text, "test", &result, &error))
		fail_msg("%s", error.text);
	return result;
}

/* Prefixes separated by commas; the caller clears them */
static inline struct azvpn_prefixes prefixes(const char *text)
{
	struct azvpn_prefixes result = {};
	char *copy = strdup(text), *rest = NULL, *piece;
	struct azvpn_prefix one;

	for (piece = strtok_r(copy, ",", &rest); piece; piece = strtok_r(NULL, ",", &rest)) {
		one = prefix(piece);
		assert_int_equal(azvpn_prefixes_add(&result, &one), 0);
	}
	free(copy);
	return result;
}

static inline uint32_t addr(const char *text)
{
	struct azvpn_error error;
	uint32_t result;

	if (azvpn_addr_parse(text, "test", &result, &error))
		fail_msg("%s", error.text);
	return result;
}

/* Objects to put; those with prefixes must be cleared */
static inline struct azvpn_vnet make_vnet(const char *name, const char *list)
{
	struct azvpn_vnet vnet = { .prefixes = prefixes(list) };

	snprintf(vnet.name, sizeof(vnet.name), "%s", name);
	return vnet;
}

static inline struct azvpn_subnet make_subnet(const char *vnet, const char *name, const char *net)
{
	struct azvpn_subnet subnet = { .prefix = prefix(net) };

	snprintf(subnet.vnet, sizeof(subnet.vnet), "%s", vnet);
	snprintf(subnet.name, sizeof(subnet.name), "%s", name);
	return subnet;
}

static inline struct azvpn_gateway make_gateway(const char *name, const char *vnet,
						const char *ip, const char *netns)
{
	struct azvpn_gateway gateway = { .public_ip = addr(ip) };

	snprintf(gateway.name, sizeof(gateway.name), "%s", name);
	snprintf(gateway.vnet, sizeof(gateway.vnet), "%s", vnet);
	snprintf(gateway.netns, sizeof(gateway.netns), "%s", netns);
	return gateway;
}

static inline struct azvpn_local_gateway make_local(const char *name, const char *ip,
						    const char *list)
{
	struct azvpn_local_gateway local = {
		.gateway_ip = addr(ip), .prefixes = prefixes(list)
	};

	snprintf(local.name, sizeof(local.name), "%s", name);
	return local;
}

static inline struct azvpn_connection make_connection(const char *name, const char *gateway,
						      const char *local)
{
	struct azvpn_connection connection = {};

	snprintf(connection.name, sizeof(connection.name), "%s", name);
	snprintf(connection.gateway, sizeof(connection.gateway), "%s", gateway);
	snprintf(connection.local_gateway, sizeof(connection.local_gateway), "%s", local);
	return connection;
}

#endif /* UNIT_H */
