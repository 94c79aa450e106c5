// SPDX-License-Identifier: GPL-2.0
#include "nlfuzz.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <string.h>

enum {
	NO_TUNNEL = 0x7ffffff0,
	NO_SPI = 0x7ffffff1,
	SPI = 0x2001,
	PORT = 4500,
	NO_PORT = 4501,
	TCP = 6,
	GRE = 47,
	OUTER_SRC = 0xc6336401,	/* 198.51.100.1 */
	OUTER_DST = 0xc6336402,
	INNER_SRC = 0x0a010000,	/* 10.1.0.0 */
	INNER_DST = 0x0a020000,
	MULTICAST = 0xe0000001,
	BROADCAST = 0xffffffff,
};

const uint8_t test_key[36] = {
	0x7b, 0x31, 0xd4, 0x9e, 0x52, 0xaf, 0x16, 0xc8, 0x63, 0xf5, 0x2a, 0x8d,
	0xe1, 0x47, 0x9c, 0x35, 0xba, 0x0e, 0x74, 0xd9, 0x28, 0xc3, 0x5f, 0x96,
	0x41, 0xec, 0x87, 0x1d, 0xb2, 0x6a, 0xf8, 0x03, 0xa5, 0x59, 0xce, 0x70,
};

#define BAD(...) \
	.bad = { __VA_ARGS__ }, .nr_bad = sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t)

