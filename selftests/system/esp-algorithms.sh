#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every algorithm, family of addresses, encapsulation and kind of sequence number
# against the kernel's own xfrm, both ways, packets of many sizes.
#
#       left (azvpn)                                   right (the kernel's xfrm)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1 echo
#       fd00:1::1        2001:db8::1         2001:db8::2             fd00:2::1
#
# A part in which each value of each occurs; with ESP_MATRIX=full all combinations
# and all sizes, which takes most of an hour (make check-matrix).
#
# Time limit: 900 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

# Bulk is received on several CPUs, a batch on each: a small window would find some of it stale.
esp_window=2048

esp_topology6

# What the counters have to be; every size is one packet each way.
packets=0 bytes=0

# expect HEADERS FROM TO: payloads of these sizes, with so many bytes of IP and UDP each.
expect() {
	packets=$((packets + $3 - $2 + 1))
	bytes=$((bytes + ($2 + $3) * ($3 - $2 + 1) / 2 + $1 * ($3 - $2 + 1)))
}

# sizes LARGEST: "FROM TO" of each range of payloads that is swept.
sizes() {
	if [ "${ESP_MATRIX:-}" = full ]; then
		echo 1 "$1"
	else
		# every remainder of every block, at both ends
		echo 1 34
		echo $(($1 - 33)) "$1"
	fi
}

# sweep ADDRESS HEADERS MTU: there and back, all sizes compared byte by byte.
sweep() {
	local from to result server

	start "$right" udp-probe echo "$1" 7007
	server=$started
	while read -r from to; do
		result=$(nsx "$left" udp-probe sweep "$1" 7007 "$from" "$to")
		holds "$result" "refused == 0 && good == $to - $from + 1"
		expect "$2" "$from" "$to"
	done < <(sizes $(($3 - $2)))
	kill "${server%%:*}"
}

sas_are() {
	sa_is "$left" $esp_spi_lr "$esp_right" "$1"
	sa_is "$left" $esp_spi_rl "$esp_left" "$1"
}

# Super-packets are cut up on their way out, and come in in pieces of memory.
bulk() {
	start "$2" tcp-probe serve "$3" 7008
	nsx "$1" tcp-probe send "$3" 7008 300000
	kill "${started%%:*}"
}

# combination CIPHER BITS INTEGRITY OUTER INNER ENCAP ESN: "-" for none.
combination() {
	local limit

	esp_cipher=$1 esp_bits=$2 esp_integrity=${3#-}
	esp_outer=$4 esp_inner=$5 esp_encap=${6#-} esp_esn=${7#-}
	esp_up xfrm
	limit=$(esp_inner_mtu 1500)
	[ "$limit" -lt $esp_mtu ] || limit=$esp_mtu
	[[ $esp_inner != *4* ]] || sweep 10.2.0.1 28 "$limit"
	[[ $esp_inner != *6* ]] || sweep fd00:2::1 48 "$limit"
	sas_are "packets == $packets && bytes == $bytes && sequence == packets && drops == 0"
	tunnel_is "$left" "rx_packets == $packets && tx_packets == $packets && drops == 0"
	bulk "$left" "$right" "$esp_inner_right"
	bulk "$right" "$left" "$esp_inner_left"
	sas_are 'drops == 0'
	tunnel_is "$left" 'drops == 0'
}

# one CIPHER BITS INTEGRITY OUTER INNER ENCAP ESN: a case.
one() {
	local name=$1

	[ "$2" = - ] || name+="-$2"
	[ "$3" = - ] || name+=", $3"
	name+=": IPv${5/46/4 and IPv6} in IPv$4"
	[ "$6" = - ] || name+=", UDP"
	[ "$7" = - ] || name+=", ESN"
	t "$name" fresh combination "$@"
}

# algorithms: all, as words for one().
algorithms() {
	local icv bits integrity

	for icv in 16 12 8; do
		for bits in 128 192 256; do
			echo "aes-gcm-$icv $bits -"
		done
	done
	echo "chacha20-poly1305 - -"
	for integrity in hmac-{sha1-96,sha256-128,sha384-192,sha512-256,md5-96}; do
		for bits in 128 192 256; do
			echo "aes-cbc $bits $integrity"
		done
		echo "3des-cbc - $integrity"
		echo "des-cbc - $integrity"
		echo "null - $integrity"
	done
}

full() {
	local cipher bits integrity outer inner encap esn

	while read -r cipher bits integrity <&3; do
		for outer in 4 6; do
			for inner in 4 6; do
				for encap in - yes; do
					for esn in - yes; do
						one "$cipher" "$bits" "$integrity" \
							$outer $inner $encap $esn
					done
				done
			done
		done
	done 3< <(algorithms)
}

# Each value of each dimension, and each cipher class with and without the others.
part() {
	one aes-gcm-16 128 - 6 46 yes yes
	one aes-gcm-12 192 - 4 6 - yes
	one aes-gcm-8 256 - 6 4 - -
	one chacha20-poly1305 - - 4 46 yes -
	one aes-cbc 128 hmac-sha1-96 6 6 - yes
	one aes-cbc 192 hmac-sha512-256 6 4 yes -
	one aes-cbc 256 hmac-sha256-128 4 46 - -
	one 3des-cbc - hmac-sha384-192 4 6 yes yes
	one des-cbc - hmac-md5-96 6 6 yes -
	one null - hmac-sha256-128 4 4 yes yes
}

if [ "${ESP_MATRIX:-}" = full ]; then
	full
else
	part
fi
t "the kernel had nothing to complain about" dmesg_clean
t_end
