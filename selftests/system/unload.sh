#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pulling things away under traffic: the device, the namespace, the module. Each
# round is a whole new pair of gateways with packets both ways at full speed.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

# begin: gateways, and traffic that has been seen to flow.
begin() {
	local ns

	esp_topology
	esp_up azvpn
	start "$left" tcp-probe serve $esp_inner_left 7008
	start "$right" udp-probe echo $esp_inner_right 7007
	start_plain "$left" udp-probe flow -n 0 -g 0 -s 1200 $esp_inner_right 7007
	start_plain "$right" tcp-probe send $esp_inner_left 7008 100000000000
	for ns in "$left" "$right"; do
		wait_for 10 tunnel_is "$ns" 'rx_packets > 300 && tx_packets > 300'
	done
}

# over: what is left of them.
over() {
	local ns

	for ns in "$left" "$right"; do
		end_namespace "$ns"
	done
}

end_namespace() {
	local pids

	pids=$(ip netns pids "$1" 2> /dev/null) || return 0
	# shellcheck disable=SC2086 # several words
	[ -z "$pids" ] || kill -9 $pids
	ip netns del "$1"
}

unloaded() {
	[ ! -d /sys/module/azvpn ]
}

delete_device() {
	local round

	for round in 1 2 3 4 5 6 7; do
		begin
		run ip -n "$left" link del tun
		net_is "$left" 'tunnels == 0 && sas == 0 && policies == 0'
		over
	done
}

# Packets keep coming while the namespace goes.
delete_namespace() {
	local round

	for round in 1 2 3 4 5 6 7; do
		begin
		end_namespace "$left"
		tunnel_is "$right" 'sas == 2'
		over
	done
}

# A tunnel does not hold the module: whoever unloads it means it.
remove_module() {
	local round

	for round in 1 2 3 4 5 6 7; do
		begin
		[ "$(cat /sys/module/azvpn/refcnt)" = 0 ]
		run rmmod azvpn
		unloaded
		ip -n "$left" link show tun > /dev/null 2>&1 && fail "the device is still there"
		refused "" "" azvpn-sa -n "$left" net get
		"$AZVPN_TOP/scripts/load-module"
		net_is "$left" 'tunnels == 0 && sas == 0'
		over
	done
}

# SAs and policies go while packets use them, thousands of times.
churn() {
	local i any="from=0.0.0.0/0 to=0.0.0.0/0"

	begin
	for ((i = 0; i < 1000; i++)); do
		cat <<-EOF
		sa del spi=$esp_spi_lr dst=$esp_right
		sa add dir=out spi=$esp_spi_lr src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr tunnel=7 reqid=1
		policy add dir=out tunnel=7 $any reqid=1 sa=$esp_spi_lr sa-dst=$esp_right replace=1
		sa del spi=$esp_spi_rl dst=$esp_left
		sa add dir=in spi=$esp_spi_rl src=$esp_right dst=$esp_left key=$t_dir/key-$esp_spi_rl tunnel=7 reqid=1 window=4096
		policy del dir=in tunnel=7 $any
		policy add dir=in tunnel=7 $any reqid=1
		EOF
	done | azvpn-sa -n "$left" batch
	net_is "$left" 'sas == 2 && policies == 2'
	wait_for 10 tunnel_is "$left" 'rx_packets > 1000'
	over
}

works_again() {
	local json

	begin
	over
	esp_topology
	esp_up azvpn
	start "$right" udp-probe echo $esp_inner_right 7007
	json=$(nsx "$left" udp-probe flow -n 100 $esp_inner_right 7007)
	holds "$json" 'received == 100'
	over
}

t "ip link del under traffic" delete_device
t "ip netns del under traffic" delete_namespace
t "rmmod under traffic" remove_module
t "SAs and policies come and go under traffic" churn
t "after all that it works" works_again
t "the kernel had nothing to complain about" dmesg_clean
t_end
