#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whether an SPI is known is nobody's business: ESP to one that is not is answered
# as little as ESP to one that is, raw or in UDP, IPv4 or IPv6, with the kernel's
# own ESP loaded and without, whole, cut or forged. tcpdump on the peer counts what
# comes back. An echo behind all of it proves that an answer would have been seen.
#
#       left (azvpn)                                      right (esp-craft, tcpdump)
#   tun 10.1.0.1, fd01::1 ── wire 198.51.100.1, 2001:db8::1 ═════ .2, ::2 wire
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-craft.sh
. "$(dirname "$0")/../lib-craft.sh"

class="aes-gcm-16 36"
xfrm="esp4_offload esp4 esp6_offload esp6"

# Errors of left's, and its answers to echoes; not what neighbours ask each other.
watch() {
	start_plain "$right" tcpdump -i wire -n -l "(src host $esp_left and icmp) or
		(src host $craft_left6 and icmp6 and (ip6[40] < 128 or ip6[40] == 129))"
	wait_for grep -q 'listening on' "${started#*:}"
}

echoes() {
	nsx "$right" taskset -c 0 ping -c 1 -W 60 $esp_left
	nsx "$right" taskset -c 0 ping -c 1 -W 60 $craft_left6
	wait_for echoes_seen
}

echoes_seen() {
	[ "$(grep -c 'echo reply' "${started#*:}")" = 2 ] || { cat "${started#*:}"; return 1; }
}

# answers: how many errors have come back, besides the two echoes
answers() {
	echo $(($(grep -c ICMP "${started#*:}") - 2))
}

# The test would see an answer: to a protocol and to a port that nobody has.
answered() {
	watch
	echo hello | nsx "$right" socat -u STDIN IP4-SENDTO:$esp_left:99
	echo hello | nsx "$right" socat -u STDIN "IP6-SENDTO:[$craft_left6]:99"
	echo hello | nsx "$right" socat -u STDIN UDP4-SENDTO:$esp_left:4501
	echo hello | nsx "$right" socat -u STDIN "UDP6-SENDTO:[$craft_left6]:4501"
	echoes
	[ "$(answers)" = 4 ] || fail "not 4 answers: $(started_output "$started")"
	stop "$started" > /dev/null
}

unknown_count() {
	value unknown_spi "$(azvpn-sa -n "$left" net get)"
}

# silent SPI: whole packets, cut ones, forged ones, and on the other way
silent() {
	local crafted before unknown

	before=$(unknown_count)
	watch
	crafted=$(craft "$1" good:1 good:2 cut:3 icv:3 foreign:3)
	echo "$crafted"
	echoes
	[ "$(answers)" = 0 ] || fail "$(answers) answers: $(started_output "$started")"
	stop "$started" > /dev/null
	# it was azvpn that saw them; what goes the other way may be cut elsewhere
	unknown=$(($(unknown_count) - before))
	if [[ $1 = 0x3* ]]; then
		holds "$crafted" "$unknown == sent - headless"
	else
		holds "$crafted" "$unknown == 0"
	fi
}

all_silent() {
	local i=0 kind

	for kind in "raw IPv4" "raw IPv6" "in UDP, IPv4" "in UDP, IPv6"; do
		t "$1: unknown SPI, $kind" silent 0x3000$i
		t "$1: known SPI, $kind" silent 0x2000$i
		i=$((i + 1))
	done
}

unload_xfrm() {
	local module

	for module in $xfrm; do
		[ ! -d /sys/module/$module ] || rmmod $module 2> /dev/null || return 0
	done
}

is_loaded() {
	lsmod | grep -q '^esp[46]'
}

craft_topology
nsx "$left" sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
	echo 0 > /proc/sys/net/ipv6/icmp/ratelimit'
craft_begin
i=0
for factors in "4 4 raw" "6 6 raw" "4 4 udp" "6 6 udp"; do
	# shellcheck disable=SC2086 # several words
	craft_sa in 0x2000$i "$class" $factors - >> "$craft_sas"
	i=$((i + 1))
done
azvpn-sa -n "$left" batch < "$craft_sas"
i=0
for factors in "4 4 raw" "6 6 raw" "4 4 udp" "6 6 udp"; do
	# shellcheck disable=SC2086
	craft_sa in 0x3000$i "$class" $factors - >> "$craft_sas"
	i=$((i + 1))
done
craft_natt "$left" $esp_left $craft_left6

t "a protocol and a port that nobody has are answered" answered
if [ ! -d "/lib/modules/$(uname -r)" ]; then
	t_skip "without the kernel's own ESP" "it is built in"
	all_silent "with the kernel's own ESP"
else
	unload_xfrm
	if is_loaded; then
		t_skip "without the kernel's own ESP" "it is in use"
	else
		all_silent "without the kernel's own ESP"
	fi
	modprobe -a esp4 esp6
	all_silent "with the kernel's own ESP"
	unload_xfrm
fi
t "the kernel had nothing to complain about" dmesg_clean
craft_natt_over
t_end
