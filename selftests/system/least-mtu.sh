#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A path of the least MTU that IPv6 has: an inner IPv6 packet of 1280 bytes may not
# be refused, and does not fit. The outer packet goes in pieces, whatever the tunnel
# says about DF.
#
#       left (azvpn)                                      right (azvpn)
#   tun 2001:db8:10::1 ── wire 2001:db8:1::1 ═════ 2001:db8:1::2 wire ── tun 2001:db8:20::1
#                         wire 198.51.100.1 ══════ 198.51.100.2 wire
#
#   the route between the two: MTU 1280

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_topology
outer6_left=2001:db8:1::1 outer6_right=2001:db8:1::2
inner6_left=2001:db8:10::1 inner6_right=2001:db8:20::1
esp_key 256 "$t_dir/key"
for ns in "$left" "$right"; do
	nsx "$ns" sh -c 'for f in all default wire; do echo 0 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done'
done
ip -n "$left" address add $outer6_left/64 dev wire nodad
ip -n "$right" address add $outer6_right/64 dev wire nodad
ip -n "$left" route replace $outer6_right dev wire mtu 1280
ip -n "$right" route replace $outer6_left dev wire mtu 1280
ip -n "$left" route replace $esp_right dev wire mtu 1280
ip -n "$right" route replace $esp_left dev wire mtu 1280

# end NS LOCAL REMOTE SPI_OUT SPI_IN INNER OTHER DF
end() {
	ip -n "$1" link add tun mtu 1280 type azvpn id 7 df "$8"
	nsx "$1" sh -c 'echo 0 > /proc/sys/net/ipv6/conf/tun/disable_ipv6'
	azvpn-sa -n "$1" batch <<-EOF
	sa add dir=in spi=$5 src=$3 dst=$2 tunnel=7 reqid=1 key=$t_dir/key
	sa add dir=out spi=$4 src=$2 dst=$3 tunnel=7 reqid=1 key=$t_dir/key
	policy add dir=in tunnel=7 from=::/0 to=::/0 reqid=1
	policy add dir=out tunnel=7 from=::/0 to=::/0 reqid=1 sa=$4 sa-dst=$3
	EOF
	ip -n "$1" address add "$6/128" dev tun nodad
	ip -n "$1" link set tun up
	ip -n "$1" route add "$7/128" dev tun src "$6"
}

# passes DF LEFT RIGHT: echoes of 1280 bytes, and of one byte more than fits in one piece.
passes() {
	end "$left" "$2" "$3" 0x1001 0x2001 $inner6_left $inner6_right "$1"
	end "$right" "$3" "$2" 0x2001 0x1001 $inner6_right $inner6_left "$1"
	# 48 bytes of headers
	run nsx "$left" ping -6 -M do -c 3 -i 0.2 -W 20 -s $((1280 - 48)) $inner6_right
	run nsx "$left" ping -6 -M do -c 3 -i 0.2 -W 20 -s $((1227 - 48)) $inner6_right
	tunnel_is "$left" 'drops == 0'
	tunnel_is "$right" 'drops == 0 && rx_packets >= 6'
}

for df in sa copy set clear; do
	t "1280 bytes over IPv6, DF $df" fresh passes $df $outer6_left $outer6_right
	t "1280 bytes over IPv4, DF $df" fresh passes $df $esp_left $esp_right
done
t "the kernel had nothing to complain about" dmesg_clean
t_end
