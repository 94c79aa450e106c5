#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The life of a tunnel device.
#
#     left                       elsewhere
#   tun (id 7) ── moved to ──> tun
#     |
#   wire 198.51.100.1 ═══ 198.51.100.2 right
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

ns_add left right
link_pair "$left" wire "$esp_left/24" "$right" wire "$esp_right/24"
esp_key 256 "$t_dir/key"

add_tunnel() {
	ip -n "$1" link add "$2" type azvpn id "$3"
}

add_and_delete() {
	run add_tunnel "$left" tun 7
	has "$(azvpn-sa -n "$left" tunnel get tunnel=7)" id=7 ifname=tun sas=0 policies=0
	net_is "$left" 'tunnels == 1'
	run ip -n "$left" link del tun
	net_is "$left" 'tunnels == 0'
	refused ENOENT "" azvpn-sa -n "$left" tunnel get tunnel=7 ||
		refused ESRCH "" azvpn-sa -n "$left" tunnel get tunnel=7
}

refuse_bad_ids() {
	local id

	add_tunnel "$left" tun 7
	refused "" "id of the tunnel is missing" ip -n "$left" link add tun2 type azvpn
	refused "" "has this id" add_tunnel "$left" tun2 7
	for id in 0 4294967296 -1 x; do
		refused "" "" add_tunnel "$left" tun2 "$id"
	done
	refused "" "cannot be changed" ip -n "$left" link set tun type azvpn id 8
	refused "" "no hardware address" \
		ip -n "$left" link add tun2 address 02:00:00:00:00:01 type azvpn id 8
	net_is "$left" 'tunnels == 1'
	# a device that was refused leaves its name and id free
	add_tunnel "$left" tun2 4294967295
	ip -n "$left" link del tun2
	ip -n "$left" link del tun
}

# What says nothing of the id of a device that is there leaves it alone.
change_nothing() {
	add_tunnel "$left" tun 7
	ip -n "$left" link set tun type azvpn
	refused "exists" "" add_tunnel "$left" tun 9
	ip -n "$left" -d link show tun | grep -qw 'azvpn id 7'
	ip -n "$left" link del tun
}

# The index is taken, which the core finds out after the module has claimed the
# id, and says that it is busy; newer ones, to which it exists, have looked before.
fail_to_register() {
	local index

	add_tunnel "$right" tun 7
	index=$(nsx "$right" cat /sys/class/net/tun/ifindex)
	for _ in 1 2 3; do
		refused "RTNETLINK answers" "" ip -n "$left" link add gone index "$index" netns "$right" \
			type azvpn id 8
		net_is "$right" 'tunnels == 1'
		refused "" "tunnel" azvpn-sa -n "$right" sa add dir=in spi=0x1001 src=$esp_left \
			dst=$esp_right key="$t_dir/key" tunnel=8 reqid=1
	done
	# the id is free
	add_tunnel "$right" tun8 8
	net_is "$right" 'tunnels == 2'
	ip -n "$right" link del tun8
	ip -n "$right" link del tun
}

# ip(8) looks at an id itself; these reach the kernel.
refuse_raw_ids() {
	refused "Invalid argument" "id of the tunnel is missing" nsx "$left" link-add tun2
	refused "out of range" "" nsx "$left" link-add tun2 0 0 0 0
	refused "out of range" "" nsx "$left" link-add tun2 7
	refused "out of range" "" nsx "$left" link-add tun2 7 0 0
	net_is "$left" 'tunnels == 0'
	run nsx "$left" link-add tun2 7 0 0 0
	refused "exists" "has this id" nsx "$left" link-add tun3 7 0 0 0
	run ip -n "$left" link del tun2
}

show_id() {
	add_tunnel "$left" tun 7
	ip -n "$left" -d link show tun | grep -qw 'azvpn id 7'
	ip -n "$left" -d -j link show tun | grep -q '"info_data":{"id":7[,}]'
	ip -n "$left" link del tun
}

