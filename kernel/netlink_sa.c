// SPDX-License-Identifier: GPL-2.0
/* Operations on SAs. */
#include <linux/inetdevice.h>
#include <linux/string.h>

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

/* What a request may hold; the rest is for replies */
const struct nla_policy azvpn_sa_nla_policy[AZVPN_A_SA_MAX + 1] = {
	[AZVPN_A_SA_SPI]		= { .type = NLA_BE32 },
	[AZVPN_A_SA_DST_IPV4]		= { .type = NLA_BE32 },
	[AZVPN_A_SA_SRC_IPV4]		= { .type = NLA_BE32 },
	[AZVPN_A_SA_DIRECTION]		= NLA_POLICY_MAX(NLA_U32, AZVPN_DIRECTION_OUT),
	[AZVPN_A_SA_TUNNEL_ID]		= NLA_POLICY_MIN(NLA_U32, 1),
	[AZVPN_A_SA_REQID]		= { .type = NLA_U32 },
	[AZVPN_A_SA_ALGORITHM]		= NLA_POLICY_MAX(NLA_U32, AZVPN_ALGORITHM_AES_GCM_16),
	[AZVPN_A_SA_KEY]		= NLA_POLICY_RANGE(NLA_BINARY, 20, 36),
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
	[AZVPN_A_SA_NEW_DST_IPV4]	= { .type = NLA_BE32 },
};

static u32 get_u32(struct genl_info *info, int attr, u32 otherwise)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : otherwise;
}

static u64 get_u64(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_get_u64(info->attrs[attr]) : 0;
}

static __be32 get_be32(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_get_be32(info->attrs[attr]) : 0;
}

static bool is_unicast(__be32 addr)
{
	return !ipv4_is_zeronet(addr) && !ipv4_is_multicast(addr) && !ipv4_is_lbcast(addr);
}

static int check_addr(struct genl_info *info, int attr)
{
	if (!info->attrs[attr] || is_unicast(nla_get_be32(info->attrs[attr])))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr], "not a unicast address");
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
static int get_ports(struct genl_info *info, __be16 *sport, __be16 *dport)
{
	struct nlattr *source = info->attrs[AZVPN_A_SA_ENCAP_SPORT];
	struct nlattr *dest = info->attrs[AZVPN_A_SA_ENCAP_DPORT];

	if (source)
		*sport = nla_get_be16(source);
	if (dest)
		*dport = nla_get_be16(dest);
	if (source ? dest && *sport && *dport : !dest)
		return 0;
	NL_SET_ERR_MSG(info->extack, "UDP encapsulation needs both ports, and neither may be 0");
	return -EINVAL;
}

static int get_key(struct genl_info *info, struct azvpn_sa_config *config)
{
	struct nlattr *attr = info->attrs[AZVPN_A_SA_KEY];

	config->material = nla_data(attr);
	config->material_len = nla_len(attr);
	switch (config->material_len) {
	case 16 + AZVPN_ESP_SALT:
	case 24 + AZVPN_ESP_SALT:
	case 32 + AZVPN_ESP_SALT:
		return 0;
	}
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "the key has to be 16, 24 or 32 bytes and 4 bytes of salt");
	return -EINVAL;
}

static int parse_sa(struct genl_info *info, struct azvpn_sa_config *config)
{
	int err;

	err = get_spi(info, &config->key.spi) ?:
	      check_addr(info, AZVPN_A_SA_DST_IPV4) ?:
	      check_addr(info, AZVPN_A_SA_SRC_IPV4) ?:
	      get_ports(info, &config->sport, &config->dport) ?:
	      get_key(info, config);
	if (err)
		return err;
	config->key.daddr = get_be32(info, AZVPN_A_SA_DST_IPV4);
	config->saddr = get_be32(info, AZVPN_A_SA_SRC_IPV4);
	config->direction = get_u32(info, AZVPN_A_SA_DIRECTION, 0);
	config->tunnel_id = get_u32(info, AZVPN_A_SA_TUNNEL_ID, 0);
	config->reqid = get_u32(info, AZVPN_A_SA_REQID, 0);
	config->flags = get_u32(info, AZVPN_A_SA_FLAGS, 0);
	config->replay_window = get_u32(info, AZVPN_A_SA_REPLAY_WINDOW, REPLAY_WINDOW_DEFAULT);
	config->soft.bytes = get_u64(info, AZVPN_A_SA_SOFT_BYTES);
	config->hard.bytes = get_u64(info, AZVPN_A_SA_HARD_BYTES);
	config->soft.packets = get_u64(info, AZVPN_A_SA_SOFT_PACKETS);
	config->hard.packets = get_u64(info, AZVPN_A_SA_HARD_PACKETS);
	config->soft.seconds = get_u64(info, AZVPN_A_SA_SOFT_SECONDS);
	config->hard.seconds = get_u64(info, AZVPN_A_SA_HARD_SECONDS);
	return 0;
}

