#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's console over a network device: it sends whole Ethernet frames, and from
# hard interrupts. A tunnel, which carries IP, refuses it.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

targets=/sys/kernel/config/netconsole

esp_topology
modprobe -q netconsole || insmod "$AZVPN_MODULES/drivers/net/netconsole.ko"
[ -d $targets ] || mount -t configfs none /sys/kernel/config

# target DEVICE LOCAL REMOTE: a console by that device, not yet enabled.
target() {
	mkdir $targets/azvpn
	echo "$1" > $targets/azvpn/dev_name
	echo "$2" > $targets/azvpn/local_ip
	echo "$3" > $targets/azvpn/remote_ip
}

# In left, whose devices netpoll looks at.
enable() {
	nsx "$left" sh -c "echo $1 > $targets/azvpn/enabled"
}

tunnel() {
	esp_up azvpn
	target tun $esp_inner_left $esp_inner_right
	refused "" "rror" enable 1
	[ "$(cat $targets/azvpn/enabled)" = 0 ]
	rmdir $targets/azvpn
	# nothing of the console's has entered it
	echo "<5>azvpn-selftest netpoll" > /dev/kmsg
	tunnel_is "$left" 'tx_packets == 0 && drops == 0'
	start "$right" udp-probe echo $esp_inner_right 7007
	holds "$(nsx "$left" udp-probe flow -n 20 -g 0 $esp_inner_right 7007)" 'received == 20'
	tunnel_is "$left" 'tx_packets == 20 && drops == 0'
}

# Where it is not refused: the way the case above goes about it is right.
wire() {
	target wire $esp_left $esp_right
	enable 1
	[ "$(cat $targets/azvpn/enabled)" = 1 ]
	enable 0
	rmdir $targets/azvpn
}

t "a veth takes the kernel's console" fresh wire
t "a tunnel refuses the kernel's console" fresh tunnel
t "the kernel had nothing to complain about" dmesg_clean
rmmod netconsole
t_end
