#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No packet is lost for its size: it arrives whole, or its sender is told what fits.
#
#                  left (azvpn)            router                right (the kernel's xfrm)
#   host ─ inside ─┤ wire ═════════ near ─┴─ far ════════════ wire ├─ tun 10.2.0.1
#                    198.51.100.1 .254   203.0.113.254  203.0.113.2       fd00:2::1
#                    2001:db8::1  ::fe   2001:db8:1::fe 2001:db8:1::2
#
# host 10.1.9.2 and fd00:1:9::2 has a link of 9,000 bytes, so that all sizes get as
# far as left. The server on right answers in short. With ESP_MATRIX=full the sizes
# are tried with every kind of algorithm (make check-matrix).
#
# Time limit: 900 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

# The path is narrower than the devices, unless a case says otherwise.
esp_mtu=1500 esp_inner=46 esp_window=2048
esp_right=203.0.113.2 esp_right6=2001:db8:1::2

ns_add host left router right
link_pair "$host" eth 10.1.9.2/24 "$left" inside 10.1.9.1/24
link_pair "$left" wire $esp_left/24 "$router" near 198.51.100.254/24
link_pair "$router" far 203.0.113.254/24 "$right" wire $esp_right/24
ip -n "$host" link set eth mtu 9000
ip -n "$left" link set inside mtu 9000
for ns in "$host" "$left" "$router" "$right"; do
	esp_ipv6_host "$ns"
done
esp_ipv6 "$host" eth fd00:1:9::2/64
esp_ipv6 "$left" inside fd00:1:9::1/64
esp_ipv6 "$left" wire $esp_left6/64
esp_ipv6 "$router" near 2001:db8::fe/64
esp_ipv6 "$router" far 2001:db8:1::fe/64
esp_ipv6 "$right" wire $esp_right6/64
for ns in "$left" "$router"; do
	nsx "$ns" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
ip -n "$host" route add default via 10.1.9.1
ip -n "$host" route add default via fd00:1:9::1
ip -n "$right" route add 198.51.100.0/24 via 203.0.113.254
ip -n "$right" route add 2001:db8::/64 via 2001:db8:1::fe

# remember SECONDS: for how long what is learned of a path holds.
remember() {
	nsx "$left" sysctl -qw net.ipv4.route.mtu_expires="$1" net.ipv6.route.mtu_expires="$1"
}

# left_routes [WORD...]: left's way to right, with a metric.
left_routes() {
	ip -n "$left" route replace 203.0.113.0/24 via 198.51.100.254 "$@"
	ip -n "$left" route replace 2001:db8:1::/64 via 2001:db8::fe "$@"
}

# What the router sees of left's packets.
watch() {
	nsx "$router" nft -f - <<-EOF
	table inet watch {
		counter from-left { }
		counter fragments { }
		counter df { }
		counter too-big { }
		chain in {
			type filter hook prerouting priority -450
			iif != near accept
			meta l4proto { esp, udp } counter name from-left
			ip frag-off & 0x3fff != 0 counter name fragments
			exthdr frag exists counter name fragments
			ip frag-off & 0x4000 != 0 counter name df
		}
		chain out {
			type filter hook output priority 0
			icmp type destination-unreachable icmp code frag-needed counter name too-big
			icmpv6 type packet-too-big counter name too-big
		}
	}
	EOF
}

# seen COUNTER: by the router.
seen() {
	local words

	words=$(nsx "$router" nft list counter inet watch "$1")
	[[ $words =~ packets\ ([0-9]+) ]]
	echo "${BASH_REMATCH[1]}"
}

device_is() {
	[[ $(ip -n "$left" link show tun) = *" mtu $1 "* ]]
}

# poke SIZE: a packet of that payload that nobody waits for.
poke() {
	nsx "$host" udp-probe send -d -n 1 -g 0 -s "$1" 10.2.0.1 9
}

# follows MTU [SIZE]: the device has that MTU, once packets have shown what the path is like.
follows() {
	poke "${2:-1000}" > /dev/null
	device_is "$1"
}

up() {
	left_routes
	esp_up xfrm
	watch
	start "$right" udp-probe sum 10.2.0.1 7007
	start "$right" udp-probe sum fd00:2::1 7007
}

