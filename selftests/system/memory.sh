#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No memory is left behind: a thousand SAs and policies, used, then deleted, again
# and again. The first rounds fill what the kernel keeps for later; the others
# must not make it grow by more than a few objects, where one object forgotten
# for each SA would be thousands.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
# Time limit: 1200 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-memory.sh
. "$(dirname "$0")/../lib-memory.sh"

rounds=5

esp_topology
esp_key 256 "$t_dir/key"

add_thousand() {
	local i words="tunnel=7 reqid=1 key=$t_dir/key"

	for ((i = 0; i < 500; i++)); do
		echo "sa add dir=in spi=$((0x10000 + i)) src=$esp_right dst=$esp_left window=4096 $words"
		echo "sa add dir=out spi=$((0x20000 + i)) src=$esp_left dst=$esp_right sport=4500 dport=4500 $words"
		echo "policy add dir=out tunnel=7 from=0.0.0.0/0 to=10.2.$((i / 250)).$((i % 250))/32 sa=$((0x20000 + i)) sa-dst=$esp_right sa-dport=4500"
		echo "policy add dir=in tunnel=7 from=10.2.$((i / 250)).$((i % 250))/32 to=0.0.0.0/0 reqid=1"
		echo "sa alloc src=$esp_right dst=$esp_left"
	done
}

# By hand, by flush, or with the device.
delete_thousand() {
	local i

	case $1 in
	0)
		for ((i = 0; i < 500; i++)); do
			echo "sa del spi=$((0x10000 + i)) dst=$esp_left"
			echo "sa del spi=$((0x20000 + i)) dst=$esp_right dport=4500"
		done | azvpn-sa -n "$left" batch
		;;
	1)
		azvpn-sa -n "$left" policy flush
		;;
	esac
	ip -n "$left" link del tun
	azvpn-sa -n "$left" sa flush
}

round() {
	ip -n "$left" link add tun type azvpn id 7
	esp_addresses "$left" 10.1.0.1 10.2.0.0/16
	add_thousand | azvpn-sa -n "$left" batch > /dev/null
	net_is "$left" 'sas == 1500 && policies == 1000'
	nsx "$left" udp-probe send -n 20 -g 0 10.2.0.7 9
	nsx "$left" udp-probe send -n 20 -g 0 10.2.1.7 9
	delete_thousand $(($1 % 3))
	net_is "$left" 'sas == 0 && policies == 0 && tunnels == 0'
}

no_growth() {
	local i

	for i in 0 1 2; do
		round $i
	done
	memory_note
	for ((i = 0; i < rounds; i++)); do
		round $i
	done
	wait_for memory_is_back
}

refused_requests() {
	ip -n "$left" link add tun type azvpn id 7
	nsx "$left" nlfuzz random 7 99 2000 > /dev/null
	azvpn-sa -n "$left" sa flush
	azvpn-sa -n "$left" policy flush
	memory_note
	nsx "$left" nlfuzz random 7 100 6000
	azvpn-sa -n "$left" sa flush
	azvpn-sa -n "$left" policy flush
	wait_for memory_is_back
	ip -n "$left" link del tun
}

t "five thousand SAs leave nothing behind" fresh no_growth
t "refused requests leave nothing behind" fresh refused_requests
t "the kernel had nothing to complain about" dmesg_clean
t_end
