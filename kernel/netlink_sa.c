// SPDX-License-Identifier: GPL-2.0
/* Operations on SAs. */
#include <linux/inetdevice.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "device.h"
#include "net.h"
#include "netlink.h"
#include "sa.h"

/* RFC 4303 section 2.1 reserves the SPIs up to 255 */
#define SPI_LOWEST	256
#define SPI_MIN_DEFAULT	0xc0000000
#define SPI_MAX_DEFAULT	0xcfffffff

/* Enough for the reordering of a fast path with many queues */
#define REPLAY_WINDOW_DEFAULT 2048

#define ALL_FLAGS (AZVPN_SA_FLAG_ESN | AZVPN_SA_FLAG_COPY_DF | \
		   AZVPN_SA_FLAG_COPY_ECN | AZVPN_SA_FLAG_COPY_DSCP)

/* Longer than any name in the tables */
#define NAME_MAX_LEN 31

#define ADDRESS NLA_POLICY_RANGE(NLA_BINARY, sizeof(struct in_addr), sizeof(struct in6_addr))

/* What a request may hold; the rest is for replies */
const struct nla_policy azvpn_sa_nla_policy[AZVPN_A_SA_MAX + 1] = {
	[AZVPN_A_SA_SPI]		= { .type = NLA_BE32 },
	[AZVPN_A_SA_DST]		= ADDRESS,
	[AZVPN_A_SA_SRC]		= ADDRESS,
	[AZVPN_A_SA_DIRECTION]		= NLA_POLICY_MAX(NLA_U32, AZVPN_DIRECTION_OUT),
	[AZVPN_A_SA_TUNNEL_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[AZVPN_A_SA_REQID]		= { .type = NLA_U32 },
	[AZVPN_A_SA_CIPHER]		= { .type = NLA_NUL_STRING, .len = NAME_MAX_LEN },
	[AZVPN_A_SA_INTEGRITY]		= { .type = NLA_NUL_STRING, .len = NAME_MAX_LEN },
	[AZVPN_A_SA_CIPHER_KEY]		= { .type = NLA_BINARY, .len = AZVPN_KEY_MAX },
	[AZVPN_A_SA_INTEGRITY_KEY]	= { .type = NLA_BINARY, .len = AZVPN_KEY_MAX },
	[AZVPN_A_SA_FLAGS]		= NLA_POLICY_MASK(NLA_U32, ALL_FLAGS),
	[AZVPN_A_SA_REPLAY_WINDOW]	= NLA_POLICY_MAX(NLA_U32, AZVPN_MAX_REPLAY_WINDOW),
	[AZVPN_A_SA_ENCAP_SPORT]	= { .type = NLA_BE16 },
	[AZVPN_A_SA_ENCAP_DPORT]	= { .type = NLA_BE16 },
	[AZVPN_A_SA_SOFT_BYTES]		= { .type = NLA_U64 },
	[AZVPN_A_SA_HARD_BYTES]		= { .type = NLA_U64 },
	[AZVPN_A_SA_SOFT_PACKETS]	= { .type = NLA_U64 },
	[AZVPN_A_SA_HARD_PACKETS]	= { .type = NLA_U64 },
	[AZVPN_A_SA_SOFT_SECONDS]	= { .type = NLA_U64 },
	[AZVPN_A_SA_HARD_SECONDS]	= { .type = NLA_U64 },
	[AZVPN_A_SA_SPI_MIN]		= NLA_POLICY_MIN(NLA_U32, SPI_LOWEST),
	[AZVPN_A_SA_SPI_MAX]		= NLA_POLICY_MIN(NLA_U32, SPI_LOWEST),
	[AZVPN_A_SA_NEW_DST]		= ADDRESS,
	[AZVPN_A_SA_NEW_ENCAP_DPORT]	= { .type = NLA_BE16 },
	[AZVPN_A_SA_TFC]		= { .type = NLA_U32 },
};

static u32 get_u32(struct genl_info *info, int attr, u32 otherwise)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : otherwise;
}

static u64 get_u64(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_get_u64(info->attrs[attr]) : 0;
}

