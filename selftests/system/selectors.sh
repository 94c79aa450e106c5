#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Policies: which SA a packet takes, which packets take none, and changing that
# while packets are on their way.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.0/16
#
# Each policy has an SA of its own, whose counter shows which one was chosen.
#
# Time limit: 900 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_topology

up() {
	esp_window=2048	# a CPU that falls behind makes no packet stale
	esp_up azvpn
	# every address of the site is there
	ip -n "$right" route replace local 10.2.0.0/16 dev lo
}

down() {
	ip -n "$right" route del local 10.2.0.0/16 dev lo
}

# sas FIRST COUNT: outbound ones at left, inbound ones at right.
sas() {
	local i

	for ((i = $1; i < $1 + $2; i++)); do
		echo "sa add dir=out spi=$i src=$esp_left dst=$esp_right tunnel=7 reqid=1 key=$t_dir/key-$esp_spi_lr"
	done | azvpn-sa -n "$left" batch
	for ((i = $1; i < $1 + $2; i++)); do
		echo "sa add dir=in spi=$i src=$esp_left dst=$esp_right tunnel=7 reqid=1 window=2048 key=$t_dir/key-$esp_spi_lr"
	done | azvpn-sa -n "$right" batch
}

policy() {
	azvpn-sa -n "$left" policy "$1" tunnel=7 dir=out "${@:2}"
}

send() {
	nsx "$left" udp-probe send -n "$2" -g 0 "$1" 9
}

# took SPI COUNT: so many packets went out by that SA.
took() {
	sa_is "$left" "$1" $esp_right "packets == $2"
}

any="from=0.0.0.0/0 to=0.0.0.0/0"

# From the widest to the narrowest and the other way round.
most_specific() {
	local order=("$@") i
	local nets=(0.0.0.0/0 10.2.0.0/16 10.2.3.0/24 10.2.3.4/32 10.2.3.0/24)
	local from=(0.0.0.0/0 0.0.0.0/0 10.1.0.0/24 10.1.0.0/24 10.1.0.1/32)

	up
	# shellcheck disable=SC2086 # several words
	policy del $any
	sas 0x3000 5
	for i in "${order[@]}"; do
		policy add "from=${from[i]}" "to=${nets[i]}" sa=$((0x3000 + i)) sa-dst=$esp_right
	done
	wait_for carrier "$left" tun up
	ip -n "$left" route add 10.9.0.0/16 dev tun
	send 10.9.0.1 3
	send 10.2.9.1 4
	send 10.2.3.9 5
	send 10.2.3.4 6
	took 0x3000 3
	took 0x3001 4
	# of two with the same destination the one with the narrower source
	took 0x3004 5
	took 0x3002 0
	took 0x3003 6
	azvpn-sa -n "$left" policy del tunnel=7 dir=out from=10.1.0.1/32 to=10.2.3.0/24
	send 10.2.3.9 5
	took 0x3002 5
	tunnel_is "$left" 'tx_packets == 23 && drops == 0'
}

# Ten thousand pairs of hosts, among them 256 that are looked at.
ten_thousand() {
	local i result

	up
	# shellcheck disable=SC2086 # several words
	policy del $any
	sas 0x3000 1
	for ((i = 0; i < 10000; i++)); do
		echo "policy add tunnel=7 dir=out from=10.1.0.1/32 to=10.2.$((i / 250)).$((i % 250 + 1))/32 sa=0x3000 sa-dst=$esp_right"
	done > "$t_dir/batch"
	azvpn-sa -n "$left" batch < "$t_dir/batch"
	tunnel_is "$left" 'policies == 10001'
	wait_for carrier "$left" tun up
	for i in 0 17 39; do
		send 10.2.$i.1 2
		send 10.2.$i.250 2
		send 10.2.$i.251 1
	done
	send 10.2.40.1 1
	took 0x3000 12
	tunnel_is "$left" 'drops_no_policy == 4 && drops == 4'
	[ "$(lines "$(azvpn-sa -n "$left" policy dump tunnel=7)" '^dir=out.*used=[1-9]')" = 6 ]
	sed -i 's/policy add/policy del/; s/ sa=.*//' "$t_dir/batch"
	azvpn-sa -n "$left" batch < "$t_dir/batch"
	tunnel_is "$left" 'policies == 1 && carrier == 0'
}

drop_action() {
	up
	policy add from=0.0.0.0/0 to=10.2.66.0/24 action=drop
	send 10.2.66.1 9
	send 10.2.67.1 5
	tunnel_is "$left" 'drops_policy == 9 && drops == 9 && tx_packets == 5'
	policy add from=0.0.0.0/0 to=10.2.66.0/24 replace=1 sa=$esp_spi_lr sa-dst=$esp_right
	send 10.2.66.1 4
	tunnel_is "$left" 'drops_policy == 9 && tx_packets == 9'
}

