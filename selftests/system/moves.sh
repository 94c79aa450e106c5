#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# SAs that move to other outer addresses and ports (MOBIKE, NAT), under traffic.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#                        198.51.100.11       198.51.100.12
#                        2001:db8::1         2001:db8::2
#                        2001:db8::11        2001:db8::12
#
# And two peers behind one NAT:
#
#   one (azvpn) ── 192.168.1.2 ═╗
#                               router 203.0.113.1 ═ 203.0.113.2 ── right
#   two (azvpn) ── 192.168.2.2 ═╝   (masquerade)
#
# Time limit: 900 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-esp6.sh
. "$(dirname "$0")/../lib-esp6.sh"

esp_window=2048	# a CPU that falls behind makes no packet stale
moves=1000

esp6_topology
ip -n "$left" address add 198.51.100.11/24 dev wire
ip -n "$right" address add 198.51.100.12/24 dev wire
ip -n "$left" address add 2001:db8::11/64 dev wire nodad
ip -n "$right" address add 2001:db8::12/64 dev wire nodad

# The second address of each side.
left_too() {
	echo "${esp_left}1"
}

right_too() {
	echo "${esp_right%2}12"
}

# unknown NS: ESP packets of SPIs that nobody knows, in all the time of the namespace.
unknown() {
	value unknown_spi "$(azvpn-sa -n "$1" net get)"
}

# traffic: numbered packets from left to right and back until stop "$flow".
traffic() {
	unknown_left=$(unknown "$left") unknown_right=$(unknown "$right")
	start "$right" udp-probe echo $esp_inner_right 7007
	start_plain "$left" udp-probe flow -n 0 -g 300 $esp_inner_right 7007
	flow=$started
	wait_for sa_is "$left" $esp_spi_lr "$esp_right" 'packets > 20'
}

# Every packet has come, and come back.
nothing_lost() {
	local result

	result=$(stop "$flow")
	echo "$result"
	holds "$result" 'sent > 100 && received == sent && duplicate == 0 && refused == 0'
	tunnel_is "$left" 'drops == 0'
	tunnel_is "$right" 'drops == 0'
	[ "$(unknown "$left")" = "$unknown_left" ]
	[ "$(unknown "$right")" = "$unknown_right" ]
}

# to_and_fro THERE BACK: these requests a thousand times, while packets go on.
to_and_fro() {
	local i

	for ((i = 0; i < moves / 2; i++)); do
		echo "sa update $1"
		echo "sa update $2"
	done
}

# What the peer's NAT does: another source and port, of the same inbound SA.
inbound_source() {
	local spi="spi=$esp_spi_lr dst=$esp_right"

	esp_up azvpn
	traffic
	to_and_fro "$spi new-src=$(left_too) ${esp_encap:+new-sport=4501 new-dport=4500}" \
		"$spi new-src=$esp_left ${esp_encap:+new-sport=4500 new-dport=4500}" |
		azvpn-sa -n "$right" batch
	nothing_lost
}

# The inbound SA moves to and fro between right's two addresses, and packets come to
# both. What comes to the one where it is not is an SPI that nobody knows there, all
# else is taken: no packet is lost in between.
inbound_both() {
	local there sent packets unknown one two

	there=$(right_too)
	esp_up azvpn
	unknown_right=$(unknown "$right")
	# the same SA once more at left, for right's other address; right takes what comes
	# in any order
	azvpn-sa -n "$right" batch <<-EOF
	sa del spi=$esp_spi_lr dst=$esp_right
	sa add dir=in spi=$esp_spi_lr src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr window=0 tunnel=$tunnel_id reqid=1
	EOF
	azvpn-sa -n "$left" batch <<-EOF
	sa add dir=out spi=$esp_spi_lr src=$esp_left dst=$there key=$t_dir/key-$esp_spi_lr tunnel=$tunnel_id reqid=1
	policy add dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=10.2.1.0/24 reqid=1 sa=$esp_spi_lr sa-dst=$there
	EOF
	start_plain "$left" udp-probe send -n 0 -g 300 $esp_inner_right 9
	one=$started
	start_plain "$left" udp-probe send -n 0 -g 300 10.2.1.1 9
	two=$started
	wait_for sa_is "$left" $esp_spi_lr "$there" 'packets > 20'
	wait_for sa_is "$left" $esp_spi_lr "$esp_right" 'packets > 20'
	to_and_fro "spi=$esp_spi_lr dst=$esp_right new-dst=$there" \
		"spi=$esp_spi_lr dst=$there new-dst=$esp_right" | azvpn-sa -n "$right" batch
	sent=$(($(value sent "$(stop "$one")") + $(value sent "$(stop "$two")")))
	wait_for all_accounted "$sent"
	packets=$(value packets "$(sa_get "$right" $esp_spi_lr "$esp_right")")
	unknown=$(($(unknown "$right") - unknown_right))
	echo "$sent sent, $packets taken, $unknown at the wrong address"
	# it is at one of them at any time
	[ "$packets" -gt 0 ] && [ "$unknown" -gt 0 ]
	sa_is "$right" $esp_spi_lr "$esp_right" 'drops == 0'
}

