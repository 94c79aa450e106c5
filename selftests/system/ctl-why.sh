#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 600 s
#
# azvpnctl why: each thing that keeps a connection from passing packets is named,
# with what to do, and nothing is named when all is well. Topology: lib-ctl.sh.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-ike.sh"
. "$(dirname "$0")/../lib-ctl.sh"

# says CODE...: exactly these are found, in this order.
says() {
	local found

	found=$(json '[.[].code] | join(" ")' why hub-dc)
	[ "$found" = "$*" ] || { azvpnctl why hub-dc; fail "not \"$*\" but \"$found\""; }
}

no_peer() {
	wait_for says connecting
	refuses 0 'has not agreed to a tunnel yet.*charon.log' azvpnctl why hub-dc
	refuses 1 'no connection "nope"' azvpnctl why nope
}

all_is_well() {
	ctl_peer
	wait_for ctl_status hub-dc Connected || { ctl_log; charon_log dc; return 1; }
	pings "$vnet_host" 192.168.0.10
	says ok
}

# The encrypted packet is stopped on its way out.
firewall() {
	nsx "$hub" nft add table ip stop
	nsx "$hub" nft add chain ip stop out '{ type filter hook output priority 0; }'
	nsx "$hub" nft add rule ip stop out ip daddr 203.0.113.2 ip protocol esp drop
	nsx "$vnet_host" ping -c 1 -W 1 192.168.0.10 && fail "a packet passed the firewall"
	nsx "$hub" nft delete table ip stop
	wait_for says refused
	[ "$(json '.[0].packets' why hub-dc)" = 1 ]
	refuses 0 'stopped on this host on their way out.* s ago \(1 packets\): .*nft list ruleset' \
		azvpnctl why hub-dc
}

device_down() {
	ip -n "$hub" link set azvpn1 down
	wait_for says device-down not-connected refused
	run azvpnctl apply
	wait_for ctl_status hub-dc Connected
}

no_daemon() {
	kill -9 "$(cat "$AZVPN_RUN_DIR/hub/charon.pid")"
	wait_for says ike-daemon refused
	refuses 0 'IKE daemon of gateway hub does not run' azvpnctl why hub-dc
}

ctl_site
ctl_configure > /dev/null

t "there is no peer yet" no_peer
t "all is well" all_is_well
t "a firewall stops what is encrypted" firewall
t "the device is down" device_down
t "there is no IKE daemon" no_daemon
ctl_stop
t "no message of the kernel" dmesg_clean
t_end
