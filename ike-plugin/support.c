// SPDX-License-Identifier: GPL-2.0
#include "support.h"

#include "address.h"
#include "algorithms.h"
#include "refuse.h"

#define LAST_PORT 0xffff

bool azvpn_support_protocol(uint8_t protocol)
{
	if (protocol != IPPROTO_ESP)
		return REFUSE(LEVEL_CTRL, "ah_proposals is not supported, give esp_proposals");
	return TRUE;
}

static const char *suffix_of(bool inbound)
{
	return inbound ? "in" : "out";
}

/* A mark of value 0 is one, too, if it has a mask */
static bool is_marked(mark_t mark)
{
	return mark.value || mark.mask;
}

static bool support_if_id(level_t level, bool inbound, uint32_t if_id, mark_t mark)
{
	const char *suffix = suffix_of(inbound);

	if (!if_id)
		return REFUSE(level, "if_id_%s must be given: the id of the azvpn device", suffix);
	if (is_marked(mark))
		return REFUSE(level, "mark_%s = 0x%x/0x%x is not supported, if_id_%s is", suffix,
			      mark.value, mark.mask, suffix);
	return TRUE;
}

static bool support_set_mark(bool inbound, mark_t mark)
{
	if (is_marked(mark))
		return REFUSE(LEVEL_CTRL, "set_mark_%s = 0x%x/0x%x is not supported, %s",
			      suffix_of(inbound), mark.value, mark.mask,
			      inbound ? "leave it out" : "the mark of the azvpn device is");
	return TRUE;
}

static bool support_scope(level_t level, char *interface, sec_label_t *label)
{
	if (label)
		return REFUSE(level, "label = %s is not supported, leave it out",
			      label->get_string(label));
	if (interface)
		return REFUSE(level, "interface = %s is not supported, if_id_out names the device",
			      interface);
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
	/* "yes" in strongSwan 5, other ways to insist on it in later ones */
	if (data->hw_offload != HW_OFFLOAD_NO && data->hw_offload != HW_OFFLOAD_AUTO)
		return REFUSE(level, "hw_offload = %N is not supported, auto and no are",
			      hw_offload_names, data->hw_offload);
	return TRUE;
}

bool azvpn_support_sa(kernel_ipsec_sa_id_t *id, kernel_ipsec_add_sa_t *data,
		      struct azvpn_nl_sa *sa)
{
	level_t level = LEVEL(data->inbound);

	/* Charon tells the interface of the outbound SA alone */
	return support_scope(data->interface ? LEVEL_CTRL : level, data->interface, data->label) &&
	       azvpn_support_protocol(id->proto) &&
	       support_if_id(LEVEL_CTRL, data->inbound, id->if_id, id->mark) &&
	       support_set_mark(data->inbound, data->mark) && support_options(level, data) &&
	       azvpn_algorithms(level, data, sa);
}

static bool support_network(level_t level, traffic_selector_t *ts, const char *parameter,
			    struct azvpn_addr *net, uint32_t *prefix)
{
	uint8_t mask;
	host_t *host;
	bool exact;

	exact = ts->to_subnet(ts, &host, &mask);
	*net = azvpn_addr_of(host);
	*prefix = mask;
	host->destroy(host);
	if (!exact)
		return REFUSE(level, "%s = %R is not supported, a network with a prefix is",
			      parameter, ts);
	return TRUE;
}

static bool any_port(traffic_selector_t *ts)
{
	return !ts->get_from_port(ts) && ts->get_to_port(ts) == LAST_PORT;
}

static bool support_ports(level_t level, traffic_selector_t *ts, const char *parameter)
{
	if (ts->get_from_port(ts) > ts->get_to_port(ts))
		return REFUSE(level, "%s = %R is not supported, ports that are not opaque are",
			      parameter, ts);
	if (!any_port(ts) && !ts->get_protocol(ts))
		return REFUSE(level, "%s = %R is not supported, ports with a protocol are",
			      parameter, ts);
	return TRUE;
}

static bool has_types(uint32_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/*
 * Of ICMP a traffic selector has a range of type and code in the place of the
 * ports. In the selector of one side it says what that side sends, so that of
 * the source is the one for the packets of a policy (RFC 4301 sections 4.4.1.1
 * and 4.4.1.3). The kernel has it as the destination port.
 */
static void set_ports(traffic_selector_t *src, traffic_selector_t *dst,
		      struct azvpn_nl_selector *selector)
{
	selector->src_port_min = 0;
	selector->src_port_max = LAST_PORT;
	selector->dst_port_min = src->get_from_port(src);
	selector->dst_port_max = src->get_to_port(src);
	if (has_types(selector->protocol))
		return;
	selector->src_port_min = src->get_from_port(src);
	selector->src_port_max = src->get_to_port(src);
	selector->dst_port_min = dst->get_from_port(dst);
	selector->dst_port_max = dst->get_to_port(dst);
}

/* One of the two may be for any protocol, then that of the other one counts */
static bool support_pair(level_t level, traffic_selector_t *src, traffic_selector_t *dst,
			 struct azvpn_nl_selector *selector)
{
	uint8_t a = src->get_protocol(src), b = dst->get_protocol(dst);

	if (src->get_type(src) != dst->get_type(dst) || (a && b && a != b))
		return REFUSE(level,
			      "local_ts and remote_ts: %R === %R is not supported, one family and protocol is",
			      src, dst);
	selector->protocol = a ?: b;
	set_ports(src, dst, selector);
	return TRUE;
}

static bool support_selector(level_t level, kernel_ipsec_policy_id_t *id,
			     struct azvpn_nl_selector *selector)
{
	bool out = id->dir == POLICY_OUT;
	const char *src = out ? "local_ts" : "remote_ts", *dst = out ? "remote_ts" : "local_ts";

	return support_network(level, id->src_ts, src, &selector->src, &selector->src_prefix) &&
	       support_network(level, id->dst_ts, dst, &selector->dst, &selector->dst_prefix) &&
	       support_ports(level, id->src_ts, src) && support_ports(level, id->dst_ts, dst) &&
	       support_pair(level, id->src_ts, id->dst_ts, selector);
}

bool azvpn_support_policy(kernel_ipsec_policy_id_t *id, policy_type_t type, bool quiet,
			  struct azvpn_nl_policy *policy)
{
	bool out = id->dir == POLICY_OUT;
	/* What both directions have is told of the inbound one, the rest of each */
	level_t level = LEVEL(!out && !quiet), each = LEVEL(!quiet);

	*policy = (struct azvpn_nl_policy){
		.tunnel_id = id->if_id,
		.direction = out ? AZVPN_DIRECTION_OUT : AZVPN_DIRECTION_IN,
	};
	if (type == POLICY_PASS)
		return REFUSE(level,
			      "mode = pass needs no if_id_in and if_id_out: what bypasses a tunnel is not routed into it");
	return support_scope(id->interface ? each : level, id->interface, id->label) &&
	       support_if_id(each, !out, id->if_id, id->mark) &&
	       support_selector(level, id, &policy->selector);
}
