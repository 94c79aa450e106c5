#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A thousand rekeys against the kernel's own xfrm, under traffic both ways: a flow
# of 1 kHz and its echo, and TCP in bulk. Nothing is lost, and no packet is
# overtaken by as many as a replay window of 64 has.
#
#       left (azvpn)                                   right (the kernel's xfrm)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
# Each rekey replaces the SAs of both directions: the new ones are added, each
# side moves its outbound policy when it comes to it, the old ones are deleted
# once the peer has moved on and its packets have arrived. A hundred are prepared at
# a time, and the two sides go through them without waiting for each other.
#
# Time limit: 1200 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

rounds=10 round_size=100
any="from=0.0.0.0/0 to=0.0.0.0/0"
state="proto esp reqid 1 mode tunnel if_id $tunnel_id"

esp_topology

# SPIs of the first pair of SAs: left to right, right to left. Numbers are worked
# out in place all over: a command for each would take longer than all the rest.
lr=$((0x100000)) rl=$((0x200000))

ip_batch() {
	(umask 077; cat > "$t_dir/ip.batch")
	ip -n "$1" -batch "$t_dir/ip.batch"
	rm "$t_dir/ip.batch"
}

# add FIRST: the SAs of a round, on both sides.
add() {
	local i words="tunnel=$tunnel_id reqid=1"
	local key_lr key_rl

	for ((i = $1; i < $1 + round_size; i++)); do
		echo "sa add dir=in spi=$((rl + i)) src=$esp_right dst=$esp_left window=$window $words key=$t_dir/key-$esp_spi_rl"
		echo "sa add dir=out spi=$((lr + i)) src=$esp_left dst=$esp_right $words key=$t_dir/key-$esp_spi_lr"
	done | azvpn-sa -n "$left" batch
	key_lr=0x$(cat "$t_dir/key-$esp_spi_lr") key_rl=0x$(cat "$t_dir/key-$esp_spi_rl")
	for ((i = $1; i < $1 + round_size; i++)); do
		echo "xfrm state add src $esp_left dst $esp_right spi $((lr + i)) $state replay-window $window aead rfc4106(gcm(aes)) $key_lr 128"
		echo "xfrm state add src $esp_right dst $esp_left spi $((rl + i)) $state replay-window $window aead rfc4106(gcm(aes)) $key_rl 128"
	done | ip_batch "$right"
}

# switch_left, switch_right FIRST: through the SAs of a round, one after the other.
# An old outbound SA of left's is deleted at once.
switch_left() {
	local i

	for ((i = $1; i < $1 + round_size; i++)); do
		echo "policy add dir=out tunnel=$tunnel_id $any reqid=1 sa=$((lr + i)) sa-dst=$esp_right replace=1"
		[ $i = 0 ] || echo "sa del spi=$((lr + i - 1)) dst=$esp_right"
	done | azvpn-sa -n "$left" batch
}

switch_right() {
	local i

	for ((i = $1; i < $1 + round_size; i++)); do
		echo "xfrm policy update src 0.0.0.0/0 dst 0.0.0.0/0 if_id $tunnel_id dir out tmpl src $esp_right dst $esp_left spi $((rl + i)) proto esp reqid 1 mode tunnel"
	done | ip_batch "$right"
}

