#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# By which way outer packets go: a VRF, a device, a mark; and an inner side that is in
# a VRF itself.
#
#       left (azvpn)                                       right (azvpn)
#   tun 10.1.0.1 ── wire   198.51.100.1 ═════ 198.51.100.2 wire   ── tun 10.2.0.1
#                          2001:db8::1         2001:db8::2
#               ─── second 203.0.113.1 ═══════ 203.0.113.2 second
#                          2001:db8:2::1       2001:db8:2::2
#
# right is reached by either wire; 198.51.100.2 and 2001:db8::2 are its own on both.
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-esp6.sh
. "$(dirname "$0")/../lib-esp6.sh"

esp_window=2048
esp6_topology
link_pair "$left" second 203.0.113.1/24 "$right" second 203.0.113.2/24
for ns in "$left" "$right"; do
	nsx "$ns" sh -c '
		echo 0 > /proc/sys/net/ipv6/conf/second/accept_dad
		echo 0 > /proc/sys/net/ipv6/conf/second/disable_ipv6
		echo 1 > /proc/sys/net/ipv4/udp_l3mdev_accept
		for device in all wire second; do
			echo 0 > /proc/sys/net/ipv4/conf/$device/rp_filter
		done'
done
ip -n "$left" address add 2001:db8:2::1/64 dev second nodad
ip -n "$right" address add 2001:db8:2::2/64 dev second nodad

# The peer's address, with its prefix length, and the way to it by the second wire.
peer_by_second() {
	if [ "$esp_family" = 4 ]; then
		echo "$esp_right/32 via 203.0.113.2 dev second src $esp_left"
	else
		echo "$esp_right/128 via 2001:db8:2::2 dev second src $esp_left"
	fi
}

# The peer's network by the second wire, where the first is better.
network_by_second() {
	if [ "$esp_family" = 4 ]; then
		echo "198.51.100.0/24 via 203.0.113.2 dev second src $esp_left metric 5000"
	else
		echo "2001:db8::/64 via 2001:db8:2::2 dev second src $esp_left metric 5000"
	fi
}

# Outer packets that have left by each wire, and what mark they had.
count_outer() {
	nsx "$left" nft -f - <<-EOF
	table inet count {
		chain leave {
			type filter hook postrouting priority 300
			meta l4proto esp oifname wire counter name wire_packets
			meta l4proto esp oifname second counter name second_packets
			meta l4proto esp meta mark != 0 counter name marked_packets
			meta l4proto esp meta mark 5 counter name five_packets
		}
		counter wire_packets { }
		counter second_packets { }
		counter marked_packets { }
		counter five_packets { }
	}
	EOF
}

