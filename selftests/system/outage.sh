#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# When packets cannot go: each one that enters the device is sent or counted, and
# counted once, by the tunnel, the device and ethtool alike.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#                        2001:db8::1         2001:db8::2
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-esp6.sh
. "$(dirname "$0")/../lib-esp6.sh"

any="dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0"
# an address that nobody answers for: an ICMP error would make the sender see refusals
silent=10.2.0.99

esp6_topology

# Neighbours are known for good, so that no packet waits for one to be resolved.
know_neighbours() {
	local address mac

	mac=$(nsx "$right" cat /sys/class/net/wire/address)
	for address in $esp_right $esp6_right; do
		ip -n "$left" neighbour replace $address lladdr "$mac" dev wire nud permanent
	done
}
know_neighbours

send() {
	nsx "$left" udp-probe send -n "$1" -g 0 $silent 9
}

# sent_all N: N packets more leave the sender's socket.
sent_all() {
	holds "$(send "$1")" "sent == $1 && refused == 0"
}

operstate_is() {
	[ "$(nsx "$left" cat /sys/class/net/tun/operstate)" = "$1" ]
}

tx_dropped() {
	nsx "$left" cat /sys/class/net/tun/statistics/tx_dropped
}

# counted REASON N [SENT]: N packets of left's have been dropped for that reason,
# and none for another, whoever is asked; SENT (0) went.
counted() {
	local reason=$1 number=$2 sent=${3:-0} words

	tunnel_is "$left" "drops_$reason == $number && drops == $number && tx_packets == $sent"
	[ "$(tx_dropped)" = "$number" ] || fail "ip -s link: tx_dropped is $(tx_dropped)"
	words=$(nsx "$left" ethtool -S tun)
	[[ $words == *"drop_$reason: $number"$'\n'* || $words == *"drop_$reason: $number" ]] ||
		fail "ethtool has not $number for $reason: $words"
}

# What ethtool -S and netlink call the same is the same number.
counters_agree() {
	local name number words

	words=$(azvpn-sa -n "$left" tunnel get "tunnel=$tunnel_id")
	nsx "$left" ethtool -S tun | sed -n 's/^ *drop_\([a-z_]*\): \([0-9]*\)$/\1 \2/p' > "$t_dir/ethtool"
	[ "$(wc -l < "$t_dir/ethtool")" -ge 25 ]
	while read -r name number; do
		has "$words" "drops_$name=$number"
	done < "$t_dir/ethtool"
}

# The policy has lost its SA and is no trap. The device is dormant, but takes packets.
no_sa() {
	esp_up azvpn
	azvpn-sa -n "$left" sa del spi=$esp_spi_lr dst="$esp_right"
	sent_all 25
	wait_for operstate_is dormant
	ip -n "$left" link show tun | grep -q LOWER_UP
	sent_all 25
	counted no_sa 50
	counters_agree
}

# The same for what others send and left forwards or answers: here the echo of a ping.
no_sa_answers() {
	esp_up azvpn
	azvpn-sa -n "$left" sa del spi=$esp_spi_lr dst="$esp_right"
	nsx "$right" ping -c 5 -i 0.01 -W 1 -q $esp_inner_left > "$t_dir/ping" 2>&1 || true
	wait_for tunnel_is "$left" 'rx_packets == 5 && drops_no_sa == 5'
	counted no_sa 5
}

# A trap, and nobody who would hear its question: a packet does not wait.
trap_unheard() {
	esp_up azvpn
	# shellcheck disable=SC2086 # several words
	azvpn-sa -n "$left" policy add $any replace=1
	sent_all 50
	counted no_sa 50
	wait_for operstate_is up
}

# trap_heard: a trap and a listener.
trap_heard() {
	esp_up azvpn
	# shellcheck disable=SC2086 # several words
	azvpn-sa -n "$left" policy add $any replace=1
	start "$left" azvpn-sa monitor
	monitor=$started
}

# burst N WORD...: send packets and change the policy next, in one go: five seconds
# between them would be too long.
burst() {
	local number=$1

	shift
	echo "policy add $any reqid=1 replace=1 $*" > "$t_dir/batch"
	# shellcheck disable=SC2016 # expanded by the other shell
	nsx "$left" sh -c 'udp-probe send -n "$1" -g 0 "$2" 9 > /dev/null && exec azvpn-sa batch < "$3"' \
		- "$number" $silent "$t_dir/batch"
}

sa_words() {
	echo "sa=$esp_spi_lr sa-dst=$esp_right ${esp_encap:+sa-dport=4500}"
}

# held N: of a burst 64 wait and are sent when the SA comes, the rest is too much.
held() {
	local wait=$(($1 < 64 ? $1 : 64))

	trap_heard
	# shellcheck disable=SC2046 # several words
	burst "$1" $(sa_words)
	counted hold_full $(($1 - wait)) $wait
	sa_is "$left" $esp_spi_lr "$esp_right" "packets == $wait && sequence == $wait"
	wait_for tunnel_is "$right" "rx_packets == $wait && drops == 0"
	[ "$(events "$monitor" event=acquire)" -ge 1 ]
	stop "$monitor" > /dev/null
}