# all_accounted SENT: so many have come to right, and each was taken or unknown.
all_accounted() {
	local packets unknown

	packets=$(value packets "$(sa_get "$right" $esp_spi_lr "$esp_right")")
	unknown=$(($(unknown "$right") - unknown_right))
	[ $((packets + unknown)) = "$1" ] || fail "$packets taken, $unknown unknown, $1 sent"
}

# Both sides have the inbound SA at both addresses of right: whatever the outbound one
# does, nothing is lost.
outbound() {
	local there spi="spi=$esp_spi_lr" port=${esp_encap:+dport=4500}

	there=$(right_too)
	esp_up azvpn
	[ -z "$esp_encap" ] || start "$right" espinudp "$there" 4500
	azvpn-sa -n "$right" sa add dir=in $spi src="$esp_left" dst="$there" \
		key="$t_dir/key-$esp_spi_lr" window=$esp_window tunnel=$tunnel_id reqid=1 \
		${esp_encap:+sport=4500 dport=4500}
	traffic
	to_and_fro "$spi dst=$esp_right $port new-src=$(left_too) new-dst=$there" \
		"$spi dst=$there $port new-src=$esp_left new-dst=$esp_right" |
		azvpn-sa -n "$left" batch
	nothing_lost
	sa_is "$left" $esp_spi_lr "$esp_right" 'sequence == packets && drops == 0'
	# both have had their part
	sa_is "$right" $esp_spi_lr "$esp_right" 'packets > 0'
	sa_is "$right" $esp_spi_lr "$there" 'packets > 0'
}

# same_as BEFORE NS SPI DST: an SA is what it was.
same_as() {
	local now

	now=$(sa_get "$2" "$3" "$4")
	[ "$now" = "$1" ] || fail "was $1, is $now"
}

# A move to where another SA is changes nothing.
impossible() {
	local there in_before out_before other_family=192.0.2.1

	there=$(right_too)
	[ "$esp_family" = 6 ] || other_family=2001:db8::9
	esp_up azvpn
	# shellcheck disable=SC2046 # several words
	azvpn-sa -n "$right" sa add dir=in spi=$esp_spi_lr src="$esp_left" dst="$there" \
		key="$t_dir/key-$esp_spi_lr" tunnel=$tunnel_id reqid=1 $(esp_encap_words)
	# shellcheck disable=SC2046
	azvpn-sa -n "$left" sa add dir=out spi=$esp_spi_lr src="$esp_left" dst="$there" \
		key="$t_dir/key-$esp_spi_lr" tunnel=$tunnel_id reqid=1 $(esp_encap_words)
	in_before=$(sa_get "$right" $esp_spi_lr "$esp_right")
	out_before=$(sa_get "$left" $esp_spi_lr "$esp_right")
	refused EEXIST "another SA" azvpn-sa -n "$right" sa update spi=$esp_spi_lr dst="$esp_right" \
		new-src="$(left_too)" new-dst="$there"
	refused EEXIST "another SA" azvpn-sa -n "$left" sa update spi=$esp_spi_lr dst="$esp_right" \
		${esp_encap:+dport=4500} new-src="$(left_too)" new-dst="$there"
	refused EINVAL "" azvpn-sa -n "$left" sa update spi=$esp_spi_lr dst="$esp_right" \
		${esp_encap:+dport=4500} new-sport=4500 new-dport=0
	refused EINVAL "IPv6" azvpn-sa -n "$left" sa update spi=$esp_spi_lr dst="$esp_right" \
		${esp_encap:+dport=4500} new-dst="$other_family"
	same_as "$in_before" "$right" $esp_spi_lr "$esp_right"
	same_as "$out_before" "$left" $esp_spi_lr "$esp_right"
	# packets go where they went
	start "$right" udp-probe echo $esp_inner_right 7007
	holds "$(nsx "$left" udp-probe flow -n 50 -g 0 $esp_inner_right 7007)" 'received == 50'
	sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 50'
	sa_is "$right" $esp_spi_lr "$there" 'packets == 0'
}