bound_mtu() {
	local mtu

	add_tunnel "$left" tun 7
	ip -n "$left" link show tun | grep -q 'mtu 1400 '
	for mtu in 68 1280 1500 9000 65000; do
		ip -n "$left" link set tun mtu $mtu
	done
	# 65535 less all that the greediest algorithm adds over IPv6; one more would not fit
	ip -n "$left" link set tun mtu 65414
	refused "" "less than device minimum" ip -n "$left" link set tun mtu 67
	refused "" "greater than device maximum" ip -n "$left" link set tun mtu 65415
	ip -n "$left" link del tun
}

# ready_is 0|1: at once by netlink; as the kernel tells everybody, soon.
ready_is() {
	tunnel_is "$left" "carrier == $1"
	wait_for operstate_is "$([ "$1" = 1 ] && echo up || echo dormant)"
}

operstate_is() {
	[ "$(nsx "$left" cat /sys/class/net/tun/operstate)" = "$1" ]
}

any_to_any="tunnel=7 from=0.0.0.0/0 to=0.0.0.0/0"

add_out_sa() {
	azvpn-sa -n "$left" sa add dir=out spi="$1" src=$esp_left dst=$esp_right tunnel=7 reqid=1 \
		key="$t_dir/key"
}

# shellcheck disable=SC2086 # several words
follow_sas() {
	add_tunnel "$left" tun 7
	ip -n "$left" link set tun up
	ready_is 0
	add_out_sa 0x1001
	ready_is 0
	run azvpn-sa -n "$left" policy add dir=out $any_to_any sa=0x1001 sa-dst=$esp_right
	ready_is 1
	tunnel_is "$left" 'carrier == 1 && sas == 1 && policies == 1'
	run azvpn-sa -n "$left" sa del spi=0x1001 dst=$esp_right
	tunnel_is "$left" 'sas == 0 && policies == 1'
	# a policy that has lost its SA is not one that never had one: that is a trap, and traps
	# are ready to raise an acquire
	ready_is 0
	run azvpn-sa -n "$left" policy add dir=out $any_to_any replace=1
	ready_is 1
	run azvpn-sa -n "$left" policy del dir=out $any_to_any
	ready_is 0
	# a policy that lets nothing out does not make a tunnel ready, an inbound one neither
	run azvpn-sa -n "$left" policy add dir=out $any_to_any action=drop
	run azvpn-sa -n "$left" policy add dir=in $any_to_any reqid=1
	ready_is 0
	run azvpn-sa -n "$left" policy flush tunnel=7
	tunnel_is "$left" 'carrier == 0 && policies == 0'
	ip -n "$left" link del tun
}

# device_counts NAME=N...: statistics of the device.
device_counts() {
	local count got

	for count in "$@"; do
		got=$(nsx "$left" cat "/sys/class/net/tun/statistics/${count%=*}")
		[ "$got" = "${count#*=}" ] || fail "${count%=*} is $got instead of ${count#*=}"
	done
}

# One narrow policy keeps the carrier up; what goes elsewhere matches none.
drop_without_policy() {
	local before

	add_tunnel "$left" tun 7
	esp_addresses "$left" 10.1.0.1 10.2.0.0/16
	add_out_sa 0x1001
	azvpn-sa -n "$left" policy add dir=out tunnel=7 from=10.1.0.0/24 to=10.2.5.0/24 \
		sa=0x1001 sa-dst=$esp_right
	wait_for carrier "$left" tun up
	before=$(azvpn-sa -n "$left" tunnel get tunnel=7)
	run nsx "$left" udp-probe send -n 25 -g 0 10.2.6.1 9
	tunnel_is "$left" 'drops_no_policy == 25 && drops == 25 && tx_packets == 0'
	holds "$before" 'drops == 0'
	# the device counts them too
	device_counts tx_dropped=25 tx_packets=0
	run nsx "$left" udp-probe send -n 5 -g 0 10.2.5.1 9
	tunnel_is "$left" 'drops_no_policy == 25 && tx_packets == 5'
	ip -n "$left" link del tun
}