/* A request that has come so far has its key wiped, whatever becomes of it */
int azvpn_netlink_sa_add(struct sk_buff *skb, struct genl_info *info)
{
	static const u8 required[] = {
		AZVPN_A_SA_SPI, AZVPN_A_SA_DST_IPV4, AZVPN_A_SA_SRC_IPV4, AZVPN_A_SA_DIRECTION,
		AZVPN_A_SA_TUNNEL_ID, AZVPN_A_SA_ALGORITHM, AZVPN_A_SA_KEY,
	};
	struct nlattr *key = info->attrs[AZVPN_A_SA_KEY];
	struct azvpn_sa_config config = {};
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (!err)
		err = parse_sa(info, &config);
	if (!err)
		err = azvpn_sa_add(azvpn_net(genl_info_net(info)), &config, info->extack);
	if (key)
		memzero_explicit(nla_data(key), nla_len(key));
	return err;
}

static int fill_spi(struct sk_buff *msg, const void *object)
{
	const __be32 *spi = object;

	return nla_put_be32(msg, AZVPN_A_SA_SPI, *spi);
}

int azvpn_netlink_sa_alloc_spi(struct sk_buff *skb, struct genl_info *info)
{
	static const u8 required[] = { AZVPN_A_SA_SRC_IPV4, AZVPN_A_SA_DST_IPV4 };
	struct azvpn_net *azn = azvpn_net(genl_info_net(info));
	u32 min = get_u32(info, AZVPN_A_SA_SPI_MIN, SPI_MIN_DEFAULT);
	u32 max = get_u32(info, AZVPN_A_SA_SPI_MAX, SPI_MAX_DEFAULT);
	struct azvpn_sa_key key = {};
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required)) ?:
	      check_addr(info, AZVPN_A_SA_DST_IPV4) ?: check_addr(info, AZVPN_A_SA_SRC_IPV4);
	if (err)
		return err;
	if (min > max) {
		NL_SET_ERR_MSG(info->extack, "the lowest SPI is above the highest");
		return -EINVAL;
	}
	key.daddr = get_be32(info, AZVPN_A_SA_DST_IPV4);
	mutex_lock(&azn->lock);
	err = azvpn_sa_reserve(azn, &key, get_be32(info, AZVPN_A_SA_SRC_IPV4), min, max,
			       info->extack);
	mutex_unlock(&azn->lock);
	return err ?: azvpn_netlink_reply(info, fill_spi, &key.spi);
}

/* The SA that SPI and destination name; the lock of the namespace is held */
static struct azvpn_sa *named_sa(struct azvpn_net *azn, struct genl_info *info)
{
	static const u8 required[] = { AZVPN_A_SA_SPI, AZVPN_A_SA_DST_IPV4 };
	struct azvpn_sa *sa;
	int err;

	err = azvpn_netlink_require(info, required, ARRAY_SIZE(required));
	if (err)
		return ERR_PTR(err);
	sa = azvpn_sa_find(azn, get_be32(info, AZVPN_A_SA_SPI),
			   get_be32(info, AZVPN_A_SA_DST_IPV4));
	if (sa)
		return sa;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[AZVPN_A_SA_SPI],
			    "no SA has this SPI and destination");
	return ERR_PTR(-ESRCH);
}

