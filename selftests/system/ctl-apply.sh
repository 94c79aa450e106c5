#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 1800 s
#
# azvpnctl apply: does the difference and no more, brings everything back, and
# leaves alone what is not its own.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-ike.sh"
. "$(dirname "$0")/../lib-ctl.sh"

connected() {
	wait_for ctl_status hub-dc Connected || { ctl_log | tail -n 30; return 1; }
}

# watched COMMAND...: run it while the kernel tells of every change of links,
# addresses and routes in the gateway's namespace; these are in $t_dir/changes
# afterwards, with those that a device of ours makes for the test at the end.
watched() {
	ip -n "$hub" monitor link address route > "$t_dir/changes" &
	echo $! > "$t_dir/monitor"
	# The monitor listens once it tells of a change
	wait_for marked begin
	"$@"
	wait_for marked end
	kill "$(cat "$t_dir/monitor")"
	sed -i '/dummy-/d; /link\//d' "$t_dir/changes"
}

marked() {
	ip -n "$hub" link add "dummy-$1" type dummy
	ip -n "$hub" link del "dummy-$1"
	grep -q "dummy-$1" "$t_dir/changes"
}

loads() {
	ctl_log | grep -Ec 'loaded IKE shared key|vici connection' || :
}

nothing_to_do() {
	local before

	before=$(loads)
	watched azvpnctl apply
	[ ! -s "$t_dir/changes" ] || fail "$(cat "$t_dir/changes")"
	[ "$(loads)" = "$before" ] || fail "charon was told something"
	[ "$(json length apply)" = 0 ]
}

# Creating what is there already, with the same values, is nothing to do either
nothing_new() {
	local before

	before=$(loads)
	watched ctl_configure_again
	[ ! -s "$t_dir/changes" ] || fail "$(cat "$t_dir/changes")"
	[ "$(loads)" = "$before" ] || fail "charon was told something"
}

ctl_configure_again() {
	azvpnctl gateway create hub --vnet hub-vnet --public-ip 203.0.113.1 --netns "$hub"
	azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24
	azvpnctl connection create hub-dc --gateway hub --local-gateway dc
}

# What a reboot leaves: the store
after_a_reboot() {
	kill -9 "$(cat "$AZVPN_RUN_DIR/hub/charon.pid")"
	wait_for ctl_status hub-dc Unknown
	rm -rf "$AZVPN_RUN_DIR"
	ip -n "$hub" link del azvpn1
	nsx "$hub" sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'
	run azvpnctl apply
	connected
	pings "$vnet_host" 192.168.0.10
}

charon_killed() {
	local old

	old=$(ctl_spis)
	kill -9 "$(cat "$AZVPN_RUN_DIR/hub/charon.pid")"
	wait_for ctl_status hub-dc Unknown
	run azvpnctl apply
	connected
	pings "$vnet_host" 192.168.0.10
	# The SAs of the one that is gone are too
	for spi in $old; do
		[[ " $(ctl_spis) " != *" $spi "* ]] || fail "the old SA $spi is still there"
	done
	nothing_to_do
}

# Its SAs went with it, which charon does not know
device_deleted() {
	ip -n "$hub" link del azvpn1
	ctl_status hub-dc NotConnected
	run azvpnctl apply
	connected
	pings "$vnet_host" 192.168.0.10
	ip -n "$hub" address show azvpn1 | grep -q 10.1.255.30/32
	ip -n "$hub" route show 192.168.0.0/24 | grep -q 'dev azvpn1 proto 65'
}

device_set_down() {
	local before

	before=$(ctl_spis)
	ip -n "$hub" link set azvpn1 down
	[ -z "$(ip -n "$hub" route show 192.168.0.0/24)" ]
	run azvpnctl apply
	[ "$(ctl_spis)" = "$before" ]
	pings "$vnet_host" 192.168.0.10
}

