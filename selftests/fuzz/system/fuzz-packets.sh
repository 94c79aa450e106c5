#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Damaged packets both ways for FUZZ_SECONDS, a seed after the other from
# FUZZ_SEED on, while SAs, policies and the device change under them. `make fuzz`
# runs it; one seed again:
#	FUZZ_SEED=N FUZZ_SECONDS=1 make fuzz T=fuzz-packets
#
#       left (azvpn)                                      right (esp-flood)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire
#                     2001:db8:1::1          2001:db8:1::2
#
# Time limit: 100000 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../../lib-esp.sh"
# shellcheck source=selftests/lib-memory.sh
. "$(dirname "$0")/../../lib-memory.sh"

seed=${FUZZ_SEED:-1}
per_seed=5000
left6=2001:db8:1::1 right6=2001:db8:1::2

esp_topology
for ns in "$left" "$right"; do
	nsx "$ns" sh -c 'for f in all default wire; do echo 0 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done'
	ip -n "$ns" link set wire mtu 9000
done
ip -n "$left" address add $left6/64 dev wire nodad
ip -n "$right" address add $right6/64 dev wire nodad
esp_key 256 "$t_dir/key"
(umask 077; od -An -tx1 -v -N 32 /dev/urandom | tr -d ' \n' > "$t_dir/ikey")
: > "$t_dir/no-key"
mac=$(nsx "$left" cat /sys/class/net/wire/address)
start "$left" esp-flood listen
listener=$started

# sa_in[N], sa_out[N]: the commands that add SA N of esp-flood's; name_in[N],
# name_out[N]: what names it. Once and for all: a process is slow to start here.
for n in 0 1 2 3 4 5 6 7; do
	from=$esp_right to=$esp_left words="tunnel=7 reqid=1" name=""
	((n & 4)) && from=$right6 to=$left6
	((n & 1)) && words+=" sport=4500 dport=4500" name=" sa-dport=4500"
	((n & 2)) && words+=" cipher=aes-gcm-16 key=$t_dir/key" ||
		words+=" cipher=null key=$t_dir/no-key integrity=hmac-sha256-128 ikey=$t_dir/ikey"
	sa_in[n]="sa add dir=in spi=$((0x2001 + n)) window=$((64 << n % 5)) flags=copy-ecn src=$from dst=$to $words"
	name_in[n]="spi=$((0x2001 + n)) dst=$to"
	sa_out[n]="sa add dir=out spi=$((0x1001 + n)) flags=copy-df,copy-ecn,copy-dscp tfc=$((n % 3 * 700)) src=$to dst=$from $words"
	name_out[n]="sa=$((0x1001 + n)) sa-dst=$from$name"
done

policies() {
	local family

	for family in 0.0.0.0/0 ::/0; do
		echo "policy add tunnel=7 dir=$1 from=$family to=$family reqid=1 priority=9 $2"
	done
}

all_sas() {
	local n

	for n in 0 1 2 3 4 5 6 7; do
		echo "${sa_in[n]}"
		echo "${sa_out[n]}"
	done
	policies in ""
	policies out "${name_out[0]}"
}

set_up() {
	ip -n "$left" link add tun mtu 9000 type azvpn id 7
	nsx "$left" sh -c 'echo 0 > /proc/sys/net/ipv6/conf/tun/disable_ipv6'
	esp_addresses "$left" $esp_inner_left 10.2.0.0/16
	ip -n "$left" address add 2001:db8:10::1/128 dev tun nodad
	ip -n "$left" route add 2001:db8:20::/48 dev tun
	all_sas | azvpn-sa -n "$left" batch
}

