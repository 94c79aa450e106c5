#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# "Too big", said by somebody who may be anybody: believed of packets that are ours
# by SPI and source, and never below what every path carries: 576 bytes of IPv4,
# 1280 of IPv6. Of ESP in UDP less than that is not believed at all. What is about
# other UDP is none of our business.
#
#       left (azvpn)                                      right (icmp-too-big)
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
other=198.51.100.7 other6=2001:db8::7	# left has these, too, but for no SA

# way 4|6 PORT: sets src, dst, the SPI of the SA and the port for what follows
way() {
	family=$1 port=$2
	src=$esp_left dst=$esp_right another=$other
	[ "$family" = 4 ] || src=$craft_left6 dst=$craft_right6 another=$other6
	spi=0x1000$((family + (port != 0)))
}

# path_mtu: what left thinks of the way to right
path_mtu() {
	ip -n "$left" route get $dst from $src | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

path_is() {
	local got

	got=$(path_mtu)
	[ "${got:-1500}" = "$1" ] || fail "the path has ${got:-1500}, not $1"
}

device_is() {
	ip -n "$left" link show tun | grep -q "mtu $1 " || fail "$(ip -n "$left" link show tun)"
}

forget() {
	ip -n "$left" -4 route flush cache
	ip -n "$left" -6 route flush cache
	ip -n "$left" link set tun mtu 1400
}

# say SRC SPI MTU: then an echo, behind which the message has been dealt with
say() {
	run nsx "$right" taskset -c 0 icmp-too-big $src "$1" $dst $port "$2" "$3"
	nsx "$right" taskset -c 0 ping -c 1 -W 60 $src
}

# Traffic on the SA in question, by which the device learns of the path.
traffic() {
	azvpn-sa -n "$left" policy add dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1 \
		sa=$spi sa-dst=$dst sa-dport=$port replace=1
	nsx "$left" esp-open inner tun "$craft_sas" 0 0 $spi
}

# believed 4|6 PORT SAID MTU DEVICE: what was said, what the path has then, and the device
believed() {
	way "$1" "$2"
	forget
	traffic
	path_is 1500
	say $src $spi "$3"
	path_is "$4"
	traffic
	wait_for device_is "$5"
}

# Not of us: another SPI, another address of ours, an address of nobody's.
not_believed() {
	way "$1" "$2"
	forget
	traffic
	say $src 0x77777777 1300
	path_is 1500
	say $another $spi 1300
	path_is 1500
	traffic
	device_is 1400
}

# Another socket's messages come through, however small the MTU.
others_business() {
	forget
	family=4 port=4600 src=$esp_left dst=$esp_right
	start "$left" espinudp $src 4600
	run nsx "$right" taskset -c 0 icmp-too-big $src $src $dst $port 0x77777777 560
	nsx "$right" taskset -c 0 ping -c 1 -W 60 $src
	path_is 560
	stop "$started"
	forget
}

craft_topology
ip -n "$left" address add $other/24 dev wire
ip -n "$left" address add $other6/64 dev wire nodad
craft_begin
craft_sa out 0x10004 "$class" 4 4 raw - >> "$craft_sas"
craft_sa out 0x10005 "$class" 4 4 udp - >> "$craft_sas"
craft_sa out 0x10006 "$class" 6 4 raw - >> "$craft_sas"
craft_sa out 0x10007 "$class" 6 4 udp - >> "$craft_sas"
sed -i '/^policy add dir=out/d' "$craft_sas"
echo "policy add dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1" >> "$craft_sas"
craft_end
craft_natt "$left" $esp_left $craft_left6

# Inner packets have 54 bytes less than the path, 8 more in UDP, 20 more over IPv6, and
# come in whole words; but the device stays fit for IPv6.
t "raw IPv4: 1400 is believed" believed 4 0 1400 1400 1346
for mtu in 68 552 575; do
	t "raw IPv4: of $mtu 576 are believed" believed 4 0 $mtu 576 1280
done
t "raw IPv4: packets that are not ours" not_believed 4 0
t "raw IPv6: 1400 is believed" believed 6 0 1400 1400 1326
for mtu in 68 552 1279; do
	t "raw IPv6: of $mtu 1280 are believed" believed 6 0 $mtu 1280 1280
done
t "raw IPv6: packets that are not ours" not_believed 6 0
t "in UDP, IPv4: 1400 is believed" believed 4 4500 1400 1400 1338
for mtu in 68 552 575; do
	t "in UDP, IPv4: $mtu is not believed" believed 4 4500 $mtu 1500 1400
done
t "in UDP, IPv4: packets that are not ours" not_believed 4 4500
t "in UDP, IPv6: 1400 is believed" believed 6 4500 1400 1400 1318
for mtu in 68 552 1279; do
	t "in UDP, IPv6: $mtu is not believed" believed 6 4500 $mtu 1500 1400
done
t "in UDP, IPv6: packets that are not ours" not_believed 6 4500
t "UDP of others" others_business
t "the kernel had nothing to complain about" dmesg_clean
craft_natt_over
t_end