static bool is_unicast(const struct azvpn_addr *addr)
{
	if (addr->family == AF_INET6)
		return !ipv6_addr_any(&addr->ip6) && !ipv6_addr_is_multicast(&addr->ip6);
	return !ipv4_is_zeronet(addr->ip4) && !ipv4_is_multicast(addr->ip4) &&
	       !ipv4_is_lbcast(addr->ip4);
}

/* Untouched without the attribute */
static int get_host(struct genl_info *info, int attr, struct azvpn_addr *addr)
{
	int err = azvpn_netlink_get_addr(info, attr, addr);

	if (err || !info->attrs[attr] || is_unicast(addr))
		return err;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr], "not a unicast address");
	return -EINVAL;
}

static int check_families(struct genl_info *info, const struct azvpn_addr *a,
			  const struct azvpn_addr *b)
{
	if (a->family == b->family)
		return 0;
	NL_SET_ERR_MSG(info->extack, "one outer address is IPv4 and the other IPv6");
	return -EINVAL;
}

static int get_spi(struct genl_info *info, __be32 *spi)
{
	struct nlattr *attr = info->attrs[AZVPN_A_SA_SPI];

	*spi = nla_get_be32(attr);
	if (ntohl(*spi) >= SPI_LOWEST)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "SPIs below 256 are reserved");
	return -EINVAL;
}

/* UDP ports: both, or neither */
static int get_ports(struct genl_info *info, int dest_attr, __be16 *sport, __be16 *dport)
{
	struct nlattr *source = info->attrs[AZVPN_A_SA_ENCAP_SPORT];
	struct nlattr *dest = info->attrs[dest_attr];

	if (source)
		*sport = nla_get_be16(source);
	if (dest)
		*dport = nla_get_be16(dest);
	if (source ? dest && *sport && *dport : !dest)
		return 0;
	NL_SET_ERR_MSG(info->extack, "UDP encapsulation needs both ports, and neither may be 0");
	return -EINVAL;
}

static int get_algorithm(struct genl_info *info, struct azvpn_sa_config *config)
{
	const struct nlattr *integrity = info->attrs[AZVPN_A_SA_INTEGRITY];
	const struct nlattr *cipher_key = info->attrs[AZVPN_A_SA_CIPHER_KEY];
	const struct nlattr *integrity_key = info->attrs[AZVPN_A_SA_INTEGRITY_KEY];
	int err;

	err = azvpn_algorithm_find(&config->algorithm, nla_data(info->attrs[AZVPN_A_SA_CIPHER]),
				   integrity ? nla_data(integrity) : NULL, info->extack);
	if (err)
		return err;
	config->keys = (struct azvpn_keys) {
		.cipher		= nla_data(cipher_key),
		.cipher_size	= nla_len(cipher_key),
	};
	if (integrity_key) {
		config->keys.integrity = nla_data(integrity_key);
		config->keys.integrity_size = nla_len(integrity_key);
	}
	return azvpn_algorithm_check_keys(&config->algorithm, config->keys.cipher_size,
					  config->keys.integrity_size, info->extack);
}

static int parse_sa(struct genl_info *info, struct azvpn_sa_config *config)
{
	int err;

	err = get_spi(info, &config->spi) ?:
	      get_host(info, AZVPN_A_SA_DST, &config->daddr) ?:
	      get_host(info, AZVPN_A_SA_SRC, &config->saddr) ?:
	      check_families(info, &config->saddr, &config->daddr) ?:
	      get_ports(info, AZVPN_A_SA_ENCAP_DPORT, &config->sport, &config->dport) ?:
	      get_algorithm(info, config);
	if (err)
		return err;
	config->direction = get_u32(info, AZVPN_A_SA_DIRECTION, 0);
	config->tunnel_id = get_u32(info, AZVPN_A_SA_TUNNEL_ID, 0);
	config->reqid = get_u32(info, AZVPN_A_SA_REQID, 0);
	config->flags = get_u32(info, AZVPN_A_SA_FLAGS, 0);
	config->replay_window = get_u32(info, AZVPN_A_SA_REPLAY_WINDOW, REPLAY_WINDOW_DEFAULT);
	config->tfc = get_u32(info, AZVPN_A_SA_TFC, 0);
	config->soft.bytes = get_u64(info, AZVPN_A_SA_SOFT_BYTES);
	config->hard.bytes = get_u64(info, AZVPN_A_SA_HARD_BYTES);
	config->soft.packets = get_u64(info, AZVPN_A_SA_SOFT_PACKETS);
	config->hard.packets = get_u64(info, AZVPN_A_SA_HARD_PACKETS);
	config->soft.seconds = get_u64(info, AZVPN_A_SA_SOFT_SECONDS);
	config->hard.seconds = get_u64(info, AZVPN_A_SA_HARD_SECONDS);
	return 0;
}

