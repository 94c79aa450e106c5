#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ESP packets that come before the keys of their SA: a responder may send by a new
# SA as soon as its answer is on the way (RFC 7296 section 2.8).
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#                        2001:db8::1         2001:db8::2
#
# left sends by SPI 0x1001, which right has reserved and no more.
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-esp6.sh
. "$(dirname "$0")/../lib-esp6.sh"

limit=512	# so many packets wait

esp6_topology

# reserved: both gateways, but of the SA from left to right right has the SPI alone.
reserved() {
	azvpn-sa -n "$right" sa flush
	esp_up azvpn
	azvpn-sa -n "$right" batch <<-EOF > /dev/null
	sa del spi=$esp_spi_lr dst=$esp_right
	sa alloc src=$esp_left dst=$esp_right min=$esp_spi_lr max=$esp_spi_lr
	EOF
	before=$(azvpn-sa -n "$right" net get)
}

# The keys come.
keys() {
	# shellcheck disable=SC2046 # several words
	echo sa add dir=in spi=$esp_spi_lr "src=$esp_left" "dst=$esp_right" \
		"key=$t_dir/key-$esp_spi_lr" "window=$esp_window" tunnel=$tunnel_id reqid=1 \
		$(esp_flag_words) $(esp_encap_words)
}

# burst N COMMAND: left sends N packets, right does COMMAND next: five seconds between
# the two would be too long.
burst() {
	echo "$2" > "$t_dir/batch"
	# shellcheck disable=SC2016 # expanded by the other shell
	nsx "$left" sh -c 'udp-probe send -n "$1" -g 0 "$2" 9 > /dev/null &&
		exec azvpn-sa -n "$3" batch < "$4"' - "$1" $esp_inner_right "$right" "$t_dir/batch"
}

# early_is FULL TIMEOUT [UNKNOWN]: so many since right has reserved the SPI.
early_is() {
	net_is "$right" "early_full == $(value early_full "$before") + $1 &&
		early_timeout == $(value early_timeout "$before") + $2 &&
		unknown_spi == $(value unknown_spi "$before") + ${3:-0}"
}

# held N: of N packets the first that are not too many wait, and are taken in when the keys come.
held() {
	local wait=$(($1 < limit ? $1 : limit))

	reserved
	burst "$1" "$(keys)"
	early_is $(($1 - wait)) 0
	wait_for tunnel_is "$right" "rx_packets == $wait && drops == 0"
	# the window has marks of them; what follows fits
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" \
		"packets == $wait && sequence == $wait && drops == 0"
	nsx "$left" udp-probe send -n 10 -g 0 $esp_inner_right 9 > /dev/null
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" \
		"packets == $wait + 10 && sequence == $1 + 10 && drops == 0"
	early_is $(($1 - wait)) 0
}

# They come out in the order in which they came in, and before those that come later.
all_once() {
	local flow result

	reserved
	start "$right" udp-probe echo $esp_inner_right 7007
	start_plain "$left" udp-probe flow -n 60 -g 0 $esp_inner_right 7007
	flow=$started
	wait_for sa_is "$left" $esp_spi_lr "$esp_right" 'packets == 60'
	keys | azvpn-sa -n "$right" batch
	result=$(finish "$flow")
	holds "$result" 'sent == 60 && received == 60 && duplicate == 0'
	early_is 0 0
}

# Far more wait than the window has room for, and packets go on coming while these
# are taken in: none is overtaken by so many that it is stale.
not_overtaken() {
	local flow full

	reserved
	start_plain "$left" udp-probe send -n 1000 -g 1000 $esp_inner_right 9
	flow=$started
	wait_for net_is "$right" "early_held >= $(value early_held "$before") + 200"
	keys | azvpn-sa -n "$right" batch
	finish "$flow"
	full=$(($(value early_full "$(azvpn-sa -n "$right" net get)") - $(value early_full "$before")))
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" \
		"sequence == 1000 && packets == 1000 - $full && drops == 0"
}

# A replay of what has waited is one; what came twice while it waited is taken once.
replayed() {
	start "$left" esp-inject capture wire 30 "$t_dir/frames"
	reserved
	burst 30 "$(keys)"
	wait_for process_gone "${started%%:*}"
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 30 && drops == 0'
	nsx "$left" esp-inject send wire "$t_dir/frames"
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" \
		'packets == 30 && drops_replay == 30 && drops == 30'
	azvpn-sa -n "$right" batch <<-EOF > /dev/null
	sa del spi=$esp_spi_lr dst=$esp_right
	sa alloc src=$esp_left dst=$esp_right min=$esp_spi_lr max=$esp_spi_lr
	EOF
	keys > "$t_dir/batch"
	# shellcheck disable=SC2016 # expanded by the other shell
	nsx "$left" sh -c 'esp-inject send wire "$1" && esp-inject send wire "$1" &&
		exec azvpn-sa -n "$2" batch < "$3"' - "$t_dir/frames" "$right" "$t_dir/batch"
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" \
		'packets == 30 && drops_replay == 30 && drops == 30'
	early_is 0 0
}

# A forged packet waits like any other, and is found out when the keys come.
forged() {
	reserved
	esp_key 256 "$t_dir/other"
	burst 20 "$(keys | sed "s,key=[^ ]*,key=$t_dir/other,")"
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 0 && drops_icv == 20 && drops == 20'
	early_is 0 0
}