# right_sas: a line "SPI PACKETS TOP REPLAYED FAILED" for each state of xfrm's, TOP
# being the highest sequence number. Of those that send this is the number of
# packets, where xfrm itself counts what is to be segmented as one.
right_sas() {
	ip -n "$right" -s xfrm state | awk '
		$1 == "proto" { spi = $4; sub(/\(.*/, "", spi) }
		$1 == "anti-replay" && $2 == "context:" { in_top = $4; out_top = $6 }
		$1 == "seq-hi" { in_top = $4; out_top = $8 }
		$2 ~ /\(packets\)/ { packets = $2; sub(/\(.*/, "", packets) }
		$1 == "replay-window" && $3 == "replay" {
			sub(/,/, "", in_top); sub(/,/, "", out_top)
			if (spi ~ /^0x0*2/)
				packets = out_top
			print spi, packets, in_top, $4, $6
		}'
}

# left_sas: a line "SPI PACKETS SEQUENCE" for each SA of left's.
left_sas() {
	azvpn-sa -n "$left" sa dump |
		sed -n 's/^spi=\([^ ]*\) .* sequence=\([0-9]*\) packets=\([0-9]*\) .*/\1 \3 \2/p'
}

# arrived LAST: of the SAs but the pair LAST nothing is under way any more, and
# nothing was lost or refused: each has received as many packets as were sent by
# it, or where the sender has deleted it, every number up to the highest.
arrived() {
	{ left_sas; right_sas; } | awk -v last_lr="$(printf 0x%08x $((lr + $1)))" \
		-v last_rl="$(printf 0x%08x $((rl + $1)))" '
		function number(hex,  i, n) {
			if (hex !~ /^0x/)
				return hex
			for (i = 3; i <= length(hex); i++)
				n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return n + 0
		}
		NF == 3 { sent[$1] = $2 }
		NF == 5 && ($4 || $5) { print "right: stale " $4 ", bad " $5 " of " $1; bad = 1 }
		$1 == last_lr || $1 == last_rl { next }
		{ top = number($3) }
		NF == 5 && $1 in sent { top = sent[$1] }
		number($2) != top { print number($2) " of " top " packets of " $1; bad = 1 }
		END { exit bad }'
}

# used: how many SAs of a round have carried packets, towards left and right.
used() {
	right_sas | awk '$2 != 0 && $2 != "0x0" { if ($1 ~ /^0x002/) to_left++; else to_right++ }
		END { print "to_left=" to_left + 0, "to_right=" to_right + 0 }'
}

# remove FIRST: what a round has replaced: all of it but the last pair, and the last of the one before.
remove() {
	local i

	for ((i = $1 - 1; i < $1 + round_size - 1; i++)); do
		[ $i -ge 0 ] || continue
		echo "sa del spi=$((rl + i)) dst=$esp_left"
	done | azvpn-sa -n "$left" batch
	for ((i = $1 - 1; i < $1 + round_size - 1; i++)); do
		[ $i -ge 0 ] || continue
		echo "xfrm state delete src $esp_left dst $esp_right proto esp spi $((lr + i))"
		echo "xfrm state delete src $esp_right dst $esp_left proto esp spi $((rl + i))"
	done | ip_batch "$right"
}

round() {
	local first=$1 last=$(($1 + round_size - 1)) other

	add "$first"
	switch_right "$first" &
	other=$!
	switch_left "$first"
	wait $other
	wait_for carried "$last"
	wait_for arrived "$last"
}

# carried LAST: the last pair is in use both ways.
carried() {
	sa_is "$left" $((lr + $1)) $esp_right 'packets > 0'
	sa_is "$left" $((rl + $1)) $esp_left 'packets > 0'
}

# The first pair is esp_up's; it goes when the last pair of the first round is in use.
remove_first() {
	azvpn-sa -n "$left" sa del spi=$esp_spi_lr dst=$esp_right
	azvpn-sa -n "$left" sa del spi=$esp_spi_rl dst=$esp_left
	ip_batch "$right" <<-EOF
	xfrm state delete src $esp_left dst $esp_right proto esp spi $esp_spi_lr
	xfrm state delete src $esp_right dst $esp_left proto esp spi $esp_spi_rl
	EOF
}

# traffic WRAPPER...: starts it, each program by way of WRAPPER.
traffic() {
	start "$right" "$@" udp-probe echo $esp_inner_right 7007
	start "$right" "$@" nice tcp-probe serve $esp_inner_right 7008
	start "$left" "$@" nice tcp-probe serve $esp_inner_left 7008
	start_plain "$left" "$@" udp-probe flow -n 0 -g 1000 $esp_inner_right 7007
	flow=$started
	start_plain "$left" "$@" nice tcp-probe send $esp_inner_right 7008 $((1 << 39))
	there=$started
	start_plain "$right" "$@" nice tcp-probe send $esp_inner_left 7008 $((1 << 39))
	back=$started
}

xfrm_dropped_nothing() {
	local lines

	lines=$(nsx "$right" awk '$2' /proc/net/xfrm_stat)
	[ -z "$lines" ] || fail "$lines"
}

# thousand WINDOW WRAPPER...: with that replay window on both sides.
thousand() {
	local round flow there back result used_left=0 used_right=0

	window=$1
	shift

	esp_up xfrm
	traffic "$@"
	for ((round = 0; round < rounds; round++)); do
		round $((round * round_size))
		result=$(used)
		used_left=$((used_left + $(value to_left "$result")))
		used_right=$((used_right + $(value to_right "$result")))
		[ $round != 0 ] || remove_first
		remove $((round * round_size))
	done
	result=$(stop "$flow")
	echo "$result"
	holds "$result" 'sent > 1000 && received == sent && duplicate == 0 && refused == 0'
	for result in "$(stop "$there")" "$(stop "$back")"; do
		echo "$result"
		holds "$result" 'sent > 0 && good == sent'
	done
	arrived -1
	net_is "$left" 'sas == 2'
	tunnel_is "$left" 'drops == 0'
	xfrm_dropped_nothing
	[ "$used_left" -gt 50 ] && [ "$used_right" -gt 50 ] ||
		fail "only $used_left and $used_right SAs carried packets"
}

# Where packets of one SA are processed by several CPUs, and one of these is held
# up, they overtake each other: the small window is for one CPU. What changes SAs
# runs where it likes.
t "a thousand rekeys lose nothing, and a window of 64 is enough" fresh thousand 64 taskset -c 0
t "the kernel had nothing to complain about" dmesg_clean
t_end
