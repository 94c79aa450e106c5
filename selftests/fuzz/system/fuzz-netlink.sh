#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Random requests to the netlink family for FUZZ_SECONDS, a seed after the other
# from FUZZ_SEED on, while packets try to pass by whatever was set up. `make fuzz`
# runs it; one seed again:
#	FUZZ_SEED=N FUZZ_SECONDS=1 make fuzz T=fuzz-netlink
#
#       left (azvpn)                                      right
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire
#
# Time limit: 100000 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../../lib-esp.sh"
# shellcheck source=selftests/lib-memory.sh
. "$(dirname "$0")/../../lib-memory.sh"

seed=${FUZZ_SEED:-1}
per_seed=2000

esp_topology

set_up() {
	ip -n "$left" link add tun type azvpn id 7
	esp_addresses "$left" $esp_inner_left 10.2.0.0/16
}

clear_up() {
	ip -n "$left" link del tun
	azvpn-sa -n "$left" sa flush
	azvpn-sa -n "$left" policy flush
	net_is "$left" 'tunnels == 0 && sas == 0 && policies == 0'
}

# one SEED: from nothing to nothing, so that a seed can be repeated alone.
one() {
	echo "<6>azvpn-fuzz netlink: seed $1" > /dev/kmsg
	set_up
	nsx "$left" esp-flood out tun "$1" 300 > "$t_dir/flood" &
	nsx "$left" nlfuzz random 7 "$1" $per_seed > "$t_dir/nlfuzz"
	wait $!
	clear_up
}

storm() {
	local end first=$seed

	one "$seed"
	one "$seed"
	memory_note
	end=$((SECONDS + ${FUZZ_SECONDS:-60}))
	while [ $SECONDS -lt $end ]; do
		one "$seed" || { cat "$t_dir/nlfuzz"; fail "seed $seed"; return 1; }
		seed=$((seed + 1))
	done
	echo "$((seed - first)) seeds" > "$t_dir/seeds"
	wait_for memory_is_back
}

echo "# seeds from $seed on, $per_seed requests each"
t "random requests" storm
echo "# $(cat "$t_dir/seeds" 2> /dev/null)"
t "the kernel had nothing to complain about" dmesg_clean
t_end
