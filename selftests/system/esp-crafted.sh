#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that were made with the right key, and are wrong inside; and sequence
# numbers that real traffic takes days to reach.
#
#       left (azvpn)                            right (esp-craft)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_topology

# craft KIND:SEQUENCE...: send these to left's inbound SA.
craft() {
	echo "sa add dir=in spi=$esp_spi_rl src=$esp_right dst=$esp_left key=$t_dir/key-$esp_spi_rl" \
		"from=10.2.0.1 to=$esp_inner_left $(esp_flag_words)" > "$t_dir/sas"
	nsx "$right" taskset -c 0 esp-craft "$t_dir/sas" "$@"
}

up() {
	esp_key 256 "$t_dir/key-$esp_spi_lr"
	esp_key 256 "$t_dir/key-$esp_spi_rl"
	esp_azvpn "$left" $esp_left $esp_right $esp_spi_lr $esp_spi_rl $esp_inner_left 10.2.0.0/16
}

in_sa() {
	wait_for sa_is "$left" $esp_spi_rl $esp_left "$1"
}

# unheard: how many datagrams have reached left's stack, whose port 9 is closed.
unheard() {
	nsx "$left" awk '/^Udp:/ && n++ { print $3 }' /proc/net/snmp
}

unheard_is() {
	[ "$(unheard)" = "$1" ]
}

good_ones() {
	local before

	up
	before=$(unheard)
	craft good:1 tfc:2 padded:3
	in_sa 'packets == 3 && bytes == 3 * 60 && drops == 0'
	wait_for unheard_is $((before + 3))
}

inside() {
	local kind=$1 reason=$2

	up
	craft good:1 "$kind:2" "$kind:3" good:4
	in_sa "packets == 2 && drops_$reason == 2 && drops == 2 && sequence == 4"
	# it was authentic, so its number is used up
	craft "$kind:2"
	in_sa "packets == 2 && drops_$reason == 2 && drops_replay == 1 && drops == 3"
}

# The first number of an SA is 1.
number_zero() {
	up
	craft good:0 good:1
	in_sa 'packets == 1 && drops_stale == 1 && drops == 1'
}

jump() {
	up
	craft good:1 good:2000000000 good:1999999999 good:1999999937 good:1999999936 good:2
	in_sa 'packets == 4 && drops_stale == 2 && drops == 2 && sequence == 2000000000'
}

# 32-bit numbers end at 2^32 - 1: what would follow is not accepted.
end_of_numbers() {
	up
	craft good:0xfffffffe good:0xffffffff good:0 good:1
	in_sa 'packets == 2 && drops_stale == 2 && sequence == 0xffffffff'
}

# Extended ones go on, and neither side of 2^32 is accepted twice.
past_two_to_the_32() {
	esp_esn=yes
	up
	craft good:0xfffffffe good:0x100000001 good:0x100000000 good:0xffffffff
	in_sa 'packets == 4 && drops == 0 && sequence == 0x100000001'
	craft good:0xfffffffe good:0xffffffff good:0x100000000 good:0x100000001
	in_sa 'packets == 4 && drops_replay == 4 && drops == 4'
	# low halves that would be fine, with the wrong high one
	craft good:2 good:0x200000003
	in_sa 'packets == 4 && drops_icv == 2 && drops == 6 && sequence == 0x100000001'
	craft good:0x17fffffff good:0x1ffffffff good:0x200000000
	in_sa 'packets == 7 && sequence == 0x200000000'
}

# An SA with 32-bit numbers and a peer with 64-bit ones do not understand each other.
mismatch() {
	up
	esp_esn=yes craft good:1 good:2
	in_sa 'packets == 0 && drops_icv == 2 && drops == 2'
}

t "good, padded, with data behind the inner packet" fresh good_ones
for kind in pad short version=6 ihl=4 length=1; do
	t "inside: $kind" fresh inside $kind trailer
done
t "inside: IPv6, and an IPv4 header" fresh inside family trailer
t "a dummy packet" fresh inside dummy dummy
t "sequence number 0" fresh number_zero
t "a jump of the sequence number" fresh jump
t "the end of 32-bit sequence numbers" fresh end_of_numbers
t "64-bit sequence numbers past 2^32" fresh past_two_to_the_32
t "32-bit against 64-bit sequence numbers" fresh mismatch
t "the kernel had nothing to complain about" dmesg_clean
t_end
