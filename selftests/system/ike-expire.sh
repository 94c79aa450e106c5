#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Lifetimes of SAs, kept by the module: a soft limit starts a rekey, a hard one
# ends the SA.
#
# Time limit: 600 s on a busy machine.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"

hub_net=10.1.0.0/24 dc_net=10.2.0.0/24
soft='creating rekey job for CHILD_SA'
hard='creating delete job for CHILD_SA'

# connect SETTING...: up with these limits, which only the hub has
connect() {
	ike_load hub 192.0.2.1 192.0.2.2 $hub_net $dc_net if_id_in=7 if_id_out=7 "$@"
	: > "$t_dir/hub/log"
	swan hub --initiate --child net --timeout 120
	wait_for is_up hub
	wait_for is_up dc
}

disconnect() {
	swan hub --terminate --ike net --timeout 120
	wait_for kernel_empty "$hub"
	wait_for is_down dc
}

# packets COUNT SIZE: there and back
packets() {
	nsx "$hub" ping -q -c "$1" -i 0.02 -W 30 -s "$2" -I 10.1.0.1 10.2.0.1
}

logged() {
	[ "$(log_count hub "$1")" -ge "${2:-1}" ]
}

established='CHILD_SA net\{[0-9]+\} established'

rekeyed() {
	logged "$soft" && logged "$established" 2 && is_up hub && ! logged "$hard"
}

soft_time() {
	connect child.rekey_time=4s child.rand_time=0s child.life_time=120s
	flow_start "$hub" 10.2.0.1 "$dc"
	wait_for rekeyed
	flow_end 100
	disconnect
}

a_key() {
	head -c 36 /dev/urandom | od -An -v -tx1 | tr -d ' \n' > "$t_dir/key"
}

# The module checks limits once a second and tells in the order in which it finds
# them: when an SA younger than the others has been told of, these were checked.
limits_are_checked() {
	a_key
	nsx "$hub" "$azvpn_sa" sa add spi=0x1000 src=192.0.2.1 dst=192.0.2.2 dir=out tunnel=7 \
		reqid=9 "key=$t_dir/key" hard-seconds=1
	wait_for logged "$hard ESP/0x00001000"
}

# soft_traffic packets|bytes LIMIT COUNT: half of the packets start no rekey, the
# other half does
soft_traffic() {
	connect "child.rekey_$1=$2" "child.rand_$1=0" "child.life_$1=$((100 * $2))"
	packets $(($3 / 2)) 1000
	limits_are_checked
	fails logged "$soft"
	packets $(($3 / 2 + 5)) 1000
	wait_for logged "$soft"
	wait_for logged "$established" 2
	is_up hub
	packets 3 100
	disconnect
}

# The SPIs of the first CHILD_SA, from the log: an SA of seconds may be gone before
# anybody asks for it.
first_spis() {
	sed -nE "/$established/{s/.* SPIs ([0-9a-f]+)_i ([0-9a-f]+)_o .*/0x\\1 0x\\2/p;q}" "$t_dir/hub/log"
}

# gone SPI...: of these SAs none is left
gone() {
	local spi left

	left=$(nsx "$hub" "$azvpn_sa" sa dump)
	for spi in "$@"; do
		case $left in *"spi=$spi "*) return 1 ;; esac
	done
}

# The SAs end, and charon makes new ones in their place.
hard_limit() {
	local old

	connect "$@"
	old=$(first_spis)
	echo "first SPIs: $old"
	packets 60 100 || :
	wait_for logged "$hard"
	# shellcheck disable=SC2086 # two words
	wait_for gone ${old:?}
	wait_for logged "$established" 2
	fails logged "$soft"
	disconnect
}

# Charon sleeps, its SAs vanish, and the events of others are more than its
# buffer can take.
events_lost() {
	local i

	connect
	kill -STOP "$(cat "$t_dir/hub/pid")"
	nsx "$hub" "$azvpn_sa" sa flush
	a_key
	for i in {1..40}; do
		echo "sa add spi=$((4096 + i)) src=192.0.2.2 dst=192.0.2.1 dir=in tunnel=7 reqid=9 key=$t_dir/key hard-seconds=1"
	done | nsx "$hub" "$azvpn_sa" batch
	wait_for kernel_has "$hub" 0 2
	kill -CONT "$(cat "$t_dir/hub/pid")"
	wait_for logged 'events of the kernel were lost'
	wait_for kernel_has "$hub" 2 2
	packets 3 100
	disconnect
}

# Charon asks the module when an SA was last used.
idle() {
	connect child.inactivity=10s
	nsx "$hub" ping -q -c 24 -i 0.5 -W 30 -I 10.1.0.1 10.2.0.1
	is_up hub
	wait_for kernel_empty "$hub"
	log_has hub 'deleting CHILD_SA after 10 seconds of inactivity'
	disconnect
}

ike_pair
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
ip -n "$dc" route add $hub_net via 192.0.2.1 src 10.2.0.1
charon_start "$hub" hub azvpn "plugins { kernel-azvpn { receive_buffer = 4096 } }"
charon_start "$dc" dc xfrm
ike_load dc 192.0.2.2 192.0.2.1 $dc_net $hub_net

t "seconds, soft: a rekey, no packet lost" soft_time
t "packets, soft: a rekey" soft_traffic packets 80 80
t "bytes, soft: a rekey" soft_traffic bytes 80000 78
t "seconds, hard: the SAs end" hard_limit child.rekey_time=0s child.life_time=3s
t "packets, hard: the SAs end" hard_limit child.rekey_packets=0 child.life_packets=30
t "bytes, hard: the SAs end" hard_limit child.rekey_bytes=0 child.life_bytes=4000
t "events that were lost are made up for" events_lost
t "an idle SA is closed, a used one is not" idle
t "no message of the kernel" dmesg_clean
t_end
