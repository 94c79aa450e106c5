#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Limits of SAs: a soft one is told, a hard one ends the SA.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_topology

# again WORD...: left's outbound SA anew, with limits; its policy goes on with it.
again() {
	local any="dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0"

	nsx "$left" azvpn-sa batch <<-EOF
	sa del spi=$esp_spi_lr dst=$esp_right
	sa add dir=out spi=$esp_spi_lr src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr tunnel=$tunnel_id reqid=1 $*
	policy add $any reqid=1 sa=$esp_spi_lr sa-dst=$esp_right replace=1
	EOF
}

# again_in WORD...: the same for its inbound SA.
again_in() {
	nsx "$left" azvpn-sa batch <<-EOF
	sa del spi=$esp_spi_rl dst=$esp_left
	sa add dir=in spi=$esp_spi_rl src=$esp_right dst=$esp_left key=$t_dir/key-$esp_spi_rl tunnel=$tunnel_id reqid=1 window=64 $*
	EOF
}

send() {
	nsx "$left" udp-probe send -n "$1" -g 0 -s 72 $esp_inner_right 9
}

listen() {
	start "$left" azvpn-sa monitor
	monitor=$started
}

# heard EXPRESSION: an event of which it is true has come, and comes once.
heard() {
	wait_for 5 one_event "$1"
}

one_event() {
	[ "$(started_output "$monitor" | jq -s "map(select($1)) | length")" = 1 ] ||
		fail "not once $1: $(started_output "$monitor")"
}

no_event() {
	[ "$(started_output "$monitor" | jq -s "map(select($1)) | length")" = 0 ]
}

sa_gone() {
	! nsx "$left" azvpn-sa sa get "spi=$1" "dst=$2" > /dev/null 2>&1
}

soft=".event == \"expire\" and .hard == false"
hard=".event == \"expire\" and .hard == true"

# Packets of 100 bytes. The soft limit is told once, the SA goes on.
soft_limit() {
	esp_up azvpn
	listen
	again "$1"
	send 9
	wait_a_check
	no_event "$soft"
	send 1
	heard "$soft and .spi == \"0x00001001\" and .dst == \"$esp_right\" and .tunnel == 7 and
		.reqid == 1 and .direction == \"out\""
	send 10
	wait_a_check
	one_event "$soft"
	sa_is "$left" $esp_spi_lr $esp_right '.packets == 20 and (.drops | add) == 0'
	stop "$monitor"
	esp_down
}

# Limits are checked once a second: one that another SA reaches later shows that
# a check has passed.
wait_a_check() {
	local mark

	mark=0x$(od -An -tx4 -N 4 /dev/urandom | tr -d ' ')
	mark=$(printf '0x%08x' $((mark | 0x1000)))
	nsx "$left" azvpn-sa sa add dir=out spi="$mark" src=$esp_left dst=$esp_right \
		key="$t_dir/key-$esp_spi_lr" tunnel=$tunnel_id reqid=99 soft-seconds=1 hard-seconds=2
	wait_for 8 sa_gone "$mark" $esp_right
}

# The packet limit of a sender is exact.
hard_packets() {
	esp_up azvpn
	listen
	again hard-packets=25
	send 40
	# at once, before any check
	nsx "$left" azvpn-sa tunnel get tunnel=$tunnel_id |
		jq -e '.["tx-packets"] == 25 and .drops.expired + .drops["no-sa"] == 15'
	heard "$hard and .spi == \"0x00001001\""
	sa_gone $esp_spi_lr $esp_right
	wait_for 5 tunnel_is "$right" '.["rx-packets"] == 25'
	# the policy is a trap now
	send 5
	tunnel_is "$left" '.drops["no-sa"] >= 5'
	heard '.event == "acquire"'
	stop "$monitor"
	esp_down
}

hard_bytes() {
	esp_up azvpn
	listen
	again hard-bytes=1000
	send 9
	wait_a_check
	sa_is "$left" $esp_spi_lr $esp_right '.bytes == 900'
	send 1
	heard "$hard and .spi == \"0x00001001\""
	sa_gone $esp_spi_lr $esp_right
	stop "$monitor"
	esp_down
}

seconds() {
	esp_up azvpn
	listen
	again soft-seconds=1 hard-seconds=3
	heard "$soft and .spi == \"0x00001001\""
	sa_is "$left" $esp_spi_lr $esp_right '.state == "mature"'
	no_event "$hard"
	heard "$hard and .spi == \"0x00001001\""
	sa_gone $esp_spi_lr $esp_right
	stop "$monitor"
	esp_down
}

# The receiving side counts, too.
inbound() {
	esp_up azvpn
	listen
	again_in soft-packets=5 hard-bytes=2000
	nsx "$right" udp-probe send -n 6 -g 0 -s 72 $esp_inner_left 9
	heard "$soft and .spi == \"0x00002001\" and .direction == \"in\" and .dst == \"$esp_left\""
	nsx "$right" udp-probe send -n 14 -g 0 -s 72 $esp_inner_left 9
	heard "$hard and .spi == \"0x00002001\""
	sa_gone $esp_spi_rl $esp_left
	# what comes now finds no SA of ours
	nsx "$right" udp-probe send -n 3 -g 0 -s 72 $esp_inner_left 9
	wait_for 5 net_is "$left" '.["unknown-spi"] == 3'
	stop "$monitor"
	esp_down
}

# Without extended numbers 2^32 - 1 packets is the end whatever else was said;
# that is the limit the module itself sets.
sequence_limit() {
	esp_up azvpn
	sa_is "$left" $esp_spi_lr $esp_right '.hard.packets == 4294967295 and .soft.packets < .hard.packets'
	again flags=esn
	sa_is "$left" $esp_spi_lr $esp_right '.hard.packets == 0'
	esp_down
}

t "soft limit of packets" soft_limit soft-packets=10
t "soft limit of bytes" soft_limit soft-bytes=1000
t "hard limit of packets, to the packet" hard_packets
t "hard limit of bytes" hard_bytes
t "limits of seconds" seconds
t "limits of an inbound SA" inbound
t "32-bit sequence numbers are a limit of their own" sequence_limit
t "the kernel had nothing to complain about" dmesg_clean
t_end
