#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bytes on the wire, for every algorithm, against an implementation of its
# own: OpenSSL and the RFCs, in user space. Each class of algorithms with four of
# the sixteen combinations of outer and inner family, raw or in UDP, 32- or
# 64-bit sequence numbers: each value of each of these twice, and all sixteen in turn.
#
#       left (azvpn)                                      right (esp-craft, esp-open)
#   tun 10.1.0.1, fd01::1 ── wire 198.51.100.1, 2001:db8::1 ═════ .2, ::2 wire
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-craft.sh
. "$(dirname "$0")/../lib-craft.sh"

sizes=34	# of payload, so many from 0 on: more than two blocks of any cipher
tfc=300		# of the SAs that pad for traffic flow confidentiality

mapfile -t classes < <(craft_classes)
classes_last=$((${#classes[@]} - 1))

# spi_of DIRECTION CLASS TURN: sets spi
spi_of() {
	printf -v spi '0x%08x' $(($1 * 0x10000 + $2 * 16 + $3 + 1))
}

# combination CLASS TURN: sets combination to one of sixteen. The four turns differ in
# every bit, twice.
combination() {
	combination=$((($2 * 5) ^ ($1 % 16)))
}

both_ways() {
	local class turn

	for class in "${!classes[@]}"; do
		for turn in 0 1 2 3; do
			combination "$class" $turn
			craft_factors $combination
			spi_of 2 "$class" $turn
			# shellcheck disable=SC2086 # several words
			craft_sa in $spi "${classes[class]}" $factors
			spi_of 1 "$class" $turn
			# shellcheck disable=SC2086
			craft_sa out $spi "${classes[class]}" $factors
		done
		spi_of 1 "$class" 4
		craft_sa out $spi "${classes[class]}" 4 4 raw - tfc=$tfc
	done >> "$craft_sas"
}

# What the tools make gets in, all of it and unharmed.
receive_all() {
	local class turn words=()

	for class in "${!classes[@]}"; do
		for turn in 0 1 2 3; do
			spi_of 2 "$class" $turn
			words+=($spi "sweep=$sizes:1" "padded:$((sizes + 1))"
				"tfc=77:$((sizes + 2))" "payload=1300:$((sizes + 3))")
		done
	done
	craft "${words[@]}" > "$t_dir/crafted"
	wait_for received_all
	azvpn-sa -n "$left" sa dump > "$t_dir/dump"
}

received_all() {
	azvpn-sa -n "$left" tunnel get tunnel=$tunnel_id
	tunnel_is "$left" "rx_packets + drops_icv + drops_malformed + drops_trailer + drops_padding \
		+ drops_protocol == 4 * ${#classes[@]} * (sizes + 3)"
}

# received CLASS: packets, and bytes of whole inner packets, of its four SAs.
received() {
	local turn inner=(28 48) header it

	for turn in 0 1 2 3; do
		spi_of 2 "$1" $turn
		it=${line[$spi]}
		combination "$1" $turn
		header=${inner[combination >> 1 & 1]}
		holds "$it" "packets == $sizes + 3 && drops == 0 && sequence == packets"
		holds "$it" "bytes == (sizes + 3) * $header + sizes * (sizes - 1) / 2 + 32 + 32 + 1300"
	done
}

unharmed() {
	wait_for unheard_is $((4 * ${#classes[@]} * (sizes + 3)))
}

# What azvpn sends is looked at byte by byte.
send_all() {
	local check

	start "$right" esp-open check wire "$craft_sas" $((5 * ${#classes[@]} * sizes))
	check=$started
	nsx "$left" taskset -c 0 esp-open inner tun "$craft_sas" 0 $((sizes - 1))
	finish "$check" > "$t_dir/checked"
	grep -v '^spi=' "$t_dir/checked" | head -n 40
	holds "$(grep 'all=' "$t_dir/checked")" "all == 5 * ${#classes[@]} * sizes && foreign == 0"
	holds "$(grep 'all=' "$t_dir/checked")" 'errors == 0'
}

# sent CLASS: four SAs without padding for traffic flow confidentiality, one with it.
sent() {
	local turn

	for turn in 0 1 2 3; do
		spi_of 1 "$1" $turn
		holds "${line[$spi]}" \
			"packets == $sizes && errors == 0 && tfc == 0"
	done
	spi_of 1 "$1" 4
	# 28 bytes are the shortest inner packet, and they all look the same
	holds "${line[$spi]}" \
		"packets == $sizes && errors == 0 && tfc == $tfc - 28 && shortest == longest"
}

craft_topology
craft_begin
both_ways
craft_end
craft_natt "$left" $esp_left $craft_left6
t "received: all classes" receive_all
craft_read "$t_dir/dump"
for class in $(seq 0 $classes_last); do
	t "received: ${classes[class]}" received "$class"
done
t "received: inner packets arrive unharmed" unharmed
t "sent: all classes" send_all
craft_read "$t_dir/checked"
for class in $(seq 0 $classes_last); do
	t "sent: ${classes[class]}" sent "$class"
done
t "the kernel had nothing to complain about" dmesg_clean
craft_natt_over
t_end
