# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib-esp.sh by the tests whose peer is no gateway but esp-craft and
# esp-open, which know the keys: hundreds of SAs in one tunnel, each with inner
# addresses of its own, all of them set up, used and read by one command each.
#
#       left (azvpn)                                             right (the two tools)
#   tun 10.1.0.1, fd01::1 ── wire 198.51.100.1, 2001:db8::1 ═════ .2, ::2 wire
#
#	craft_topology
#	craft_begin
#	craft_sa in 0x20001 "aes-cbc 16 hmac-sha1-96 20" 4 6 udp esn >> "$craft_sas"
#	craft_end

craft_left6=2001:db8::1 craft_right6=2001:db8::2
craft_inner=10.1.0.1 craft_inner6=fd01::1
craft_sas=$t_dir/sas	# the file of SAs, for azvpn-sa, esp-craft and esp-open
craft_window=2048	# of inbound SAs

craft_ciphers="aes-gcm-16:20 aes-gcm-16:28 aes-gcm-16:36 aes-gcm-12:20 aes-gcm-12:28 aes-gcm-12:36
	aes-gcm-8:20 aes-gcm-8:28 aes-gcm-8:36 chacha20-poly1305:36"
craft_pairs="aes-cbc:16 aes-cbc:24 aes-cbc:32 3des-cbc:24 des-cbc:8 null:0"
craft_hashes="hmac-sha1-96:20 hmac-sha256-128:32 hmac-sha384-192:48 hmac-sha512-256:64 hmac-md5-96:16"

# craft_classes: every algorithm, a line each: "CIPHER BYTES-OF-KEY [HASH BYTES-OF-KEY]".
craft_classes() {
	local cipher hash

	for cipher in $craft_ciphers; do
		echo "${cipher/:/ }"
	done
	for cipher in $craft_pairs; do
		for hash in $craft_hashes; do
			echo "${cipher/:/ } ${hash/:/ }"
		done
	done
}

# craft_offload: have checksums of UDP over IPv6 made, not left to a device that there is not.
craft_offload() {
	nsx "$1" ethtool -K wire tx off > "$t_dir/ethtool" 2>&1 || { cat "$t_dir/ethtool"; return 1; }
}

# craft_ip6 NS: lib-net.sh switches IPv6 off, for what the kernel says by itself.
craft_ip6() {
	nsx "$1" sh -c '
		for name in all default wire; do
			echo 0 > /proc/sys/net/ipv6/conf/$name/disable_ipv6
			echo 0 > /proc/sys/net/ipv6/conf/$name/accept_ra
			echo 0 > /proc/sys/net/ipv6/conf/$name/router_solicitations
		done'
}

# Left answers nothing that comes out of the tunnel, or there would be more in it
# than the tools have put there.
craft_topology() {
	esp_topology
	craft_ip6 "$left"
	craft_ip6 "$right"
	ip -n "$left" address add $craft_left6/64 dev wire nodad
	ip -n "$right" address add $craft_right6/64 dev wire nodad
	craft_offload "$left"
	craft_offload "$right"
	nsx "$left" nft -f - <<-EOF
	table inet quiet {
		chain out {
			type filter hook output priority 0
			oifname tun drop
		}
	}
	EOF
}

# craft_tunnel: the device, with ways for all inner addresses.
craft_tunnel() {
	ip -n "$left" -batch - <<-EOF
	link add tun mtu 1400 type azvpn id $tunnel_id
	link set tun addrgenmode none
	address add $craft_inner/32 dev tun
	address add $craft_inner6/128 dev tun nodad
	link set tun up
	route add 10.2.0.0/16 dev tun src $craft_inner
	route add fd02::/64 dev tun src $craft_inner6
	EOF
}

craft_begin() {
	umask 077
	: > "$craft_sas"
	craft_number=0
	craft_tunnel
	cat >> "$craft_sas" <<-EOF
	policy add dir=in tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1
	policy add dir=in tunnel=$tunnel_id from=::/0 to=::/0 reqid=1
	EOF
	exec {craft_random}< <(od -An -tx1 -v -w64 -N 262144 /dev/urandom | tr -d ' ')
}

