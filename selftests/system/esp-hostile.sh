#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that must not get in: each is dropped under its own counter, nothing
# else is counted, and good traffic goes on.
#
#       left (azvpn, receives)                       right (xfrm, sends)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#                         ▲ gate                 │
#                         └──── esp-inject ──────┘
#
# To have packets that are good but were never delivered, left's gate (an nft
# drop rule) is shut while esp-inject captures what right sends.
#
# Time limit: 1200 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_topology
frames=$t_dir/frames

shut_gate() {
	nsx "$left" nft -f - <<-EOF
	table ip gate {
		chain in {
			type filter hook prerouting priority raw
			ip protocol esp drop
			udp dport 4500 drop
		}
	}
	EOF
}

open_gate() {
	nsx "$left" nft delete table ip gate
}

# keep COUNT: packets 1 to COUNT of right, undelivered.
keep() {
	local capture

	shut_gate
	start "$right" esp-inject capture wire "$1" "$frames"
	capture=$started
	nsx "$right" udp-probe send -n "$1" -g 0 -s 100 $esp_inner_left 9
	holds "$(finish "$capture")" "captured == $1"
	open_gate
}

# On one CPU, or the packets would be received on several, in any order.
inject() {
	nsx "$right" taskset -c 0 esp-inject "$1" wire "$frames" "${@:2}"
}

# in_sa EXPRESSION: soon true of left's inbound SA.
in_sa() {
	wait_for sa_is "$left" $esp_spi_rl $esp_left "$1"
}

# Traffic both ways, none of it lost.
unharmed() {
	local result

	start "$left" udp-probe echo $esp_inner_left 7007
	result=$(nsx "$right" udp-probe flow -n 50 $esp_inner_left 7007)
	stop "$started"
	holds "$result" 'sent == 50 && received == 50 && duplicate == 0'
}

replayed() {
	esp_window=1024
	esp_up xfrm
	keep 100
	inject send
	in_sa 'packets == 100 && drops == 0'
	inject send
	in_sa 'packets == 100 && drops_replay == 100 && drops == 100'
	inject reverse
	in_sa 'packets == 100 && drops_replay == 200 && drops == 200'
	tunnel_is "$left" 'rx_packets == 100 && drops_replay == 200 && drops == 200'
	unharmed
}

# The last packet first: of what follows exactly the window is accepted.
window() {
	local size=$1 beyond=50

	esp_window=$size
	esp_up xfrm
	keep $((size + beyond))
	inject reverse
	in_sa "packets == $size && drops_stale == $beyond && drops == $beyond"
	in_sa "sequence == $((size + beyond))"
	inject send
	in_sa "packets == $size && drops_stale == 2 * $beyond && drops_replay == $size"
	unharmed
}

no_window() {
	esp_window=0
	esp_up xfrm
	keep 80
	inject reverse
	inject send
	in_sa 'packets == 160 && drops == 0 && sequence == 80'
}

# With extended sequence numbers what is left of the window is taken for the
# next round of 2^32 (RFC 4303 appendix A2.1), and so fails the integrity check.
window_esn() {
	esp_window=64 esp_esn=yes
	esp_up xfrm
	keep 100
	inject reverse
	in_sa 'packets == 64 && drops_icv == 36 && drops == 36'
	inject send 50 50
	in_sa 'packets == 64 && drops_icv == 36 && drops_replay == 50'
	unharmed
}

# Every packet is either accepted or stale, whatever the network does to the order.
reordered() {
	local result

	esp_window=$1
	esp_up xfrm
	start "$left" udp-probe echo $esp_inner_left 7007
	run tc -n "$right" qdisc add dev wire root netem limit 10000 delay 4ms 3ms
	result=$(nsx "$right" udp-probe flow -n 1000 -g 50 $esp_inner_left 7007)
	tc -n "$right" qdisc del dev wire root
	stop "$started"
	echo "$result"
	in_sa "packets + drops_stale == 1000 && drops_stale == drops"
	sa_is "$left" $esp_spi_rl $esp_left "packets == $(value received "$result")"
	# it was put to the test, and a window that is large enough loses nothing
	holds "$result" 'reordered > 50'
	[ "$1" -lt 1024 ] || holds "$result" 'received == 1000'
}

truncated() {
	local result

	esp_encap=$1
	esp_up xfrm
	keep 20
	inject send 0 10
	result=$(inject truncate 12)
	echo "$result"
	in_sa "drops_malformed == $(value malformed "$result") && drops_icv == $(value icv "$result")"
	in_sa 'packets == 10 && drops_malformed + drops_icv == drops'
	# none of them has moved the window or used up a number
	inject send 10 10
	in_sa 'packets == 20'
	unharmed
}

flipped() {
	local region result sent=0

	esp_esn=$1
	esp_up xfrm
	keep 20
	inject send 0 10
	for region in seq iv data icv; do
		result=$(inject flip 12 $region)
		sent=$((sent + $(value sent "$result")))
		# a number that became a low one may be stale or a replay; nothing gets in
		in_sa "packets == 10 && drops == $sent"
	done
	in_sa "drops_icv >= $sent - 4 && drops_icv + drops_replay + drops_stale == $sent"
	in_sa 'sequence == 10'
	inject send 10 10
	in_sa "packets == 20 && drops == $sent"
	unharmed
}

