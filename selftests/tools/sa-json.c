// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>

#include "sa-fields.h"

static const char *direction_name(uint32_t direction)
{
	return direction == AZVPN_DIRECTION_IN ? "in" : "out";
}

json_t *spi_json(uint32_t spi)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08x", ntohl(spi));
	return json_string(text);
}

static json_t *address_json(struct in_addr address)
{
	char text[INET_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET, &address, text, sizeof(text)));
}

static json_t *network_json(struct in_addr address, uint32_t prefix)
{
	char text[INET_ADDRSTRLEN + 4];

	inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
	return json_sprintf("%s/%u", text, prefix);
}

static json_t *number(uint64_t value)
{
	return json_integer(value);
}

static json_t *drops_json(const uint64_t *drops)
{
	json_t *object = json_object();
	unsigned int reason;

	for (reason = 0; reason < AZVPN_NL_DROPS; reason++)
		if (azvpn_nl_drop_name(reason))
			json_object_set_new(object, azvpn_nl_drop_name(reason),
					    number(drops[reason]));
	return object;
}

static json_t *limits_json(const struct azvpn_nl_limits *limits)
{
	return json_pack("{so so so}", "bytes", number(limits->bytes),
			 "packets", number(limits->packets), "seconds", number(limits->seconds));
}

json_t *sa_json(const struct azvpn_nl_sa *sa)
{
	return json_pack("{so so so ss ss so so ss so so so so so so so so so so so so}",
			 "spi", spi_json(sa->spi),
			 "dst", address_json(sa->dst),
			 "src", address_json(sa->src),
			 "direction", direction_name(sa->direction),
			 "state", sa->state == AZVPN_SA_STATE_LARVAL ? "larval" : "mature",
			 "tunnel", number(sa->tunnel_id),
			 "reqid", number(sa->reqid),
			 "driver", sa->driver,
			 "flags", number(sa->flags),
			 "window", number(sa->replay_window),
			 "sport", number(ntohs(sa->encap_sport)),
			 "dport", number(ntohs(sa->encap_dport)),
			 "soft", limits_json(&sa->soft),
			 "hard", limits_json(&sa->hard),
			 "sequence", number(sa->sequence),
			 "packets", number(sa->packets),
			 "bytes", number(sa->bytes),
			 "added", number(sa->added),
			 "used", number(sa->last_used),
			 "drops", drops_json(sa->drops));
}

json_t *policy_json(const struct azvpn_nl_policy *policy)
{
	return json_pack("{so ss so so ss so so so so}",
			 "tunnel", number(policy->tunnel_id),
			 "direction", direction_name(policy->direction),
			 "from", network_json(policy->src, policy->src_prefix),
			 "to", network_json(policy->dst, policy->dst_prefix),
			 "action", policy->action == AZVPN_POLICY_ACTION_DROP ? "drop" : "protect",
			 "reqid", number(policy->reqid),
			 "sa", spi_json(policy->sa_spi),
			 "sa-dst", address_json(policy->sa_dst),
			 "used", number(policy->last_used));
}

json_t *tunnel_json(const struct azvpn_nl_tunnel *tunnel)
{
	return json_pack("{so so ss so so so so so so so so}",
			 "id", number(tunnel->id),
			 "ifindex", number(tunnel->ifindex),
			 "ifname", tunnel->ifname,
			 "carrier", number(tunnel->carrier),
			 "sas", number(tunnel->sas),
			 "policies", number(tunnel->policies),
			 "rx-packets", number(tunnel->rx_packets),
			 "rx-bytes", number(tunnel->rx_bytes),
			 "tx-packets", number(tunnel->tx_packets),
			 "tx-bytes", number(tunnel->tx_bytes),
			 "drops", drops_json(tunnel->drops));
}

json_t *net_json(const struct azvpn_nl_net *net)
{
	return json_pack("{so so so so}", "unknown-spi", number(net->unknown_spi),
			 "tunnels", number(net->tunnels), "sas", number(net->sas),
			 "policies", number(net->policies));
}

static json_t *expire_json(const struct azvpn_nl_expire *expire)
{
	return json_pack("{ss so so ss so so sb}", "event", "expire",
			 "spi", spi_json(expire->spi),
			 "dst", address_json(expire->dst),
			 "direction", direction_name(expire->direction),
			 "tunnel", number(expire->tunnel_id),
			 "reqid", number(expire->reqid),
			 "hard", expire->hard);
}

static json_t *acquire_json(const struct azvpn_nl_acquire *acquire)
{
	return json_pack("{ss so so so so so so so}", "event", "acquire",
			 "tunnel", number(acquire->tunnel_id),
			 "reqid", number(acquire->reqid),
			 "from", network_json(acquire->src, acquire->src_prefix),
			 "to", network_json(acquire->dst, acquire->dst_prefix),
			 "protocol", number(acquire->protocol),
			 "packet-src", address_json(acquire->packet_src),
			 "packet-dst", address_json(acquire->packet_dst));
}

static json_t *mapping_json(const struct azvpn_nl_mapping *mapping)
{
	return json_pack("{ss so so so so so so}", "event", "mapping",
			 "spi", spi_json(mapping->spi),
			 "dst", address_json(mapping->dst),
			 "tunnel", number(mapping->tunnel_id),
			 "reqid", number(mapping->reqid),
			 "src", address_json(mapping->src),
			 "sport", number(ntohs(mapping->encap_sport)));
}

json_t *event_json(const struct azvpn_nl_event *event)
{
	switch (event->command) {
	case AZVPN_CMD_EXPIRE_NTF:
		return expire_json(&event->expire);
	case AZVPN_CMD_ACQUIRE_NTF:
		return acquire_json(&event->acquire);
	case AZVPN_CMD_MAPPING_NTF:
		return mapping_json(&event->mapping);
	default:
		return json_pack("{ss si}", "event", "unknown", "command", event->command);
	}
}