# While a policy changes between drop and protect no packet meets half of either:
# each is dropped by it, or takes its SA.
drop_to_and_fro() {
	local flow

	up
	policy add from=0.0.0.0/0 to=10.2.66.0/24 action=drop
	start_plain "$left" udp-probe send -n 0 -g 0 10.2.66.1 9
	flow=$started
	wait_for tunnel_is "$left" 'drops_policy > 0'
	for _ in $(seq 10000); do
		echo "policy add dir=out tunnel=7 from=0.0.0.0/0 to=10.2.66.0/24 action=drop replace=1"
		echo "policy add dir=out tunnel=7 from=0.0.0.0/0 to=10.2.66.0/24 replace=1 sa=$esp_spi_lr sa-dst=$esp_right"
	done | azvpn-sa -n "$left" batch
	wait_for sa_is "$left" $esp_spi_lr $esp_right 'packets > 20'
	stop "$flow"
	tunnel_is "$left" 'drops_no_sa == 0 && drops == drops_policy'
}

# A trap tells of the packet that sprang it, once a second however many come.
acquire() {
	local monitor begin seconds count

	up
	# shellcheck disable=SC2086 # several words
	policy del $any
	start "$left" azvpn-sa monitor
	monitor=$started
	policy add from=10.1.0.0/24 to=10.2.5.0/24 reqid=42
	wait_for carrier "$left" tun up
	begin=$(date +%s%N)
	send 10.2.5.9 300
	seconds=$((($(date +%s%N) - begin) / 1000000000 + 1))
	# some wait for the answer, which does not come; the rest is too many
	wait_for tunnel_is "$left" 'drops_hold_full == 236 && drops_hold_timeout == 64 && drops == 300'
	# another policy has an allowance of its own, and its event comes after all others
	policy add from=10.1.0.0/24 to=10.2.6.0/24 reqid=43
	send 10.2.6.9 1
	wait_for grep -q 'reqid=43 ' "${monitor#*:}"
	stop "$monitor" > /dev/null
	count=$(events "$monitor" event=acquire tunnel=7 reqid=42 from=10.1.0.0/24 to=10.2.5.0/24 \
		protocol=17 packet_src=10.1.0.1 packet_dst=10.2.5.9)
	[ "$count" -ge 1 ] && [ "$count" -le $seconds ] || fail "$count events in $seconds s"
	[ "$(started_output "$monitor" | wc -l)" = $((count + 1)) ]
}

# replacements FIRST COUNT: each SA takes the place of the one before it.
replacements() {
	local i

	for ((i = $1; i < $1 + $2; i++)); do
		echo "policy add dir=out tunnel=7 $any sa=$i sa-dst=$esp_right replace=1"
		[ $i = $((0x3000)) ] || echo "sa del spi=$((i - 1)) dst=$esp_right"
	done
}

# A thousand rekeys, make before break, with packets both ways and none lost.
rekeys() {
	local i flow result used

	up
	sas 0x3000 1000
	start "$right" udp-probe echo $esp_inner_right 7007
	start_plain "$left" udp-probe flow -n 0 -g 300 $esp_inner_right 7007
	flow=$started
	wait_for sa_is "$left" $esp_spi_lr $esp_right 'packets > 20'
	for ((i = 0x3000; i < 0x3000 + 1000; i += 50)); do
		replacements $i 50 | azvpn-sa -n "$left" batch
		wait_for sa_is "$left" $((i + 49)) $esp_right 'packets > 0'
	done
	result=$(stop "$flow")
	echo "$result"
	holds "$result" 'sent > 100 && received == sent && duplicate == 0 && refused == 0'
	net_is "$left" 'sas == 3'
	tunnel_is "$left" 'drops == 0'
	tunnel_is "$right" 'drops == 0'
	# it was many of them that carried the flow
	used=$(lines "$(azvpn-sa -n "$right" sa dump)" ' packets=[1-9]')
	[ "$used" -gt 10 ] || fail "only $used SAs carried packets"
}

# Without the replacement in time packets are dropped under the right name. (A
# trap for another network keeps the carrier up.)
sa_deleted() {
	# an address that nobody answers for: a refused packet is one not sent
	local silent=10.2.0.99

	up
	policy add from=10.1.77.0/24 to=10.2.77.0/24
	azvpn-sa -n "$left" sa del spi=$esp_spi_lr dst=$esp_right
	send $silent 8
	tunnel_is "$left" 'drops_no_sa == 8 && drops == 8'
	# and a policy that comes back to an SA goes on
	sas 0x3000 1
	# shellcheck disable=SC2086 # several words
	policy add $any replace=1 sa=0x3000 sa-dst=$esp_right
	send $silent 8
	took 0x3000 8
}

t "the most specific policy wins, added from wide to narrow" fresh most_specific 0 1 2 3 4
t "the most specific policy wins, added from narrow to wide" fresh most_specific 4 3 2 1 0
t "ten thousand pairs" fresh ten_thousand
t "a policy can say drop" fresh drop_action
t "and say so to and fro under traffic" fresh drop_to_and_fro
t "a trap raises an acquire, at most once a second" fresh acquire
t "a thousand rekeys lose no packet" fresh rekeys
t "a policy whose SA has gone" fresh sa_deleted
t "the kernel had nothing to complain about" dmesg_clean
t_end