# 64-bit counters of the device, of the tunnel and of the SA agree to the byte.
count_alike() {
	add_tunnel "$left" tun 7
	esp_addresses "$left" 10.1.0.1 10.2.0.0/16
	add_out_sa 0x1001
	# shellcheck disable=SC2086
	azvpn-sa -n "$left" policy add dir=out $any_to_any sa=0x1001 sa-dst=$esp_right
	wait_for carrier "$left" tun up
	nsx "$left" udp-probe send -n 40 -g 0 -s 100 10.2.0.1 9
	# 40 packets of 20 + 8 + 100 bytes
	device_counts tx_packets=40 tx_bytes=5120 tx_dropped=0 tx_errors=0
	tunnel_is "$left" 'tx_packets == 40 && tx_bytes == 5120'
	sa_is "$left" 0x1001 $esp_right 'packets == 40 && bytes == 5120 && sequence == 40'
	ip -n "$left" link del tun
}

rename_it() {
	add_tunnel "$left" tun 7
	run ip -n "$left" link set tun name azvpn7
	has "$(azvpn-sa -n "$left" tunnel get tunnel=7)" ifname=azvpn7
	ip -n "$left" link del azvpn7
}

same_id_in_two_namespaces() {
	add_tunnel "$left" tun 7
	add_tunnel "$right" tun 7
	run ip -n "$left" link del tun
	net_is "$left" 'tunnels == 0'
	net_is "$right" 'tunnels == 1'
	ip -n "$right" link del tun
}

# The SAs stay where the packets travel, the inner side goes with the device.
move_to_another_namespace() {
	local spi=0x1001

	ns_add elsewhere
	add_tunnel "$left" tun 7
	add_out_sa $spi
	# shellcheck disable=SC2086
	azvpn-sa -n "$left" policy add dir=out $any_to_any sa=$spi sa-dst=$esp_right
	# shellcheck disable=SC2154 # set by ns_add
	run ip -n "$left" link set tun netns "$elsewhere"
	ip -n "$elsewhere" -d link show tun | grep 'link-netns'
	esp_addresses "$elsewhere" 10.1.0.1 10.2.0.0/16
	run nsx "$elsewhere" udp-probe send -n 10 -g 0 10.2.0.1 9
	sa_is "$left" $spi $esp_right 'packets == 10'
	net_is "$left" 'tunnels == 1'
	net_is "$elsewhere" 'tunnels == 0 && sas == 0'
	# its id is taken where its packets travel, and free where it is now
	refused "" "has this id" add_tunnel "$left" tun2 7
	add_tunnel "$elsewhere" tun2 7
	run ip -n "$elsewhere" link del tun
	net_is "$left" 'tunnels == 0 && sas == 0 && policies == 0'
	run ip netns del "$elsewhere"
}

gone() {
	! ip -n "$1" link show "$2" > /dev/null 2>&1
}

netns_deleted() {
	ns_add transport
	add_tunnel "$transport" tun 7
	ip -n "$transport" link set tun up
	run ip netns del "$transport"

	ns_add transport
	add_tunnel "$transport" tun 7
	run ip -n "$transport" link set tun netns "$left" name guest
	ip -n "$left" link set guest up
	run ip netns del "$transport"
	# without the namespace that carries its packets a tunnel is nothing
	wait_for gone "$left" guest
}

t "a device comes and goes" fresh add_and_delete
t "bad ids are refused with a reason" fresh refuse_bad_ids
t "the kernel refuses bad ids by itself" fresh refuse_raw_ids
t "a change that changes nothing" fresh change_nothing
t "a device that cannot be registered leaves its id free" fresh fail_to_register
t "ip -d link shows the id" fresh show_id
t "the MTU has bounds" fresh bound_mtu
t "the carrier follows policies and SAs" fresh follow_sas
t "a packet no policy matches is dropped and counted" fresh drop_without_policy
t "device, tunnel and SA count alike" fresh count_alike
t "a device can be renamed" fresh rename_it
t "two namespaces can use the same id" fresh same_id_in_two_namespaces
t "a device can live in another namespace" fresh move_to_another_namespace
t "deleting the namespace deletes the device, wherever it is" fresh netns_deleted
t "the kernel had nothing to complain about" dmesg_clean
t_end
