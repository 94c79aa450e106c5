# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib-esp.sh by tests whose outer packets are of both families.
#
#   left 198.51.100.1 wire ═════ wire 198.51.100.2 right
#        2001:db8::1                  2001:db8::2

esp6_left=2001:db8::1 esp6_right=2001:db8::2

# esp6_wire NS ADDRESS: IPv6 on the wire, and nothing that the kernel would send of
# its own accord.
esp6_wire() {
	nsx "$1" sh -c '
		cd /proc/sys/net/ipv6/conf/wire
		echo 0 > router_solicitations
		echo 0 > accept_dad
		echo 1 > addr_gen_mode
		echo 0 > disable_ipv6'
	ip -n "$1" address add "$2/64" dev wire nodad
}

# esp6_topology: esp_topology with both families.
esp6_topology() {
	esp_topology
	# shellcheck disable=SC2154 # set by ns_add
	esp6_wire "$left" $esp6_left
	# shellcheck disable=SC2154
	esp6_wire "$right" $esp6_right
}

# over4 COMMAND..., over6 COMMAND...: with outer packets of that family.
over4() {
	esp_family=4
	"$@"
}

over6() {
	# shellcheck disable=SC2034 # lib-esp.sh
	esp_family=6 esp_left=$esp6_left esp_right=$esp6_right
	"$@"
}

# in_udp COMMAND...: with ESP in UDP.
in_udp() {
	# shellcheck disable=SC2034 # lib-esp.sh
	esp_encap=yes
	"$@"
}