static int parse_move(struct genl_info *info, const struct azvpn_sa *sa,
		      struct azvpn_sa_move *move)
{
	*move = (struct azvpn_sa_move) {
		.daddr	= get_be32(info, AZVPN_A_SA_NEW_DST_IPV4) ?: sa->key.daddr,
		.saddr	= get_be32(info, AZVPN_A_SA_SRC_IPV4) ?: sa->saddr,
		.sport	= sa->sport,
		.dport	= sa->dport,
	};
	return check_addr(info, AZVPN_A_SA_NEW_DST_IPV4) ?:
	       check_addr(info, AZVPN_A_SA_SRC_IPV4) ?:
	       get_ports(info, &move->sport, &move->dport);
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
	if (!err)
		azvpn_sa_flush(azn, tunnel);
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
	return nla_put_be32(msg, AZVPN_A_SA_SPI, sa->key.spi) ?:
	       nla_put_in_addr(msg, AZVPN_A_SA_DST_IPV4, sa->key.daddr) ?:
	       nla_put_in_addr(msg, AZVPN_A_SA_SRC_IPV4, sa->saddr) ?:
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

static int fill_counters(struct sk_buff *msg, const struct azvpn_sa *sa)
{
	struct azvpn_usage usage;
	u64 reasons[AZVPN_DROP_COUNT];

	azvpn_counters_fold(sa->counters, &usage);
	azvpn_counters_fold_drops(sa->counters, reasons);
	return put_u64(msg, AZVPN_A_SA_SEQUENCE, azvpn_sa_sequence(sa)) ?:
	       put_u64(msg, AZVPN_A_SA_PACKETS, usage.packets) ?:
	       put_u64(msg, AZVPN_A_SA_BYTES, usage.bytes) ?:
	       put_u64(msg, AZVPN_A_SA_LAST_USED, usage.last_used) ?:
	       azvpn_netlink_put_drops(msg, AZVPN_A_SA_DROPS, reasons);
}

static const char *driver_of(const struct azvpn_sa *sa)
{
	return crypto_tfm_alg_driver_name(crypto_aead_tfm(sa->aead));
}

static int fill_sa(struct sk_buff *msg, const void *object)
{
	const struct azvpn_sa *sa = object;
	int err;

	err = fill_common(msg, sa);
	if (err || azvpn_sa_is_larval(sa))
		return err;
	if (sa->sport)
		err = nla_put_be16(msg, AZVPN_A_SA_ENCAP_SPORT, sa->sport) ?:
		      nla_put_be16(msg, AZVPN_A_SA_ENCAP_DPORT, sa->dport);
	if (!err && sa->rx)
		err = nla_put_u32(msg, AZVPN_A_SA_REPLAY_WINDOW, sa->rx->replay.window);
	return err ?:
	       nla_put_u32(msg, AZVPN_A_SA_TUNNEL_ID, sa->tunnel->id) ?:
	       nla_put_u32(msg, AZVPN_A_SA_REQID, sa->reqid) ?:
	       nla_put_u32(msg, AZVPN_A_SA_ALGORITHM, AZVPN_ALGORITHM_AES_GCM_16) ?:
	       nla_put_string(msg, AZVPN_A_SA_DRIVER, driver_of(sa)) ?:
	       nla_put_u32(msg, AZVPN_A_SA_FLAGS, sa->flags) ?:
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

/* How many SAs were dumped already is kept in cb->args[0] */
int azvpn_netlink_sa_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct nlattr *attr = genl_info_dump(cb)->attrs[AZVPN_A_SA_TUNNEL_ID];
	struct azvpn_net *azn = azvpn_netlink_dump_net(cb);
	u32 tunnel_id = attr ? nla_get_u32(attr) : 0;
	struct azvpn_sa *sa;
	unsigned long at = 0;

	mutex_lock(&azn->lock);
	cb->seq = azn->generation;
	list_for_each_entry(sa, &azn->sa_list, list) {
		if (at++ < cb->args[0])
			continue;
		if (tunnel_id && (!sa->tunnel || sa->tunnel->id != tunnel_id))
			continue;
		if (azvpn_netlink_put_dump(msg, cb, AZVPN_CMD_SA_GET, fill_sa, sa)) {
			at--;
			break;
		}
	}
	cb->args[0] = at;
	mutex_unlock(&azn->lock);
	return msg->len;
}
