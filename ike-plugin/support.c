// SPDX-License-Identifier: GPL-2.0
#include "support.h"

#include <daemon.h>
#include <stdarg.h>

#define MAX_MASK 32

/* The connection whose SA the calling thread works on */
static const char *connection(void)
{
	ike_sa_t *ike_sa = charon->bus->get_sa(charon->bus);

	return ike_sa ? ike_sa->get_name(ike_sa) : "?";
}

/* What holds for both directions, and charon asks for both, is told of the inbound one */
#define LEVEL(inbound) ((inbound) ? LEVEL_CTRL : LEVEL_DIAG)

#define REFUSE(level, format, ...) ({					\
	dbg(DBG_KNL, level, "connection %s: " format, connection(), ##__VA_ARGS__); \
	FALSE;								\
})

bool azvpn_support_protocol(uint8_t protocol)
{
	if (protocol != IPPROTO_ESP)
		return REFUSE(LEVEL_CTRL, "ah_proposals is not supported, give esp_proposals");
	return TRUE;
}

bool azvpn_support_host(host_t *host, struct in_addr *addr)
{
	if (host->get_family(host) != AF_INET)
		return REFUSE(LEVEL_CTRL,
			      "local_addrs and remote_addrs must be IPv4, not %H", host);
	memcpy(addr, host->get_address(host).ptr, sizeof(*addr));
	return TRUE;
}

static bool support_if_id(level_t level, bool inbound, uint32_t if_id, mark_t mark)
{
	const char *suffix = inbound ? "in" : "out";

	if (!if_id)
		return REFUSE(level, "if_id_%s must be given: the id of the azvpn device", suffix);
	if (mark.value)
		return REFUSE(level, "mark_%s is not supported, if_id_%s is", suffix, suffix);
	return TRUE;
}

static bool support_algorithm(level_t level, kernel_ipsec_add_sa_t *data)
{
	if (data->enc_alg != ENCR_AES_GCM_ICV16)
		return REFUSE(level,
			      "esp_proposals: %N is not supported, aes256gcm16 and aes128gcm16 are",
			      encryption_algorithm_names, data->enc_alg);
	if (data->int_alg != AUTH_UNDEFINED)
		return REFUSE(level,
			      "esp_proposals: %N besides AES-GCM is not supported, leave it out",
			      integrity_algorithm_names, data->int_alg);
	return TRUE;
}

static bool support_options(level_t level, kernel_ipsec_add_sa_t *data)
{
	if (data->mode != MODE_TUNNEL)
		return REFUSE(level, "mode = %N is not supported, tunnel is", ipsec_mode_names,
			      data->mode);
	if (data->ipcomp != IPCOMP_NONE)
		return REFUSE(level, "ipcomp = yes is not supported, azvpn does not compress");
	if (data->replay_window > AZVPN_MAX_REPLAY_WINDOW)
		return REFUSE(level,
			      "replay_window = %u is too large, up to %u packets are supported",
			      data->replay_window, AZVPN_MAX_REPLAY_WINDOW);
	if (data->copy_dscp != DSCP_COPY_OUT_ONLY && data->copy_dscp != DSCP_COPY_NO)
		return REFUSE(level,
			      "copy_dscp = %N is not supported, out and no are", dscp_copy_names,
			      data->copy_dscp);
	if (data->hw_offload == HW_OFFLOAD_YES)
		return REFUSE(level, "hw_offload = yes is not supported, auto and no are");
	return TRUE;
}

bool azvpn_support_sa(kernel_ipsec_sa_id_t *id, kernel_ipsec_add_sa_t *data)
{
	level_t level = LEVEL(data->inbound);

	if (data->label)
		return REFUSE(level, "label is not supported, leave it out");
	if (data->interface)
		return REFUSE(level, "interface is not supported, if_id_out names the device");
	return azvpn_support_protocol(id->proto) &&
	       support_if_id(LEVEL_CTRL, data->inbound, id->if_id, id->mark) &&
	       support_options(level, data) && support_algorithm(level, data);
}

static bool support_selector(level_t level, traffic_selector_t *ts, const char *parameter,
			     struct in_addr *net, uint32_t *prefix)
{
	uint8_t mask;
	host_t *host;
	bool exact;

	if (ts->get_type(ts) != TS_IPV4_ADDR_RANGE)
		return REFUSE(level, "%s = %R is not supported, IPv4 is", parameter, ts);
	if (ts->get_protocol(ts) || ts->get_from_port(ts) || ts->get_to_port(ts) != 0xffff)
		return REFUSE(level, "%s = %R is not supported, one without protocol and port is",
			      parameter, ts);
	exact = ts->to_subnet(ts, &host, &mask);
	memcpy(net, host->get_address(host).ptr, sizeof(*net));
	*prefix = min(mask, MAX_MASK);
	host->destroy(host);
	if (!exact)
		return REFUSE(level, "%s = %R is not supported, a network with a prefix is",
			      parameter, ts);
	return TRUE;
}

bool azvpn_support_policy(kernel_ipsec_policy_id_t *id, policy_type_t type, bool quiet,
			  struct azvpn_nl_policy *policy)
{
	bool out = id->dir == POLICY_OUT;
	level_t level = LEVEL(!out && !quiet);

	*policy = (struct azvpn_nl_policy){
		.tunnel_id = id->if_id,
		.direction = out ? AZVPN_DIRECTION_OUT : AZVPN_DIRECTION_IN,
	};
	if (type == POLICY_PASS)
		return REFUSE(level,
			      "mode = pass needs no if_id_in and if_id_out: what bypasses a tunnel is not routed into it");
	return support_if_id(quiet ? LEVEL_DIAG : LEVEL_CTRL, !out, id->if_id, id->mark) &&
	       support_selector(level, id->src_ts, out ? "local_ts" : "remote_ts", &policy->src,
				&policy->src_prefix) &&
	       support_selector(level, id->dst_ts, out ? "remote_ts" : "local_ts", &policy->dst,
				&policy->dst_prefix);
}
