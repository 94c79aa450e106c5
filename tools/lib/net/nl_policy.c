// SPDX-License-Identifier: GPL-2.0
/* Policies over netlink. */
#include "nl_internal.h"

#include <errno.h>
#include <netlink/genl/genl.h>

#define FIELD(attr, member, kind, ...) \
	AZVPN_NL_FIELD(AZVPN_A_POLICY_##attr, azvpn_nl_policy, member, AZVPN_NL_##kind, \
		       ##__VA_ARGS__)

/*
 * The first NAME are the name of a policy, those up to TRAP what adding one
 * without an SA takes, those up to NEW what adding one with an SA takes.
 */
static const struct azvpn_nl_field fields[] = {
	FIELD(TUNNEL_ID, tunnel_id, U32),
	FIELD(DIRECTION, direction, U32),
	FIELD(SRC, selector.src, ADDRESS),
	FIELD(SRC_PREFIX, selector.src_prefix, U32),
	FIELD(DST, selector.dst, ADDRESS),
	FIELD(DST_PREFIX, selector.dst_prefix, U32),
	FIELD(PROTOCOL, selector.protocol, U32, .optional = true),
	FIELD(SRC_PORT_MIN, selector.src_port_min, U16, .optional = true),
	FIELD(SRC_PORT_MAX, selector.src_port_max, LAST_PORT),
	FIELD(DST_PORT_MIN, selector.dst_port_min, U16, .optional = true),
	FIELD(DST_PORT_MAX, selector.dst_port_max, LAST_PORT),
	FIELD(ACTION, action, U32),
	FIELD(REQID, reqid, U32),
	FIELD(PRIORITY, priority, U32, .optional = true),
	FIELD(SA_SPI, sa.spi, U32),
	FIELD(SA_DST, sa.dst, ADDRESS),
	FIELD(SA_DPORT, sa.dport, U16, .optional = true),
#define NAME	11
#define TRAP	14
#define NEW	17
	FIELD(LAST_USED, last_used, U64),
};

struct dump {
	azvpn_nl_policy_fn fn;
	void *data;
};

static int parse_policy(struct nlmsghdr *nlh, struct azvpn_nl_policy *policy)
{
	*policy = (struct azvpn_nl_policy){ };
	return azvpn_nl_fields_parse(nlh, fields, ARRAY_SIZE(fields), AZVPN_A_POLICY_MAX,
				     policy);
}

static int on_policy(struct nlmsghdr *nlh, void *data)
{
	return parse_policy(nlh, data);
}

static int on_dumped(struct nlmsghdr *nlh, void *data)
{
	const struct dump *dump = data;
	struct azvpn_nl_policy policy;
	int ret;

	ret = parse_policy(nlh, &policy);
	return ret ?: dump->fn(&policy, dump->data);
}

int azvpn_nl_policy_add(struct azvpn_nl *nl, const struct azvpn_nl_policy *policy, bool replace)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, AZVPN_CMD_POLICY_ADD,
					      replace ? NLM_F_REPLACE : 0);

	if (!msg)
		return -ENOMEM;
	if (azvpn_nl_fields_put(msg, fields, policy->sa.spi ? NEW : TRAP, policy))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, NULL, NULL);
}

static int call_named(struct azvpn_nl *nl, int command, const struct azvpn_nl_policy *id,
		      azvpn_nl_reply_fn fn, void *data)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, command, 0);

	if (!msg)
		return -ENOMEM;
	if (azvpn_nl_fields_put(msg, fields, NAME, id))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, fn, data);
}

int azvpn_nl_policy_get(struct azvpn_nl *nl, const struct azvpn_nl_policy *id,
			struct azvpn_nl_policy *policy)
{
	return call_named(nl, AZVPN_CMD_POLICY_GET, id, on_policy, policy);
}

int azvpn_nl_policy_del(struct azvpn_nl *nl, const struct azvpn_nl_policy *id)
{
	return call_named(nl, AZVPN_CMD_POLICY_DEL, id, NULL, NULL);
}

int azvpn_nl_policy_flush(struct azvpn_nl *nl, uint32_t tunnel_id)
{
	return azvpn_nl_call_u32(nl, AZVPN_CMD_POLICY_FLUSH, 0, AZVPN_A_POLICY_TUNNEL_ID,
				 tunnel_id, NULL, NULL);
}

int azvpn_nl_policy_dump(struct azvpn_nl *nl, uint32_t tunnel_id, azvpn_nl_policy_fn fn,
			 void *data)
{
	struct dump dump = { .fn = fn, .data = data };

	return azvpn_nl_call_u32(nl, AZVPN_CMD_POLICY_GET, NLM_F_DUMP, AZVPN_A_POLICY_TUNNEL_ID,
				 tunnel_id, on_dumped, &dump);
}
