// SPDX-License-Identifier: GPL-2.0
/* Attributes to and from the structs of nl.h, by tables of fields. */
#include "nl_internal.h"

#include <errno.h>
#include <netlink/genl/genl.h>
#include <string.h>

static const char *const drop_names[AZVPN_NL_DROPS] = {
	[AZVPN_A_DROPS_NO_POLICY] = "no-policy",
	[AZVPN_A_DROPS_POLICY] = "policy",
	[AZVPN_A_DROPS_NO_SA] = "no-sa",
	[AZVPN_A_DROPS_NO_ROUTE] = "no-route",
	[AZVPN_A_DROPS_LOOP] = "loop",
	[AZVPN_A_DROPS_MTU] = "mtu",
	[AZVPN_A_DROPS_NO_MEMORY] = "no-memory",
	[AZVPN_A_DROPS_EXPIRED] = "expired",
	[AZVPN_A_DROPS_BACKLOG] = "backlog",
	[AZVPN_A_DROPS_MALFORMED] = "malformed",
	[AZVPN_A_DROPS_STALE] = "stale",
	[AZVPN_A_DROPS_REPLAY] = "replay",
	[AZVPN_A_DROPS_ICV] = "icv",
	[AZVPN_A_DROPS_TRAILER] = "trailer",
	[AZVPN_A_DROPS_SELECTOR] = "selector",
	[AZVPN_A_DROPS_PROTOCOL] = "protocol",
	[AZVPN_A_DROPS_ECN] = "ecn",
	[AZVPN_A_DROPS_DUMMY] = "dummy",
	[AZVPN_A_DROPS_CRYPTO] = "crypto",
	[AZVPN_A_DROPS_DOWN] = "down",
	[AZVPN_A_DROPS_HOLD_FULL] = "hold-full",
	[AZVPN_A_DROPS_HOLD_TIMEOUT] = "hold-timeout",
	[AZVPN_A_DROPS_REFUSED] = "refused",
	[AZVPN_A_DROPS_ENCAPSULATION] = "encapsulation",
	[AZVPN_A_DROPS_PADDING] = "padding",
};

#define FIELD(attr, member, kind) \
	AZVPN_NL_FIELD(AZVPN_A_LAST_DROP_##attr, azvpn_nl_last_drop, member, AZVPN_NL_##kind)

static const struct azvpn_nl_field last_drop_fields[] = {
	FIELD(REASON, reason, U32),
	FIELD(TIME, time, U64),
	FIELD(SPI, spi, U32),
	FIELD(SEQUENCE, sequence, U64),
};

const char *azvpn_nl_drop_name(unsigned int reason)
{
	return reason < AZVPN_NL_DROPS ? drop_names[reason] : NULL;
}

static bool is_zero(const void *value, size_t size)
{
	static const char zero[sizeof(uint64_t)];

	return size <= sizeof(zero) && !memcmp(value, zero, size);
}

/* Whether the attribute says what its absence says, too */
static bool is_absent(const struct azvpn_nl_field *field, const void *value)
{
	switch (field->kind) {
	case AZVPN_NL_STRING:
		return !*(const char *)value;
	case AZVPN_NL_ADDRESS:
		return !((const struct azvpn_addr *)value)->family;
	case AZVPN_NL_LAST_PORT:
		return *(const uint16_t *)value == UINT16_MAX;
	default:
		return field->optional && is_zero(value, field->size);
	}
}

static int put_address(struct nl_msg *msg, int attr, const struct azvpn_addr *addr)
{
	if (addr->family == AF_INET6)
		return nla_put(msg, attr, sizeof(addr->ip6), &addr->ip6);
	return nla_put(msg, attr, sizeof(addr->ip4), &addr->ip4);
}

static int put_field(struct nl_msg *msg, const struct azvpn_nl_field *field, const void *value)
{
	switch (field->kind) {
	case AZVPN_NL_STRING:
		return nla_put_string(msg, field->attr, value);
	case AZVPN_NL_ADDRESS:
		return put_address(msg, field->attr, value);
	default:
		return nla_put(msg, field->attr, field->size, value);
	}
}

int azvpn_nl_fields_put(struct nl_msg *msg, const struct azvpn_nl_field *fields, size_t n,
			const void *object)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const void *value = (const char *)object + fields[i].offset;

		if (!is_absent(&fields[i], value) && put_field(msg, &fields[i], value))
			return -EMSGSIZE;
	}
	return 0;
}

static int parse_address(const struct nlattr *attr, struct azvpn_addr *addr)
{
	if (nla_len(attr) == sizeof(addr->ip4))
		addr->family = AF_INET;
	else if (nla_len(attr) == sizeof(addr->ip6))
		addr->family = AF_INET6;
	else
		return -EBADMSG;
	memcpy(addr->bytes, nla_data(attr), nla_len(attr));
	return 0;
}

static void parse_counters(struct nlattr *nest, uint64_t *counters)
{
	struct nlattr *tb[AZVPN_NL_DROPS];
	unsigned int i;

	if (nla_parse_nested(tb, AZVPN_A_DROPS_MAX, nest, NULL))
		return;
	for (i = 1; i < AZVPN_NL_DROPS; i++)
		if (tb[i] && nla_len(tb[i]) >= (int)sizeof(uint64_t))
			counters[i] = nla_get_u64(tb[i]);
}

static int parse_fields(struct nlattr **tb, const struct azvpn_nl_field *fields, size_t n,
			void *object);

static int parse_last_drop(struct nlattr *nest, struct azvpn_nl_last_drop *drop)
{
	struct nlattr *tb[AZVPN_A_LAST_DROP_MAX + 1];

	if (nla_parse_nested(tb, AZVPN_A_LAST_DROP_MAX, nest, NULL))
		return -EBADMSG;
	return parse_fields(tb, last_drop_fields, ARRAY_SIZE(last_drop_fields), drop);
}

static int parse_field(struct nlattr *attr, const struct azvpn_nl_field *field, void *value)
{
	switch (field->kind) {
	case AZVPN_NL_FLAG:
		*(bool *)value = true;
		return 0;
	case AZVPN_NL_STRING:
		nla_strlcpy(value, attr, field->size);
		return 0;
	case AZVPN_NL_ADDRESS:
		return parse_address(attr, value);
	case AZVPN_NL_COUNTERS:
		parse_counters(attr, value);
		return 0;
	case AZVPN_NL_LAST_DROP:
		return parse_last_drop(attr, value);
	default:
		if (nla_len(attr) != field->size)
			return -EBADMSG;
		memcpy(value, nla_data(attr), field->size);
		return 0;
	}
}

static int parse_fields(struct nlattr **tb, const struct azvpn_nl_field *fields, size_t n,
			void *object)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < n && !ret; i++) {
		void *value = (char *)object + fields[i].offset;

		if (tb[fields[i].attr])
			ret = parse_field(tb[fields[i].attr], &fields[i], value);
		else if (fields[i].kind == AZVPN_NL_LAST_PORT)
			*(uint16_t *)value = UINT16_MAX;
	}
	return ret;
}

int azvpn_nl_fields_parse(struct nlmsghdr *nlh, const struct azvpn_nl_field *fields, size_t n,
			  int max_attr, void *object)
{
	struct nlattr *tb[max_attr + 1];

	if (genlmsg_parse(nlh, 0, tb, max_attr, NULL))
		return -EBADMSG;
	return parse_fields(tb, fields, n, object);
}