listen() {
	start "$right" azvpn-sa monitor
	monitor=$started
	SECONDS=0
}

# heard WORD...: at least one event with these words has come, at most one a second.
heard() {
	local count

	wait_for an_event "$@"
	count=$(events "$monitor" event=mapping)
	[ "$count" -le $((SECONDS + 1)) ] || fail "$count events in $SECONDS s"
}

an_event() {
	[ "$(events "$monitor" event=mapping spi=0x00001001 "dst=$esp_right" tunnel=7 reqid=1 "$@")" -gt 0 ]
}

no_event() {
	[ "$(events "$monitor" event=mapping)" = 0 ] || fail "$(started_output "$monitor")"
}

send() {
	nsx "$left" udp-probe send -n "$1" -g 0 $esp_inner_right 9 > /dev/null
}

# mapping NEW-WORD... -- EVENT-WORD...: left's packets come from elsewhere.
mapping() {
	local update=()

	while [ "$1" != -- ]; do
		update+=("$1")
		shift
	done
	shift
	esp_up azvpn
	listen
	send 200
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 200 && drops == 0'
	no_event
	azvpn-sa -n "$left" sa update spi=$esp_spi_lr dst="$esp_right" dport=4500 "${update[@]}"
	listen
	send 200
	# they are taken all the same
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 400 && drops == 0'
	heard "$@"
	stop "$monitor" > /dev/null
}

mapping_port() {
	mapping new-sport=4600 new-dport=4500 -- "src=$esp_left" sport=4600
}

mapping_address() {
	mapping "new-src=$(left_too)" -- "src=$(left_too)" sport=4500
}

# A replay from elsewhere must not make anybody believe that the peer has moved.
mapping_replayed() {
	esp_up azvpn
	start "$left" esp-inject capture wire 20 "$t_dir/frames"
	send 20
	wait_for process_gone "${started%%:*}"
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 20 && drops == 0'
	listen
	nsx "$right" nft -f - <<-EOF
	table ip t {
		chain c {
			type filter hook prerouting priority -400
			udp dport 4500 udp sport set 4600 udp checksum set 0
		}
	}
	EOF
	nsx "$left" esp-inject send wire "$t_dir/frames"
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 20 && drops_replay == 20'
	no_event
	# so does what cannot be decrypted
	nsx "$left" esp-inject flip wire "$t_dir/frames" 0 icv
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 20 && drops == 36'
	no_event
	# a new one is believed
	send 1
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 21'
	heard "src=$esp_left" sport=4600
}

# A NAT keepalive (RFC 3948 section 2.3) is one byte; it says nothing and ends here.
keepalives() {
	esp_up azvpn
	unknown_right=$(unknown "$right")
	# shellcheck disable=SC2016 # expanded by the other shell
	nsx "$left" bash -c 'for ((i = 0; i < 100; i++)); do
		printf "\377" > "/dev/udp/$1/4500"
	done' - "$esp_right"
	start "$right" udp-probe echo $esp_inner_right 7007
	holds "$(nsx "$left" udp-probe flow -n 50 -g 0 $esp_inner_right 7007)" 'received == 50'
	[ "$(unknown "$right")" = "$unknown_right" ]
	tunnel_is "$right" 'rx_packets == 50 && drops == 0'
	# nor has the daemon's socket had them
	queue_is_empty
}

queue_is_empty() {
	nsx "$right" ss -Hnuap "sport = 4500" > "$t_dir/sockets"
	! awk '$2 != 0' "$t_dir/sockets" | grep .
}

# peer NS LOCAL PORT INNER ID: a peer behind the NAT; its packets leave from PORT.
peer() {
	local ns=$1 local=$2 inner=$3

	tunnel_id=7
	start "$ns" espinudp "$local" 4500
	esp_azvpn "$ns" "$local" 203.0.113.2 $esp_spi_lr $esp_spi_rl "$inner" 10.2.0.0/16
}

# A tunnel of right to the peer behind PORT, which has chosen the same SPI as the other.
toward() {
	local id=$1 port=$2 inner=$3 spi_in=$4

	ip -n "$right" link add "tun$id" type azvpn id "$id"
	azvpn-sa -n "$right" batch <<-EOF
	sa add dir=in spi=$spi_in src=203.0.113.1 dst=203.0.113.2 key=$t_dir/key-$esp_spi_lr window=64 tunnel=$id reqid=1 sport=$port dport=4500
	sa add dir=out spi=$esp_spi_rl src=203.0.113.2 dst=203.0.113.1 key=$t_dir/key-$esp_spi_rl tunnel=$id reqid=1 sport=4500 dport=$port
	policy add dir=in tunnel=$id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1
	policy add dir=out tunnel=$id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1 sa=$esp_spi_rl sa-dst=203.0.113.1 sa-dport=$port
	EOF
	ip -n "$right" link set "tun$id" up
	ip -n "$right" route add "$inner/32" dev "tun$id" src $esp_inner_right
}