# No keys come. Those that come at last are for packets that come later.
timed_out() {
	reserved
	nsx "$left" udp-probe send -n $((limit + 36)) -g 0 $esp_inner_right 9 > /dev/null
	wait_for early_is 36 $limit
	nsx "$left" udp-probe send -n 5 -g 0 $esp_inner_right 9 > /dev/null
	wait_for early_is 36 $((limit + 5))
	keys | azvpn-sa -n "$right" batch
	nsx "$left" udp-probe send -n 7 -g 0 $esp_inner_right 9 > /dev/null
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'packets == 7 && sequence == limit + 48 && drops == 0'
	early_is 36 $((limit + 5))
}

# given_up COMMAND: the SPI is given back while packets wait.
given_up() {
	reserved
	burst 40 "$1"
	early_is 0 40
	# from now on it is one that nobody knows
	nsx "$left" udp-probe send -n 5 -g 0 $esp_inner_right 9 > /dev/null
	wait_for early_is 0 40 5
}

# Every SPI has a queue of its own.
apart() {
	local words

	reserved
	azvpn-sa -n "$right" sa alloc "src=$esp_left" "dst=$esp_right" min=0x1002 max=0x1002
	words=$(keys)
	burst $limit "$words"
	azvpn-sa -n "$left" batch <<-EOF
	sa add dir=out spi=0x1002 src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr tunnel=$tunnel_id reqid=1
	policy add dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1 sa=0x1002 sa-dst=$esp_right replace=1
	EOF
	burst $limit "${words/spi=$esp_spi_lr/spi=0x1002}"
	early_is 0 0
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" "packets == $limit && drops == 0"
	wait_for sa_is "$right" 0x1002 "$esp_right" "packets == $limit && drops == 0"
}

# Keys for another kind of encapsulation than the packets have come in.
wrong_kind() {
	reserved
	burst 20 "$(esp_encap=yes; keys)"
	wait_for sa_is "$right" $esp_spi_lr "$esp_right" 'drops_encapsulation == 20 && drops == 20'
}

# The device that packets have come by goes away while they wait.
wire_gone() {
	ns_add other
	# shellcheck disable=SC2154 # set by ns_add
	link_pair "$left" wire2 203.0.113.1/24 "$other" wire2 203.0.113.2/24
	reserved
	esp_azvpn "$other" 203.0.113.2 203.0.113.1 $esp_spi_rl $esp_spi_lr $esp_inner_right 10.1.0.0/16
	azvpn-sa -n "$other" batch <<-EOF > /dev/null
	sa del spi=$esp_spi_lr dst=203.0.113.2
	sa alloc src=203.0.113.1 dst=203.0.113.2 min=$esp_spi_lr max=$esp_spi_lr
	EOF
	azvpn-sa -n "$left" sa update spi=$esp_spi_lr "dst=$esp_right" new-src=203.0.113.1 \
		new-dst=203.0.113.2
	# shellcheck disable=SC2034 # read by keys
	esp_left=203.0.113.1 esp_right=203.0.113.2
	keys > "$t_dir/batch"
	# shellcheck disable=SC2016 # expanded by the other shell
	nsx "$left" sh -c 'udp-probe send -n 40 -g 0 "$1" 9 > /dev/null &&
		ip -n "$2" link del wire2 && exec azvpn-sa -n "$2" batch < "$3"' \
		- $esp_inner_right "$other" "$t_dir/batch"
	wait_for sa_is "$other" $esp_spi_lr 203.0.113.2 'packets == 40 && drops == 0'
	net_is "$other" 'early_full == 0 && early_timeout == 0'
}

# And the namespace.
namespace_gone() {
	ns_add other
	link_pair "$left" wire3 203.0.113.1/24 "$other" wire3 203.0.113.2/24
	reserved
	azvpn-sa -n "$other" sa alloc src=203.0.113.1 dst=203.0.113.2 min=$esp_spi_lr max=$esp_spi_lr
	azvpn-sa -n "$left" sa update spi=$esp_spi_lr "dst=$esp_right" new-src=203.0.113.1 \
		new-dst=203.0.113.2
	nsx "$left" udp-probe send -n 40 -g 0 $esp_inner_right 9 > /dev/null
	sa_is "$left" $esp_spi_lr 203.0.113.2 'packets == 40'
	ip netns del "$other"
}

for family in 4 6; do
	t "IPv$family: 40 packets wait for their keys" fresh over$family held 40
	t "IPv$family: of 600 packets 512 wait" fresh over$family held 600
	t "IPv$family, UDP: of 600 packets 512 wait" fresh over$family in_udp held 600
	t "IPv$family, UDP: all arrive once" fresh over$family in_udp all_once
	t "IPv$family: the keys do not come in time" fresh over$family timed_out
done
t "all arrive once" fresh over4 all_once
t "none is overtaken by what comes while they are taken in" fresh over4 not_overtaken
t "replays of what has waited are known" fresh over4 replayed
t "keys that are not those of the packets" fresh over6 forged
t "keys for another encapsulation" fresh over4 wrong_kind
t "a reserved SPI is deleted while packets wait" fresh over4 given_up "sa del spi=$esp_spi_lr dst=$esp_right"
t "all are flushed while packets wait, UDP over IPv6" fresh over6 in_udp given_up "sa flush"
t "two SPIs do not share their queue" fresh over4 apart
t "the device that packets came by goes while they wait" fresh over4 wire_gone
t "their namespace goes while they wait" fresh over4 namespace_gone
t "the kernel had nothing to complain about" dmesg_clean
t_end