# craft_key BYTES FILE
craft_key() {
	local digits

	read -r digits <&"$craft_random"
	echo "${digits:0:2 * $1}" > "$2"
}

# craft_sa in|out SPI CLASS OUTER INNER raw|udp esn|- [WORD...]: OUTER and INNER are 4
# or 6. The SAs of a direction are numbered, for the inner addresses. A line of the file each.
craft_sa() {
	local dir=$1 spi=$2 class=$3 outer=$4 inner=$5 encap=$6 esn=$7
	local cipher bytes hash hash_bytes words here there far near

	shift 7
	read -r cipher bytes hash hash_bytes <<< "$class"
	craft_number=$((craft_number + 1))
	near=$esp_left there=$esp_right
	[ "$outer" = 4 ] || near=$craft_left6 there=$craft_right6
	here=$craft_inner far=10.2.$((craft_number / 250)).$((craft_number % 250 + 1))
	[ "$inner" = 4 ] || here=$craft_inner6 far=fd02::$(printf %x $craft_number)
	craft_key "$bytes" "$t_dir/key-$spi"
	craft_key "${hash_bytes:-0}" "$t_dir/ikey-$spi"
	words="spi=$spi dir=$dir tunnel=$tunnel_id reqid=1 cipher=$cipher key=$t_dir/key-$spi $*"
	[ -z "$hash" ] || words+=" integrity=$hash ikey=$t_dir/ikey-$spi"
	[ "$esn" != esn ] || words+=" flags=esn"
	[ "$encap" != udp ] || words+=" sport=4500 dport=4500"
	if [ "$dir" = in ]; then
		[[ $words == *window=* ]] || words+=" window=$craft_window"
		echo "sa add src=$there dst=$near from=$far to=$here $words"
		return
	fi
	[ "$encap" != udp ] || encap="sa-dport=4500"
	echo "sa add src=$near dst=$there from=$here to=$far $words"
	echo "policy add dir=out tunnel=$tunnel_id from=$here to=$far reqid=1 sa=$spi sa-dst=$there ${encap#raw}"
}

# craft_end: hand all of it over.
craft_end() {
	exec {craft_random}<&-
	azvpn-sa -n "$left" batch < "$craft_sas"
}

# On one CPU, or the packets would be received on several, in any order.
craft() {
	nsx "$right" taskset -c 0 esp-craft "$craft_sas" "$@"
}

# craft_factors COMBINATION: sets factors to the four that its bits say, as craft_sa takes them.
craft_factors() {
	local outer=(4 6) inner=(4 6) encap=(raw udp) esn=(- esn)

	factors="${outer[$1 & 1]} ${inner[$1 >> 1 & 1]} ${encap[$1 >> 2 & 1]} ${esn[$1 >> 3 & 1]}"
}

# unheard: how many datagrams have reached left's stack unharmed, with a closed port.
unheard() {
	nsx "$left" awk '/^Udp:/ && n++ { sum += $3 } /^Udp6NoPorts/ { sum += $2 } END { print sum }' \
		/proc/net/snmp /proc/net/snmp6
}

unheard_is() {
	local got

	got=$(unheard)
	[ "$got" = "$1" ] || fail "$got datagrams have come, not $1"
}

# craft_natt NS IP4 IP6: sockets that take ESP in UDP.
craft_natt() {
	start "$1" espinudp "$2" 4500
	craft_helpers=$started
	start "$1" espinudp "$3" 4500
	craft_helpers+=" $started"
}

# craft_natt_over: end them, before the shell has to report how they ended.
craft_natt_over() {
	local helper

	for helper in $craft_helpers; do
		stop "$helper" > /dev/null
	done
}

# craft_read FILE: sets line[SPI] to the line of each SPI, in the form 0x00001001.
craft_read() {
	local text

	declare -gA line=()
	while read -r text; do
		[[ $text != spi=* ]] || line[${text:4:10}]=$text
	done < "$1"
}
