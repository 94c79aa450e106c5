#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tunnels by IKE: azvpn's charon against stock strongSwan on the kernel's xfrm,
# both ways round, and against another azvpn.
#
# Time limit: 600 s on a busy machine.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"

hub_net=10.1.0.0/24 dc_net=10.2.0.0/24 any=0.0.0.0/0
hub_id=(if_id_in=7 if_id_out=7)

reach() {
	run nsx "$hub" ping -c 3 -i 0.2 -W 30 -I 10.1.0.1 10.2.0.1
	run nsx "$dc" ping -c 3 -i 0.2 -W 30 -I 10.2.0.1 10.1.0.1
}

# Pings of 1,000 bytes each way, by the module's count and by charon's.
counters_agree() {
	local from_kernel from_charon

	nsx "$hub" ping -q -c 5 -i 0.2 -W 30 -s 1000 -I 10.1.0.1 10.2.0.1
	from_kernel=$(of_sas "$hub" out bytes)
	from_charon=$(swan hub --list-sas | sed -n 's/.* out .* \([0-9]*\) bytes.*/\1/p')
	echo "charon: $from_charon, kernel: $from_kernel"
	[ "$from_kernel" -ge 5140 ] && [ "$from_kernel" = "$from_charon" ]
}

up_from() {
	run swan "$1" --initiate --child net --timeout 120
	wait_for is_up hub
	wait_for is_up dc
	wait_for carrier "$hub" azvpn7 up
}

down_from() {
	run swan "$1" --terminate --ike net --timeout 120
	wait_for is_down hub
	wait_for is_down dc
	wait_for kernel_empty "$hub"
	wait_for carrier "$hub" azvpn7 down
}

load_both() {
	ike_load hub 192.0.2.1 192.0.2.2 "$1" "$2" "${hub_id[@]}"
	ike_load dc 192.0.2.2 192.0.2.1 "$2" "$1" "${@:3}"
}

wrong_key() {
	PSK=somethingElse ike_load dc 192.0.2.2 192.0.2.1 $dc_net $hub_net
	fails run swan hub --initiate --child net --timeout 120
	log_has hub AUTHENTICATION_FAILED
	is_down hub
	kernel_empty "$hub"
	carrier "$hub" azvpn7 down
	fails nsx "$hub" ping -c 1 -W 1 -I 10.1.0.1 10.2.0.1
}

swap_peer() {
	charon_stop dc
	charon_start "$dc" dc "$1"
}

# With the device go its SAs and policies, which charon is not told.
device_made_again() {
	run ip -n "$hub" link del azvpn7
	kernel_empty "$hub"
	ike_tunnel "$hub" 7 $dc_net 10.1.0.1
	run swan hub --rekey --child net
	wait_for kernel_has "$hub" 2 2
	wait_for carrier "$hub" azvpn7 up
	reach
}

# The kernel outlives charon, and the next charon finds what the last one left.
crash() {
	kernel_has "$hub" 2 2
	charon_stop hub KILL
	kernel_has "$hub" 2 2
	charon_start "$hub" hub azvpn
	kernel_empty "$hub"
}

ike_pair
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
ip -n "$dc" route add $hub_net via 192.0.2.1 src 10.2.0.1

t "the plugin is built for this charon" "$AZVPN_BUILD/selftests/ike-layout"
t "charon starts on azvpn" charon_start "$hub" hub azvpn
t "stock charon starts" charon_start "$dc" dc xfrm
t "another key: not connected" eval "load_both $hub_net $dc_net; wrong_key"
load_both $hub_net $dc_net
t "initiator against xfrm" up_from hub
t "traffic both ways" reach
t "charon shows the kernel's counters" counters_agree
t "closed by azvpn" down_from hub
t "responder against xfrm" up_from dc
t "traffic both ways, as responder" reach
t "closed by the peer" down_from dc

ip -n "$dc" link add xfrm9 type xfrm if_id 9
ip -n "$dc" link set xfrm9 mtu 1400 up
ip -n "$dc" route replace $hub_net dev xfrm9 src 10.2.0.1
load_both $any $any if_id_in=9 if_id_out=9
t "any-to-any against an xfrm interface" up_from hub
t "traffic both ways, any-to-any" reach
t "closed by azvpn, any-to-any" down_from hub

ip -n "$dc" link del xfrm9
ike_tunnel "$dc" 8 $hub_net 10.2.0.1
t "the peer changes over to azvpn" swap_peer azvpn
load_both $any $any if_id_in=8 if_id_out=8
t "azvpn against azvpn" up_from dc
t "traffic both ways, azvpn against azvpn" reach
t "a device made again gets all of its policies with the next rekey" device_made_again
t "a new charon clears up after one that died" crash
t "no message of the kernel" dmesg_clean
t_end
