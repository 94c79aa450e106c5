#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything at once: SAs, policies, devices and namespaces come and go at random, in
# several processes, while packets are on their way both ways. What becomes of the
# packets does not matter here, only that nothing breaks: KASAN, lockdep, and the
# end, where nothing may be left.
#
#       left (azvpn)                                      right (azvpn)
#   tun  (id 7) ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun  (id 7)   raw
#   tun8 (id 8)         198.51.100.1       198.51.100.2         tun8 (id 8)   UDP
#   tun9 (id 9)         2001:db8::1        2001:db8::2          tun9 (id 9)   IPv6
#
# $RACE_ROUNDS (12) is how many rounds each process goes, $RACE_SEED what they are
# chosen by.
#
# Time limit: 900 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-esp6.sh
. "$(dirname "$0")/../lib-esp6.sh"

rounds=${RACE_ROUNDS:-12}
seed=${RACE_SEED:-1}
esp_window=2048

esp6_topology
esp_key 256 "$t_dir/key"
for key in $esp_spi_lr $esp_spi_rl; do
	cp "$t_dir/key" "$t_dir/key-$key"
done
start "$left" espinudp $esp_left 4500
helpers=$started
start "$right" espinudp $esp_right 4500
helpers+=" $started"

# Where a tunnel's packets go: raw over IPv4, in UDP, raw over IPv6.
local_of() {
	[ "$1" = 9 ] && ends="$esp6_left $esp6_right" || ends="$esp_left $esp_right"
	[ "$1" = 8 ] && ports="sport=4500 dport=4500" || ports=
}

name_of() {
	[ "$1" = 7 ] && echo tun || echo "tun$1"
}

# device NS ID SIDE: a tunnel's device, with the site's network behind it. All may be
# there already, or not be there any more.
device() {
	local name net

	name=$(name_of "$2")
	[ "$3" = left ] && net=10.$2.2.0/24 || net=10.$2.1.0/24
	ip -n "$1" -force -batch - <<-EOF || true
	link add $name type azvpn id $2
	address add 10.$2.$([ "$3" = left ] && echo 1 || echo 2).1/32 dev $name
	link set $name up
	route add $net dev $name
	EOF
} 2> /dev/null

# requests SIDE RANDOM COUNT: random ones, of SAs and policies of three tunnels; few
# enough names that most of them hit something.
requests() {
	local RANDOM=$2 i id here there ends ports out in any name

	for ((i = 0; i < $3; i++)); do
		id=$((7 + RANDOM % 3))
		local_of $id
		if [ "$1" = left ]; then
			read -r here there <<< "$ends"
			out=$((0x1000 + id * 16)) in=$((0x2000 + id * 16))
		else
			read -r there here <<< "$ends"
			out=$((0x2000 + id * 16)) in=$((0x1000 + id * 16))
		fi
		out=$((out + RANDOM % 3)) in=$((in + RANDOM % 3))
		any="tunnel=$id from=0.0.0.0/0 to=0.0.0.0/0"
		name="dst=$there${ports:+ dport=4500}"
		case $((RANDOM % 18)) in
		0 | 1 | 2) echo "sa add dir=in spi=$in src=$there dst=$here key=$t_dir/key tunnel=$id reqid=1 $ports" ;;
		3 | 4 | 5) echo "sa add dir=out spi=$out src=$here dst=$there key=$t_dir/key tunnel=$id reqid=1 $ports soft-packets=$((RANDOM % 50)) hard-packets=$((RANDOM % 500))" ;;
		6 | 7) echo "policy add dir=out $any reqid=1 sa=$out sa-${name/ dport/ sa-dport} replace=1" ;;
		8) echo "policy add dir=in $any reqid=1 replace=1" ;;
		9) echo "policy add dir=out $any reqid=1 replace=1" ;;
		10) echo "sa del spi=$in dst=$here" ;;
		11) echo "sa del spi=$out $name" ;;
		12) echo "policy del dir=out $any" ;;
		13) echo "sa alloc src=$there dst=$here min=$in max=$in" ;;
		14) echo "policy add dir=out tunnel=$id from=0.0.0.0/0 to=10.$id.$((RANDOM % 4)).0/24 priority=$((RANDOM % 3)) sa=$out sa-${name/ dport/ sa-dport}" ;;
		15) echo "sa update spi=$in dst=$here new-src=$there" ;;
		16) [ $((RANDOM % 4)) != 0 ] || echo "sa flush tunnel=$id" ;;
		17) [ $((RANDOM % 4)) != 0 ] || echo "policy flush tunnel=$id" ;;
		esac
		[ $((RANDOM % 30)) != 0 ] || echo "sa dump"
	done
}

