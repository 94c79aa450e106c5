#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 1200 s
#
# Two gateways on one host, each in a namespace of its own, joined to each other.
#
#	host_a              a                             b              host_b
#	10.1.0.4 --- 10.1.0.1  203.0.113.1 --- 203.0.113.2  10.2.0.1 --- 10.2.0.4

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-ike.sh"
. "$(dirname "$0")/../lib-ctl.sh"

topology() {
	ns_add host_a a b host_b
	link_pair "$host_a" eth0 10.1.0.4/24 "$a" vnet 10.1.0.1/24
	link_pair "$a" wan 203.0.113.1/24 "$b" wan 203.0.113.2/24
	link_pair "$b" vnet 10.2.0.1/24 "$host_b" eth0 10.2.0.4/24
	ip -n "$host_a" route add default via 10.1.0.1
	ip -n "$host_b" route add default via 10.2.0.1
}

# gateway NAME NETNS N: VNet 10.N.0.0/16 with its gateway, and the site it is to others
gateway() {
	run azvpnctl vnet create "vnet-$1" --address-prefixes "10.$3.0.0/16"
	run azvpnctl subnet create GatewaySubnet --vnet "vnet-$1" --address-prefix "10.$3.255.0/29"
	run azvpnctl gateway create "$1" --vnet "vnet-$1" --public-ip "203.0.113.$3" --netns "$2"
	run azvpnctl local-gateway create "to-$1" --gateway-ip-address "203.0.113.$3" \
		--address-prefixes "10.$3.0.0/16"
}

create() {
	gateway a "$a" 1
	gateway b "$b" 2
	[ "$(json '.bgpSettings.bgpPeeringAddress' gateway show a)" = 10.1.255.6 ]
	azvpnctl vnet create vnet-c --address-prefixes 10.3.0.0/16
	azvpnctl subnet create GatewaySubnet --vnet vnet-c --address-prefix 10.3.255.0/29
	refuses 1 "runs in namespace $a already" azvpnctl gateway create c --vnet vnet-c \
		--public-ip 203.0.113.3 --netns "$a"
	azvpnctl vnet delete vnet-c
}

# Each direction is a connection of its own, and one alone is no tunnel
one_half() {
	ctl_key_file "$PSK"
	run azvpnctl connection create a-b --gateway a --local-gateway to-b \
		--shared-key-file "$t_dir/key"
	# It was tried and refused, or is being tried
	[ "$(json .connectionStatus connection show a-b)" != Connected ]
}

both_connected() {
	ctl_status a-b Connected && ctl_status b-a Connected
}

other_half() {
	run azvpnctl connection create b-a --gateway b --local-gateway to-a \
		--shared-key-file "$t_dir/key"
	wait_for both_connected || { ctl_log a; ctl_log b; return 1; }
	[ "$(json '.[0].device' status a)" = azvpn1 ]
	[ "$(json '.[0].device' status b)" = azvpn1 ]
}

traffic() {
	local in out

	# both may have begun a tunnel, of which one is given up
	wait_for pings "$host_a" 10.2.0.4
	wait_for pings "$host_b" 10.1.0.4
	in=$(json .ingressBytesTransferred connection show b-a)
	out=$(json .egressBytesTransferred connection show a-b)
	nsx "$host_a" ping -q -c 5 -i 0.1 -s 500 10.2.0.4
	[ $(($(json .ingressBytesTransferred connection show b-a) - in)) = 2640 ]
	[ $(($(json .egressBytesTransferred connection show a-b) - out)) = 2640 ]
}

# The BGP speakers reach each other: their addresses are on the tunnel devices
speakers() {
	nsx "$a" ping -c 2 -i 0.2 -W 10 -I 10.1.255.6 10.2.255.6
}

one_is_killed() {
	kill -9 "$(cat "$AZVPN_RUN_DIR/b/charon.pid")"
	wait_for ctl_status b-a Unknown
	ctl_status a-b Connected
	run azvpnctl apply
	wait_for both_connected || { ctl_log a; ctl_log b; return 1; }
	wait_for pings "$host_a" 10.2.0.4 1
	wait_for pings "$host_b" 10.1.0.4 1
}

# Both begin at the same moment, five times; what comes of it must carry traffic
both_at_once() {
	for _ in 1 2 3 4 5; do
		kill -9 "$(cat "$AZVPN_RUN_DIR/a/charon.pid")" "$(cat "$AZVPN_RUN_DIR/b/charon.pid")"
		wait_for ctl_status b-a Unknown
		wait_for ctl_status a-b Unknown
		azvpnctl apply a &
		azvpnctl apply b
		wait
		wait_for both_connected || { ctl_log a; ctl_log b; return 1; }
		wait_for pings "$host_a" 10.2.0.4 1
		wait_for pings "$host_b" 10.1.0.4 1
	done
}

wrong_key() {
	ctl_key_file AnotherKey
	run azvpnctl connection delete b-a
	wait_for ctl_status a-b NotConnected
	run azvpnctl connection create b-a --gateway b --local-gateway to-a \
		--shared-key-file "$t_dir/key"
	wait_for grep -q 'AUTH_FAILED\|AUTHENTICATION_FAILED\|N(AUTH_FAILED)' \
		"$AZVPN_RUN_DIR/b/charon.log"
	fails ctl_status b-a Connected
	fails ctl_status a-b Connected
}

# Nothing else needs to be done: it is tried every few seconds
right_key() {
	ctl_key_file "$PSK"
	run azvpnctl connection shared-key set b-a --shared-key-file "$t_dir/key"
	wait_for both_connected || { ctl_log a; ctl_log b; return 1; }
	wait_for pings "$host_a" 10.2.0.4
}

# A new key counts from the next negotiation on
key_change() {
	local before

	before=$(ctl_spis a)
	run azvpnctl connection shared-key reset a-b --key-length 64
	azvpnctl connection shared-key show a-b -j | jq -j .value > "$t_dir/key"
	[ "$(wc -c < "$t_dir/key")" = 64 ]
	run azvpnctl connection shared-key set b-a --shared-key-file "$t_dir/key"
	[ "$(ctl_spis a)" = "$before" ]
	both_connected
	kill -9 "$(cat "$AZVPN_RUN_DIR/a/charon.pid")"
	wait_for ctl_status a-b Unknown
	run azvpnctl apply
	wait_for ctl_status a-b Connected
	pings "$host_a" 10.2.0.4
}

topology
t "two VNets with a gateway each" create
t "one connection alone is no tunnel" one_half
t "with the other they are Connected" other_half
t "traffic, and both count the same" traffic
t "the gateways' BGP addresses reach each other" speakers
t "one charon is killed and comes back" one_is_killed
t "both begin at the same moment" both_at_once
t "with different keys there is no tunnel, and the log says why" wrong_key
t "with the right key it comes up by itself" right_key
t "a new key leaves the tunnel and counts later" key_change
ctl_stop
t_end
