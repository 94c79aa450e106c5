#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What charon negotiates azvpn carries: every class of algorithms, selectors with
# protocols, IPv6 inside and outside, against stock strongSwan on the kernel's xfrm.
#
#	hub 10.1.0.1, fd00:1::1 [192.0.2.1, 2001:db8::1]
#		----[192.0.2.2, 2001:db8::2] 10.2.0.1, fd00:2::1 dc
#
# Time limit: 600 s on a busy machine.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"

hub_net=10.1.0.0/24 dc_net=10.2.0.0/24
ike_ipv6=yes

# initiate SETTING-OF-BOTH... [-- SETTING-OF-THE-HUB...]: a tunnel between the
# addresses and networks that the variables say.
initiate() {
	local both=()

	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		both+=("$1")
		shift
	done
	[ $# = 0 ] || shift
	ike_load dc "${dc_ip:-192.0.2.2}" "${hub_ip:-192.0.2.1}" "${dc_ts:-$dc_net}" \
		"${hub_ts:-$hub_net}" "${both[@]}"
	ike_load hub "${hub_ip:-192.0.2.1}" "${dc_ip:-192.0.2.2}" "${hub_ts:-$hub_net}" \
		"${dc_ts:-$dc_net}" if_id_in=7 if_id_out=7 "${both[@]}" "$@"
	run swan hub --initiate --child net --timeout 120 > /dev/null
}

close() {
	swan hub --terminate --ike net --timeout 120 > /dev/null
	wait_for is_down hub
	wait_for kernel_empty "$hub"
}

pings() {
	nsx "$hub" ping -c 3 -i 0.2 -W 30 -s 1000 -I "$1" "$2"
}

# proposal CIPHER INTEGRITY ESP-PROPOSAL: what the module is given, and that it works.
proposal() {
	initiate "child.esp_proposals=$3"
	[ "$(nsx "$hub" "$azvpn_sa" sa dump | grep -c " cipher=$1 integrity=$2 ")" = 2 ] ||
		{ nsx "$hub" "$azvpn_sa" sa dump; fail "not $1 and $2"; }
	pings 10.1.0.1 10.2.0.1
	swan hub --rekey --child net > /dev/null
	pings 10.1.0.1 10.2.0.1
	close
}

# Both families inside, in one CHILD_SA.
both_inside() {
	local hub_ts=$hub_net,fd00:1::/64 dc_ts=$dc_net,fd00:2::/64

	initiate
	pings 10.1.0.1 10.2.0.1
	pings fd00:1::1 fd00:2::1
	kernel_has "$hub" 2 4
	close
}

outside() {
	local hub_ip=2001:db8::1 dc_ip=2001:db8::2

	initiate "$@"
	pings 10.1.0.1 10.2.0.1
	close
}

# Only what was negotiated passes.
protocol() {
	local hub_ts="$hub_net[icmp]" dc_ts="$dc_net[icmp]"

	initiate
	pings 10.1.0.1 10.2.0.1
	nsx "$hub" "$udp_probe" send -n 5 10.2.0.1 7000
	wait_for tunnel_drops no_policy 5
	close
}

# tunnel_drops REASON COUNT
tunnel_drops() {
	case " $(nsx "$hub" "$azvpn_sa" tunnel get tunnel=7) " in
	*" drops_$1=$2 "*) ;;
	*) fail "not $2 drops_$1" ;;
	esac
}

ike_pair
for ns in "$hub" "$dc"; do
	nsx "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
		net.ipv6.conf.wan.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0
done
ip -n "$hub" address add 2001:db8::1/64 dev wan nodad
ip -n "$dc" address add 2001:db8::2/64 dev wan nodad
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
ip -n "$dc" route add $hub_net via 192.0.2.1 src 10.2.0.1
ip -n "$hub" address add fd00:1::1/128 dev azvpn7 nodad
ip -n "$hub" route add fd00:2::/64 dev azvpn7 src fd00:1::1
ip -n "$dc" address add fd00:2::1/128 dev lo nodad
ip -n "$dc" route add fd00:1::/64 via 2001:db8::1 src fd00:2::1
charon_start "$hub" hub azvpn
charon_start "$dc" dc xfrm

t "AES-GCM, 128 bits, an ICV of 8" proposal aes-gcm-8 none aes128gcm64
t "AES-GCM, 192 bits, an ICV of 12" proposal aes-gcm-12 none aes192gcm96
t "ChaCha20-Poly1305" proposal chacha20-poly1305 none chacha20poly1305
t "AES-CBC and SHA-256" proposal aes-cbc hmac-sha256-128 aes256-sha256
t "AES-CBC and SHA-1, with extended sequence numbers" \
	proposal aes-cbc hmac-sha1-96 aes128-sha1-esn
t "AES-CBC and SHA-384" proposal aes-cbc hmac-sha384-192 aes192-sha384
t "AES-CBC and SHA-512" proposal aes-cbc hmac-sha512-256 aes256-sha512
t "3DES and SHA-1" proposal 3des-cbc hmac-sha1-96 3des-sha1
t "DES and MD5" proposal des-cbc hmac-md5-96 des-md5
t "no encryption, and SHA-256" proposal null hmac-sha256-128 null-sha256
t "IPv4 and IPv6 inside" both_inside
t "IPv6 outside" outside
t "IPv6 outside, in UDP" outside encap=yes
t "a protocol alone" protocol
t "no message of the kernel" dmesg_clean
t_end
