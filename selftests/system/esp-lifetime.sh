#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Limits of SAs: a soft one is told, a hard one ends the SA.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_topology

# again WORD...: left's outbound SA anew, with limits; its policy goes on with it.
again() {
	local any="dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0"

	azvpn-sa -n "$left" batch <<-EOF
	sa del spi=$esp_spi_lr dst=$esp_right
	sa add dir=out spi=$esp_spi_lr src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr tunnel=$tunnel_id reqid=1 $*
	policy add $any reqid=1 sa=$esp_spi_lr sa-dst=$esp_right replace=1
	EOF
	wait_for carrier "$left" tun up
}

# again_in WORD...: the same for its inbound SA.
again_in() {
	azvpn-sa -n "$left" batch <<-EOF
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

# heard WORD...: an event with these words has come, and came once.
heard() {
	wait_for an_event "$@"
	one_event "$@"
}

one_event() {
	[ "$(events "$monitor" "$@")" = 1 ] || fail "not once $*: $(started_output "$monitor")"
}

an_event() {
	[ "$(events "$monitor" "$@")" -gt 0 ]
}

no_event() {
	[ "$(events "$monitor" "$@")" = 0 ] || fail "$*: $(started_output "$monitor")"
}

sa_gone() {
	! azvpn-sa -n "$left" sa get "spi=$1" "dst=$2" > /dev/null 2>&1
}

# Packets of 100 bytes. The soft limit is told once, the SA goes on.
soft_limit() {
	esp_up azvpn
	listen
	again "$1"
	send 9
	wait_a_check
	no_event event=soft spi=0x00001001
	send 1
	heard event=soft spi=0x00001001 dst=$esp_right tunnel=7 reqid=1 dir=out
	send 10
	wait_a_check
	one_event event=soft spi=0x00001001
	sa_is "$left" $esp_spi_lr $esp_right 'packets == 20 && drops == 0'
	stop "$monitor"
}

# Limits are checked once a second: the event of a younger SA shows that a check has
# passed, and that what it had to tell of the others has been heard.
wait_a_check() {
	local mark

	mark=0x$(od -An -tx4 -N 4 /dev/urandom | tr -d ' ')
	mark=$(printf '0x%08x' $((mark | 0x1000)))
	azvpn-sa -n "$left" sa add dir=out spi="$mark" src=$esp_left dst=$esp_right \
		key="$t_dir/key-$esp_spi_lr" tunnel=$tunnel_id reqid=99 hard-seconds=1
	wait_for an_event event=hard "spi=$mark"
}

# The packet limit of a sender is exact.
hard_packets() {
	esp_up azvpn
	listen
	# a trap for another network keeps the carrier up
	azvpn-sa -n "$left" policy add dir=out tunnel=$tunnel_id from=10.1.77.0/24 to=10.2.77.0/24
	again hard-packets=25
	send 40
	# at once, before any check
	tunnel_is "$left" 'tx_packets == 25 && drops_expired + drops_no_sa == 15'
	heard event=hard spi=0x00001001
	sa_gone $esp_spi_lr $esp_right
	wait_for tunnel_is "$right" 'rx_packets == 25'
	send 5
	tunnel_is "$left" 'drops_no_sa >= 5'
	wait_for an_event event=acquire
	stop "$monitor"
}

hard_bytes() {
	esp_up azvpn
	listen
	again hard-bytes=1000
	send 9
	wait_a_check
	sa_is "$left" $esp_spi_lr $esp_right 'bytes == 900'
	send 1
	heard event=hard spi=0x00001001
	sa_gone $esp_spi_lr $esp_right
	stop "$monitor"
}

# The two limits by SAs of their own: when the machine stands still for seconds,
# one check may find both of an SA reached, and the hard one is all that counts.
seconds() {
	esp_up azvpn
	listen
	again soft-seconds=1 hard-seconds=3600
	again_in soft-seconds=3600
	heard event=soft spi=0x00001001
	wait_a_check
	one_event event=soft
	no_event event=hard spi=0x00001001
	sa_has "$left" $esp_spi_lr $esp_right state=mature
	sa_has "$left" $esp_spi_rl $esp_left state=mature
	again hard-seconds=1
	heard event=hard spi=0x00001001
	sa_gone $esp_spi_lr $esp_right
	stop "$monitor"
}

# The receiving side counts, too.
inbound() {
	esp_up azvpn
	listen
	again_in soft-packets=5 hard-bytes=2000
	nsx "$right" udp-probe send -n 6 -g 0 -s 72 $esp_inner_left 9
	heard event=soft spi=0x00002001 dir=in dst=$esp_left
	nsx "$right" udp-probe send -n 14 -g 0 -s 72 $esp_inner_left 9
	heard event=hard spi=0x00002001
	sa_gone $esp_spi_rl $esp_left
	# what comes now finds no SA of ours
	nsx "$right" udp-probe send -n 3 -g 0 -s 72 $esp_inner_left 9
	wait_for net_is "$left" 'unknown_spi == 3'
	stop "$monitor"
}

# Without extended numbers 2^32 - 1 packets is the end whatever else was said;
# that is the limit the module itself sets.
sequence_limit() {
	esp_up azvpn
	sa_is "$left" $esp_spi_lr $esp_right 'hard_packets == 4294967295 && soft_packets < hard_packets'
	again flags=esn
	sa_is "$left" $esp_spi_lr $esp_right 'hard_packets == 0'
}

t "soft limit of packets" fresh soft_limit soft-packets=10
t "soft limit of bytes" fresh soft_limit soft-bytes=1000
t "hard limit of packets, to the packet" fresh hard_packets
t "hard limit of bytes" fresh hard_bytes
t "limits of seconds" fresh seconds
t "limits of an inbound SA" fresh inbound
t "32-bit sequence numbers are a limit of their own" fresh sequence_limit
t "the kernel had nothing to complain about" dmesg_clean
t_end
