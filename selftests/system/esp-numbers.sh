#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sequence numbers: the edges of every replay window, with 32 and 64 bits, on both
# sides of 2^32, and where they end. The numbers are made up, as real traffic
# takes days to reach them.
#
#       left (azvpn)                            right (esp-craft, esp-open)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-craft.sh
. "$(dirname "$0")/../lib-craft.sh"

aead="aes-gcm-16 36" pair="aes-cbc 16 hmac-sha256-128 32"
windows="0 1 32 64 2048 8192"
B=$((1 << 32))

# An SA for each case, named by what it is for.
declare -A spis expected
words=()
next=0x20001

# inbound NAME CLASS esn|- WINDOW EXPECTED NUMBER...: an SA, the numbers that come to
# it, and what is true of it then. EXPECTED speaks of all counters.
inbound() {
	local name=$1 number

	printf -v spi '0x%08x' $next
	next=$((next + 1))
	spis[$name]=$spi
	expected[$name]=$5
	names+=("$name")
	craft_sa in $spi "$2" 4 4 raw "$3" window="$4" >> "$craft_sas"
	words+=($spi)
	shift 5
	for number in "$@"; do
		words+=("good:$number")
	done
	sent=$((sent + $#))
}

# all ACCEPTED STALE REPLAY ICV TOP: the expression that says so
all() {
	echo "packets == $1 && drops_stale == $2 && drops_replay == $3 && drops_icv == $4" \
		"&& drops == $2 + $3 + $4 && sequence == $5"
}

# edges WINDOW: one packet moves the window far, then its edges from both sides
edges() {
	local w=$1 top=20000 expect

	case $w in
	0) expect=$(all 8 0 0 0 20001) ;;
	1) expect=$(all 2 3 3 0 20001) ;;
	*) expect=$(all 3 3 2 0 20001) ;;
	esac
	inbound "a window of $w" "$aead" - "$w" "$expect" $top $((top - w + 1)) $((top - w)) $top \
		$((top - w + 1)) $((top + 1)) $((top + 1 - w)) 1
}

# With 64 bits what is left of the window counts as of the next 2^32 (RFC 4303
# appendix A2.1), and fails the integrity check.
edges_esn() {
	local w=$1 top=$((B + 100)) expect

	case $w in
	1) expect=$(all 2 0 2 2 $top) ;;
	32 | 64) expect=$(all 3 0 1 2 $top) ;;
	*) expect=$(all 3 0 2 1 $top) ;;
	esac
	inbound "64 bits, a window of $w at 2^32" "$pair" esn "$w" "$expect" $((B - 16)) $top \
		$((top - w + 1)) $((top - w)) $((B - 16)) $((top - w + 1))
}

# Off means off: no order and no repetition matters, however far (defect 6).
off() {
	local esn=$1 name=$2 base=$3

	inbound "no window, $name" "$aead" "$esn" 0 "$(all 11 0 0 0 $((base + 50000)))" \
		1 200000 100000 199920 $((base - 512)) \
		$((base + 50000)) $((base - 50000)) $((base + 49920)) $((base - 1)) $base $base
}

# Both sides of 2^32 in turn, back and forth, as far as the window allows.
wrap() {
	local w=$1 i numbers=($((B - 200)))

	for ((i = 1; i <= 15; i++)); do
		numbers+=($((B + i)) $((B - i)))
	done
	inbound "64 bits, back and forth over 2^32, a window of $w" "$aead" esn "$w" \
		"$(all 31 0 0 0 $((B + 15)))" "${numbers[@]}"
}

describe() {
	local w

	for w in $windows; do
		edges "$w"
	done
	for w in 1 32 64 2048 8192; do
		edges_esn "$w"
	done
	off - "32 bits" 1000000
	off esn "64 bits" 1000000
	off esn "64 bits, at 2^32" $B
	for w in 0 32 64 2048 8192; do
		wrap "$w"
	done
	inbound "32 bits end at 2^32 - 1" "$pair" - 64 "$(all 2 3 0 0 $((B - 1)))" \
		$((B - 2)) $((B - 1)) 0 1 $((B - 65))
	inbound "number 0 is none" "$pair" - 64 "$(all 1 2 0 0 1)" 0 1 0
	inbound "64 bits go on" "$aead" esn 64 "$(all 3 0 1 0 $((2 * B)))" \
		$((B - 1)) $((B + (1 << 31))) $((2 * B)) $((2 * B))
}

send_all() {
	craft "${words[@]}"
	wait_for tunnel_is "$left" "rx_packets + drops == $sent"
	azvpn-sa -n "$left" sa dump > "$t_dir/dump"
}

# A sender with 32 bits stops before they begin anew, whatever limit it was given,
# and has asked for a rekey a quarter of the way before.
limits_of_senders() {
	craft_read "$t_dir/dump"
	holds "${line[0x00010001]}" 'hard_packets == 4294967295 && soft_packets == 3221225472'
	holds "${line[0x00010002]}" 'hard_packets == 4294967295 && soft_packets == 3221225472'
	holds "${line[0x00010003]}" 'hard_packets == 0 && soft_packets == 0'
	holds "${line[0x00010004]}" 'hard_packets == 5 && soft_packets == 3221225472'
}

# To the packet: 8 are handed over, 5 leave, with the numbers 1 to 5.
stops_to_the_packet() {
	local check result

	start "$right" esp-open check wire "$craft_sas" 5
	check=$started
	nsx "$left" esp-open inner tun "$craft_sas" 0 7 0x10004
	result=$(finish "$check")
	echo "$result"
	has "${result//$'\n'/ }" all=5 errors=0
	tunnel_is "$left" 'tx_packets == 5 && drops_expired + drops_no_sa == 3'
}

case_is_right() {
	echo "${line[${spis[$1]}]}"
	holds "${line[${spis[$1]}]}" "${expected[$1]}"
}

names=() sent=0
craft_topology
craft_begin
describe
{
	craft_sa out 0x10001 "$aead" 4 4 raw -
	craft_sa out 0x10002 "$aead" 4 4 raw - hard-packets=0x100000005 soft-packets=0x100000001
	craft_sa out 0x10003 "$aead" 4 4 raw esn
	craft_sa out 0x10004 "$aead" 4 4 raw - hard-packets=5
} >> "$craft_sas"
craft_end
t "every packet is counted" send_all
craft_read "$t_dir/dump"
for name in "${names[@]}"; do
	t "$name" case_is_right "$name"
done
t "limits of senders" limits_of_senders
t "a sender stops to the packet" stops_to_the_packet
t "the kernel had nothing to complain about" dmesg_clean
t_end