# again COMMAND...: like fresh, with the router's devices and rules as they were.
again() {
	nsx "$router" nft flush ruleset
	ip -n "$router" link set far mtu 1500
	for ns in "$left" "$host"; do
		ip -n "$ns" route flush cache
		ip -n "$ns" -6 route flush cache
	done
	esp_clear "$host"
	fresh "$@"
}

reach() {
	nsx "$host" udp-probe reach "$@"
}

# around MTU: every size within 64 bytes of it, all four ways that a packet has.
around() {
	local mtu=$1 before result

	# IPv4 with DF, and IPv6, which always has it
	result=$(reach -d 10.2.0.1 7007 $((mtu - 28 - 64)) $((mtu - 28 + 64)))
	holds "$result" "whole == 65 && told == 64 && lost == 0"
	holds "$result" "largest == $mtu - 28 && least == largest + 1 && low == $mtu && high == $mtu"
	result=$(reach -d fd00:2::1 7007 $((mtu - 48 - 64)) $((mtu - 48 + 64)))
	holds "$result" "whole == 65 && told == 64 && lost == 0"
	holds "$result" "largest == $mtu - 48 && least == largest + 1 && low == $mtu && high == $mtu"
	# IPv4 without, in two pieces where one does not fit, each a packet of ESP
	before=$(value packets "$(sa_get "$left" $esp_spi_lr "$esp_right")")
	result=$(reach 10.2.0.1 7007 $((mtu - 28 - 64)) $((mtu - 28 + 64)))
	holds "$result" "whole == 129 && told == 0 && lost == 0"
	sa_is "$left" $esp_spi_lr "$esp_right" "packets - $before == 65 + 2 * 64"
	# IPv6 that its sender has fragmented
	ip -n "$host" -6 route replace fd00:2::/32 via fd00:1:9::1 mtu "$mtu"
	result=$(reach fd00:2::1 7007 $((mtu - 48 - 64)) $((mtu - 48 + 64)))
	ip -n "$host" -6 route del fd00:2::/32
	holds "$result" "whole == 129 && told == 0 && lost == 0"
	tunnel_is "$left" 'drops == drops_mtu'
}

