#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 1200 s
#
# azvpnctl from an empty host to traffic: everything is created, connects to a
# peer that this project did not write, carries packets and counts them, and
# goes away again.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-ike.sh"
. "$(dirname "$0")/../lib-ctl.sh"

# Before there is anything
empty() {
	[ "$(json length vnet list)" = 0 ]
	[ "$(json length status)" = 0 ]
	[ -z "$(azvpnctl apply)" ]
	[ ! -e "$AZVPN_STATE_DIR/azvpn.db" ] || fail "reading made a store"
}

refusals() {
	refuses 1 'there is no VNet "nope"' azvpnctl vnet show nope
	refuses 1 'named exactly GatewaySubnet' \
		azvpnctl gateway create g --vnet hub-vnet --public-ip 203.0.113.1 --netns "$hub"
	refuses 1 'is too small' \
		azvpnctl subnet create GatewaySubnet --vnet hub-vnet --address-prefix 10.1.255.0/30
	refuses 1 'PolicyBased gateways are not available yet; RouteBased is accepted' \
		azvpnctl gateway create g --vnet hub-vnet --public-ip 203.0.113.1 \
		--vpn-type PolicyBased
	refuses 2 '--vnet is missing' azvpnctl subnet create x --address-prefix 10.1.0.0/24
	refuses 2 'is not a command' azvpnctl vnet destroy
}

no_namespace() {
	run azvpnctl subnet create GatewaySubnet --vnet hub-vnet --address-prefix 10.1.255.0/27
	refuses 3 'there is no network namespace "nowhere"' \
		azvpnctl gateway create hub --vnet hub-vnet --public-ip 203.0.113.1 --netns nowhere
	refuses 3 'azvpnctl apply' azvpnctl apply
	run azvpnctl gateway delete hub
	run azvpnctl vnet delete hub-vnet
}

tutorial() {
	ctl_configure
	[ "$(json '.bgpSettings.bgpPeeringAddress' gateway show hub)" = 10.1.255.30 ]
	[ "$(json '.privateIpAddress' gateway show hub)" = 10.1.255.4 ]
	ip -n "$hub" -d link show azvpn1
	ip -n "$hub" address show azvpn1 | grep -q 'inet 10.1.255.30/32'
	ip -n "$hub" route show 192.168.0.0/24 | grep -q 'dev azvpn1 proto 65'
}

# Nobody answers yet; nothing listens on the peer's port
never_up() {
	ctl_status hub-dc Connecting
	refuses 0 Connecting azvpnctl status
}

connects() {
	ctl_peer
	wait_for ctl_status hub-dc Connected || { ctl_log; charon_log dc; return 1; }
	[ "$(json 'length' sa list --gateway hub)" -ge 2 ]
	json '.[].driver' sa list --gateway hub
	[ "$(json '[.[] | select(.direction == "out")] | length' policy list --gateway hub)" = 1 ]
	[ "$(json '.[0].carrier' tunnel list --netns "$hub")" = true ]
}

pings_through() {
	pings "$vnet_host" 192.168.0.10
	pings "$site_host" 10.1.0.4
	pings "$site_host" 10.1.255.30
}

# 10 pings of 1000 bytes from inside, so 10 packets of 1028 each way
counts() {
	local in out

	in=$(json .ingressBytesTransferred connection show hub-dc)
	out=$(json .egressBytesTransferred connection show hub-dc)
	nsx "$vnet_host" ping -q -c 10 -i 0.1 -s 1000 192.168.0.10
	[ $(($(json .ingressBytesTransferred connection show hub-dc) - in)) = 10280 ]
	[ $(($(json .egressBytesTransferred connection show hub-dc) - out)) = 10280 ]
	[ "$(json '[.[].dropped] | add' tunnel list --gateway hub)" = 0 ]
}

# The SA's counters and the peer's agree with the connection's, as no SA was replaced yet
agrees() {
	local sa peer

	sa=$(json '[.[] | select(.direction == "in") | .bytes] | add' sa list --gateway hub)
	[ "$sa" = "$(json .ingressBytesTransferred connection show hub-dc)" ]
	peer=$(swan dc --list-sas | sed -n 's/^ *out .* \([0-9]*\) bytes, .*/\1/p')
	[ "$sa" = "$peer" ] || fail "$sa bytes here, $peer bytes sent by the peer"
}

only_ike_and_esp() {
	nsx "$dc" timeout "$wait_seconds" tcpdump -U -n -i wan -c 12 -w "$t_dir/wan.pcap" &
	wait_for test -s "$t_dir/wan.pcap"
	pings "$vnet_host" 192.168.0.10 10
	wait
	[ "$(tcpdump -n -r "$t_dir/wan.pcap" esp or udp port 500 or udp port 4500 or arp | wc -l)" = 12 ]
}