prefix_change() {
	local before

	before=$(ctl_spis)
	ip -n "$dc" address add 192.168.1.1/24 dev lan
	run azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24 192.168.1.0/24
	ip -n "$hub" route show | grep 'proto 65'
	[ "$(ip -n "$hub" route show proto 65 | wc -l)" = 2 ]
	pings "$vnet_host" 192.168.1.1
	pings "$vnet_host" 192.168.0.10
	run azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24
	[ "$(ip -n "$hub" route show proto 65 | wc -l)" = 1 ]
	[ "$(ctl_spis)" = "$before" ] || fail "the tunnel was not left alone"
	ctl_status hub-dc Connected
}

prefix_moves_between_sites() {
	run azvpnctl local-gateway create lab --gateway-ip-address 203.0.113.9 \
		--address-prefixes 192.168.9.0/24
	run azvpnctl connection create hub-lab --gateway hub --local-gateway lab
	ip -n "$hub" route show 192.168.0.0/24 | grep 'dev azvpn1 '
	azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.8.0/24 --no-apply
	azvpnctl local-gateway create lab --gateway-ip-address 203.0.113.9 \
		--address-prefixes 192.168.9.0/24 192.168.0.0/24 --no-apply
	ip -n "$hub" route show 192.168.0.0/24 | grep 'dev azvpn1 '
	run azvpnctl apply
	ip -n "$hub" route show 192.168.0.0/24 | grep 'dev azvpn2 '
	run azvpnctl connection delete hub-lab
	run azvpnctl local-gateway delete lab
	run azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24
	[ "$(ip -n "$hub" route show proto 65 | wc -l)" = 1 ]
	! ip -n "$hub" link show azvpn2
}

foreign_things_stay() {
	ip -n "$hub" route add 192.168.77.0/24 dev azvpn1
	ip -n "$hub" route add 192.168.78.0/24 dev vnet proto 65
	ip -n "$hub" address add 192.0.2.77/32 dev azvpn1
	ip -n "$hub" link add mine type azvpn id 99
	run azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24 192.168.3.0/24
	run azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24
	ip -n "$hub" route show 192.168.77.0/24 | grep azvpn1
	ip -n "$hub" route show 192.168.78.0/24 | grep vnet
	ip -n "$hub" address show azvpn1 | grep 192.0.2.77
	ip -n "$hub" link show mine
	ip -n "$hub" route del 192.168.77.0/24
	ip -n "$hub" route del 192.168.78.0/24
	ip -n "$hub" address del 192.0.2.77/32 dev azvpn1
	ip -n "$hub" link del mine
}

# Saved, not applied, and the way out is told
foreign_route_in_the_way() {
	ip -n "$hub" route add 192.168.5.0/24 dev vnet
	refuses 3 'route to 192.168.5.0/24 already that azvpnctl did not make' \
		azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24 192.168.5.0/24
	[ "$(json '.localNetworkAddressSpace.addressPrefixes | length' local-gateway show dc)" = 2 ]
	ip -n "$hub" route show 192.168.5.0/24 | grep 'dev vnet'
	ctl_status hub-dc Connected
	ip -n "$hub" route del 192.168.5.0/24
	run azvpnctl apply
	ip -n "$hub" route show 192.168.5.0/24 | grep 'dev azvpn1 proto 65'
	run azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24
}

foreign_device_in_the_way() {
	ip -n "$hub" link add azvpn2 type dummy
	run azvpnctl local-gateway create lab --gateway-ip-address 203.0.113.9 \
		--address-prefixes 192.168.9.0/24
	refuses 3 'azvpn2 is in the way of azvpn2 and was not made by azvpnctl' \
		azvpnctl connection create hub-lab --gateway hub --local-gateway lab
	ctl_status hub-dc Connected
	ip -n "$hub" link del azvpn2
	run azvpnctl apply
	ip -n "$hub" -d link show azvpn2 | grep 'alias connection hub-lab'
	run azvpnctl connection delete hub-lab
	run azvpnctl local-gateway delete lab
}

# Two at once: neither fails, and nothing is done twice
at_the_same_time() {
	local i pids=()

	ip -n "$hub" link del azvpn1
	for i in 1 2 3; do
		azvpnctl apply > "$t_dir/apply$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	cat "$t_dir"/apply?
	[ "$(cat "$t_dir"/apply? | grep -c 'device azvpn1 made')" = 1 ]
}

