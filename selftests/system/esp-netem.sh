#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A bad line: packets are lost, doubled, reordered and spoiled, both ways. The
# counters explain each one that arrives, and what gets through is whole.
#
#       left (azvpn)                               right (azvpn or the kernel's xfrm)
#   tun 10.1.0.1 ── wire 198.51.100.1 ══ netem ══ 198.51.100.2 wire ── tun 10.2.0.1
#       fd00:1::1        2001:db8::1               2001:db8::2             fd00:2::1
#
# How many packets of ESP arrive netfilter counts, before the module sees them.
#
# Time limit: 900 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

# more than is ever under way
esp_window=4096
count=3000

esp_topology6

# Neighbours are known for good: nothing but ESP meets the line.
know() {
	ip -n "$1" neighbour replace "$3" dev wire nud permanent \
		lladdr "$(nsx "$2" cat /sys/class/net/wire/address)"
}
know "$left" "$right" $esp_right
know "$left" "$right" $esp_right6
know "$right" "$left" $esp_left
know "$right" "$left" $esp_left6

# watch NS LOCAL: count what arrives for us, and in IPv6 unspoiled so far as to be ours.
watch() {
	local field=ip

	[ "$esp_outer" = 4 ] || field=ip6
	nsx "$1" nft "table inet watch {
		counter arrived { }
		chain in {
			type filter hook prerouting priority -450
			iif wire $field daddr $2 meta l4proto { esp, udp } counter name arrived
		}
	}"
}

arrived() {
	local words

	words=$(nsx "$1" nft list counter inet watch arrived)
	[[ $words =~ packets\ ([0-9]+) ]]
	echo "${BASH_REMATCH[1]}"
}

# line WORD...: what netem does to both directions.
line() {
	local ns

	for ns in "$left" "$right"; do
		tc -n "$ns" qdisc replace dev wire root netem limit 10000 "$@"
	done
}

# netem_dropped NS: packets that netem has dropped on their way from there.
netem_dropped() {
	local words

	words=$(tc -n "$1" -s qdisc show dev wire)
	[[ $words =~ dropped\ ([0-9]+) ]]
	echo "${BASH_REMATCH[1]}"
}

netem_is_empty() {
	tc -n "$1" -s qdisc show dev wire | grep -q 'backlog 0b 0p'
}

# up KIND: gateways, and an echo behind right.
up() {
	esp_up "$1"
	start "$right" udp-probe echo "$esp_inner_right" 7007
	watch "$left" "$esp_left"
	watch "$right" "$esp_right"
}

# flow: numbered packets with their bytes, as words that holds() knows. Waits until
# all has arrived, and for nothing that has not.
flow() {
	local ns

	nsx "$left" udp-probe flow -n $count -s 200 -g 100 -w 500 "$esp_inner_right" 7007
	for ns in "$left" "$right"; do
		wait_for netem_is_empty "$ns"
	done
}

# explained NS SPI DST: all that has arrived was taken or dropped by name.
explained() {
	wait_for is_explained "$@"
}

is_explained() {
	local words unknown

	words=$(sa_get "$1" "$2" "$3")
	unknown=$(value unknown_spi "$(azvpn-sa -n "$1" net get)")
	holds "$words" "packets + drops + $unknown == $(arrived "$1")"
	tunnel_is "$1" "drops == $(value drops "$words") && rx_packets == $(value packets "$words")"
}

# both_explained: where both are azvpn.
both_explained() {
	explained "$left" $esp_spi_rl "$esp_left"
	explained "$right" $esp_spi_lr "$esp_right"
}

# packets NS SPI DST: of an SA.
packets() {
	value packets "$(sa_get "$1" "$2" "$3")"
}