peer_goes() {
	charon_stop dc
	wait_for ctl_status hub-dc NotConnected
	# Not into the clear either
	nsx "$hub" ping -c 1 -W 1 192.168.0.10 && fail "a ping was answered"
	charon_start "$dc" dc xfrm
	ctl_peer_load
	wait_for ctl_status hub-dc Connected
	pings "$vnet_host" 192.168.0.10
}

# The peer agrees on IKE and refuses ESP; when it no longer does, nobody has to act
peer_refuses_esp() {
	ctl_peer_load child.esp_proposals=aes256-sha256
	swan dc --terminate --ike net --force > /dev/null
	wait_for grep -q 'received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built' \
		"$AZVPN_RUN_DIR/hub/charon.log"
	ctl_status hub-dc NotConnected
	ctl_peer_load
	wait_for ctl_status hub-dc Connected
	pings "$vnet_host" 192.168.0.10
}

# Nothing is heard of it any more; tried on until it is back
peer_falls_silent() {
	ip -n "$dc" link set wan down
	wait_for ctl_status hub-dc NotConnected
	ip -n "$dc" link set wan up
	wait_for ctl_status hub-dc Connected
	ip -n "$dc" route replace 10.1.0.0/16 dev ipsec0
	wait_for pings "$vnet_host" 192.168.0.10 1
}

# It is there, but says nothing.
charon_hangs() {
	local pid status code=0

	pid=$(cat "$AZVPN_RUN_DIR/hub/charon.pid")
	kill -STOP "$pid"
	status=$(json .connectionStatus connection show hub-dc) || :
	azvpnctl apply > "$t_dir/hung" 2>&1 || code=$?
	kill -CONT "$pid"
	cat "$t_dir/hung"
	[ "$status" = Unknown ] || fail "the connection is $status"
	[ $code = 3 ] || fail "apply: exit status $code"
	grep -q 'charon at .* does not answer' "$t_dir/hung"
	wait_for ctl_status hub-dc Connected
	[ -z "$(azvpnctl apply)" ]
}

charon_dies() {
	kill -9 "$(cat "$AZVPN_RUN_DIR/hub/charon.pid")"
	wait_for ctl_status hub-dc Unknown
}

in_use() {
	refuses 1 'in use by gateway hub' azvpnctl vnet delete hub-vnet
	refuses 1 'in use by gateway hub' azvpnctl subnet delete GatewaySubnet --vnet hub-vnet
	refuses 1 'in use by connection hub-dc' azvpnctl gateway delete hub
	refuses 1 'in use by connection hub-dc' azvpnctl local-gateway delete dc
}

nothing_runs() {
	[ -z "$(ip netns pids "$hub")" ] || fail "left running: $(ip netns pids "$hub")"
}

goes_away() {
	run azvpnctl connection delete hub-dc
	fails ip -n "$hub" link show azvpn1
	[ -z "$(ip -n "$hub" route show 192.168.0.0/24)" ]
	run azvpnctl local-gateway delete dc
	run azvpnctl gateway delete hub
	[ ! -e "$AZVPN_RUN_DIR/hub" ]
	wait_for nothing_runs
	run azvpnctl vnet delete hub-vnet
	[ "$(json '[.vnets, .gateways, .localGateways, .connections] | add | length' export)" = 0 ]
}

ctl_site
t "an empty host has nothing and nothing to apply" empty
azvpnctl vnet create hub-vnet --address-prefixes 10.1.0.0/16
t "what breaks a rule is refused with a reason" refusals
t "a namespace that is not there is named" no_namespace
t "VNet, GatewaySubnet, gateway, site, connection" tutorial
t "Connecting while the peer never answered" never_up
t "Connected to stock strongSwan on xfrm" connects
t "hosts reach each other" pings_through
t "bytes are counted exactly" counts
t "the SA and the peer count the same" agrees
t "only IKE and ESP on the public side" only_ike_and_esp
t "NotConnected when the peer ends, Connected when it is back" peer_goes
t "NotConnected when the peer refuses ESP, Connected when it does not" peer_refuses_esp
t "NotConnected when the peer falls silent, Connected when it is back" peer_falls_silent
t "what is in use cannot be deleted" in_use
t "Unknown while the gateway's charon hangs" charon_hangs
t "Unknown when the gateway's charon is gone" charon_dies
run azvpnctl apply
wait_for ctl_status hub-dc Connected
t "everything can be deleted again" goes_away
charon_stop dc
ctl_stop
t_end