# requester SIDE NS SEED: a process that sends them.
requester() {
	local i

	for ((i = 0; i < rounds; i++)); do
		requests "$1" $((seed * 1000 + $3 * 100 + i)) 120 | azvpn-sa -n "$2" try
	done > "$t_dir/requests-$1-$3" 2>&1
	# what was accepted, for the verdict
	awk '/^tried=/ { split($1, a, "="); split($2, b, "="); n += a[2] - b[2] } END { print n }' \
		"$t_dir/requests-$1-$3" > "$t_dir/accepted-$1-$3"
}

# Devices come and go, one in ten times all at once; their SAs go with them.
devices() {
	local RANDOM=$seed i id ns side

	for ((i = 0; i < rounds; i++)); do
		id=$((7 + RANDOM % 3))
		[ $((RANDOM % 2)) = 0 ] && side=left || side=right
		ns=${!side}
		case $((RANDOM % 5)) in
		0) ip -n "$ns" link del "$(name_of $id)" 2> /dev/null || true ;;
		1) ip -n "$ns" link set "$(name_of $id)" down 2> /dev/null || true ;;
		2) ip -n "$ns" link set "$(name_of $id)" type azvpn mark $((RANDOM % 2)) mss $((RANDOM % 1400)) 2> /dev/null || true ;;
		esac
		device "$ns" $id $side
	done
}

# Namespaces with tunnels in them, at work, come and go.
namespaces() {
	local i ns

	for ((i = 0; i < rounds / 3; i++)); do
		ns=race-$$-$i
		ip netns add "$ns"
		echo "$ns" >> "$t_dir/ns"
		ip -n "$ns" link set lo up
		ip -n "$ns" link add tun type azvpn id 7
		azvpn-sa -n "$ns" try <<-EOF > /dev/null
		sa add dir=in spi=0x1001 src=127.0.0.1 dst=127.0.0.1 key=$t_dir/key tunnel=7 reqid=1
		sa add dir=out spi=0x1001 src=127.0.0.1 dst=127.0.0.2 key=$t_dir/key tunnel=7 reqid=1
		sa add dir=in spi=0x1001 src=127.0.0.1 dst=127.0.0.2 key=$t_dir/key tunnel=7 reqid=1
		policy add dir=out tunnel=7 from=0.0.0.0/0 to=0.0.0.0/0 sa=0x1001 sa-dst=127.0.0.2
		policy add dir=in tunnel=7 from=0.0.0.0/0 to=0.0.0.0/0 reqid=1
		sa alloc src=127.0.0.1 dst=127.0.0.1
		EOF
		ip -n "$ns" address add 10.1.0.1/32 dev tun
		ip -n "$ns" link set tun up
		ip -n "$ns" route add 10.2.0.0/16 dev tun
		nsx "$ns" udp-probe send -n 50 -g 0 10.2.0.1 9 > /dev/null
		[ $((i % 2)) = 0 ] || ip -n "$ns" link set tun netns "$left" name guest$i 2> /dev/null || true
		ip netns del "$ns"
	done
}

# Packets of all tunnels in both directions, until they are stopped.
traffic() {
	local id

	for id in 7 8 9; do
		start_plain "$left" udp-probe send -b 10.$id.1.1 -n 0 -g 5000 10.$id.2.1 9
		flows+=("$started")
		start_plain "$right" udp-probe send -b 10.$id.2.1 -n 0 -g 5000 10.$id.1.1 9
		flows+=("$started")
	done
}

guests_gone() {
	[ -z "$(ip -n "$left" -o link show | grep -o 'guest[0-9]*' || true)" ]
}

at_once() {
	local id pids=() pid flow flows=() words

	for id in 7 8 9; do
		device "$left" $id left
		device "$right" $id right
	done
	start "$left" azvpn-sa monitor
	monitor=$started
	traffic
	requester left "$left" 1 &
	pids+=($!)
	requester right "$right" 2 &
	pids+=($!)
	devices &
	pids+=($!)
	namespaces &
	pids+=($!)
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for flow in "${flows[@]}"; do
		stop "$flow" > /dev/null
	done
	stop "$monitor" > /dev/null
	for words in "$t_dir"/accepted-*; do
		echo "${words##*/}: $(cat "$words")"
		# it was more than refusals
		[ "$(cat "$words")" -ge $((rounds * 10)) ]
	done
	wait_for guests_gone
}

# After all that the gateways work.
still_working() {
	for ns in "$left" "$right"; do
		for id in 7 8 9; do
			ip -n "$ns" link del "$(name_of $id)" 2> /dev/null || true
		done
		azvpn-sa -n "$ns" sa flush
		net_is "$ns" 'tunnels == 0 && sas == 0 && policies == 0'
	done
	esp_up azvpn
	start "$right" udp-probe echo $esp_inner_right 7007
	holds "$(nsx "$left" udp-probe flow -n 200 -g 0 $esp_inner_right 7007)" 'received == 200'
}

t "SAs, policies, devices and namespaces come and go under traffic" at_once
t "after that the gateways work" still_working
for helper in $helpers; do
	stop "$helper" > /dev/null
done
t "the kernel had nothing to complain about" dmesg_clean
t_end
