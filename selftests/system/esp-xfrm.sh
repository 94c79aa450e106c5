#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ESP against the kernel's own xfrm, both ways.
#
#       left (azvpn)                                   right (the kernel's xfrm)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#                          |                       |
#   host 10.1.9.2 ─────────┘                       └── echo 10.2.0.1 port 7007
#
# host stands behind left and sends what left has to forward.
#
# Time limit: 1200 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

# Bulk is received on several CPUs, a batch on each: a small window would find some of it stale.
esp_window=2048

esp_topology
ns_add host
link_pair "$host" eth 10.1.9.2/24 "$left" inside 10.1.9.1/24
ip -n "$host" route add default via 10.1.9.1
ns_forward "$left"

serve() {
	start "$right" udp-probe echo $esp_inner_right 7007
}

no_drops() {
	tunnel_is "$left" 'drops == 0'
	sa_is "$left" $esp_spi_lr $esp_right 'drops == 0'
	sa_is "$left" $esp_spi_rl $esp_left 'drops == 0'
}

# Every payload there and back. 1372 bytes fill the MTU of 1400; what is above is
# fragmented before it enters the tunnel, two packets each way.
sweep() {
	local result

	serve
	result=$(run_quiet nsx "$left" udp-probe sweep $esp_inner_right 7007 1 1500)
	holds "$result" 'sent == 1500 && good == 1500'
	no_drops
	sa_is "$left" $esp_spi_lr $esp_right "packets == 1372 + 2 * 128 && sequence == packets"
	sa_is "$left" $esp_spi_rl $esp_left "packets == 1372 + 2 * 128 && sequence == packets"
	# payloads and their headers of 28 bytes, 20 more for each second fragment
	sa_is "$left" $esp_spi_lr $esp_right "bytes == 1500 * 1501 / 2 + 1500 * 28 + 128 * 20"
	tunnel_is "$left" 'rx_packets == 1628 && tx_packets == 1628'
	stop "$started"
}

# stdout of the command alone is wanted
run_quiet() {
	echo "\$ $*" >&2
	"$@"
}

transfer() {
	start "$right" tcp-probe serve $esp_inner_right 7008
	run nsx "$left" tcp-probe send $esp_inner_right 7008 "$1"
	stop "$started"
	start "$left" tcp-probe serve $esp_inner_left 7008
	run nsx "$right" tcp-probe send $esp_inner_left 7008 "$1"
	stop "$started"
	no_drops
}

# One combination: up, every size, TCP both ways, down.
combination() {
	esp_bits=$1 esp_esn=$2 esp_encap=$3
	esp_up xfrm
	sweep
	transfer 2000000
}

# What TCP hands to the device comes as super-packets: far fewer calls than packets.
# They are seen as such on the way in, by a tap on the device itself.
super_packets() {
	local tap tapped packets

	esp_up xfrm
	start "$left" esp-inject tap tun
	tap=$started
	start "$right" tcp-probe serve $esp_inner_right 7008
	run nsx "$left" tcp-probe send $esp_inner_right 7008 10000000
	tapped=$(value frames "$(stop "$tap")")
	packets=$(value packets "$(azvpn-sa -n "$left" sa get spi=$esp_spi_lr dst=$esp_right)")
	echo "$packets packets in $tapped frames"
	[ "$packets" -ge 7400 ]
	[ "$tapped" -lt "$packets" ]
	no_drops
}

# Taps clone every packet, so that what the module encrypts in place is shared.
with_taps() {
	local taps=() device result

	esp_up xfrm
	for device in wire tun inside; do
		start "$left" esp-inject tap $device
		taps+=("$started")
	done
	serve
	result=$(nsx "$host" udp-probe flow -n 300 -s 1000 -g 0 $esp_inner_right 7007)
	holds "$result" 'sent == 300 && received == 300 && duplicate == 0'
	transfer 1000000
	# on the wire there is ESP and nothing else of IP
	holds "$(stop "${taps[0]}")" 'esp >= 600 && inner == 0 && open == 0'
}

forwarded() {
	local result

	esp_up xfrm
	serve
	result=$(run_quiet nsx "$host" udp-probe sweep $esp_inner_right 7007 1340 1500)
	holds "$result" 'good == 161'
}

# A packet with DF that does not fit is answered, and the sender learns the size.
too_big_with_df() {
	local result

	esp_up xfrm
	serve
	ip -n "$host" route flush cache
	result=$(nsx "$host" udp-probe flow -d -n 20 -s 1372 $esp_inner_right 7007)
	holds "$result" 'received == 20'
	result=$(nsx "$host" udp-probe flow -d -n 20 -s 1373 -w 200 $esp_inner_right 7007)
	# the first one left the host, the others the host itself refuses
	holds "$result" 'received == 0 && refused >= 18'
	nsx "$host" ip -4 route get $esp_inner_right | grep -q 'mtu 1400'
}

# Here the path is narrower than the device: 1500 of inner packet leave 1446.
too_big_for_the_path() {
	local result

	esp_mtu=1500 esp_flags=,copy-df
	esp_up xfrm
	ip -n "$host" route flush cache
	serve
	result=$(nsx "$host" udp-probe flow -d -n 10 -s 1418 $esp_inner_right 7007)
	holds "$result" 'received == 10'
	tunnel_is "$left" 'drops_mtu == 0'
	result=$(nsx "$host" udp-probe flow -d -n 10 -s 1419 -w 200 $esp_inner_right 7007)
	holds "$result" 'received == 0 && refused >= 8'
	# the first by azvpn itself; then its device's MTU has followed
	tunnel_is "$left" 'drops_mtu == drops'
	wait_for ip_shows "$left" tun 'mtu 1446 '
	nsx "$host" ip -4 route get $esp_inner_right | grep -q 'mtu 1446'
	# without DF it goes through, in fragments
	result=$(nsx "$host" udp-probe flow -n 10 -s 1472 $esp_inner_right 7007)
	holds "$result" 'received == 10'
}