static void wipe(const struct nlattr *attr)
{
	if (attr)
		memzero_explicit(nla_data(attr), nla_len(attr));
}

/* A request that has come so far has its keys wiped, whatever becomes of it */
int azvpn_netlink_sa_add(struct sk_buff *skb, struct genl_info *info)
{
	static const u8 required[] = {
		AZVPN_A_SA_SPI, AZVPN_A_SA_DST, AZVPN_A_SA_SRC, AZVPN_A_SA_DIRECTION,
		AZVPN_A_SA_TUNNEL_ID, AZVPN_A_SA_CIPHER, AZVPN_A_SA_CIPHER_KEY,
	};
	struct azvpn_sa_config config = {};
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (!err)
		err = parse_sa(info, &config);
	if (!err)
		err = azvpn_sa_add(azvpn_net(genl_info_net(info)), &config, info->extack);
	wipe(info->attrs[AZVPN_A_SA_CIPHER_KEY]);
	wipe(info->attrs[AZVPN_A_SA_INTEGRITY_KEY]);
	return err;
}

static int fill_spi(struct sk_buff *msg, const void *object)
{
	const __be32 *spi = object;

	return nla_put_be32(msg, AZVPN_A_SA_SPI, *spi);
}

int azvpn_netlink_sa_alloc_spi(struct sk_buff *skb, struct genl_info *info)
{
	static const u8 required[] = { AZVPN_A_SA_SRC, AZVPN_A_SA_DST };
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	u32 min = get_u32(info, AZVPN_A_SA_SPI_MIN, SPI_MIN_DEFAULT);
	u32 max = get_u32(info, AZVPN_A_SA_SPI_MAX, SPI_MAX_DEFAULT);
	struct azvpn_sa_key key = {};
	struct azvpn_addr saddr;
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required)) ?:
	      get_host(info, AZVPN_A_SA_DST, &key.daddr) ?:
	      get_host(info, AZVPN_A_SA_SRC, &saddr) ?:
	      check_families(info, &saddr, &key.daddr);
	if (err)
		return err;
	if (min > max) {
		NL_SET_ERR_MSG(info->extack, "the lowest SPI is above the highest");
		return -EINVAL;
	}
	mutex_lock(&azn->lock);
	err = azvpn_sa_reserve(azn, &key, &saddr, min, max, info->extack);
	if (!err) {
		err = azvpn_netlink_reply(info, fill_spi, &key.spi);
		/* Nobody will ever know of it */
		if (err)
			azvpn_sa_delete(azvpn_sa_find(azn, &key));
	}
	mutex_unlock(&azn->lock);
	return err;
}

/* The SA that SPI, destination and port name; the lock of the namespace is held */
static struct azvpn_sa *named_sa(struct azvpn_net *azn, struct genl_info *info)
{
	static const u8 required[] = { AZVPN_A_SA_SPI, AZVPN_A_SA_DST };
	const struct nlattr *dport = info->attrs[AZVPN_A_SA_ENCAP_DPORT];
	struct azvpn_sa_key key = {};
	struct azvpn_sa *sa;
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required)) ?:
	      azvpn_netlink_get_addr(info, AZVPN_A_SA_DST, &key.daddr);
	if (err)
		return ERR_PTR(err);
	key.spi = nla_get_be32(info->attrs[AZVPN_A_SA_SPI]);
	if (dport)
		key.dport = nla_get_be16(dport);
	sa = azvpn_sa_find(azn, &key);
	if (sa)
		return sa;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[AZVPN_A_SA_SPI],
			    "no SA has this SPI and destination; one that sends in UDP is named by its destination port, too");
	return ERR_PTR(-ESRCH);
}

