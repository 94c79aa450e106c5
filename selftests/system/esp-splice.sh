#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A sender on the same machine hands over ESP packets as pages of a file. They are
# decrypted in place as others are, but not in the file: the page cache belongs to
# whoever reads the file, and the sender need not even be allowed to write to it.
#
#       left (azvpn)                            right (splice-send)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-craft.sh
. "$(dirname "$0")/../lib-craft.sh"

# What can be wrong with one kind of crypto need not be with the other.
aead="aes-gcm-16 36" pair="aes-cbc 32 hmac-sha256-128 32"
ways="copy sendfile splice vmsplice zerocopy"
packet=$t_dir/tmpfs/packet

# unharmed SPI PORT WAY NUMBER: one packet as a file, sent that way
unharmed() {
	local before after

	spi=$1
	nsx "$right" esp-craft -w "$packet" "$craft_sas" "$spi" "payload=1200:$4"
	before=$(sha256sum < "$packet")
	run nsx "$right" taskset -c 0 splice-send "$3" "$packet" $esp_right $esp_left "$2"
	wait_for sa_counts $4
	after=$(sha256sum < "$packet")
	[ "$before" = "$after" ] || fail "the file has changed"
	wait_for unheard_is $(($5 + 1))
}

# sa_counts PACKETS
sa_counts() {
	holds "$(azvpn-sa -n "$left" sa get "spi=$spi" dst=$esp_left)" "packets == $1 && drops == 0"
}

craft_topology
mkdir "$t_dir/tmpfs"
mount -t tmpfs tmpfs "$t_dir/tmpfs"
trap 'umount "$t_dir/tmpfs" || :; t_cleanup' EXIT
craft_begin
{
	craft_sa in 0x20001 "$aead" 4 4 udp -
	craft_sa in 0x20002 "$aead" 4 4 raw -
	craft_sa in 0x20003 "$pair" 4 4 udp esn
	craft_sa in 0x20004 "$pair" 4 4 raw esn
} >> "$craft_sas"
craft_end
start "$left" espinudp $esp_left 4500
helper=$started
heard=0
for what in 1:4500:"$aead, in UDP" 2:0:"$aead" 3:4500:"$pair, in UDP" 4:0:"$pair"; do
	IFS=: read -r number port name <<< "$what"
	sequence=0
	for way in $ways; do
		# raw sockets have no way to say when they need the pages no more
		[ $way$port != zerocopy0 ] || continue
		sequence=$((sequence + 1))
		t "$name: $way" unharmed 0x2000"$number" "$port" $way $sequence $heard
		heard=$((heard + 1))
	done
done
t "the kernel had nothing to complain about" dmesg_clean
stop "$helper" > /dev/null
t_end