# An SPI that is not ours is xfrm's business, and the SAs it has keep working.
wrong_spi() {
	local result

	esp_up xfrm
	second_tunnel
	start "$left" udp-probe echo 10.3.0.1 7007
	keep 5
	inject flip 2 spi
	inject spi 2 0x00009999
	wait_for net_is "$left" 'unknown_spi == 5'
	in_sa 'packets == 0 && drops == 0'
	result=$(nsx "$right" udp-probe flow -n 40 10.3.0.1 7007)
	holds "$result" 'received == 40'
	# those of xfrm pass by us, too
	net_is "$left" 'unknown_spi == 45'
	stop "$started"
	unharmed
	net_is "$left" 'unknown_spi == 45'
	for ns in "$left" "$right"; do
		ip -n "$ns" link del tun2
	done
}

# A tunnel of the kernel's xfrm between the same two addresses.
second_tunnel() {
	local tunnel_id=8

	esp_key 256 "$t_dir/key-0x5001"
	esp_key 256 "$t_dir/key-0x5002"
	second_end "$left" $esp_left $esp_right 0x5001 0x5002 10.3.0.1 10.4.0.0/16
	second_end "$right" $esp_right $esp_left 0x5002 0x5001 10.4.0.1 10.3.0.0/16
}

second_end() {
	local ns=$1 local=$2 remote=$3 out=$4 in=$5 inner=$6 net=$7 flags=""
	local state="proto esp reqid 2 mode tunnel if_id $tunnel_id"

	ip -n "$ns" link add tun2 mtu 1400 type xfrm dev wire if_id "$tunnel_id"
	(umask 077; esp_xfrm_batch | sed -n '/^xfrm /{s/reqid 1/reqid 2/g;p}' > "$t_dir/xfrm.batch")
	ip -n "$ns" -batch "$t_dir/xfrm.batch"
	rm "$t_dir/xfrm.batch"
	ip -n "$ns" address add "$6/32" dev tun2
	ip -n "$ns" link set tun2 up
	ip -n "$ns" route add "$7" dev tun2 src "$6"
}

# What the peer encrypts is authentic and may still not be what was agreed.
wrong_selector() {
	local any="tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0" before

	esp_up xfrm
	ip -n "$left" address add 10.1.0.77/32 dev tun
	ip -n "$right" address add 10.2.0.77/32 dev tun
	ip -n "$right" address add 10.2.1.1/32 dev tun
	# shellcheck disable=SC2086 # several words
	azvpn-sa -n "$left" policy del dir=in $any
	azvpn-sa -n "$left" policy add dir=in tunnel=$tunnel_id reqid=1 \
		from=10.2.0.0/24 to=10.1.0.1/32
	# source outside, destination outside
	nsx "$right" udp-probe send -b 10.2.1.1 -n 7 -g 0 $esp_inner_left 9
	in_sa 'packets == 0 && drops_selector == 7 && drops == 7'
	nsx "$right" udp-probe send -n 5 -g 0 10.1.0.77 9
	in_sa 'packets == 0 && drops_selector == 12 && drops == 12'
	nsx "$right" udp-probe send -b 10.2.0.77 -n 3 -g 0 $esp_inner_left 9
	in_sa 'packets == 3 && drops_selector == 12'
	unharmed
	# right by address, but made for other SAs
	azvpn-sa -n "$left" policy add dir=in tunnel=$tunnel_id reqid=9 replace=1 \
		from=10.2.0.0/24 to=10.1.0.1/32
	nsx "$right" udp-probe send -n 4 -g 0 $esp_inner_left 9
	in_sa 'drops_selector == 16 && drops == 16'
	# one that says drop wins over a wider one that does not
	# shellcheck disable=SC2086
	azvpn-sa -n "$left" batch <<-EOF
	policy add dir=in $any reqid=1
	policy add dir=in tunnel=$tunnel_id from=10.2.0.0/24 to=10.1.0.1/32 action=drop replace=1
	EOF
	nsx "$right" udp-probe send -n 4 -g 0 $esp_inner_left 9
	in_sa 'drops_selector == 20'
	before=$(value packets "$(azvpn-sa -n "$left" sa get spi=$esp_spi_rl dst=$esp_left)")
	nsx "$right" udp-probe send -n 4 -g 0 10.1.0.77 9
	in_sa "packets == $before + 4 && drops_selector == 20 && drops == 20"
}

# All of it at once while a transfer runs.
under_fire() {
	local fire

	esp_window=1024
	esp_up xfrm
	keep 30
	start_plain "$right" bash -c "
		while :; do
			esp-inject send wire $frames
			esp-inject flip wire $frames 5 data
			esp-inject truncate wire $frames 6
			esp-inject spi wire $frames 7 0x77777777
		done"
	fire=$started
	start "$left" tcp-probe serve $esp_inner_left 7008
	run nsx "$right" tcp-probe send $esp_inner_left 7008 5000000
	in_sa 'drops_icv + drops_replay + drops_stale > 100'
	stop "$fire" > /dev/null
	stop "$started"
	unharmed
}

t "replayed" fresh replayed
for size in 32 64 1024 4096; do
	t "a replay window of $size is exactly that" fresh window $size
done
t "without a window everything is accepted" fresh no_window
t "the window with extended sequence numbers" fresh window_esn
t "reordered, window 32" fresh reordered 32
t "reordered, window 1024" fresh reordered 1024
t "truncated to every length" fresh truncated ""
t "truncated to every length, in UDP" fresh truncated yes
t "a bit flipped in every byte" fresh flipped ""
t "a bit flipped in every byte, extended sequence numbers" fresh flipped yes
t "wrong SPI" fresh wrong_spi
t "wrong inner addresses" fresh wrong_selector
t "under fire a transfer arrives whole" fresh under_fire
t "the kernel had nothing to complain about" dmesg_clean
t_end