static int parse_move(struct genl_info *info, const struct azvpn_sa *sa,
		      struct azvpn_sa_move *move)
{
	*move = (struct azvpn_sa_move) {
		.daddr	= sa->name->key.daddr,
		.saddr	= sa->saddr,
		.sport	= sa->sport,
		.dport	= sa->dport,
	};
	return get_host(info, AZVPN_A_SA_NEW_DST, &move->daddr) ?:
	       get_host(info, AZVPN_A_SA_SRC, &move->saddr) ?:
	       check_families(info, &move->saddr, &move->daddr) ?:
	       get_ports(info, AZVPN_A_SA_NEW_ENCAP_DPORT, &move->sport, &move->dport);
}

int azvpn_netlink_sa_update(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct azvpn_sa_move move;
	struct azvpn_sa *sa;
	int err;

	mutex_lock(&azn->lock);
	sa = named_sa(azn, info);
	if (IS_ERR(sa))
		err = PTR_ERR(sa);
	else
		err = parse_move(info, sa, &move) ?: azvpn_sa_move(sa, &move, info->extack);
	mutex_unlock(&azn->lock);
	return err;
}

int azvpn_netlink_sa_del(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct azvpn_sa *sa;

	mutex_lock(&azn->lock);
	sa = named_sa(azn, info);
	if (!IS_ERR(sa))
		azvpn_sa_delete(sa);
	mutex_unlock(&azn->lock);
	return PTR_ERR_OR_ZERO(sa);
}

int azvpn_netlink_sa_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct nlattr *attr = info->attrs[AZVPN_A_SA_TUNNEL_ID];
	struct azvpn_tunnel *tunnel = NULL;
	int err;

	mutex_lock(&azn->lock);
	err = azvpn_netlink_find_tunnel(azn, info, attr, &tunnel);
	if (!err && tunnel)
		azvpn_sa_flush(tunnel);
	else if (!err)
		azvpn_sa_flush_all(azn);
	mutex_unlock(&azn->lock);
	return err;
}

static int put_u64(struct sk_buff *msg, int attr, u64 value)
{
	return nla_put_u64_64bit(msg, attr, value, AZVPN_A_SA_PAD);
}

/* What a reserved SPI has as well */
static int fill_common(struct sk_buff *msg, const struct azvpn_sa *sa)
{
	return nla_put_be32(msg, AZVPN_A_SA_SPI, sa->spi) ?:
	       azvpn_netlink_put_addr(msg, AZVPN_A_SA_DST, &sa->name->key.daddr) ?:
	       azvpn_netlink_put_addr(msg, AZVPN_A_SA_SRC, &sa->saddr) ?:
	       nla_put_u32(msg, AZVPN_A_SA_DIRECTION, sa->direction) ?:
	       nla_put_u32(msg, AZVPN_A_SA_STATE, azvpn_sa_is_larval(sa) ?
			   AZVPN_SA_STATE_LARVAL : AZVPN_SA_STATE_MATURE) ?:
	       put_u64(msg, AZVPN_A_SA_ADDED, sa->added);
}

static int fill_limits(struct sk_buff *msg, const struct azvpn_sa *sa)
{
	return put_u64(msg, AZVPN_A_SA_SOFT_BYTES, sa->soft.bytes) ?:
	       put_u64(msg, AZVPN_A_SA_HARD_BYTES, sa->hard.bytes) ?:
	       put_u64(msg, AZVPN_A_SA_SOFT_PACKETS, sa->soft.packets) ?:
	       put_u64(msg, AZVPN_A_SA_HARD_PACKETS, sa->hard.packets) ?:
	       put_u64(msg, AZVPN_A_SA_SOFT_SECONDS, sa->soft.seconds) ?:
	       put_u64(msg, AZVPN_A_SA_HARD_SECONDS, sa->hard.seconds);
}