# Changes that can all be made, in an order that the seed decides.
changes() {
	local i n

	RANDOM=$1
	for ((i = 0; i < 60; i++)); do
		n=$((RANDOM % 8))
		case $((RANDOM % 6)) in
		0)
			echo "sa del ${name_in[n]}"
			echo "${sa_in[n]}"
			;;
		1)
			policies out "replace=1 ${name_out[n]}"
			;;
		2)
			echo "policy add tunnel=7 dir=in from=10.2.0.0/24 to=10.1.0.1/32 proto=$((n % 2 * 11 + 6)) sport=0-$((n * 300)) reqid=$((n % 3)) priority=$n"
			echo "policy add tunnel=7 dir=out from=2001:db8:10::/64 to=::/0 proto=6 ${name_out[n]}"
			echo "policy del tunnel=7 dir=out from=2001:db8:10::/64 to=::/0 proto=6"
			echo "policy del tunnel=7 dir=in from=10.2.0.0/24 to=10.1.0.1/32 proto=$((n % 2 * 11 + 6)) sport=0-$((n * 300))"
			;;
		3)
			echo "sa dump"
			echo "policy dump"
			;;
		4)
			echo "sa flush"
			echo "policy flush"
			echo "policy add tunnel=7 dir=out from=0.0.0.0/0 to=0.0.0.0/0 reqid=1"
			echo "sa alloc src=$esp_right dst=$esp_left min=$((0x2001 + n % 4)) max=$((0x2001 + n % 4))"
			echo "policy del tunnel=7 dir=out from=0.0.0.0/0 to=0.0.0.0/0"
			all_sas
			;;
		5)
			# away and back again
			echo "sa update spi=0x2001 dst=$esp_left new-sport=4500 new-dport=4500"
			echo "sa update spi=0x2001 dst=$esp_left new-sport=0 new-dport=0"
			;;
		esac
	done
}

device_changes() {
	local i

	{
		for i in 1 2 3 4; do
			echo "link set tun mtu $((1280 + $1 * i * 7919 % 8000))"
			echo "link set tun type azvpn mss $(($1 % 3 * 600)) df $2"
			echo "link set tun down"
			echo "link set tun up"
		done
	} > "$t_dir/ip.batch"
	ip -n "$left" -batch "$t_dir/ip.batch"
}

# one SEED: from nothing to nothing.
one() {
	local modes=(sa copy set clear) jobs=()

	echo "<6>azvpn-fuzz packets: seed $1" > /dev/kmsg
	set_up
	nsx "$right" esp-flood in wire "$mac" "$t_dir/key" "$t_dir/ikey" "$1" $per_seed 1 > "$t_dir/in" &
	jobs+=($!)
	nsx "$left" esp-flood out tun "$1" $((per_seed / 2)) > "$t_dir/out-flood" &
	jobs+=($!)
	changes "$1" > "$t_dir/batch"
	azvpn-sa -n "$left" batch < "$t_dir/batch" > "$t_dir/changed"
	device_changes "$1" "${modes[$1 % 4]}"
	wait "${jobs[0]}"
	wait "${jobs[1]}"
	azvpn-sa -n "$left" tunnel get tunnel=7 >> "$t_dir/tunnels"
	ip -n "$left" link del tun
	azvpn-sa -n "$left" sa flush
	net_is "$left" 'tunnels == 0 && sas == 0 && policies == 0'
}

storm() {
	local end first=$seed

	one "$seed"
	one "$seed"
	memory_note
	end=$((SECONDS + ${FUZZ_SECONDS:-60}))
	while [ $SECONDS -lt $end ]; do
		one "$seed" || { fail "seed $seed"; return 1; }
		seed=$((seed + 1))
	done
	echo "$((seed - first)) seeds" > "$t_dir/seeds"
	# fragments that wait for others, for 30 s
	wait_for memory_is_back
}

# Not all of it is refused: what is good gets through, both ways.
worth_it() {
	awk '{
		for (i = 1; i <= NF; i++)
			if (split($i, pair, "=") == 2)
				sum[pair[1]] += pair[2]
	} END {
		for (name in sum)
			if (sum[name] && name ~ /^(drops|rx_packets|tx_packets)/)
				printf "%s=%d ", name, sum[name]
		if (!sum["rx_packets"] || !sum["tx_packets"] || !sum["drops_icv"] || !sum["drops_trailer"])
			exit 1
	}' "$t_dir/tunnels" > "$t_dir/sums"
}

echo "# seeds from $seed on, $per_seed packets each"
t "damaged packets while everything changes" storm
t "some were good, some were not" worth_it
echo "# $(cat "$t_dir/seeds" "$t_dir/sums" 2> /dev/null | tr '\n' ' ')"
t "the kernel had nothing to complain about" dmesg_clean
stop "$listener" > /dev/null
t_end
