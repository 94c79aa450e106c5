// SPDX-License-Identifier: GPL-2.0
/* Security associations over netlink. */
#include "nl_internal.h"

#include <errno.h>
#include <netlink/genl/genl.h>

#define FIELD(attr, member, kind, ...) \
	AZVPN_NL_FIELD(AZVPN_A_SA_##attr, azvpn_nl_sa, member, AZVPN_NL_##kind, ##__VA_ARGS__)

/* The first two are the name of an SA, those up to NEW what adding one takes */
static const struct azvpn_nl_field fields[] = {
	FIELD(SPI, spi, U32),
	FIELD(DST_IPV4, dst, U32),
	FIELD(SRC_IPV4, src, U32),
	FIELD(DIRECTION, direction, U32),
	FIELD(TUNNEL_ID, tunnel_id, U32),
	FIELD(REQID, reqid, U32),
	FIELD(ALGORITHM, algorithm, U32),
	FIELD(FLAGS, flags, U32),
	FIELD(REPLAY_WINDOW, replay_window, U32),
	FIELD(ENCAP_SPORT, encap_sport, U16, .optional = true),
	FIELD(ENCAP_DPORT, encap_dport, U16, .optional = true),
	FIELD(SOFT_BYTES, soft.bytes, U64, .optional = true),
	FIELD(HARD_BYTES, hard.bytes, U64, .optional = true),
	FIELD(SOFT_PACKETS, soft.packets, U64, .optional = true),
	FIELD(HARD_PACKETS, hard.packets, U64, .optional = true),
	FIELD(SOFT_SECONDS, soft.seconds, U64, .optional = true),
	FIELD(HARD_SECONDS, hard.seconds, U64, .optional = true),
#define NAME	2
#define NEW	17
	FIELD(STATE, state, U32),
	FIELD(DRIVER, driver, STRING),
	FIELD(SEQUENCE, sequence, U64),
	FIELD(PACKETS, packets, U64),
	FIELD(BYTES, bytes, U64),
	FIELD(ADDED, added, U64),
	FIELD(LAST_USED, last_used, U64),
	FIELD(DROPS, drops, COUNTERS),
};

#undef FIELD
#define FIELD(attr, member, kind, ...) \
	AZVPN_NL_FIELD(AZVPN_A_SA_##attr, azvpn_nl_sa_update, member, AZVPN_NL_##kind, \
		       ##__VA_ARGS__)

static const struct azvpn_nl_field update_fields[] = {
	FIELD(SPI, spi, U32),
	FIELD(DST_IPV4, dst, U32),
	FIELD(SRC_IPV4, new_src, U32),
	FIELD(NEW_DST_IPV4, new_dst, U32),
	FIELD(ENCAP_SPORT, encap_sport, U16, .optional = true),
	FIELD(ENCAP_DPORT, encap_dport, U16, .optional = true),
};

struct dump {
	azvpn_nl_sa_fn fn;
	void *data;
};

static int parse_sa(struct nlmsghdr *nlh, struct azvpn_nl_sa *sa)
{
	*sa = (struct azvpn_nl_sa){ };
	return azvpn_nl_fields_parse(nlh, fields, ARRAY_SIZE(fields), AZVPN_A_SA_MAX, sa);
}

static int on_sa(struct nlmsghdr *nlh, void *data)
{
	return parse_sa(nlh, data);
}

static int on_dumped(struct nlmsghdr *nlh, void *data)
{
	const struct dump *dump = data;
	struct azvpn_nl_sa sa;
	int ret;

	ret = parse_sa(nlh, &sa);
	return ret ?: dump->fn(&sa, dump->data);
}

static int on_spi(struct nlmsghdr *nlh, void *data)
{
	struct azvpn_nl_sa sa;
	int ret;

	ret = parse_sa(nlh, &sa);
	if (ret)
		return ret;
	*(uint32_t *)data = sa.spi;
	return sa.spi ? 0 : -EBADMSG;
}

int azvpn_nl_sa_alloc_spi(struct azvpn_nl *nl, struct in_addr src, struct in_addr dst,
			  uint32_t min, uint32_t max, uint32_t *spi)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, AZVPN_CMD_SA_ALLOC_SPI, 0);

	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, AZVPN_A_SA_SRC_IPV4, src.s_addr) ||
	    nla_put_u32(msg, AZVPN_A_SA_DST_IPV4, dst.s_addr) ||
	    (min && (nla_put_u32(msg, AZVPN_A_SA_SPI_MIN, min) ||
		     nla_put_u32(msg, AZVPN_A_SA_SPI_MAX, max))))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, on_spi, spi);
}

int azvpn_nl_sa_add(struct azvpn_nl *nl, const struct azvpn_nl_sa *sa)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, AZVPN_CMD_SA_ADD, 0);

	if (!msg)
		return -ENOMEM;
	if (azvpn_nl_fields_put(msg, fields, NEW, sa) ||
	    nla_put(msg, AZVPN_A_SA_KEY, sa->key_size, sa->key))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, NULL, NULL);
}

int azvpn_nl_sa_update(struct azvpn_nl *nl, const struct azvpn_nl_sa_update *update)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, AZVPN_CMD_SA_UPDATE, 0);

	if (!msg)
		return -ENOMEM;
	if (azvpn_nl_fields_put(msg, update_fields, ARRAY_SIZE(update_fields), update))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, NULL, NULL);
}

static int call_named(struct azvpn_nl *nl, int command, uint32_t spi, struct in_addr dst,
		      azvpn_nl_reply_fn fn, void *data)
{
	const struct azvpn_nl_sa sa = { .spi = spi, .dst = dst };
	struct nl_msg *msg = azvpn_nl_msg_new(nl, command, 0);

	if (!msg)
		return -ENOMEM;
	if (azvpn_nl_fields_put(msg, fields, NAME, &sa))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, fn, data);
}

int azvpn_nl_sa_get(struct azvpn_nl *nl, uint32_t spi, struct in_addr dst,
		    struct azvpn_nl_sa *sa)
{
	return call_named(nl, AZVPN_CMD_SA_GET, spi, dst, on_sa, sa);
}

int azvpn_nl_sa_del(struct azvpn_nl *nl, uint32_t spi, struct in_addr dst)
{
	return call_named(nl, AZVPN_CMD_SA_DEL, spi, dst, NULL, NULL);
}

int azvpn_nl_sa_flush(struct azvpn_nl *nl, uint32_t tunnel_id)
{
	return azvpn_nl_call_u32(nl, AZVPN_CMD_SA_FLUSH, 0, AZVPN_A_SA_TUNNEL_ID, tunnel_id,
				 NULL, NULL);
}

int azvpn_nl_sa_dump(struct azvpn_nl *nl, uint32_t tunnel_id, azvpn_nl_sa_fn fn, void *data)
{
	struct dump dump = { .fn = fn, .data = data };

	return azvpn_nl_call_u32(nl, AZVPN_CMD_SA_GET, NLM_F_DUMP, AZVPN_A_SA_TUNNEL_ID,
				 tunnel_id, on_dumped, &dump);
}
