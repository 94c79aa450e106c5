// SPDX-License-Identifier: GPL-2.0
/* Security associations over netlink. */
#include "nl_internal.h"

#include <errno.h>
#include <netlink/genl/genl.h>

#define FIELD(attr, member, kind, ...) \
	AZVPN_NL_FIELD(AZVPN_A_SA_##attr, azvpn_nl_sa, member, AZVPN_NL_##kind, ##__VA_ARGS__)

/* The first NEW are what adding an SA takes, beside the keys */
static const struct azvpn_nl_field fields[] = {
	FIELD(SPI, spi, U32),
	FIELD(DST, dst, ADDRESS),
	FIELD(SRC, src, ADDRESS),
	FIELD(DIRECTION, direction, U32),
	FIELD(TUNNEL_ID, tunnel_id, U32),
	FIELD(REQID, reqid, U32),
	FIELD(CIPHER, cipher, STRING),
	FIELD(INTEGRITY, integrity, STRING),
	FIELD(FLAGS, flags, U32),
	FIELD(REPLAY_WINDOW, replay_window, U32),
	FIELD(ENCAP_SPORT, encap_sport, U16, .optional = true),
	FIELD(ENCAP_DPORT, encap_dport, U16, .optional = true),
	FIELD(TFC, tfc, U32, .optional = true),
	FIELD(SOFT_BYTES, soft.bytes, U64, .optional = true),
	FIELD(HARD_BYTES, hard.bytes, U64, .optional = true),
	FIELD(SOFT_PACKETS, soft.packets, U64, .optional = true),
	FIELD(HARD_PACKETS, hard.packets, U64, .optional = true),
	FIELD(SOFT_SECONDS, soft.seconds, U64, .optional = true),
	FIELD(HARD_SECONDS, hard.seconds, U64, .optional = true),
#define NEW	19
	FIELD(STATE, state, U32),
	FIELD(DRIVER, driver, STRING),
	FIELD(SEQUENCE, sequence, U64),
	FIELD(PACKETS, packets, U64),
	FIELD(BYTES, bytes, U64),
	FIELD(ADDED, added, U64),
	FIELD(LAST_USED, last_used, U64),
	FIELD(DROPS, drops, COUNTERS),
	FIELD(LAST_DROP, last_drop, LAST_DROP),
};

#undef FIELD
#define FIELD(attr, member, kind, ...) \
	AZVPN_NL_FIELD(AZVPN_A_SA_##attr, azvpn_nl_sa_name, member, AZVPN_NL_##kind, ##__VA_ARGS__)

static const struct azvpn_nl_field name_fields[] = {
	FIELD(SPI, spi, U32),
	FIELD(DST, dst, ADDRESS),
	FIELD(ENCAP_DPORT, dport, U16, .optional = true),
};

#undef FIELD
#define FIELD(attr, member, kind, ...) \
	AZVPN_NL_FIELD(AZVPN_A_SA_##attr, azvpn_nl_sa_update, member, AZVPN_NL_##kind, \
		       ##__VA_ARGS__)

/* Beside the name */
static const struct azvpn_nl_field update_fields[] = {
	FIELD(SRC, new_src, ADDRESS),
	FIELD(NEW_DST, new_dst, ADDRESS),
	FIELD(ENCAP_SPORT, new_sport, U16, .optional = true),
	FIELD(NEW_ENCAP_DPORT, new_dport, U16, .optional = true),
};

/* What reserving an SPI takes, beside its range */
static const struct azvpn_nl_field alloc_fields[] = {
	AZVPN_NL_FIELD(AZVPN_A_SA_SRC, azvpn_nl_sa, src, AZVPN_NL_ADDRESS),
	AZVPN_NL_FIELD(AZVPN_A_SA_DST, azvpn_nl_sa, dst, AZVPN_NL_ADDRESS),
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

struct azvpn_nl_sa_name azvpn_nl_sa_name(const struct azvpn_nl_sa *sa)
{
	return (struct azvpn_nl_sa_name){
		.spi = sa->spi,
		.dst = sa->dst,
		.dport = sa->direction == AZVPN_DIRECTION_OUT ? sa->encap_dport : 0,
	};
}

int azvpn_nl_sa_alloc_spi(struct azvpn_nl *nl, const struct azvpn_addr *src,
			  const struct azvpn_addr *dst, uint32_t min, uint32_t max, uint32_t *spi)
{
	const struct azvpn_nl_sa sa = { .src = *src, .dst = *dst };
	struct nl_msg *msg = azvpn_nl_msg_new(nl, AZVPN_CMD_SA_ALLOC_SPI, 0);

	if (!msg)
		return -ENOMEM;
	if (azvpn_nl_fields_put(msg, alloc_fields, ARRAY_SIZE(alloc_fields), &sa) ||
	    (min && (nla_put_u32(msg, AZVPN_A_SA_SPI_MIN, min) ||
		     nla_put_u32(msg, AZVPN_A_SA_SPI_MAX, max))))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, on_spi, spi);
}

/* A cipher has a key, if only one of no bytes: null's. */
static int put_keys(struct nl_msg *msg, const struct azvpn_nl_sa *sa)
{
	int err = nla_put(msg, AZVPN_A_SA_CIPHER_KEY, sa->cipher_key_size, sa->cipher_key);

	if (!err && sa->integrity_key_size)
		err = nla_put(msg, AZVPN_A_SA_INTEGRITY_KEY, sa->integrity_key_size,
			      sa->integrity_key);
	return err;
}

int azvpn_nl_sa_add(struct azvpn_nl *nl, const struct azvpn_nl_sa *sa)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, AZVPN_CMD_SA_ADD, 0);

	if (!msg)
		return -ENOMEM;
	if (azvpn_nl_fields_put(msg, fields, NEW, sa) || put_keys(msg, sa))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, NULL, NULL);
}

static int put_name(struct nl_msg *msg, const struct azvpn_nl_sa_name *name)
{
	return azvpn_nl_fields_put(msg, name_fields, ARRAY_SIZE(name_fields), name);
}

int azvpn_nl_sa_update(struct azvpn_nl *nl, const struct azvpn_nl_sa_update *update)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, AZVPN_CMD_SA_UPDATE, 0);

	if (!msg)
		return -ENOMEM;
	if (put_name(msg, &update->name) ||
	    azvpn_nl_fields_put(msg, update_fields, ARRAY_SIZE(update_fields), update))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, NULL, NULL);
}

static int call_named(struct azvpn_nl *nl, int command, const struct azvpn_nl_sa_name *name,
		      azvpn_nl_reply_fn fn, void *data)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, command, 0);

	if (!msg)
		return -ENOMEM;
	if (put_name(msg, name))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, fn, data);
}

int azvpn_nl_sa_get(struct azvpn_nl *nl, const struct azvpn_nl_sa_name *name,
		    struct azvpn_nl_sa *sa)
{
	return call_named(nl, AZVPN_CMD_SA_GET, name, on_sa, sa);
}

int azvpn_nl_sa_del(struct azvpn_nl *nl, const struct azvpn_nl_sa_name *name)
{
	return call_named(nl, AZVPN_CMD_SA_DEL, name, NULL, NULL);
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
