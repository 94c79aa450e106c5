#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 1200 s, for some 70 rekeys.
#
# Libreswan as the site, on the kernel's own xfrm: IKEv2 with a key both know and
# DH group 14.
#
#	hub 10.1.0.1 [192.0.2.1]----[192.0.2.2] 10.2.0.1 dc
#	charon, azvpn                        pluto, xfrm
#
# As responder of a rekey Libreswan sends by the new SA at once, while its answer
# is still on the way. All traffic is numbered, 1,000 datagrams a second there
# and back, and none may be missing.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"
# shellcheck source=selftests/lib-libreswan.sh
. "$(dirname "$0")/../lib-libreswan.sh"

hub_net=10.1.0.0/24 dc_net=10.2.0.0/24
ike_flow_gap=1000
children='outbound CHILD_SA net\{[0-9]+\} established'
ike_sas='IKE_SA net\[[0-9]+\] rekeyed between'

# load CHARON-ALGORITHMS LIBRESWAN-ALGORITHMS: of the child, on both sides.
load() {
	ike_load hub 192.0.2.1 192.0.2.2 $hub_net $dc_net if_id_in=7 if_id_out=7 \
		proposals=aes256gcm16-prfsha256-modp2048 "child.esp_proposals=$1-modp2048-esn-noesn"
	libreswan_load dc 192.0.2.2 192.0.2.1 $dc_net $hub_net "esp=$2"
}

both_up() {
	wait_for is_up hub
	wait_for libreswan_is_up dc
}

both_down() {
	wait_for is_down hub
	wait_for libreswan_is_down dc
	wait_for kernel_empty "$hub"
}

# up_from SIDE: and packets pass.
up_from() {
	case $1 in
	hub) swan hub --initiate --child net --timeout 120 ;;
	dc) whack dc --initiate --name net ;;
	esac
	both_up
	nsx "$hub" ping -c 3 -i 0.2 -W 30 -I 10.1.0.1 10.2.0.1
	nsx "$dc" ping -c 3 -i 0.2 -W 30 -I 10.2.0.1 10.1.0.1
}

down_from() {
	case $1 in
	hub) swan hub --terminate --ike net --timeout 120 ;;
	dc) whack dc --terminate --name net ;;
	esac
	both_down
}

more_than() {
	[ "$(log_count hub "$2")" -gt "$1" ]
}

# rekey SIDE child|ike: and wait until it is done.
rekey() {
	local pattern=$children before

	[ "$2" = child ] || pattern=$ike_sas
	before=$(log_count hub "$pattern")
	case $1/$2 in
	hub/*) swan hub --rekey "--$2" net ;;
	dc/child) whack dc --rekey-ipsec --name net --asynchronous ;;
	dc/ike) whack dc --rekey-ike --name net --asynchronous ;;
	esac
	wait_for more_than "$before" "$pattern"
}

# rekeys TIMES SIDE child|ike
rekeys() {
	local i

	flow_start "$hub" 10.2.0.1 "$dc"
	for ((i = 0; i < $1; i++)); do
		rekey "$2" "$3" || { charon_log hub | tail -n 40; charon_log dc | tail -n 40; fail "rekey $i of $1"; }
	done
	flow_end $((10 * $1))
	echo "$1 rekeys of the $3 by $2: $(cat "$t_dir/flow")" >> "$t_dir/figures"
	none_dropped
}

none_dropped() {
	local counters

	counters=$(nsx "$hub" "$azvpn_sa" net get)
	case " $counters " in
	*" early_full=0 early_timeout=0 "*) ;;
	*) fail "$counters" ;;
	esac
	counters=$(nsx "$hub" "$azvpn_sa" tunnel dump)
	[[ " $counters " = *" drops=0 "* ]] || fail "$counters"
}

early() {
	nsx "$hub" "$azvpn_sa" net get | sed -n 's/.*early_held=\([0-9]*\).*/\1/p'
}

# Packets of the new SA have come before its keys, or nothing was tested.
rekeys_with_early_packets() {
	local before tries

	before=$(early)
	for ((tries = 0; tries < 5; tries++)); do
		rekeys 20 hub child
		echo "of these $(($(early) - before)) came early" >> "$t_dir/figures"
		[ "$(early)" = "$before" ] || return 0
	done
	fail "no packet was early in $((20 * tries)) rekeys"
}

# settled: what was replaced goes after charon's delay, and leaves nothing behind.
settled() {
	wait_for kernel_has "$hub" 2 2
	nsx "$hub" ping -c 3 -i 0.2 -W 30 -I 10.1.0.1 10.2.0.1
}

# algorithms CHARON LIBRESWAN NAME: a tunnel of these, and a rekey from either side.
algorithms() {
	load "$1" "$2"
	up_from hub
	nsx "$hub" "$azvpn_sa" sa dump | grep -q " cipher=$3 integrity=$4 "
	rekeys 3 hub child
	rekeys 3 dc child
	down_from hub
}

ike_pair
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
ip -n "$dc" route add $hub_net via 192.0.2.1 src 10.2.0.1
charon_start "$hub" hub azvpn
libreswan_start "$dc" dc
load aes256gcm16 aes_gcm256

t "azvpn starts the tunnel" up_from hub
t "azvpn ends it" down_from hub
t "Libreswan starts the tunnel" up_from dc
t "20 rekeys of the child by azvpn, early packets wait and none is lost" rekeys_with_early_packets
t "20 rekeys of the child by Libreswan, no packet lost" rekeys 20 dc child
t "5 rekeys of the IKE SA by azvpn, no packet lost" rekeys 5 hub ike
t "5 rekeys of the IKE SA by Libreswan, no packet lost" rekeys 5 dc ike
t "only the last SAs are left" settled
t "Libreswan ends it" down_from dc
t "the tunnel comes back" up_from hub
t "azvpn ends it again" down_from hub
t "AES-CBC-256 with HMAC-SHA2-256" algorithms aes256-sha256 aes256-sha2_256 aes-cbc hmac-sha256-128
t "ChaCha20-Poly1305" algorithms chacha20poly1305 chacha20_poly1305 chacha20-poly1305 none
t "no message of the kernel" dmesg_clean
sed 's/^/# /' "$t_dir/figures"
t_end