#define ARGUMENT(_type, _name, _kind, _required, _valid, ...)			\
	{ .type = (_type), .name = (_name), .kind = (_kind), .required = (_required), \
	  .valid = (_valid), ##__VA_ARGS__ }
#define SA(attr, ...)		ARGUMENT(AZVPN_A_SA_##attr, __VA_ARGS__)
#define POLICY(attr, ...)	ARGUMENT(AZVPN_A_POLICY_##attr, __VA_ARGS__)

/* That of an SA outbound and in UDP, which has all three */
#define SA_NAME								\
	SA(SPI, "spi", BE32, true, SPI, BAD(NO_SPI, 0)),		\
	SA(DST, "dst", ADDRESS, true, OUTER_DST, BAD(0, OUTER_SRC)),	\
	SA(ENCAP_DPORT, "encap-dport", BE16, true, PORT, BAD(NO_PORT, 0))

/* With ports, so that a protocol that has none will not do */
#define POLICY_NAME								\
	POLICY(TUNNEL_ID, "tunnel-id", U32, true, 0, BAD(0, NO_TUNNEL)),	\
	POLICY(DIRECTION, "direction", U32, true, AZVPN_DIRECTION_OUT, BAD(2, 0xffffffff)), \
	POLICY(SRC, "src", ADDRESS, true, INNER_SRC, BAD(INNER_SRC + 1)),	\
	POLICY(SRC_PREFIX, "src-prefix", U32, true, 24, BAD(33, 0xffffffff, 8)),	\
	POLICY(DST, "dst", ADDRESS, true, INNER_DST, BAD(INNER_DST + 0x80)),	\
	POLICY(DST_PREFIX, "dst-prefix", U32, true, 24, BAD(33, 0x100, 8)),	\
	POLICY(PROTOCOL, "protocol", U32, true, TCP, BAD(0, GRE, 256, 0xffffffff)), \
	POLICY(SRC_PORT_MIN, "src-port-min", U16, false, 1000, BAD(2001)),	\
	POLICY(SRC_PORT_MAX, "src-port-max", U16, false, 2000, BAD(999)),	\
	POLICY(DST_PORT_MIN, "dst-port-min", U16, false, 80, BAD(444)),	\
	POLICY(DST_PORT_MAX, "dst-port-max", U16, false, 443, BAD(79))

static struct argument tunnel_get_arguments[] = {
	ARGUMENT(AZVPN_A_TUNNEL_ID, "id", U32, true, 0, BAD(0, NO_TUNNEL)),
	{ 0 }
};

static struct argument sa_alloc_spi_arguments[] = {
	SA(SRC, "src", ADDRESS, true, OUTER_SRC),
	SA(DST, "dst", ADDRESS, true, OUTER_DST, BAD(0, MULTICAST, BROADCAST)),
	SA(SPI_MIN, "spi-min", U32, false, 0x3000, BAD(0, 255, 0x3001)),
	SA(SPI_MAX, "spi-max", U32, false, 0x3000, BAD(0, 0x2fff)),
	{ 0 }
};

static struct argument sa_add_arguments[] = {
	SA(SPI, "spi", BE32, true, SPI, BAD(0, 1, 255)),
	SA(DST, "dst", ADDRESS, true, OUTER_DST, BAD(0, MULTICAST, BROADCAST)),
	SA(SRC, "src", ADDRESS, true, OUTER_SRC, BAD(0, MULTICAST, BROADCAST)),
	SA(DIRECTION, "direction", U32, true, AZVPN_DIRECTION_OUT, BAD(2, 0xffffffff)),
	SA(TUNNEL_ID, "tunnel-id", U32, true, 0, BAD(0, NO_TUNNEL)),
	SA(REQID, "reqid", U32, false, 1),
	SA(CIPHER, "cipher", TEXT, true, 0, .text = "aes-gcm-16"),
	SA(CIPHER_KEY, "cipher-key", KEY, true, 0, .sizes = { 36, 28, 20 }),
	SA(FLAGS, "flags", U32, false, AZVPN_SA_FLAG_ESN, BAD(16, 0x80000000, 0xffffffff)),
	SA(REPLAY_WINDOW, "replay-window", U32, false, 64,
	   BAD(AZVPN_MAX_REPLAY_WINDOW + 1, 0xffffffff)),
	SA(ENCAP_SPORT, "encap-sport", BE16, true, PORT, BAD(0)),
	SA(ENCAP_DPORT, "encap-dport", BE16, true, PORT, BAD(0)),
	SA(TFC, "tfc", U32, false, 1000),
	SA(SOFT_BYTES, "soft-bytes", U64, false, 1000),
	SA(HARD_BYTES, "hard-bytes", U64, false, 2000),
	SA(SOFT_PACKETS, "soft-packets", U64, false, 1000),
	SA(HARD_PACKETS, "hard-packets", U64, false, 2000),
	SA(SOFT_SECONDS, "soft-seconds", U64, false, 1000),
	SA(HARD_SECONDS, "hard-seconds", U64, false, 2000),
	{ 0 }
};

/* A combined mode has no other algorithm beside it. */
static const struct argument sa_add_unwanted[] = {
	SA(INTEGRITY, "integrity", TEXT, false, 0, .text = "hmac-sha256-128"),
	SA(INTEGRITY_KEY, "integrity-key", KEY, false, 0, .sizes = { 32 }),
	{ 0 }
};

/* The two-algorithm kind, and of IPv6 */
static struct argument sa_add_cbc_arguments[] = {
	SA(SPI, "spi", BE32, true, SPI, BAD(0, 1, 255)),
	SA(DST, "dst", ADDRESS6, true, OUTER_DST, BAD(0, MULTICAST)),
	SA(SRC, "src", ADDRESS6, true, OUTER_SRC, BAD(0, MULTICAST)),
	SA(DIRECTION, "direction", U32, true, AZVPN_DIRECTION_IN, BAD(2, 0xffffffff)),
	SA(TUNNEL_ID, "tunnel-id", U32, true, 0, BAD(0, NO_TUNNEL)),
	SA(CIPHER, "cipher", TEXT, true, 0, .text = "aes-cbc"),
	SA(CIPHER_KEY, "cipher-key", KEY, true, 0, .sizes = { 32, 24, 16 }),
	SA(INTEGRITY, "integrity", TEXT, true, 0, .text = "hmac-sha256-128"),
	SA(INTEGRITY_KEY, "integrity-key", KEY, true, 0, .sizes = { 32 }),
	{ 0 }
};

static struct argument sa_update_arguments[] = {
	SA_NAME,
	SA(SRC, "src", ADDRESS, false, OUTER_SRC, BAD(0, MULTICAST, BROADCAST)),
	SA(NEW_DST, "new-dst", ADDRESS, false, OUTER_DST, BAD(0, MULTICAST, BROADCAST)),
	SA(ENCAP_SPORT, "encap-sport", BE16, true, PORT, BAD(0)),
	SA(NEW_ENCAP_DPORT, "new-encap-dport", BE16, true, PORT, BAD(0)),
	{ 0 }
};

static struct argument sa_name_arguments[] = { SA_NAME, { 0 } };

static struct argument sa_tunnel_arguments[] = {
	SA(TUNNEL_ID, "tunnel-id", U32, false, 0, BAD(0, NO_TUNNEL)),
	{ 0 }
};

static struct argument policy_add_arguments[] = {
	POLICY_NAME,
	POLICY(ACTION, "action", U32, true, AZVPN_POLICY_ACTION_PROTECT, BAD(2, 0xffffffff)),
	POLICY(PRIORITY, "priority", U32, false, 100),
	POLICY(REQID, "reqid", U32, false, 1),
	POLICY(SA_SPI, "sa-spi", BE32, true, SPI, BAD(NO_SPI)),
	POLICY(SA_DST, "sa-dst", ADDRESS, true, OUTER_DST, BAD(OUTER_SRC)),
	POLICY(SA_DPORT, "sa-dport", BE16, true, PORT, BAD(NO_PORT, 0)),
	{ 0 }
};

static struct argument policy_name_arguments[] = { POLICY_NAME, { 0 } };

static struct argument policy_tunnel_arguments[] = {
	POLICY(TUNNEL_ID, "tunnel-id", U32, false, 0, BAD(0, NO_TUNNEL)),
	{ 0 }
};

/* Of a tunnel that does not exist there is nothing to show. */
static struct argument sa_dump_arguments[] = {
	SA(TUNNEL_ID, "tunnel-id", U32, false, 0, BAD(0)),
	{ 0 }
};

static struct argument policy_dump_arguments[] = {
	POLICY(TUNNEL_ID, "tunnel-id", U32, false, 0, BAD(0)),
	{ 0 }
};

static struct argument no_arguments[] = { { 0 } };

static const struct operation sa_flush = {
	.name = "sa-flush", .command = AZVPN_CMD_SA_FLUSH, .arguments = sa_tunnel_arguments,
};

/* Reserved SPIs belong to no tunnel yet. */
static const struct operation sa_flush_all = {
	.name = "sa-flush (all)", .command = AZVPN_CMD_SA_FLUSH, .arguments = no_arguments,
};

static const struct operation sa_add = {
	.name = "sa-add", .command = AZVPN_CMD_SA_ADD, .arguments = sa_add_arguments,
	.undo = &sa_flush, .unwanted = sa_add_unwanted,
};

static const struct operation sa_add_cbc = {
	.name = "sa-add (cbc)", .command = AZVPN_CMD_SA_ADD, .arguments = sa_add_cbc_arguments,
	.undo = &sa_flush,
};

static const struct operation policy_flush = {
	.name = "policy-flush", .command = AZVPN_CMD_POLICY_FLUSH,
	.arguments = policy_tunnel_arguments,
};

static const struct operation policy_add = {
	.name = "policy-add", .command = AZVPN_CMD_POLICY_ADD, .arguments = policy_add_arguments,
	.needs = &sa_add, .undo = &policy_flush,
};

/* For those that need one: without an SA, so that nothing else is needed */
static struct argument trap_arguments[] = {
	POLICY_NAME,
	POLICY(ACTION, "action", U32, true, AZVPN_POLICY_ACTION_PROTECT, BAD(2)),
	POLICY(REQID, "reqid", U32, false, 1),
	{ 0 }
};

static const struct operation trap_add = {
	.name = "policy-add (trap)", .command = AZVPN_CMD_POLICY_ADD,
	.arguments = trap_arguments, .undo = &policy_flush,
};

/* The first address of a network ends in zeros: this one is a host. */
static struct argument trap6_arguments[] = {
	POLICY(TUNNEL_ID, "tunnel-id", U32, true, 0, BAD(0, NO_TUNNEL)),
	POLICY(DIRECTION, "direction", U32, true, AZVPN_DIRECTION_OUT, BAD(2, 0xffffffff)),
	POLICY(SRC, "src", ADDRESS6, true, INNER_SRC),
	POLICY(SRC_PREFIX, "src-prefix", U32, true, 128, BAD(129, 0xffffffff, 64)),
	POLICY(DST, "dst", ADDRESS6, true, INNER_DST),
	POLICY(DST_PREFIX, "dst-prefix", U32, true, 128, BAD(129, 0x100, 64)),
	POLICY(ACTION, "action", U32, true, AZVPN_POLICY_ACTION_PROTECT, BAD(2)),
	{ 0 }
};

static const struct operation trap6_add = {
	.name = "policy-add (trap, IPv6)", .command = AZVPN_CMD_POLICY_ADD,
	.arguments = trap6_arguments, .undo = &policy_flush,
};

static const struct operation tunnel_get = {
	.name = "tunnel-get", .command = AZVPN_CMD_TUNNEL_GET, .dumps = true,
	.arguments = tunnel_get_arguments,
};

static const struct operation sa_alloc_spi = {
	.name = "sa-alloc-spi", .command = AZVPN_CMD_SA_ALLOC_SPI,
	.arguments = sa_alloc_spi_arguments, .undo = &sa_flush_all,
};

static const struct operation sa_update = {
	.name = "sa-update", .command = AZVPN_CMD_SA_UPDATE, .arguments = sa_update_arguments,
	.needs = &sa_add,
};

static const struct operation sa_get = {
	.name = "sa-get", .command = AZVPN_CMD_SA_GET, .dumps = true,
	.arguments = sa_name_arguments, .needs = &sa_add,
};

static const struct operation sa_dump = {
	.name = "sa-get (dump)", .command = AZVPN_CMD_SA_GET, .flags = NLM_F_DUMP,
	.arguments = sa_dump_arguments, .needs = &sa_add,
};

static const struct operation sa_del = {
	.name = "sa-del", .command = AZVPN_CMD_SA_DEL, .arguments = sa_name_arguments,
	.needs = &sa_add,
};

static const struct operation policy_get = {
	.name = "policy-get", .command = AZVPN_CMD_POLICY_GET, .dumps = true,
	.arguments = policy_name_arguments, .needs = &trap_add,
};

static const struct operation policy_dump = {
	.name = "policy-get (dump)", .command = AZVPN_CMD_POLICY_GET, .flags = NLM_F_DUMP,
	.arguments = policy_dump_arguments, .needs = &trap_add,
};

static const struct operation policy_del = {
	.name = "policy-del", .command = AZVPN_CMD_POLICY_DEL,
	.arguments = policy_name_arguments, .needs = &trap_add,
};

static const struct operation net_get = {
	.name = "net-get", .command = AZVPN_CMD_NET_GET, .arguments = no_arguments,
};

const struct operation *const operations[] = {
	&tunnel_get, &sa_alloc_spi, &sa_add, &sa_add_cbc, &sa_update, &sa_get, &sa_dump, &sa_del,
	&sa_flush, &policy_add, &trap_add, &trap6_add, &policy_get, &policy_dump, &policy_del,
	&policy_flush, &net_get,
};

const unsigned int nr_operations = sizeof(operations) / sizeof(*operations);

static void set_tunnel(struct argument *argument, int type, uint32_t id)
{
	for (; argument->type; argument++)
		if (argument->type == type)
			argument->valid = id;
}

void use_tunnel(uint32_t id)
{
	set_tunnel(tunnel_get_arguments, AZVPN_A_TUNNEL_ID, id);
	set_tunnel(sa_add_arguments, AZVPN_A_SA_TUNNEL_ID, id);
	set_tunnel(sa_add_cbc_arguments, AZVPN_A_SA_TUNNEL_ID, id);
	set_tunnel(sa_tunnel_arguments, AZVPN_A_SA_TUNNEL_ID, id);
	set_tunnel(sa_dump_arguments, AZVPN_A_SA_TUNNEL_ID, id);
	set_tunnel(policy_dump_arguments, AZVPN_A_POLICY_TUNNEL_ID, id);
	set_tunnel(policy_add_arguments, AZVPN_A_POLICY_TUNNEL_ID, id);
	set_tunnel(policy_name_arguments, AZVPN_A_POLICY_TUNNEL_ID, id);
	set_tunnel(policy_tunnel_arguments, AZVPN_A_POLICY_TUNNEL_ID, id);
	set_tunnel(trap_arguments, AZVPN_A_POLICY_TUNNEL_ID, id);
	set_tunnel(trap6_arguments, AZVPN_A_POLICY_TUNNEL_ID, id);
}

unsigned int size_of(const struct argument *argument)
{
	static const unsigned int sizes[] = {
		[U16] = 2, [BE16] = 2, [U32] = 4, [BE32] = 4, [U64] = 8, [ADDRESS] = 4,
		[ADDRESS6] = 16,
	};

	switch (argument->kind) {
	case TEXT:
		return strlen(argument->text) + 1;
	case KEY:
		return argument->sizes[0];
	default:
		return sizes[argument->kind];
	}
}

/* 2001:db8::VALUE, but for those values that are no host's in IPv4 */
static void encode_address6(uint32_t value, uint8_t bytes[16])
{
	static const uint8_t prefix[12] = { 0x20, 0x01, 0x0d, 0xb8 }, multicast[12] = { 0xff, 2 };
	uint32_t last = htonl(value);

	memcpy(bytes, value == MULTICAST ? multicast : prefix, sizeof(prefix));
	if (!value)
		memset(bytes, 0, sizeof(prefix));
	memcpy(bytes + sizeof(prefix), &last, sizeof(last));
}

void encode(const struct argument *argument, uint64_t value, uint8_t *bytes)
{
	enum kind kind = argument->kind;
	uint32_t word = kind == BE32 || kind == ADDRESS ? htonl(value) : value;
	uint16_t half = kind == BE16 ? htons(value) : value;

	switch (kind) {
	case U16:
	case BE16:
		memcpy(bytes, &half, sizeof(half));
		break;
	case U32:
	case BE32:
	case ADDRESS:
		memcpy(bytes, &word, sizeof(word));
		break;
	case U64:
		memcpy(bytes, &value, sizeof(value));
		break;
	case ADDRESS6:
		encode_address6(value, bytes);
		break;
	case TEXT:
		memcpy(bytes, argument->text, strlen(argument->text));
		break;
	case KEY:
		memcpy(bytes, test_key, argument->sizes[0]);
		break;
	}
}
