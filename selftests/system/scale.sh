#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many tunnels in one namespace, each with two SAs either way: they are made and taken
# down in bulk, leave nothing behind, and cost the packets of one of them nothing.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#   t1 to t1000, idle
#
# With ESP_SCALE=full there are 10,000, and what they cost is judged by the clock: for
# one that counts instructions, and as many possible CPUs as a large host has:
#
#   CLOCK=icount SMP=1 MEM=6000 APPEND=possible_cpus=64 \
#	scripts/vm -t 7200 env ESP_SCALE=full selftests/run scale
#
# Time limit: 900 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

full='' tunnels=1000
[ "${ESP_SCALE:-}" != full ] || full=yes tunnels=10000
packets=5000

# What full scale may take; seconds of the instruction clock, bytes.
setup_seconds=60
teardown_seconds=30
tunnel_bytes=16384
per_packet_percent=5

esp_topology
ns_add many
esp_key 256 "$t_dir/key"

# In nanoseconds
clock() {
	date +%s%N
}

# links FIRST COUNT TYPE: devices of that type.
links() {
	local i

	for ((i = $1; i < $1 + $2; i++)); do
		[ "$3" = azvpn ] && echo "link add t$i up type azvpn id $i" || echo "link add t$i up type $3"
	done
}

# requests FIRST COUNT: their SAs and policies. Addresses and SPIs are what differs.
requests() {
	local i peer words

	for ((i = $1; i < $1 + $2; i++)); do
		peer=10.99.$((i / 250)).$((i % 250))
		words="tunnel=$i reqid=$i key=$t_dir/key"
		echo "sa add dir=in spi=$((0x100000 + i)) src=$peer dst=$esp_left $words"
		echo "sa add dir=out spi=$((0x200000 + i)) src=$esp_left dst=$peer $words"
		echo "sa add dir=in spi=$((0x300000 + i)) src=$peer dst=$esp_left $words"
		echo "sa add dir=out spi=$((0x400000 + i)) src=$esp_left dst=$peer $words"
		echo "policy add dir=in tunnel=$i from=0.0.0.0/0 to=0.0.0.0/0 reqid=$i"
		echo "policy add dir=out tunnel=$i from=0.0.0.0/0 to=0.0.0.0/0 reqid=$i sa=$((0x400000 + i)) sa-dst=$peer"
	done
}

links 1001 $tunnels azvpn > "$t_dir/links"
requests 1001 $tunnels > "$t_dir/requests"

# make NS: all of them.
make_all() {
	ip -n "$1" -batch "$t_dir/links"
	azvpn-sa -n "$1" batch < "$t_dir/requests"
}

# within WHAT SECONDS NANOSECONDS: judged only by the instruction clock.
within() {
	echo "$1: $(($3 / 1000000)) ms of $2 s" | tee -a "$t_dir/figures"
	[ -z "$full" ] || [ "$3" -le $(($2 * 1000000000)) ]
}

# kB that are in use for good
used() {
	awk '/^(MemFree|Cached|Buffers):/ { n -= $2 } /^MemTotal:/ { n += $2 } END { print n }' /proc/meminfo
}

# settled: until no memory is given back any more; freeing goes through RCU and work queues.
settled() {
	local last=$now

	ip netns add settle-$$
	ip netns del settle-$$
	now=$(used)
	[ $((last - now)) -lt 400 ]
}

settle() {
	now=999999999
	echo 3 > /proc/sys/vm/drop_caches
	wait_for settled
}

# One after the other and all at once: the namespace takes its devices along.
by_namespace() {
	local begin

	# shellcheck disable=SC2154 # set by ns_add
	link_pair "$many" probe - "$left" probe -
	begin=$(clock)
	make_all "$many"
	within "set-up of $tunnels tunnels" $setup_seconds $(($(clock) - begin))
	net_is "$many" "tunnels == $tunnels && sas == 4 * $tunnels && policies == 2 * $tunnels"
	begin=$(clock)
	ip netns del "$many"
	wait_for cable_gone
	within "teardown with the namespace" $teardown_seconds $(($(clock) - begin))
}

# A cable into it goes with the last of its devices.
cable_gone() {
	[ -z "$(ip -n "$left" -o link show type veth | grep probe || true)" ]
}

# By the device group, as azvpnctl may, in one request.
by_group() {
	local begin

	ns_add many2
	# shellcheck disable=SC2154
	make_all "$many2"
	ip -n "$many2" -o link show type azvpn | sed 's/^[0-9]*: \([^:@]*\).*/link set \1 group 9/' |
		ip -n "$many2" -batch -
	begin=$(clock)
	ip -n "$many2" link del group 9
	within "teardown by group" $teardown_seconds $(($(clock) - begin))
	net_is "$many2" 'tunnels == 0 && sas == 0 && policies == 0'
	ip netns del "$many2"
}

# cost NS: nanoseconds for so many packets through left's and right's tunnel.
cost() {
	local begin

	begin=$(clock)
	nsx "$left" udp-probe send -n $packets -g 0 10.2.0.99 9 > /dev/null
	echo $(($(clock) - begin))
}

# The packets of one tunnel, without and with all the others.
per_packet() {
	local alone among

	esp_window=2048
	esp_up azvpn
	ip -n "$right" route add blackhole 10.2.0.99
	cost > /dev/null
	alone=$(cost)
	make_all "$left"
	tunnel_is "$left" "tx_packets == 2 * $packets && drops == 0"
	cost > /dev/null
	among=$(cost)
	tunnel_is "$left" "tx_packets == 4 * $packets && drops == 0"
	wait_for tunnel_is "$right" "rx_packets == 4 * $packets && drops == 0"
	echo "a packet: $((alone / packets)) ns alone, $((among / packets)) ns among $tunnels tunnels" |
		tee -a "$t_dir/figures"
	ip -n "$left" -o link show type azvpn | sed 's/^[0-9]*: \([^:@]*\).*/link set \1 group 9/' |
		ip -n "$left" -batch -
	ip -n "$left" link del group 9
	[ -z "$full" ] || [ $((among * 100)) -le $((alone * (100 + per_packet_percent))) ]
}

# The memory of an idle tunnel with its SAs, less that of a device that does nothing.
memory() {
	local count=1000 before dummies with

	ns_add measure
	# shellcheck disable=SC2154
	ip -n "$measure" link add warm type dummy
	settle
	before=$(used)
	links 1 $count dummy | ip -n "$measure" -batch -
	settle
	dummies=$(($(used) - before))
	ip netns del "$measure"
	ns_add measure
	ip -n "$measure" link add warm type dummy
	settle
	before=$(used)
	links 1001 $count azvpn | ip -n "$measure" -batch -
	requests 1001 $count | azvpn-sa -n "$measure" batch
	settle
	with=$(($(used) - before))
	echo "$(cat /sys/devices/system/cpu/possible) possible: a device $((dummies * 1024 / count)) bytes, an idle tunnel $(((with - dummies) * 1024 / count)) more" |
		tee -a "$t_dir/figures"
	[ -z "$full" ] || [ $(((with - dummies) * 1024 / count)) -le $tunnel_bytes ]
	ip netns del "$measure"
}

t "$tunnels tunnels go with their namespace" by_namespace
t "$tunnels tunnels go with one request" by_group
t "the packets of one among $tunnels" fresh per_packet
t "memory" memory
sed 's/^/# /' "$t_dir/figures"
t "the kernel had nothing to complain about" dmesg_clean
t_end
