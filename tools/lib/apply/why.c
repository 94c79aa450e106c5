// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ike.h"
#include "nl.h"
#include "status.h"
#include "why.h"

/**
 * struct search - a search for reasons
 * @gateway: the connection's gateway
 * @connection: the connection
 * @fn: told of each
 * @data: for @fn
 * @count: how many were found
 */
struct search {
	const struct azvpn_gateway *gateway;
	struct azvpn_connection *connection;
	azvpn_finding_fn fn;
	void *data;
	unsigned int count;
};

/* What a drop means, and what to do; Documentation/troubleshooting.md has more */
static const struct {
	const char *text, *advice;
} drops[AZVPN_NL_DROPS] = {
	[AZVPN_A_DROPS_NO_POLICY] = {
		"packets went into the tunnel that no policy of it covers",
		"compare the prefixes of the site with what was negotiated: azvpnctl policy list" },
	[AZVPN_A_DROPS_POLICY] = {
		"packets were dropped as a policy says",
		"charon does so while it moves an SA; if it goes on, see azvpnctl policy list" },
	[AZVPN_A_DROPS_NO_SA] = {
		"packets found no keys to be encrypted with", "the negotiation is the cause" },
	[AZVPN_A_DROPS_HOLD_FULL] = {
		"more packets than can be held waited for keys", "the negotiation is the cause" },
	[AZVPN_A_DROPS_HOLD_TIMEOUT] = {
		"packets waited for keys that did not come", "the negotiation is the cause" },
	[AZVPN_A_DROPS_NO_ROUTE] = {
		"there was no route to the peer's public address",
		"ip route get PEER has to name the public device" },
	[AZVPN_A_DROPS_LOOP] = {
		"the route to the peer's public address led into the tunnel itself",
		"give the peer a more specific route by the public device" },
	[AZVPN_A_DROPS_MTU] = {
		"packets that must not be fragmented were too long for the path; their senders were told",
		"where senders do not hear ICMP, lower the device's MTU" },
	[AZVPN_A_DROPS_REFUSED] = {
		"encrypted packets were stopped on this host on their way out",
		"look for a firewall rule or a full queue: nft list ruleset, tc -s qdisc" },
	[AZVPN_A_DROPS_NO_MEMORY] = {
		"there was no memory for packets", "see the host's memory and the kernel's log" },
	[AZVPN_A_DROPS_EXPIRED] = {
		"keys were used up or too old before there were new ones",
		"charon's log tells why it did not rekey in time" },
	[AZVPN_A_DROPS_BACKLOG] = {
		"packets came faster than one CPU decrypts", "see tuning.md" },
	[AZVPN_A_DROPS_MALFORMED] = {
		"packets came that cannot be ESP",
		"a device in between may lose fragments or change packets" },
	[AZVPN_A_DROPS_STALE] = {
		"packets came later than the replay window reaches back",
		"the way reorders packets: see tuning.md" },
	[AZVPN_A_DROPS_REPLAY] = {
		"packets came twice", "a few: the network repeats packets; many: somebody replays them" },
	[AZVPN_A_DROPS_ICV] = {
		"packets were not authentic",
		"the peer uses other keys, as after a rekey that it lost, or something changes packets" },
	[AZVPN_A_DROPS_TRAILER] = {
		"authentic packets made no sense inside", "it is the peer's fault" },
	[AZVPN_A_DROPS_PADDING] = {
		"authentic packets were padded otherwise than RFC 4303 demands", "it is the peer's fault" },
	[AZVPN_A_DROPS_SELECTOR] = {
		"the peer sent packets that were not negotiated",
		"compare the peer's routes with the selectors: azvpnctl policy list" },
	[AZVPN_A_DROPS_PROTOCOL] = {
		"packets were neither IPv4 nor IPv6 inside", "see what the peer, or this host, sends" },
	[AZVPN_A_DROPS_ECN] = {
		"congestion was marked on packets that do not take part in it",
		"a router on the way handles ECN wrongly" },
	[AZVPN_A_DROPS_CRYPTO] = {
		"the crypto driver failed", "see the kernel's log" },
	[AZVPN_A_DROPS_DOWN] = {
		"packets came while the device was down", "azvpnctl apply" },
	[AZVPN_A_DROPS_ENCAPSULATION] = {
		"ESP came in UDP where it should not, or the other way round",
		"a NAT came or went on the way: have the peer negotiate anew" },
	/* dummy packets are meant to be dropped */
};

static void __attribute__((format(printf, 5, 6)))
found(struct search *search, const char *code, uint64_t packets, const char *advice,
      const char *fmt, ...)
{
	struct azvpn_finding finding = { .code = code, .packets = packets };
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding.text, sizeof(finding.text), fmt, args);
	va_end(args);
	snprintf(finding.advice, sizeof(finding.advice), "%s", advice);
	search->fn(&finding, search->data);
	search->count++;
}

