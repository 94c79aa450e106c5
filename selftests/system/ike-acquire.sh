#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Trap policies: the connection comes up with the first packet, and again with
# the next one after it has gone.
#
# Time limit: 600 s on a busy machine.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"

hub_net=10.1.0.0/24 dc_net=10.2.0.0/24
acquired='creating acquire job for policy'

trapped() {
	wait_for kernel_has "$hub" 0 2
	wait_for carrier "$hub" azvpn7 up
	is_down hub
}

# The packet that raises the acquire waits for the SA, and is not lost.
packet_connects() {
	local before

	before=$(log_count hub "$acquired")
	nsx "$hub" ping -c 1 -W 30 -I 10.1.0.1 10.2.0.1
	is_up hub
	[ "$(log_count hub "$acquired")" -gt "$before" ]
	nsx "$hub" ping -c 3 -i 0.2 -W 30 -I 10.1.0.1 10.2.0.1
	kernel_has "$hub" 2 2
}

# Only the CHILD_SA goes, which leaves the IKE_SA: that cannot be told by is_down.
child_closed_by() {
	swan "$1" --terminate --child net --timeout 120
	wait_for kernel_has "$hub" 0 2
	wait_for carrier "$hub" azvpn7 up
}

# A thousand packets, with nobody to answer: at most one acquire a second.
acquires_are_few() {
	local before count start=$SECONDS

	before=$(log_count hub "$acquired")
	nsx "$hub" "$udp_probe" send -n 1000 -g 3000 10.2.0.1 7000
	wait_for more_acquires "$before"
	count=$(($(log_count hub "$acquired") - before))
	[ $count -le $((SECONDS - start + 2)) ] || fail "$count acquires in $((SECONDS - start)) s"
}

more_acquires() {
	[ "$(log_count hub "$acquired")" -gt "$1" ]
}

# no_answer: nothing of the peer, not even ICMP
no_answer() {
	ip -n "$dc" link set wan down
	ip -n "$hub" neigh replace 192.0.2.2 lladdr 02:00:00:00:00:01 dev wan nud permanent
}

uninstalled() {
	swan hub --uninstall --child net
	wait_for kernel_empty "$hub"
	wait_for carrier "$hub" azvpn7 down
}

ike_pair
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
ip -n "$dc" route add $hub_net via 192.0.2.1 src 10.2.0.1
charon_start "$hub" hub azvpn
charon_start "$dc" dc xfrm
ike_load hub 192.0.2.1 192.0.2.2 $hub_net $dc_net if_id_in=7 if_id_out=7 child.start_action=trap
ike_load dc 192.0.2.2 192.0.2.1 $dc_net $hub_net

t "a trap without SAs" trapped
t "the first packet brings the connection up" packet_connects
t "closed by azvpn: the trap takes over" child_closed_by hub
t "the next packet brings it up again" packet_connects
t "closed by the peer: the trap takes over" child_closed_by dc
t "and again" packet_connects
swan hub --terminate --ike net --timeout 120 > /dev/null
t "the trap outlives the IKE SA" trapped
no_answer
t "few acquires for many packets" acquires_are_few
swan hub --terminate --ike net --force > /dev/null || :
t "without the trap nothing is left" uninstalled
t "no message of the kernel" dmesg_clean
t_end