without_the_module() {
	kill -9 "$(cat "$AZVPN_RUN_DIR/hub/charon.pid")"
	wait_for ctl_status hub-dc Unknown
	wait_for rmmod azvpn
	refuses 3 'is the kernel module azvpn loaded' azvpnctl apply
	refuses 1 'the kernel module azvpn is not loaded' azvpnctl sa list --gateway hub
	ctl_status hub-dc Unknown
	"$AZVPN_TOP/scripts/load-module"
	run azvpnctl apply
	connected
	pings "$vnet_host" 192.168.0.10
}

# A charon knows the module that it has found at its start, and no other.
module_loaded_anew() {
	wait_for rmmod azvpn
	"$AZVPN_TOP/scripts/load-module"
	wait_for ctl_status hub-dc Unknown
	grep -q 'the kernel module was loaded anew' "$AZVPN_RUN_DIR/hub/charon.log"
	run azvpnctl apply
	connected
	pings "$vnet_host" 192.168.0.10
}

# At 8 MiB the log becomes charon.log.1, and charon goes on in a new one
log_rotates() {
	local log=$AZVPN_RUN_DIR/hub/charon.log

	truncate -s 8388608 "$log"
	wait_for test -s "$log.1"
	wait_for test -e "$log"
	run azvpnctl connection shared-key reset hub-dc
	wait_for grep -q 'loaded IKE shared key' "$log"
	[ "$(stat -c %a "$log")" = 600 ]
	run azvpnctl connection shared-key set hub-dc --shared-key-file "$t_dir/key"
	ctl_status hub-dc Connected
}

# charon does not start without its plugin, and azvpnctl shows what it says
without_the_plugin() {
	local plugin=/usr/lib/ipsec/plugins/libstrongswan-kernel-azvpn.so

	mv "$plugin" "$plugin.away"
	kill -9 "$(cat "$AZVPN_RUN_DIR/hub/charon.pid")"
	wait_for ctl_status hub-dc Unknown
	refuses 3 'charon of gateway "hub" ended while starting; .*/hub/charon.log ends with: .*fail' \
		azvpnctl apply || { mv "$plugin.away" "$plugin"; return 1; }
	mv "$plugin.away" "$plugin"
	run azvpnctl apply
	connected
}

# What is wrong with one site ends no other's tunnel, not even when charon is new.
one_conflict_of_two() {
	ip -n "$hub" route add 192.168.9.0/24 dev vnet
	run azvpnctl local-gateway create lab --gateway-ip-address 203.0.113.9 \
		--address-prefixes 192.168.9.0/24
	refuses 3 'route to 192.168.9.0/24 already' \
		azvpnctl connection create hub-lab --gateway hub --local-gateway lab
	kill -9 "$(cat "$AZVPN_RUN_DIR/hub/charon.pid")"
	wait_for ctl_status hub-dc Unknown
	refuses 3 'route to 192.168.9.0/24 already' azvpnctl apply
	connected
	pings "$vnet_host" 192.168.0.10
	ip -n "$hub" route del 192.168.9.0/24
	run azvpnctl connection delete hub-lab
	run azvpnctl local-gateway delete lab
}

# A device whose tunnel id another connection gets has the SAs of the one that had it.
id_changes_hands() {
	local before

	before=$(nsx "$hub" cat /sys/class/net/azvpn1/ifindex)
	run azvpnctl local-gateway create lab --gateway-ip-address 203.0.113.9 \
		--address-prefixes 192.168.9.0/24
	run azvpnctl connection delete hub-dc --no-apply
	run azvpnctl connection create hub-lab --gateway hub --local-gateway lab
	ip -n "$hub" -d link show azvpn1 | grep 'alias connection hub-lab'
	[ "$(nsx "$hub" cat /sys/class/net/azvpn1/ifindex)" != "$before" ] || fail "the old device is still there"
	[ "$(json length sa list --gateway hub)" = 0 ] || fail "the old SAs are still there"
	run azvpnctl connection delete hub-lab
	run azvpnctl local-gateway delete lab
	run azvpnctl connection create hub-dc --gateway hub --local-gateway dc --shared-key-file "$t_dir/key"
	connected
	pings "$vnet_host" 192.168.0.10
}

