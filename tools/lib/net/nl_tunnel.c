// SPDX-License-Identifier: GPL-2.0
/* Tunnels and the counters of the namespace over netlink. */
#include "nl_internal.h"

#include <errno.h>
#include <netlink/genl/genl.h>

#define FIELD(attr, member, kind) \
	AZVPN_NL_FIELD(AZVPN_A_TUNNEL_##attr, azvpn_nl_tunnel, member, AZVPN_NL_##kind)

static const struct azvpn_nl_field fields[] = {
	FIELD(ID, id, U32),
	FIELD(IFINDEX, ifindex, U32),
	FIELD(IFNAME, ifname, STRING),
	FIELD(CARRIER, carrier, U32),
	FIELD(SAS, sas, U32),
	FIELD(POLICIES, policies, U32),
	FIELD(RX_PACKETS, rx_packets, U64),
	FIELD(RX_BYTES, rx_bytes, U64),
	FIELD(TX_PACKETS, tx_packets, U64),
	FIELD(TX_BYTES, tx_bytes, U64),
	FIELD(DROPS, drops, COUNTERS),
	FIELD(LAST_DROP, last_drop, LAST_DROP),
};

#undef FIELD
#define FIELD(attr, member, kind) \
	AZVPN_NL_FIELD(AZVPN_A_NET_##attr, azvpn_nl_net, member, AZVPN_NL_##kind)

static const struct azvpn_nl_field net_fields[] = {
	FIELD(UNKNOWN_SPI, unknown_spi, U64),
	FIELD(EARLY_HELD, early_held, U64),
	FIELD(EARLY_FULL, early_full, U64),
	FIELD(EARLY_TIMEOUT, early_timeout, U64),
	FIELD(TUNNELS, tunnels, U32),
	FIELD(SAS, sas, U32),
	FIELD(POLICIES, policies, U32),
};

struct dump {
	azvpn_nl_tunnel_fn fn;
	void *data;
};

static int on_tunnel(struct nlmsghdr *nlh, void *data)
{
	struct azvpn_nl_tunnel *tunnel = data;

	*tunnel = (struct azvpn_nl_tunnel){ };
	return azvpn_nl_fields_parse(nlh, fields, ARRAY_SIZE(fields), AZVPN_A_TUNNEL_MAX,
				     tunnel);
}

static int on_dumped(struct nlmsghdr *nlh, void *data)
{
	const struct dump *dump = data;
	struct azvpn_nl_tunnel tunnel;
	int ret;

	ret = on_tunnel(nlh, &tunnel);
	return ret ?: dump->fn(&tunnel, dump->data);
}

static int on_net(struct nlmsghdr *nlh, void *data)
{
	struct azvpn_nl_net *net = data;

	*net = (struct azvpn_nl_net){ };
	return azvpn_nl_fields_parse(nlh, net_fields, ARRAY_SIZE(net_fields), AZVPN_A_NET_MAX,
				     net);
}

int azvpn_nl_tunnel_get(struct azvpn_nl *nl, uint32_t id, struct azvpn_nl_tunnel *tunnel)
{
	return azvpn_nl_call_u32(nl, AZVPN_CMD_TUNNEL_GET, 0, AZVPN_A_TUNNEL_ID, id,
				 on_tunnel, tunnel);
}

int azvpn_nl_tunnel_dump(struct azvpn_nl *nl, azvpn_nl_tunnel_fn fn, void *data)
{
	struct dump dump = { .fn = fn, .data = data };

	return azvpn_nl_call_u32(nl, AZVPN_CMD_TUNNEL_GET, NLM_F_DUMP, AZVPN_A_TUNNEL_ID, 0,
				 on_dumped, &dump);
}

int azvpn_nl_net_get(struct azvpn_nl *nl, struct azvpn_nl_net *net)
{
	return azvpn_nl_call_u32(nl, AZVPN_CMD_NET_GET, 0, 0, 0, on_net, net);
}