static int fill_counters(struct sk_buff *msg, struct azvpn_sa *sa)
{
	struct azvpn_usage usage;

	azvpn_counters_fold(sa->counters, &usage);
	return put_u64(msg, AZVPN_A_SA_SEQUENCE, azvpn_sa_sequence(sa)) ?:
	       put_u64(msg, AZVPN_A_SA_PACKETS, usage.packets) ?:
	       put_u64(msg, AZVPN_A_SA_BYTES, usage.bytes) ?:
	       put_u64(msg, AZVPN_A_SA_LAST_USED, azvpn_last_use(&sa->last_used)) ?:
	       azvpn_netlink_put_drops(msg, AZVPN_A_SA_DROPS, AZVPN_A_SA_LAST_DROP, &sa->drops);
}

static int fill_algorithm(struct sk_buff *msg, const struct azvpn_sa *sa)
{
	const struct azvpn_integrity *integrity = sa->algorithm.integrity;
	struct crypto_aead *aead = (sa->tx ? &sa->tx->transform : &sa->rx->transform)->aead;

	return nla_put_string(msg, AZVPN_A_SA_CIPHER, sa->algorithm.cipher->name) ?:
	       (integrity ? nla_put_string(msg, AZVPN_A_SA_INTEGRITY, integrity->name) : 0) ?:
	       nla_put_string(msg, AZVPN_A_SA_DRIVER,
			      crypto_tfm_alg_driver_name(crypto_aead_tfm(aead)));
}

static int fill_ports(struct sk_buff *msg, const struct azvpn_sa *sa)
{
	if (!sa->sport)
		return 0;
	return nla_put_be16(msg, AZVPN_A_SA_ENCAP_SPORT, sa->sport) ?:
	       nla_put_be16(msg, AZVPN_A_SA_ENCAP_DPORT, sa->dport);
}

static int fill_sa(struct sk_buff *msg, const void *object)
{
	struct azvpn_sa *sa = (struct azvpn_sa *)object;
	int err;

	err = fill_common(msg, sa);
	if (err || azvpn_sa_is_larval(sa))
		return err;
	err = sa->rx ? nla_put_u32(msg, AZVPN_A_SA_REPLAY_WINDOW, sa->rx->replay.window) :
		       nla_put_u32(msg, AZVPN_A_SA_TFC, sa->tx->tfc);
	return err ?:
	       nla_put_u32(msg, AZVPN_A_SA_TUNNEL_ID, sa->tunnel->id) ?:
	       nla_put_u32(msg, AZVPN_A_SA_REQID, sa->reqid) ?:
	       nla_put_u32(msg, AZVPN_A_SA_FLAGS, sa->flags) ?:
	       fill_algorithm(msg, sa) ?:
	       fill_ports(msg, sa) ?:
	       fill_limits(msg, sa) ?:
	       fill_counters(msg, sa);
}

int azvpn_netlink_sa_get(struct sk_buff *skb, struct genl_info *info)
{
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	struct azvpn_sa *sa;
	int err;

	mutex_lock(&azn->lock);
	sa = named_sa(azn, info);
	err = IS_ERR(sa) ? PTR_ERR(sa) : azvpn_netlink_reply(info, fill_sa, sa);
	mutex_unlock(&azn->lock);
	return err;
}

/*
 * The number of the next SA to dump is kept in cb->args[0]. Numbers are never
 * given twice in one dump's time, so an SA that is there all the time is in it once.
 */
int azvpn_netlink_sa_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct nlattr *attr = genl_info_dump(cb)->attrs[AZVPN_A_SA_TUNNEL_ID];
	struct azvpn_net *azn = azvpn_netlink_dump_net(cb);
	u32 tunnel_id = attr ? nla_get_u32(attr) : 0;
	struct azvpn_sa *sa;
	unsigned long id;

	mutex_lock(&azn->lock);
	xa_for_each_start(&azn->sa_ids, id, sa, cb->args[0]) {
		if (tunnel_id && (!sa->tunnel || sa->tunnel->id != tunnel_id))
			continue;
		if (azvpn_netlink_put_dump(msg, cb, AZVPN_CMD_SA_GET, fill_sa, sa))
			break;
	}
	cb->args[0] = sa ? id : ULONG_MAX;
	mutex_unlock(&azn->lock);
	return msg->len;
}