loss() {
	local result lost

	esp_outer=$1 esp_inner=$2 esp_encap=$3
	up azvpn
	line loss 10%
	result=$(flow)
	holds "$result" "sent == $count && received < sent && received > sent / 2"
	holds "$result" 'bad == 0 && duplicate == 0'
	both_explained
	lost=$(netem_dropped "$left")
	[ "$lost" -gt 0 ]
	sa_is "$left" $esp_spi_lr "$esp_right" "packets == $count && sequence == packets && drops == 0"
	sa_is "$right" $esp_spi_lr "$esp_right" "packets == $count - $lost && drops == 0"
	lost=$(netem_dropped "$right")
	sa_is "$left" $esp_spi_rl "$esp_left" \
		"packets == $(packets "$right" $esp_spi_rl "$esp_left") - $lost && drops == 0"
	holds "$result" "received == $(packets "$left" $esp_spi_rl "$esp_left")"
}

# What comes twice is taken once.
duplication() {
	local result

	esp_outer=$1 esp_inner=$2 esp_encap=$3 esp_esn=yes
	up azvpn
	line duplicate 20%
	result=$(flow)
	holds "$result" "sent == $count && received == $count && duplicate == 0 && bad == 0"
	both_explained
	sa_is "$right" $esp_spi_lr "$esp_right" "packets == $count"
	sa_is "$right" $esp_spi_lr "$esp_right" "drops_replay == $(arrived "$right") - $count"
	sa_is "$right" $esp_spi_lr "$esp_right" 'drops == drops_replay && drops > 0'
	sa_is "$left" $esp_spi_rl "$esp_left" "packets == $count && drops == drops_replay && drops > 0"
}

# Within the window order does not matter.
reordering() {
	local result

	esp_outer=$1 esp_inner=$2 esp_encap=$3
	up azvpn
	line delay 20ms reorder 75%
	result=$(flow)
	holds "$result" "sent == $count && received == $count && duplicate == 0 && bad == 0"
	holds "$result" 'reordered > 0'
	both_explained
	sa_is "$right" $esp_spi_lr "$esp_right" "packets == $count && drops == 0"
	sa_is "$left" $esp_spi_rl "$esp_left" "packets == $count && drops == 0"
}

# One bit of each spoiled packet is another. Nothing of it gets through.
corruption() {
	local result

	esp_outer=$1 esp_inner=$2 esp_cipher=${3:-aes-gcm-16} esp_integrity=${4:-}
	up azvpn
	line corrupt 20%
	result=$(flow)
	holds "$result" "sent == $count && received < sent && bad == 0 && duplicate == 0"
	both_explained
	sa_is "$right" $esp_spi_lr "$esp_right" 'drops_icv > 0'
	sa_is "$left" $esp_spi_rl "$esp_left" 'drops_icv > 0'
	sa_is "$left" $esp_spi_rl "$esp_left" "packets == $(value received "$result")"
}

# All of it, and TCP still carries each byte; the other end is xfrm.
everything() {
	esp_outer=$1 esp_inner=$2 esp_encap=$3 esp_esn=yes
	up xfrm
	line delay 2ms reorder 75% loss 1% duplicate 2% corrupt 1%
	start "$right" tcp-probe serve "$esp_inner_right" 7008
	nsx "$left" tcp-probe send "$esp_inner_right" 7008 300000
	start "$left" tcp-probe serve "$esp_inner_left" 7008
	nsx "$right" tcp-probe send "$esp_inner_left" 7008 300000
	holds "$(flow)" "sent == $count && bad == 0 && duplicate == 0"
	[ -n "$esp_encap" ] || explained "$left" $esp_spi_rl "$esp_left"
	sa_is "$left" $esp_spi_lr "$esp_right" 'drops == 0 && sequence == packets'
}

for kind in loss duplication reordering; do
	t "$kind: IPv4" fresh $kind 4 4 ""
	t "$kind: IPv6 in UDP" fresh $kind 6 6 yes
done
t "corruption: AES-GCM" fresh corruption 4 4
t "corruption: AES-CBC with SHA256, IPv6" fresh corruption 6 6 aes-cbc hmac-sha256-128
t "TCP through all of it" fresh everything 4 4 ""
t "TCP through all of it, IPv6 in UDP" fresh everything 6 6 yes
t "the kernel had nothing to complain about" dmesg_clean
t_end