ip_shows() {
	ip -n "$1" link show "$2" | grep -q "$3"
}

# Where the MTU is locked it is never learned, so packets go without DF, in fragments.
locked_mtu() {
	local result

	esp_mtu=1500 esp_flags=,copy-df
	esp_up xfrm
	serve
	nsx "$left" nft -f - <<-EOF
	table ip df {
		counter df { }
		counter without { }
		chain out {
			type filter hook output priority 0
			ip protocol esp ip frag-off & 0x4000 == 0x4000 counter name df
			ip protocol esp ip frag-off & 0x4000 == 0 counter name without
		}
	}
	EOF
	result=$(nsx "$host" udp-probe flow -d -n 10 -s 1200 $esp_inner_right 7007)
	holds "$result" 'received == 10'
	counter_is "$left" df df 10
	ip -n "$left" route add $esp_right/32 dev wire mtu lock 1400
	result=$(nsx "$host" udp-probe flow -d -n 10 -s 1200 $esp_inner_right 7007)
	holds "$result" 'received == 10'
	counter_is "$left" df df 10
	counter_is "$left" df without 10
	ip -n "$left" route del $esp_right/32 dev wire
}

# What a packet socket puts on the device is known for IPv4 by itself.
packet_socket() {
	esp_up xfrm
	# 10.1.0.1 to 10.2.0.1, a header and nothing else
	printf '\x45\0\0\x14\0\0\0\0\x40\xfd\x65\xe9\x0a\1\0\1\x0a\2\0\1' |
		nsx "$left" socat -u STDIN INTERFACE:tun
	wait_for tunnel_is "$left" 'tx_packets == 1 && drops == 0'
	sa_is "$left" $esp_spi_lr $esp_right 'packets == 1 && bytes == 20'
}

count_tos() {
	nsx "$1" nft -f - <<-EOF
	table ip tos {
		counter ef { }
		counter be { }
		counter ect { }
		chain out {
			type filter hook output priority 0
			ip protocol esp ip dscp ef counter name ef
			ip protocol esp ip dscp 0 counter name be
			ip protocol esp ip ecn ect0 counter name ect
		}
	}
	EOF
}

counter_is() {
	local got

	got=$(nsx "$1" nft list counter ip "$2" "$3")
	[[ $got == *"packets $4 "* ]] || fail "not $4 packets: $got"
}

# 0xba is DSCP EF with ECT(0).
copy_tos() {
	local result

	esp_flags=,copy-dscp,copy-ecn
	esp_up xfrm
	count_tos "$left"
	serve
	result=$(nsx "$left" udp-probe flow -t 0xba -n 20 $esp_inner_right 7007)
	holds "$result" 'received == 20 && tos == 186'
	counter_is "$left" tos ef 20
	counter_is "$left" tos ect 20
	nsx "$left" nft delete table ip tos
}

hide_tos() {
	local result

	esp_up xfrm
	count_tos "$left"
	serve
	result=$(nsx "$left" udp-probe flow -t 0xba -n 20 $esp_inner_right 7007)
	holds "$result" 'received == 20'
	counter_is "$left" tos be 20
	counter_is "$left" tos ect 0
	nsx "$left" nft delete table ip tos
}

mark_congestion() {
	nsx "$1" nft -f - <<-EOF
	table ip congestion {
		chain in {
			type filter hook prerouting priority raw
			ip protocol esp ip ecn set ce
		}
	}
	EOF
}

# Congestion met on the way is told to who can hear it, and drops what cannot (RFC 6040).
congestion() {
	local result

	esp_flags=,copy-ecn
	esp_up xfrm
	mark_congestion "$left"
	serve
	# ECT(0) both ways: the answers arrive marked
	result=$(nsx "$left" udp-probe flow -t 2 -n 20 $esp_inner_right 7007)
	holds "$result" 'received == 20 && tos == 3'
	result=$(nsx "$left" udp-probe flow -t 0 -n 20 -w 300 $esp_inner_right 7007)
	holds "$result" 'sent == 20 && received == 0'
	wait_for tunnel_is "$left" 'drops_ecn == 20 && drops == 20'
	nsx "$left" nft delete table ip congestion
}

for bits in 128 256; do
	t "AES-GCM-$bits" fresh combination $bits "" ""
	t "AES-GCM-$bits in UDP" fresh combination $bits "" yes
done
t "AES-GCM-256 with extended sequence numbers" fresh combination 256 yes ""
t "AES-GCM-128 with extended sequence numbers, in UDP" fresh combination 128 yes yes
t "TCP super-packets are cut into segments" fresh super_packets
t "packet taps do not see or spoil what is encrypted in place" fresh with_taps
t "forwarded packets of every size around the MTU" fresh forwarded
t "DF: the sender of what does not fit is told the MTU" fresh too_big_with_df
t "DF copied: the sender is told what the path leaves" fresh too_big_for_the_path
t "no DF where the MTU is locked" fresh locked_mtu
t "a packet socket can send" fresh packet_socket
t "DSCP and ECN are copied when asked for" fresh copy_tos
t "DSCP and ECN stay inside otherwise" fresh hide_tos
t "congestion marks cross the tunnel as RFC 6040 says" fresh congestion
t "the kernel had nothing to complain about" dmesg_clean
t_end