# Each peer's SA at right has carried so many packets.
both_sent() {
	holds "$(azvpn-sa -n "$right" sa get spi=$esp_spi_rl dst=203.0.113.1 dport=40001)" "packets == $1 && drops == 0"
	holds "$(azvpn-sa -n "$right" sa get spi=$esp_spi_rl dst=203.0.113.1 dport=40002)" "packets == $2 && drops == 0"
}

same_spi() {
	ns_add one two router
	# shellcheck disable=SC2154 # set by ns_add
	{
		link_pair "$one" wire 192.168.1.2/24 "$router" one 192.168.1.1/24
		link_pair "$two" wire 192.168.2.2/24 "$router" two 192.168.2.1/24
		link_pair "$router" wan 203.0.113.1/24 "$right" wan 203.0.113.2/24
		ip -n "$one" route add default via 192.168.1.1
		ip -n "$two" route add default via 192.168.2.1
		ns_forward "$router"
		nsx "$router" nft -f - <<-EOF
		table ip nat {
			chain out {
				type nat hook postrouting priority srcnat
				ip saddr 192.168.1.2 udp sport 4500 snat to 203.0.113.1:40001
				ip saddr 192.168.2.2 udp sport 4500 snat to 203.0.113.1:40002
			}
		}
		EOF
		esp_key 256 "$t_dir/key-$esp_spi_lr"
		esp_key 256 "$t_dir/key-$esp_spi_rl"
		esp_encap=yes
		start "$right" espinudp 203.0.113.2 4500
		ip -n "$right" address add $esp_inner_right/32 dev lo
		toward 7 40001 10.1.0.1 0x1001
		toward 8 40002 10.1.0.2 0x1002
		peer "$one" 192.168.1.2 10.1.0.1
		esp_spi_lr=0x1002
		cp "$t_dir/key-0x1001" "$t_dir/key-0x1002"
		peer "$two" 192.168.2.2 10.1.0.2
		start "$right" udp-probe echo $esp_inner_right 7007
		holds "$(nsx "$one" udp-probe flow -n 100 $esp_inner_right 7007)" 'received == 100'
		both_sent 100 0
		holds "$(nsx "$two" udp-probe flow -n 70 $esp_inner_right 7007)" 'received == 70'
		both_sent 100 70
		# one of them goes, the other stays
		azvpn-sa -n "$right" sa del spi=$esp_spi_rl dst=203.0.113.1 dport=40001
		holds "$(nsx "$two" udp-probe flow -n 30 $esp_inner_right 7007)" 'received == 30'
		# one cannot take the other's place, but another one
		toward_again=$(azvpn-sa -n "$right" sa get spi=$esp_spi_rl dst=203.0.113.1 dport=40002)
		azvpn-sa -n "$right" sa update spi=$esp_spi_rl dst=203.0.113.1 dport=40002 \
			new-sport=4500 new-dport=40001
		has "$(azvpn-sa -n "$right" sa get spi=$esp_spi_rl dst=203.0.113.1 dport=40001)" \
			"sequence=$(value sequence "$toward_again")" dport=40001
	}
	ip netns del "$one"
	ip netns del "$two"
	ip netns del "$router"
}

t "IPv4: an inbound SA's peer moves $moves times" fresh over4 inbound_source
t "IPv6, UDP: an inbound SA's peer moves $moves times" fresh over6 in_udp inbound_source
t "IPv4, UDP: an outbound SA moves $moves times" fresh over4 in_udp outbound
t "IPv6: an outbound SA moves $moves times" fresh over6 outbound
for family in 4 6; do
	t "IPv$family: an inbound SA moves $moves times, packets come to both addresses" \
		fresh over$family inbound_both
	t "IPv$family, UDP: a move that cannot be changes nothing" fresh over$family in_udp impossible
	t "IPv$family: another port is told, once a second" fresh over$family in_udp mapping_port
	t "IPv$family: another address is told" fresh over$family in_udp mapping_address
	t "IPv$family: NAT keepalives are eaten" fresh over$family in_udp keepalives
done
t "a replay from elsewhere is not told" fresh over4 in_udp mapping_replayed
t "two peers behind one NAT choose the same SPI" fresh same_spi
t "the kernel had nothing to complain about" dmesg_clean
t_end
