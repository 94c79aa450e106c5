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

static inline struct azvpn_addr addr(const char *text)
{
	struct azvpn_error error;
	struct azvpn_addr result;

	if (azvpn_addr_parse(text, "test", &result, &error))
		fail_msg("%s", error.text);
	return result;
}

#define assert_addr(value, text) do {						\
	char buf_[AZVPN_ADDR_SIZE];						\
	struct azvpn_addr addr_ = value;					\
	assert_string_equal(azvpn_addr_format(&addr_, buf_), text);		\
} while (0)

/* Objects to put; those with prefixes must be cleared */
static inline struct azvpn_vnet make_vnet(const char *name, const char *list)
{
	struct azvpn_vnet vnet;

	azvpn_object_init(&vnet, &azvpn_vnet_kind);
	snprintf(vnet.name, sizeof(vnet.name), "%s", name);
	vnet.prefixes = prefixes(list);
	azvpn_object_identify(&vnet);
	return vnet;
}

static inline struct azvpn_subnet make_subnet(const char *vnet, const char *name, const char *net)
{
	struct azvpn_subnet subnet;

	azvpn_object_init(&subnet, &azvpn_subnet_kind);
	snprintf(subnet.vnet, sizeof(subnet.vnet), "%s", vnet);
	snprintf(subnet.name, sizeof(subnet.name), "%s", name);
	subnet.prefix = prefix(net);
	azvpn_object_identify(&subnet);
	return subnet;
}

static inline struct azvpn_gateway make_gateway(const char *name, const char *vnet,
						const char *ip, const char *netns)
{
	struct azvpn_gateway gateway;

	azvpn_object_init(&gateway, &azvpn_gateway_kind);
	snprintf(gateway.name, sizeof(gateway.name), "%s", name);
	snprintf(gateway.vnet, sizeof(gateway.vnet), "%s", vnet);
	snprintf(gateway.netns, sizeof(gateway.netns), "%s", netns);
	gateway.public_ip = addr(ip);
	azvpn_object_identify(&gateway);
	return gateway;
}

static inline struct azvpn_local_gateway make_local(const char *name, const char *ip,
						    const char *list)
{
	struct azvpn_local_gateway local;

	azvpn_object_init(&local, &azvpn_local_gateway_kind);
	snprintf(local.name, sizeof(local.name), "%s", name);
	local.gateway_ip = addr(ip);
	local.prefixes = prefixes(list);
	azvpn_object_identify(&local);
	return local;
}

static inline struct azvpn_connection make_connection(const char *name, const char *gateway,
						      const char *local)
{
	struct azvpn_connection connection;

	azvpn_object_init(&connection, &azvpn_connection_kind);
	snprintf(connection.name, sizeof(connection.name), "%s", name);
	snprintf(connection.gateway, sizeof(connection.gateway), "%s", gateway);
	snprintf(connection.local_gateway, sizeof(connection.local_gateway), "%s", local);
	azvpn_object_identify(&connection);
	return connection;
}

#endif /* UNIT_H */
