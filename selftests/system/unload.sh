#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pulling things away under traffic: the device, the namespace, the module, SAs
# and policies. Packets go both ways all the time, in UDP and in TCP; where there
# is no way they fail, and go on when there is one again.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
# Time limit: 1200 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_window=2048

gateway_left() {
	esp_azvpn "$left" $esp_left $esp_right $esp_spi_lr $esp_spi_rl $esp_inner_left 10.2.0.0/16
}

gateway_right() {
	esp_azvpn "$right" $esp_right $esp_left $esp_spi_rl $esp_spi_lr $esp_inner_right 10.1.0.0/16
}

# begin: gateways, and traffic both ways until end.
begin() {
	esp_topology
	esp_key 256 "$t_dir/key-$esp_spi_lr"
	esp_key 256 "$t_dir/key-$esp_spi_rl"
	gateway_left
	gateway_right
	start "$left" udp-probe echo $esp_inner_left 7007
	start "$left" tcp-probe serve $esp_inner_left 7008
	start "$right" udp-probe echo $esp_inner_right 7007
	start_plain "$left" udp-probe flow -n 0 -g 100 -s 1200 $esp_inner_right 7007
	start_plain "$right" udp-probe flow -n 0 -g 100 -s 1200 $esp_inner_left 7007
	bulk
}

# bulk: TCP, so that super-packets are on their way, too.
bulk() {
	start_plain "$right" tcp-probe send $esp_inner_left 7008 100000000000
}

# busy: packets go both ways.
busy() {
	wait_for tunnel_is "$left" 'rx_packets > 100 && tx_packets > 100'
}

end() {
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

delete_device() {
	begin
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		busy
		run ip -n "$left" link del tun
		net_is "$left" 'tunnels == 0 && sas == 0 && policies == 0'
		gateway_left
	done
	busy
	end
}

# Packets keep coming while the namespace goes.
delete_namespace() {
	for _ in 1 2 3 4 5; do
		begin
		busy
		end_namespace "$left"
		tunnel_is "$right" 'sas == 2'
		end_namespace "$right"
	done
}

# A tunnel does not hold the module: whoever unloads it means it.
remove_module() {
	begin
	for _ in 1 2 3 4 5 6; do
		busy
		[ "$(cat /sys/module/azvpn/refcnt)" = 0 ]
		run rmmod azvpn
		[ ! -d /sys/module/azvpn ]
		! ip -n "$left" link show tun > /dev/null 2>&1 || fail "the device is still there"
		"$AZVPN_TOP/scripts/load-module"
		net_is "$left" 'tunnels == 0 && sas == 0'
		gateway_left
		gateway_right
		bulk
	done
	busy
	end
}

# What packets use goes while they use it, thousands of times.
churn() {
	local any="from=0.0.0.0/0 to=0.0.0.0/0"

	begin
	busy
	for _ in $(seq 500); do
		cat <<-EOF
		sa del spi=$esp_spi_lr dst=$esp_right
		sa add dir=out spi=$esp_spi_lr src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr tunnel=7 reqid=1
		policy add dir=out tunnel=7 $any reqid=1 sa=$esp_spi_lr sa-dst=$esp_right replace=1
		sa update spi=$esp_spi_lr dst=$esp_right new-src=$esp_left new-dst=$esp_right
		sa del spi=$esp_spi_rl dst=$esp_left
		sa add dir=in spi=$esp_spi_rl src=$esp_right dst=$esp_left key=$t_dir/key-$esp_spi_rl tunnel=7 reqid=1 window=4096
		policy del dir=in tunnel=7 $any
		policy add dir=in tunnel=7 $any reqid=1
		EOF
	done | azvpn-sa -n "$left" batch
	net_is "$left" 'sas == 2 && policies == 2'
	end
}

works_again() {
	local words

	esp_topology
	esp_up azvpn
	start "$right" udp-probe echo $esp_inner_right 7007
	words=$(nsx "$left" udp-probe flow -n 100 $esp_inner_right 7007)
	holds "$words" 'received == 100'
	end
}

t "ip link del under traffic" delete_device
t "ip netns del under traffic" delete_namespace
t "rmmod under traffic" remove_module
t "SAs and policies come and go under traffic" churn
t "after all that it works" works_again
t "the kernel had nothing to complain about" dmesg_clean
t_end
