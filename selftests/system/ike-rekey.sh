#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 900 s, for some 80 rekeys.
#
# Rekeying with traffic flowing: every datagram is numbered, goes to the peer
# and comes back, and none may be missing.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"

hub_net=10.1.0.0/24 dc_net=10.2.0.0/24
children='CHILD_SA net\{[0-9]+\} established'
ike_sas='IKE_SA net\[[0-9]+\] rekeyed between'

more_than() {
	[ "$(log_count hub "$2")" -gt "$1" ]
}

# rekey SIDE child|ike: and wait until it is done
rekey() {
	local pattern=$children before

	[ "$2" = child ] || pattern=$ike_sas
	before=$(log_count hub "$pattern")
	swan "$1" --rekey "--$2" net > /dev/null || return 1
	wait_for more_than "$before" "$pattern"
}

# rekeys TIMES SIDE child|ike
rekeys() {
	local i

	flow_start "$hub" 10.2.0.1 "$dc"
	for ((i = 0; i < $1; i++)); do
		rekey "$2" "$3" || { charon_log hub | tail -n 40; fail "rekey $i of $1"; }
	done
	flow_end $((100 * $1))
}

connect() {
	swan hub --initiate --child net --timeout 120
	wait_for is_up hub
	wait_for is_up dc
}

one_child() {
	[ "$(sas "$1")" = 1 ]
}

# Both sides rekey at the same moment, so that one of two new SAs is given up again.
collide() {
	local before

	before=$(log_count hub "$children")
	swan hub --rekey --child net > /dev/null &
	swan dc --rekey --child net > /dev/null
	wait $!
	wait_for more_than "$before" "$children" && wait_for one_child hub && wait_for one_child dc
}

# Half a second each way, in which a side has not heard yet of what the other does.
slow_wire() {
	local ns

	for ns in "$hub" "$dc"; do
		run tc -n "$ns" qdisc "$1" dev wan root netem "${@:2}"
	done
}

# collisions TIMES: not every try hits the moment
collisions() {
	local try

	slow_wire add limit 10000 delay 500ms	# not under traffic, of which a new qdisc loses some
	flow_start "$hub" 10.2.0.1 "$dc"
	for ((try = 0; try < 10 * $1; try++)); do
		collide || { charon_log hub | tail -n 60; fail "try $try"; }
		[ "$(log_count hub 'detected CHILD_REKEY collision')" -lt "$1" ] || break
	done
	flow_end 100
	slow_wire del
	[ "$(log_count hub 'detected CHILD_REKEY collision')" -ge "$1" ] || fail "no $1 collisions in $try tries"
}

load_both() {
	ike_load hub 192.0.2.1 192.0.2.2 $hub_net $dc_net if_id_in=7 if_id_out=7
	ike_load dc 192.0.2.2 192.0.2.1 $dc_net $hub_net "${dc_settings[@]}"
}

# What was replaced goes after charon's delay, and leaves nothing behind.
settled() {
	wait_for kernel_has "$hub" 2 2
	nsx "$hub" ping -c 3 -i 0.2 -W 30 -I 10.1.0.1 10.2.0.1
}

all_sides() {
	connect > /dev/null
	t "$1: 20 rekeys of the child by azvpn, no packet lost" rekeys 20 hub child
	t "$1: 20 rekeys of the child by the peer, no packet lost" rekeys 20 dc child
	t "$1: 5 rekeys of the IKE SA by azvpn, no packet lost" rekeys 5 hub ike
	t "$1: 5 rekeys of the IKE SA by the peer, no packet lost" rekeys 5 dc ike
	t "$1: only the last SAs are left" settled
}

ike_pair
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
ip -n "$dc" route add $hub_net via 192.0.2.1 src 10.2.0.1
charon_start "$hub" hub azvpn
charon_start "$dc" dc xfrm
dc_settings=()
load_both
all_sides xfrm

charon_stop dc
ip -n "$dc" route del $hub_net
ike_tunnel "$dc" 8 $hub_net 10.2.0.1
charon_start "$dc" dc azvpn
dc_settings=(if_id_in=8 if_id_out=8)
load_both
wait_for is_down hub
connect > /dev/null
t "azvpn: 20 rekeys of the child by one side, no packet lost" rekeys 20 hub child
t "azvpn: both sides rekey at once, no packet lost" collisions 3
t "no message of the kernel" dmesg_clean
t_end