# sweep CIPHER INTEGRITY OUTER ENCAP: "-" for none.
sweep() {
	local mtu

	esp_cipher=$1 esp_integrity=${2#-} esp_outer=$3 esp_encap=${4#-}
	up
	mtu=$(esp_inner_mtu 1500)
	wait_for follows "$mtu"
	around "$mtu"
	[ "$(seen fragments)" = 0 ]
	[ "$(seen from-left)" -gt 500 ]
}

# The path is narrower further on: a router says so.
router_says() {
	local mtu

	esp_outer=$1 esp_encap=${2#-}
	up
	ip -n "$left" link set tun type azvpn df set
	mtu=$(esp_inner_mtu 1420)
	wait_for follows "$(esp_inner_mtu 1500)"
	ip -n "$router" link set far mtu 1420
	wait_for follows "$mtu" 1372
	[ "$(seen too-big)" -ge 1 ]
	around "$mtu"
	[ "$(seen fragments)" = 0 ]
}

# And it gets wider: what was learned expires.
wider_again() {
	esp_outer=$1
	up
	ip -n "$left" link set tun type azvpn df set
	ip -n "$router" link set far mtu 1420
	remember 3
	wait_for follows "$(esp_inner_mtu 1420)" 1372
	remember 600
	ip -n "$router" link set far mtu 1500
	wait_for follows "$(esp_inner_mtu 1500)"
}

route_says() {
	local result

	esp_outer=$1
	up
	wait_for follows "$(esp_inner_mtu 1500)"
	left_routes mtu 1400
	wait_for follows "$(esp_inner_mtu 1400)"
	around "$(esp_inner_mtu 1400)"
	[ "$(seen fragments)" = 0 ]
	# IPv6 needs 1280 bytes: the device has them, and the outer packets go in pieces
	left_routes mtu 1300
	wait_for follows 1280
	result=$(reach -d fd00:2::1 7007 1168 1232)
	holds "$result" 'whole == 65 && told == 0 && lost == 0'
	[ "$(seen fragments)" -gt 0 ]
	result=$(reach -d fd00:2::1 7007 1233 1240)
	holds "$result" 'whole == 0 && told == 8 && low == 1280 && high == 1280'
	left_routes
	wait_for follows "$(esp_inner_mtu 1500)"
}

# Whatever the path carries, the device keeps to what it was told.
configured() {
	local result

	esp_mtu=1400
	up
	result=$(reach -d 10.2.0.1 7007 1309 1436)
	holds "$result" 'whole == 64 && told == 64 && low == 1400 && high == 1400'
	result=$(reach -d fd00:2::1 7007 1289 1416)
	holds "$result" 'whole == 64 && told == 64 && low == 1400 && high == 1400'
	device_is 1400
	ip -n "$left" link set tun mtu 1350
	poke 1000 > /dev/null
	reach -d 10.2.0.1 7007 1000 1010 > /dev/null
	device_is 1350
	ip -n "$left" link set tun mtu 9000
	wait_for follows "$(esp_inner_mtu 1500)"
}

# reassembled: packets that left has put together from fragments.
reassembled() {
	nsx "$left" awk '/^Ip:/ && n++ { print $16 }' /proc/net/snmp
}

# What right sends without DF a router may cut up.
reassembly() {
	local result before

	esp_outer=4 esp_encap=${1#-}
	up
	before=$(reassembled)
	ip -n "$router" link set near mtu 1300
	start "$left" udp-probe sum 10.1.0.1 7007
	result=$(nsx "$right" udp-probe reach 10.1.0.1 7007 1150 1390)
	ip -n "$router" link set near mtu 1500
	holds "$result" 'whole == 241 && lost == 0'
	sa_is "$left" $esp_spi_rl "$esp_left" 'packets == 241 && drops == 0'
	# of those whose outer packet was longer than 1300 bytes
	[ $(($(reassembled) - before)) = $((1390 + 28 - $(esp_inner_mtu 1300))) ]
}

# df_is MODE WITH WITHOUT SENT: of 5 packets each with and without DF so many have it
# outside; with them left has sent SENT.
df_is() {
	local before

	ip -n "$left" link set tun type azvpn df "$1"
	before=$(seen df)
	holds "$(nsx "$host" udp-probe send -d -n 5 -g 0 -s 100 10.2.0.1 9)" 'sent == 5'
	wait_for df_seen $((before + $2))
	holds "$(nsx "$host" udp-probe send -n 5 -g 0 -s 100 10.2.0.1 9)" 'sent == 5'
	wait_for tunnel_is "$left" "tx_packets == $4"
	wait_for df_seen $((before + $2 + $3))
}

df_seen() {
	[ "$(seen df)" = "$1" ]
}

df_modes() {
	up
	df_is copy 5 0 10
	df_is set 5 5 20
	df_is clear 0 0 30
	df_is sa 0 0 40
}

df_of_the_sa() {
	esp_flags=,copy-df
	up
	df_is sa 5 0 10
	df_is clear 0 0 20
}

# syns NS DEVICE: tcpdump in the background.
syns() {
	start_plain "$1" tcpdump -ni "$2" -l --immediate-mode 'tcp or ip6 proto 6'
	wait_for grep -q '^listening on' "${started#*:}"
}

# The MSS of each SYN that a tcpdump has seen, without repetition.
announced() {
	sed -n 's/.*Flags \[S\.*\].*mss \([0-9]*\).*/\1/p' "${1#*:}" | sort -nu | tr '\n' ' '
}

# connect NS ADDRESS PORT: bulk, small.
connect() {
	nsx "$1" tcp-probe send "$2" "$3" 20000
}

# mss_heard AT-HOST AT-RIGHT: patterns of the MSS values on the link of each, its own among them.
mss_heard() {
	local at_host at_right address

	syns "$host" eth
	at_host=$started
	syns "$right" tun
	at_right=$started
	for address in 10.2.0.1 fd00:2::1; do
		connect "$host" $address 7008
	done
	for address in 10.1.9.2 fd00:1:9::2; do
		connect "$right" $address 7008
	done
	wait_for seen_syns "$at_host"
	wait_for seen_syns "$at_right"
	stop "$at_host" > /dev/null
	stop "$at_right" > /dev/null
	echo "at host: $(announced "$at_host"), at right: $(announced "$at_right")"
	# shellcheck disable=SC2053 # patterns
	[[ $(announced "$at_host") == $1 && $(announced "$at_right") == $2 ]]
}

# Two connections each way, a SYN and its answer of each.
seen_syns() {
	[ "$(grep -c 'Flags \[S' "${1#*:}")" -ge 8 ]
}

serve_tcp() {
	local address

	for address in 10.2.0.1 fd00:2::1; do
		start "$right" tcp-probe serve $address 7008
	done
	for address in 10.1.9.2 fd00:1:9::2; do
		start "$host" tcp-probe serve $address 7008
	done
}

# The hosts' own: 8960 and 8940 by the link of 9,000, 1460 and 1440 by xfrm's device.
clamp() {
	up
	wait_for follows "$(esp_inner_mtu 1500)"
	serve_tcp
	mss_heard "1350 8940 8960 " "1350 1440 1460 "
	ip -n "$left" link set tun type azvpn mss 1200
	mss_heard "1200 8940 8960 " "1200 1440 1460 "
	ip -n "$left" link set tun type azvpn mss 0
	# smaller ones too, of those that have learned the path's MTU meanwhile
	mss_heard "*1440 1460 8940 8960 " "*1440 1460 8940 8960 "
}

# A firewall that eats the router's messages. What TCP sends with the clamp fits.
black_hole() {
	esp_outer=$1
	up
	wait_for follows "$(esp_inner_mtu 1500)"
	ip -n "$left" link set tun type azvpn df set
	serve_tcp
	ip -n "$router" link set far mtu 1484
	nsx "$router" nft -f - <<-EOF
	table inet firewall {
		chain out {
			type filter hook output priority 10
			icmp type destination-unreachable drop
			icmpv6 type packet-too-big drop
		}
	}
	EOF
	nsx "$host" tcp-probe send 10.2.0.1 7008 200000
	nsx "$host" tcp-probe send fd00:2::1 7008 200000
	[ "$(seen too-big)" = 0 ]
	# without it there is a hole
	ip -n "$left" link set tun type azvpn mss 0
	start_plain "$host" tcp-probe send 10.2.0.1 7008 200000
	wait_for has_seen too-big 3
	[ ! -s "${started#*:}" ]
	kill "${started%%:*}"
}

has_seen() {
	[ "$(seen "$1")" -ge "$2" ]
}

# sizes CIPHER INTEGRITY OUTER ENCAP: a case.
sizes() {
	local name="every size: $1"

	[ "$2" = - ] || name+=", $2"
	name+=" over IPv$3"
	[ "$4" = - ] || name+=", UDP"
	t "$name" again sweep "$@"
}

# Every class of padding and trailer by every way, with ESP_MATRIX=full.
all_sizes() {
	local pair outer encap

	for pair in aes-gcm-{16,12,8}/- chacha20-poly1305/- {aes-cbc,null}/hmac-sha256-128 \
		{aes-cbc,3des-cbc}/hmac-{sha1-96,sha384-192,sha512-256} des-cbc/hmac-md5-96; do
		for outer in 4 6; do
			for encap in - yes; do
				sizes "${pair%/*}" "${pair#*/}" $outer $encap
			done
		done
	done
}

if [ "${ESP_MATRIX:-}" = full ]; then
	all_sizes
else
	sizes aes-gcm-16 - 4 -
	sizes aes-gcm-16 - 4 yes
	sizes aes-cbc hmac-sha256-128 4 -
	sizes aes-cbc hmac-sha256-128 4 yes
	sizes aes-gcm-16 - 6 -
	sizes aes-cbc hmac-sha256-128 6 yes
fi
t "a router says what the path carries" again router_says 4 -
t "a router says what the path carries, UDP" again router_says 4 yes
t "a router says what the path carries, IPv6" again router_says 6 -
t "a router says what the path carries, UDP over IPv6" again router_says 6 yes
t "the path gets wider again" again wider_again 4
t "the path gets wider again, IPv6" again wider_again 6
t "the route says what the path carries" again route_says 4
t "the route says what the path carries, IPv6" again route_says 6
t "never more than was configured" again configured
t "fragments of ESP are put together" again reassembly -
t "fragments of ESP in UDP are put together" again reassembly yes
t "DF by the device" again df_modes
t "DF by the SA" again df_of_the_sa
t "TCP is clamped both ways" again clamp
t "TCP where nobody may say that the path is narrow" again black_hole 4
t "TCP where nobody may say that the path is narrow, IPv6" again black_hole 6
t "the kernel had nothing to complain about" dmesg_clean
t_end