# A second daemon for the same gateway would take everything from the first.
second_charon() {
	refuses 1 'charon of gateway "hub" runs already, process [0-9]' azvpnctl ike run hub
	ctl_status hub-dc Connected
	pings "$vnet_host" 192.168.0.10
	nothing_to_do
}

# The gateway moves to another namespace; nothing of it stays in the old one
moves_to_another_namespace() {
	local json=$t_dir/export.json

	azvpnctl export --with-keys > "$json"
	jq --arg ns "$vnet_host" '.gateways[0].netns = $ns' "$json" | run azvpnctl import -
	[ -z "$(ip -n "$hub" link show group 65)" ]
	[ -z "$(ip netns pids "$hub")" ]
	ip -n "$vnet_host" route show proto 65 | grep 'dev azvpn1'
	ip netns pids "$vnet_host" | grep -q "^$(cat "$AZVPN_RUN_DIR/hub/charon.pid")$"
	run azvpnctl import "$json"
	[ -z "$(ip -n "$vnet_host" link show group 65)" ]
	connected
	pings "$vnet_host" 192.168.0.10
}

# The name now stands for another namespace; what runs in the old one is of no use
namespace_made_anew() {
	ip netns del "$hub"
	ip netns add "$hub"
	run azvpnctl apply
	ip -n "$hub" address show azvpn1 | grep 10.1.255.30/32
	[ "$(readlink "/proc/$(cat "$AZVPN_RUN_DIR/hub/charon.pid")/ns/net")" = \
		"$(nsx "$hub" readlink /proc/self/ns/net)" ]
	[ "$(azvpnctl apply | wc -l)" = 0 ]
}

import_of_its_own_export() {
	local before

	before=$(ctl_spis)
	azvpnctl export --with-keys > "$t_dir/export.json"
	watched azvpnctl import "$t_dir/export.json"
	[ ! -s "$t_dir/changes" ] || fail "$(cat "$t_dir/changes")"
	[ "$(ctl_spis)" = "$before" ] || fail "the tunnel was not left alone"
	azvpnctl export --with-keys | cmp - "$t_dir/export.json"
}

import_of_another() {
	azvpnctl export --with-keys > "$t_dir/export.json"
	jq '.connections = [] | .localGateways = []' "$t_dir/export.json" | run azvpnctl import -
	fails ip -n "$hub" link show azvpn1
	jq '.gateways[0].publicIpAddress = "no"' "$t_dir/export.json" > "$t_dir/bad.json"
	refuses 1 'publicIpAddress: "no" is not an IP address' azvpnctl import "$t_dir/bad.json"
	[ "$(json '.connections | length' export)" = 0 ]
	run azvpnctl import "$t_dir/export.json"
	connected
}

ctl_site
ctl_configure
ctl_peer
connected
t "applied twice, nothing is done the second time" nothing_to_do
t "created twice, nothing is done the second time" nothing_new
t "prefixes change at run time, the tunnel is left alone" prefix_change
t "a prefix moves from one site to another" prefix_moves_between_sites
t "routes, addresses and devices of others stay" foreign_things_stay
t "somebody else's route in the way is named" foreign_route_in_the_way
t "somebody else's device in the way is named" foreign_device_in_the_way
t "one site's conflict leaves the others alone" one_conflict_of_two
t "a tunnel id that changes hands takes no SAs along" id_changes_hands
t "a second charon for a gateway is refused" second_charon
t "a device that was set down comes back with its routes" device_set_down
t "importing what was exported changes nothing" import_of_its_own_export
t "importing another configuration, all of it or nothing" import_of_another
t "a gateway moves to another namespace" moves_to_another_namespace
t "the log is rotated" log_rotates
t "without its plugin charon does not start, and it is said why" without_the_plugin
t "charon is started again, with SAs of its own" charon_killed
t "a device that was deleted comes back" device_deleted
t "three at the same time" at_the_same_time
t "everything comes back after a reboot" after_a_reboot
t "without the module it says so, and recovers" without_the_module
t "a module loaded anew under a charon ends that" module_loaded_anew
t "a namespace of the same name made anew" namespace_made_anew
charon_stop dc
ctl_stop
t_end