counter() {
	nsx "$left" nft list counter inet count "$1_packets" | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

# outer WIRE SECOND MARKED: so many since count_outer, by each way and with a mark.
outer() {
	holds "wire=$(counter wire) second=$(counter second) marked=$(counter marked)" \
		"wire == $1 && second == $2 && marked == $3"
}

echo_at_right() {
	start "$right" udp-probe echo $esp_inner_right 7007
}

# there_and_back N: N packets and their echoes.
there_and_back() {
	holds "$(nsx "$left" udp-probe flow -n "$1" -g 0 $esp_inner_right 7007)" \
		"sent == $1 && received == $1"
}

send() {
	nsx "$left" udp-probe send -n "$1" -g 0 10.2.0.99 9 > /dev/null
}

# vrf NAME TABLE DEVICE: put the device into a VRF; its addresses stay.
vrf() {
	ip -n "$left" link show "$1" > /dev/null 2>&1 || ip -n "$left" link add "$1" type vrf table "$2"
	ip -n "$left" link set "$1" up
	ip -n "$left" link set "$3" master "$1"
	# IPv6 forgets them
	[ "$3" != wire ] || ip -n "$left" address replace $esp6_left/64 dev wire nodad
}

no_vrf() {
	ip -n "$left" link del "$1"
	ip -n "$left" address replace $esp6_left/64 dev wire nodad
}

# The wire is in a VRF, and the tunnel is told so while it is at work.
vrf_underlay() {
	esp_up azvpn
	echo_at_right
	there_and_back 20
	vrf under 100 wire
	# no route outside of the VRF: nothing goes, though a moment ago it did
	send 10
	tunnel_is "$left" 'drops_no_route == 10 && drops == 10'
	ip -n "$left" link set tun type azvpn underlay under
	there_and_back 50
	tunnel_is "$left" 'drops == 10 && rx_packets == 70'
	ip -n "$left" link set tun type azvpn nounderlay
	send 10
	tunnel_is "$left" 'drops_no_route == 20 && drops == 20'
	no_vrf under
	there_and_back 20
	tunnel_is "$left" 'drops == 20 && rx_packets == 90'
}

# Two ways; the device named is the one, from the next packet on.
device_underlay() {
	esp_up azvpn
	echo_at_right
	# shellcheck disable=SC2046 # several words
	ip -n "$left" route add $(network_by_second)
	count_outer
	there_and_back 20
	outer 20 0 0
	ip -n "$left" link set tun type azvpn underlay second
	there_and_back 20
	outer 20 20 0
	ip -n "$left" link set tun type azvpn underlay wire
	there_and_back 20
	outer 40 20 0
	ip -n "$left" link set tun type azvpn underlay second
	there_and_back 5
	outer 40 25 0
	ip -n "$left" link set tun type azvpn nounderlay
	# shellcheck disable=SC2046
	ip -n "$left" route del $(network_by_second)
	tunnel_is "$left" 'drops == 0'
}

# The mark of the tunnel is on its outer packets and routes them.
mark_routes() {
	esp_up azvpn
	echo_at_right
	ip -n "$left" "-$esp_family" rule add fwmark 5 table 200
	# shellcheck disable=SC2046 # several words
	ip -n "$left" route add $(peer_by_second) table 200
	count_outer
	there_and_back 20
	outer 20 0 0
	ip -n "$left" link set tun type azvpn mark 5
	there_and_back 20
	outer 20 20 20
	[ "$(counter five)" = 20 ]
	ip -n "$left" link set tun type azvpn mark 6
	there_and_back 20
	outer 40 20 40
	ip -n "$left" link set tun type azvpn mark 5
	there_and_back 1
	outer 40 21 41
	ip -n "$left" link set tun type azvpn mark 0
	there_and_back 20
	outer 60 21 41
	tunnel_is "$left" 'drops == 0'
	ip -n "$left" "-$esp_family" rule del fwmark 5 table 200
	ip -n "$left" "-$esp_family" route flush table 200
}

# The inner packet's mark chooses the tunnel, and must not choose the wire: that would
# send outer packets into the tunnel again, or past the firewall. Nor does it come in.
inner_mark() {
	esp_up azvpn
	echo_at_right
	ip -n "$left" "-$esp_family" rule add fwmark 5 table 200
	# shellcheck disable=SC2046 # several words
	ip -n "$left" route add $(peer_by_second) table 200
	count_outer
	nsx "$left" nft -f - <<-EOF
	table ip marks {
		chain leave {
			type route hook output priority -150;
			ip daddr 10.2.0.0/16 meta mark set 5
		}
		chain arrive {
			type filter hook prerouting priority -300;
			iifname wire meta mark set 5
		}
		chain seen {
			type filter hook input priority 0
			iifname tun meta mark != 0 counter name came_in
		}
		counter came_in { }
	}
	EOF
	# the inner packets have the mark, but no route of their own by it
	there_and_back 20
	outer 20 0 0
	nsx "$left" nft list counter ip marks came_in | grep -q 'packets 0 '
	# a tunnel's mark is another matter
	ip -n "$left" link set tun type azvpn mark 7
	there_and_back 20
	outer 40 0 20
	ip -n "$left" "-$esp_family" rule del fwmark 5 table 200
	ip -n "$left" "-$esp_family" route flush table 200
}

# The tunnel itself is in a VRF: an inner side that knows nothing of the outer one.
inner_vrf() {
	esp_up azvpn
	echo_at_right
	vrf inner 300 tun
	# the route of the address comes along, those of the site do not
	ip -n "$left" route add 10.2.0.0/16 dev tun table 300 src $esp_inner_left
	wait_for nsx "$left" ping -c 1 -W 1 -I inner $esp_inner_right
	nsx "$left" ping -c 20 -i 0.01 -W 30 -q -I inner $esp_inner_right
	nsx "$right" ping -c 20 -i 0.01 -W 30 -q $esp_inner_left
	# outside of it the site is unknown
	refused "" "unreachable" nsx "$left" ping -c 1 -W 1 $esp_inner_right
	tunnel_is "$left" 'drops == 0'
	# both sides in VRFs, of which neither knows the other
	vrf under 100 wire
	ip -n "$left" link set tun type azvpn underlay under
	nsx "$left" ping -c 20 -i 0.01 -W 30 -q -I inner $esp_inner_right
	nsx "$right" ping -c 20 -i 0.01 -W 30 -q $esp_inner_left
	tunnel_is "$left" 'drops == 0'
	ip -n "$left" link set tun nomaster
	no_vrf under
	no_vrf inner
}

# An underlay that has gone: nothing goes by another way.
underlay_gone() {
	esp_up azvpn
	echo_at_right
	ip -n "$left" link add spare type dummy
	ip -n "$left" link set spare up
	ip -n "$left" link set tun type azvpn underlay wire
	there_and_back 10
	ip -n "$left" link set tun type azvpn underlay spare
	ip -n "$left" link del spare
	send 10
	tunnel_is "$left" 'drops_no_route == 10 && drops == 10'
	ip -n "$left" link set tun type azvpn nounderlay
	there_and_back 10
	tunnel_is "$left" 'drops == 10'
}

for family in 4 6; do
	t "IPv$family: an underlay in a VRF" fresh over$family vrf_underlay
	t "IPv$family: an underlay device" fresh over$family device_underlay
	t "IPv$family: a mark routes outer packets" fresh over$family mark_routes
	t "IPv$family: the inner mark does not leak" fresh over$family inner_mark
	t "IPv$family: an underlay that has gone" fresh over$family underlay_gone
done
t "the tunnel in a VRF" fresh over4 inner_vrf
t "the kernel had nothing to complain about" dmesg_clean
t_end
