#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A gateway behind a router that masquerades and changes ports.
#
#   left (azvpn) ── 192.168.7.2 ═ 192.168.7.1 router 203.0.113.1 ═ 203.0.113.2 ── right (azvpn)
#   tun 10.1.0.1                        masquerade                         tun 10.2.0.1
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

ns_add left router right
link_pair "$left" wire 192.168.7.2/24 "$router" lan 192.168.7.1/24
link_pair "$router" wan 203.0.113.1/24 "$right" wire 203.0.113.2/24
ip -n "$left" route add default via 192.168.7.1
ns_forward "$router"
esp_key 256 "$t_dir/key-$esp_spi_lr"
esp_key 256 "$t_dir/key-$esp_spi_rl"
start "$left" espinudp 192.168.7.2 4500
helpers=$started
start "$right" espinudp 203.0.113.2 4500
helpers+=" $started"
esp_encap=yes
esp_window=2048

# masquerade PORTS: what comes from inside leaves with a port of that range.
masquerade() {
	nsx "$router" nft -f - <<-EOF
	table ip nat
	delete table ip nat
	table ip nat {
		chain out {
			type nat hook postrouting priority srcnat
			oif wan udp sport 4500 masquerade to :$1
		}
	}
	EOF
}

# Connections keep their port for as long as the router knows them. The tool says
# on standard error that it has done so, too.
forget_connections() {
	nsx "$router" conntrack -F 2> "$t_dir/conntrack" || { cat "$t_dir/conntrack"; return 1; }
}

masquerade 30000-30009

# left knows right by its address; right has yet to learn where left is.
esp_azvpn "$left" 192.168.7.2 203.0.113.2 $esp_spi_lr $esp_spi_rl $esp_inner_left 10.2.0.0/16
esp_azvpn "$right" 203.0.113.2 203.0.113.1 $esp_spi_rl $esp_spi_lr $esp_inner_right 10.1.0.0/16
start "$right" udp-probe echo $esp_inner_right 7007
helpers+=" $started"
start "$right" azvpn-sa monitor
monitor=$started
helpers+=" $started"

flow() {
	nsx "$left" udp-probe flow -n "$1" -w "${2:-30000}" $esp_inner_right 7007
}

# The port in the latest mapping event.
mapped_port() {
	value sport "$(started_output "$monitor" | grep event=mapping | tail -n 1)"
}

# port_in LOW HIGH: the latest mapping has a port of that range.
port_in() {
	local port

	port=$(mapped_port)
	[ "${port:-0}" -ge "$1" ] && [ "$port" -le "$2" ]
}

# The port that right's outbound SA sends to so far, which is part of its name.
sa_port() {
	value dport "$(azvpn-sa -n "$right" sa dump | grep "^spi=0x00002001 ")"
}

# What the key daemon does on a mapping event: both of right's SAs follow.
follow() {
	azvpn-sa -n "$right" batch <<-EOF
	sa update spi=$esp_spi_rl dst=203.0.113.1 dport=$(sa_port) new-src=203.0.113.2 new-dst=203.0.113.1 new-sport=4500 new-dport=$(mapped_port)
	sa update spi=$esp_spi_lr dst=203.0.113.2 new-src=203.0.113.1 new-dst=203.0.113.2 new-sport=$(mapped_port) new-dport=4500
	EOF
}

learn() {
	local result count begin

	begin=$(date +%s)
	result=$(flow 50 200)
	# out they come, but the answers go to a port where nobody is
	holds "$result" 'sent == 50 && received == 0'
	wait_for sa_is "$right" $esp_spi_lr 203.0.113.2 'packets == 50 && drops == 0'
	wait_for port_in 30000 30009
	count=$(events "$monitor" event=mapping spi=0x00001001 dst=203.0.113.2 src=203.0.113.1 \
		tunnel=7 reqid=1)
	[ "$count" -ge 1 ] && [ "$count" -le $(($(date +%s) - begin + 1)) ] || fail "$count events"
	follow
	result=$(flow 100)
	holds "$result" 'sent == 100 && received == 100'
}

mapping_changes() {
	local result

	masquerade 40000-40009
	forget_connections
	result=$(flow 20 200)
	holds "$result" 'sent == 20'
	wait_for port_in 40000 40009
	follow
	result=$(flow 100)
	holds "$result" 'sent == 100 && received == 100'
	# sequence numbers and windows have survived both moves
	sa_is "$right" $esp_spi_lr 203.0.113.2 'drops_replay == 0 && drops_stale == 0 && sequence == packets'
	sa_is "$left" $esp_spi_rl 192.168.7.2 'drops_replay == 0 && drops_stale == 0'
}

# Once the mapping is known nothing more is said about it.
quiet() {
	local before

	before=$(started_output "$monitor" | wc -l)
	holds "$(flow 1500)" 'received == 1500'
	[ "$(started_output "$monitor" | wc -l)" = "$before" ]
}

large() {
	start "$right" tcp-probe serve $esp_inner_right 7008
	run nsx "$left" tcp-probe send $esp_inner_right 7008 3000000
	stop "$started"
	holds "$(nsx "$left" udp-probe sweep $esp_inner_right 7007 1300 1450)" 'good == 151'
}

t "the other side learns the port from the first packets" learn
t "the port changes" mapping_changes
t "one mapping is told once" quiet
t "bulk, and packets around the MTU" large
t "the kernel had nothing to complain about" dmesg_clean
for helper in $helpers; do
	stop "$helper" > /dev/null
done
t_end