# Nobody brings an SA.
held_in_vain() {
	trap_heard
	sent_all 100
	tunnel_is "$left" 'tx_packets == 0 && drops_no_sa == 0 && drops <= 100'
	wait_for tunnel_is "$left" 'drops == 100'
	tunnel_is "$left" 'drops_hold_full == 36 && drops_hold_timeout == 64 && tx_packets == 0'
	[ "$(tx_dropped)" = 100 ]
	counters_agree
	# the queue is as good as new
	burst 10 "sa=$esp_spi_lr" "sa-dst=$esp_right"
	sa_is "$left" $esp_spi_lr "$esp_right" 'packets == 10'
	stop "$monitor" > /dev/null
}

# What waits goes with its policy, or its device, and is counted while it can be.
held_till_the_end() {
	trap_heard
	sent_all 30
	# shellcheck disable=SC2086 # several words
	azvpn-sa -n "$left" policy del $any
	tunnel_is "$left" 'drops_hold_timeout == 30 && drops == 30'
	# shellcheck disable=SC2086
	azvpn-sa -n "$left" policy add $any
	sent_all 30
	ip -n "$left" link del tun
	net_is "$left" 'tunnels == 0 && policies == 0'
	stop "$monitor" > /dev/null
}

# A policy that drops from now on has nothing to wait for.
held_then_refused() {
	trap_heard
	burst 20 action=drop
	sent_all 5
	wait_for tunnel_is "$left" 'drops == 25'
	tunnel_is "$left" 'drops_policy == 5 && drops_hold_timeout == 20 && tx_packets == 0'
	stop "$monitor" > /dev/null
}

# refused N: N packets have their sequence number, but were not let out.
refused_out() {
	counted refused "$1" "${2:-0}"
	sa_is "$left" $esp_spi_lr "$esp_right" \
		"packets == ${2:-0} && sequence == $1 + ${2:-0} && drops_refused == $1"
}

outer_match() {
	[ -z "$esp_encap" ] || { echo "udp dport 4500"; return; }
	[ "$esp_family" = 4 ] && echo "ip protocol esp" || echo "ip6 nexthdr esp"
}

# filtered HOOK: netfilter drops the outer packets there.
filtered() {
	esp_up azvpn
	nsx "$left" nft -f - <<-EOF
	table inet t {
		chain c {
			type filter hook $1 priority 0
			$(outer_match) drop
		}
	}
	EOF
	sent_all 20
	refused_out 20
	nsx "$left" nft flush ruleset
	sent_all 7
	refused_out 20 7
	wait_for tunnel_is "$right" 'rx_packets == 7 && drops == 0'
}

# The queue of the wire takes nothing.
queue_full() {
	esp_up azvpn
	tc -n "$left" qdisc add dev wire root pfifo limit 0
	sent_all 20
	tc -n "$left" qdisc del dev wire root
	refused_out 20
	sent_all 7
	refused_out 20 7
	wait_for tunnel_is "$right" 'rx_packets == 7 && drops == 0'
}

# no_route TYPE: the peer is where no route leads.
no_route() {
	esp_up azvpn
	# the route of the first packet is kept; none that is kept must last
	sent_all 3
	ip -n "$left" route add "$1" "$esp_right"
	sent_all 20
	counted no_route 20 3
	ip -n "$left" route del "$1" "$esp_right"
	sent_all 3
	counted no_route 20 6
	wait_for tunnel_is "$right" 'rx_packets == 6 && drops == 0'
}

# The wire goes down, and all its routes with it.
wire_down() {
	esp_up azvpn
	sent_all 3
	ip -n "$left" link set wire down
	sent_all 20
	counted no_route 20 3
	ip -n "$left" link set wire up
	ip -n "$left" address add $esp6_left/64 dev wire nodad
	know_neighbours
	wait_for carrier "$left" wire up
	sent_all 3
	counted no_route 20 6
}

# The tunnel goes down: what comes is counted, too.
tunnel_down() {
	esp_up azvpn
	ip -n "$left" link set tun down
	nsx "$right" udp-probe send -n 20 -g 0 $esp_inner_left 9 > /dev/null
	wait_for tunnel_is "$left" 'drops_down == 20 && drops == 20 && rx_packets == 0'
	[ "$(nsx "$left" cat /sys/class/net/tun/statistics/rx_dropped)" = 20 ]
	sa_is "$left" $esp_spi_rl "$esp_left" 'drops_down == 20 && packets == 0 && sequence == 0'
	counters_agree
}

t "a policy that has lost its SA: 50 of 50 are counted" fresh no_sa
t "answers to what comes in are counted, too" fresh no_sa_answers
t "a trap that nobody hears" fresh trap_unheard
t "a trap: 40 packets wait and are sent" fresh over4 held 40
t "a trap: of 100 packets 64 wait and are sent, over UDP and IPv6" fresh over6 in_udp held 100
t "a trap: nobody brings an SA" fresh held_in_vain
t "a trap: what waits goes with its policy and its device" fresh held_till_the_end
t "a trap: what waits when the policy says drop" fresh held_then_refused
for family in 4 6; do
	t "IPv$family: netfilter refuses outer packets in its output hook" fresh over$family filtered output
	t "IPv$family, UDP: and in its postrouting hook" fresh over$family in_udp filtered postrouting
	t "IPv$family: the queue of the wire is full" fresh over$family queue_full
	t "IPv$family: the peer is unreachable" fresh over$family no_route unreachable
	t "IPv$family: and sent into a black hole" fresh over$family no_route blackhole
	t "IPv$family: the wire goes down" fresh over$family wire_down
done
t "the tunnel goes down" fresh tunnel_down
t "the kernel had nothing to complain about" dmesg_clean
t_end