static void look_at_negotiation(struct search *search, bool charon_answers)
{
	const struct azvpn_connection_state *state = &search->connection->state;
	char advice[AZVPN_IKE_PATH_SIZE + 64];
	struct azvpn_ike ike;

	if (azvpn_ike_init(&ike, search->gateway->name, NULL))
		return;
	snprintf(advice, sizeof(advice), "%s has what the two said to each other", ike.log);
	if (!charon_answers)
		found(search, "ike-daemon", 0, "azvpnctl apply starts it; its log tells why it ended",
		      "the IKE daemon of gateway %s does not run, or does not answer",
		      search->gateway->name);
	else if (!strcmp(state->status, "Connecting"))
		found(search, "connecting", 0, advice,
		      "the peer has not agreed to a tunnel yet, or not answered");
	else if (strcmp(state->status, "Connected"))
		found(search, "not-connected", 0, advice,
		      "there is no tunnel: the peer refused one, went away or does not answer");
}

static void look_at_device(struct search *search, const struct azvpn_device *device)
{
	if (!device)
		found(search, "no-device", 0, "azvpnctl apply",
		      "the tunnel's device azvpn%u is not there", search->connection->tunnel_id);
	else if (!device->up)
		found(search, "device-down", 0, "azvpnctl apply, or ip link set DEVICE up",
		      "the tunnel's device %s is down", device->name);
}

static uint64_t seconds_since(uint64_t when)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec > when ? now.tv_sec - when : 0;
}

static void look_at_drop(struct search *search, const struct azvpn_nl_tunnel *tunnel,
			 unsigned int reason)
{
	const struct azvpn_nl_last_drop *last = &tunnel->last_drop;
	const char *name = azvpn_nl_drop_name(reason);

	if (!tunnel->drops[reason] || !drops[reason].text)
		return;
	if (last->reason == reason && last->time)
		found(search, name, tunnel->drops[reason], drops[reason].advice,
		      "%s, the last %llu s ago", drops[reason].text,
		      (unsigned long long)seconds_since(last->time));
	else
		found(search, name, tunnel->drops[reason], drops[reason].advice, "%s",
		      drops[reason].text);
}

static void look_at_tunnel(struct search *search, const struct azvpn_nl_tunnel *tunnel)
{
	unsigned int reason;

	if (tunnel->sas && !tunnel->policies)
		found(search, "no-policies", 0, "azvpnctl apply",
		      "the tunnel has keys, but its policies are gone");
	for (reason = 0; reason < AZVPN_NL_DROPS; reason++)
		look_at_drop(search, tunnel, reason);
}

static void look_at_module(struct search *search)
{
	const char *netns = *search->gateway->netns ? search->gateway->netns : NULL;
	char reason[AZVPN_NL_ERROR_SIZE];
	struct azvpn_nl_tunnel tunnel;
	struct azvpn_nl_net net;
	struct azvpn_nl *nl;

	nl = azvpn_nl_open(netns, reason);
	if (!nl) {
		found(search, "module", 0, "modprobe azvpn, then azvpnctl apply", "%s", reason);
		return;
	}
	if (!azvpn_nl_tunnel_get(nl, search->connection->tunnel_id, &tunnel))
		look_at_tunnel(search, &tunnel);
	if (!azvpn_nl_net_get(nl, &net) && net.unknown_spi)
		found(search, "unknown-spi", net.unknown_spi,
		      "if it rises, a peer uses keys that this side has deleted: have it negotiate anew",
		      "ESP packets came that belong to no tunnel of this host");
	azvpn_nl_close(nl);
}

void azvpn_why(const struct azvpn_model *model, struct azvpn_connection *connection,
	       azvpn_finding_fn fn, void *data)
{
	struct search search = {
		.gateway = azvpn_gateway_find(model, connection->gateway),
		.connection = connection,
		.fn = fn,
		.data = data,
	};
	struct azvpn_gateway_view view;

	azvpn_gateway_view_open(search.gateway, &view);
	azvpn_status_get(&view, connection);
	look_at_device(&search, azvpn_devices_find(&view.devices, connection->tunnel_id));
	look_at_negotiation(&search, view.sas);
	azvpn_gateway_view_close(&view);
	look_at_module(&search);
	if (!search.count)
		found(&search, "ok", 0, "",
		      "nothing that can be seen from here: %llu bytes have come in, %llu gone out",
		      (unsigned long long)connection->state.ingress,
		      (unsigned long long)connection->state.egress);
}
