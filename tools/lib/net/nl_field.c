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

int azvpn_nl_fields_put(struct nl_msg *msg, const struct azvpn_nl_field *fields, size_t n,
			const void *object)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct azvpn_nl_field *field = &fields[i];
		const void *value = (const char *)object + field->offset;

		if (field->optional && is_zero(value, field->size))
			continue;
		if (nla_put(msg, field->attr, field->size, value))
			return -EMSGSIZE;
	}
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

static int parse_field(struct nlattr *attr, const struct azvpn_nl_field *field, void *value)
{
	switch (field->kind) {
	case AZVPN_NL_FLAG:
		*(bool *)value = true;
		return 0;
	case AZVPN_NL_STRING:
		nla_strlcpy(value, attr, field->size);
		return 0;
	case AZVPN_NL_COUNTERS:
		parse_counters(attr, value);
		return 0;
	default:
		if (nla_len(attr) != field->size)
			return -EBADMSG;
		memcpy(value, nla_data(attr), field->size);
		return 0;
	}
}

int azvpn_nl_fields_parse(struct nlmsghdr *nlh, const struct azvpn_nl_field *fields, size_t n,
			  int max_attr, void *object)
{
	struct nlattr *tb[max_attr + 1];
	size_t i;

	if (genlmsg_parse(nlh, 0, tb, max_attr, NULL))
		return -EBADMSG;
	for (i = 0; i < n; i++) {
		struct nlattr *attr = tb[fields[i].attr];
		int ret = attr ? parse_field(attr, &fields[i], (char *)object + fields[i].offset)
			       : 0;

		if (ret)
			return ret;
	}
	return 0;
}
