# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib.sh by the tests of the module: two gateways with SAs made by
# hand, helpers in the background, and checks of counters by exact numbers.
#
#       left (azvpn)                                      right (azvpn or xfrm)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
#   With IPv6 inside fd00:1::1 and fd00:2::1, and on the wire 2001:db8::1 and 2001:db8::2.
#   left to right: SPI 0x1001, right to left: SPI 0x2001

PATH=$AZVPN_BUILD/selftests/tools:$PATH

esp_left=198.51.100.1 esp_right=198.51.100.2
esp_left6=2001:db8::1 esp_right6=2001:db8::2
esp_spi_lr=0x1001 esp_spi_rl=0x2001
esp_inner_left=10.1.0.1 esp_inner_right=10.2.0.1
esp_inner_left6=fd00:1::1 esp_inner_right6=fd00:2::1
esp_net_left6=fd00:1::/32 esp_net_right6=fd00:2::/32
tunnel_id=7

# What esp_up builds; a test sets these before it calls it.
esp_cipher=aes-gcm-16	# as azvpn calls it
esp_integrity=	# likewise; none for a cipher that brings its own
esp_bits=256	# of the key, where the cipher leaves a choice
esp_outer=4	# family of the outer packets; 6 wants esp_topology6
esp_inner=4	# families of the inner packets: 4, 6 or 46
esp_esn=	# "yes" for extended sequence numbers
esp_encap=	# "yes" for UDP encapsulation on 4500
esp_window=64	# replay window
esp_mtu=1400	# of the tunnel devices
esp_flags=	# more SA flags of azvpn, each with a comma before it
esp_tfc=	# azvpn's inner packets are padded to so many bytes

# holds WORDS EXPRESSION: fails, and shows the words, unless the arithmetic
# EXPRESSION is true of them. WORDS are NAME=VALUE, as the helpers print them.
holds() {
	local esp_word

	for esp_word in $1; do
		local "$esp_word"
	done
	(($2)) || fail "not so: $2, but: $1"
}

# has WORDS WORD...: each WORD is among them.
has() {
	local esp_word

	for esp_word in "${@:2}"; do
		[[ " $1 " == *" $esp_word "* ]] || { fail "no $esp_word in: $1"; return 1; }
	done
}

# value NAME WORDS: the value of that name.
value() {
	[[ " $2" =~ " $1="([^ ]*) ]]
	echo "${BASH_REMATCH[1]}"
}

# sa_get NS SPI DST: an SA. DST may be followed by " dport=N", the port that is part
# of the name of an outbound SA in UDP; esp_up's own are known.
sa_get() {
	local dst=$3

	[ -z "$esp_encap" ] || [[ $dst = *" "* ]] || is_own "$1" "$dst" || dst+=" dport=4500"
	# shellcheck disable=SC2086 # two words
	azvpn-sa -n "$1" sa get "spi=$2" dst=$dst
}

# is_own NS ADDRESS: is it one of the namespace's?
is_own() {
	[ -n "$(ip -n "$1" -o address show to "$2")" ]
}

# Whether EXPRESSION is true of an SA, a tunnel, the counters of a namespace.
sa_is() {
	holds "$(sa_get "$1" "$2" "$3")" "$4"
}

# sa_has NS SPI DST WORD...: each WORD is among those of the SA.
sa_has() {
	has "$(sa_get "$1" "$2" "$3")" "${@:4}"
}

tunnel_is() {
	holds "$(azvpn-sa -n "$1" tunnel get "tunnel=$tunnel_id")" "$2"
}

net_is() {
	holds "$(azvpn-sa -n "$1" net get)" "$2"
}

# refused ERRNO WORDS COMMAND...: the command fails with this error and says WORDS.
refused() {
	local errno=$1 words=$2 output

	shift 2
	if output=$("$@" 2>&1); then
		fail "accepted: $*"
		return 1
	fi
	[[ $output == *"$errno"* ]] || { fail "not with $errno: $output"; return 1; }
	[[ $output == *"$words"* ]] || fail "without saying \"$words\": $output"
}

# says_ready FILE: without a process, of which emulated machines start a dozen a second.
says_ready() {
	local lines

	mapfile -t lines < "$1"
	[[ " ${lines[*]} " = *" ready "* ]]
}

# start NS COMMAND...: run a helper in the background and wait until it says
# "ready". Sets started to its number for stop.
start() {
	local ns=$1 out

	shift
	out=$t_dir/bg.$BASHPID.$RANDOM$RANDOM
	ip netns exec "$ns" "$@" > "$out" 2>&1 < /dev/null &
	started=$!:$out
	wait_for says_ready "$out"
}

# start_plain NS COMMAND...: the same for one that does not say so.
start_plain() {
	local ns=$1 out

	shift
	out=$t_dir/bg.$BASHPID.$RANDOM$RANDOM
	ip netns exec "$ns" "$@" > "$out" 2>&1 < /dev/null &
	started=$!:$out
}

started_output() {
	sed '/^ready$/d' "${1#*:}"
}

# stop STARTED: end a helper and print what it has printed.
stop() {
	kill "${1%%:*}" 2> /dev/null || true
	finish "$1"
}

# finish STARTED: wait for a helper that ends by itself, and print the same. The
# shell's wait does not know it inside of $(...), which is another shell.
finish() {
	wait_for process_gone "${1%%:*}"
	started_output "$1"
}

# lines TEXT PATTERN: how many lines match.
lines() {
	grep -c "$2" <<< "$1" || true
}

# events STARTED WORD...: how many lines of its output have all the words.
events() {
	local line count=0

	while read -r line; do
		! has "$line" "${@:2}" > /dev/null || count=$((count + 1))
	done < <(started_output "$1")
	echo $count
}

# esp_random BYTES: as hexadecimal digits.
esp_random() {
	local digits

	digits=$(od -An -tx1 -v -N "$1" /dev/urandom)
	echo "${digits//[[:space:]]/}"
}

# esp_put DIGITS FILE: a key into a file that only its owner can read.
esp_put() {
	(umask 077; printf %s "$1" > "$2")
}

# esp_key BITS FILE: a key and its salt.
esp_key() {
	esp_put "$(esp_random $(($1 / 8 + 4)))" "$2"
}

# esp_cipher_bytes, esp_integrity_bytes: of the key, with the salt.
esp_cipher_bytes() {
	case $esp_cipher in
	aes-gcm-*) echo $((esp_bits / 8 + 4)) ;;
	chacha20-poly1305) echo 36 ;;
	aes-cbc) echo $((esp_bits / 8)) ;;
	3des-cbc) echo 24 ;;
	des-cbc) echo 8 ;;
	null) echo 0 ;;
	esac
}

esp_integrity_bytes() {
	case $esp_integrity in
	hmac-sha1-96) echo 20 ;;
	hmac-sha256-128) echo 32 ;;
	hmac-sha384-192) echo 48 ;;
	hmac-sha512-256) echo 64 ;;
	hmac-md5-96) echo 16 ;;
	esac
}

# esp_keys: what the SAs of both directions need, once for each SPI.
esp_keys() {
	local spi digits cipher=0 integrity=0

	cipher=$(($(esp_cipher_bytes) * 2))
	[ -z "$esp_integrity" ] || integrity=$(($(esp_integrity_bytes) * 2))
	digits=$(esp_random $((cipher + integrity)))
	for spi in $esp_spi_lr $esp_spi_rl; do
		esp_put "${digits:0:cipher}" "$t_dir/key-$spi"
		[ -z "$esp_integrity" ] || esp_put "${digits:cipher:integrity}" "$t_dir/ikey-$spi"
		digits=${digits:cipher + integrity}
	done
}

# esp_overhead_words: what the algorithm and the outer header add to an inner packet,
# as NAME=VALUE words: outer, iv, icv, align.
esp_overhead_words() {
	local outer=20 iv icv align=4

	[ "$esp_outer" = 4 ] || outer=40
	[ -z "$esp_encap" ] || outer=$((outer + 8))
	case $esp_cipher in
	aes-gcm-*) iv=8 icv=${esp_cipher##*-} ;;
	chacha20-poly1305) iv=8 icv=16 ;;
	aes-cbc) iv=16 align=16 ;;
	3des-cbc | des-cbc) iv=8 align=8 ;;
	null) iv=0 ;;
	esac
	[ -z "$esp_integrity" ] || icv=$((${esp_integrity##*-} / 8))
	echo "outer=$outer iv=$iv icv=$icv align=$align"
}

# esp_inner_mtu MTU: the longest inner packet that goes through a path of that MTU.
esp_inner_mtu() {
	local word

	for word in $(esp_overhead_words); do
		local "$word"
	done
	echo $((($1 - outer - 8 - iv - icv) / align * align - 2))
}

# esp_outer_length LENGTH: of the packet on the wire for an inner one of that length.
esp_outer_length() {
	local word

	for word in $(esp_overhead_words); do
		local "$word"
	done
	echo $((outer + 8 + iv + ($1 + 2 + align - 1) / align * align + icv))
}

esp_topology() {
	ns_add left right
	# shellcheck disable=SC2154 # set by ns_add
	link_pair "$left" wire "$esp_left/24" "$right" wire "$esp_right/24"
}

# esp_ipv6 NS DEVICE [ADDRESS]: IPv6 on a device, ready at once. It keeps its link-local
# address: without one a router does not solicit neighbours.
esp_ipv6() {
	# shellcheck disable=SC2016 # expanded by the other shell
	nsx "$1" sh -c '
		cd "/proc/sys/net/ipv6/conf/$1"
		echo 0 > router_solicitations
		echo 0 > accept_dad
		echo 0 > disable_ipv6' - "$2"
	[ $# = 2 ] || ip -n "$1" address add "$3" dev "$2" nodad
}

# esp_ipv6_host NS: IPv6 on the tunnels still to come, which have nothing to announce,
# and on the loopback device, by which a host tells itself of errors.
esp_ipv6_host() {
	nsx "$1" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode'
	esp_ipv6 "$1" default
	esp_ipv6 "$1" lo
}

# esp_topology6: both families on the wire.
esp_topology6() {
	local ns

	esp_topology
	for ns in "$left" "$right"; do
		esp_ipv6_host "$ns"
	done
	esp_ipv6 "$left" wire $esp_left6/64
	# shellcheck disable=SC2154 # set by ns_add
	esp_ipv6 "$right" wire $esp_right6/64
}

esp_encap_words() {
	[ -z "$esp_encap" ] || echo sport=4500 dport=4500
}

esp_flag_words() {
	local flags=${esp_esn:+esn}$esp_flags

	echo "flags=${flags#,}"
}

# esp_key_words SPI: algorithm and keys of an azvpn SA.
esp_key_words() {
	echo "cipher=$esp_cipher key=$t_dir/key-$1" \
		"${esp_integrity:+integrity=$esp_integrity ikey=$t_dir/ikey-$1}"
}

# esp_any: from and to of the policies, one for each inner family.
esp_any() {
	[[ $esp_inner != *4* ]] || echo 0.0.0.0/0
	[[ $esp_inner != *6* ]] || echo ::/0
}

# esp_azvpn NS LOCAL REMOTE SPI_OUT SPI_IN INNER NET [SA-WORD...]: an azvpn gateway, any to any.
esp_azvpn() {
	local ns=$1 local=$2 remote=$3 out=$4 in=$5 inner=$6 net=$7
	local words any

	shift 7
	words="tunnel=$tunnel_id reqid=1 $(esp_flag_words) $(esp_encap_words) $*"
	ip -n "$ns" link add tun mtu "$esp_mtu" type azvpn id "$tunnel_id"
	{
		echo "sa add dir=in spi=$in src=$remote dst=$local window=$esp_window" \
			"$(esp_key_words "$in") $words"
		echo "sa add dir=out spi=$out src=$local dst=$remote" \
			"$(esp_key_words "$out") $words ${esp_tfc:+tfc=$esp_tfc}"
		for any in $(esp_any); do
			echo "policy add dir=in tunnel=$tunnel_id from=$any to=$any reqid=1"
			echo "policy add dir=out tunnel=$tunnel_id from=$any to=$any reqid=1" \
				"sa=$out sa-dst=$remote ${esp_encap:+sa-dport=4500}"
		done
	} | azvpn-sa -n "$ns" batch
	esp_addresses "$ns" "$inner" "$net"
}

# esp_addresses NS INNER NET: give the tunnel's device its address and route.
esp_addresses() {
	esp_address_lines "$2" "$3" | ip -n "$1" -batch -
}

# esp_address_lines INNER NET: the same for "ip -batch"; with both families inside, IPv6
# of the same side as well.
esp_address_lines() {
	esp_address "$1" "$2"
	[ "$esp_inner" = 46 ] || return 0
	if [ "$1" = "$esp_inner_left" ]; then
		esp_address "$esp_inner_left6" "$esp_net_right6"
	else
		esp_address "$esp_inner_right6" "$esp_net_left6"
	fi
}

esp_address() {
	local bits=32

	[[ $1 != *:* ]] || bits=128
	echo "address add $1/$bits dev tun"
	echo "link set tun up"
	echo "route add $2 dev tun src $1"
}

# esp_xfrm NS LOCAL REMOTE SPI_OUT SPI_IN INNER NET: the same with the kernel's own xfrm.
# The keys go through a file: a command line can be read by everyone.
esp_xfrm() {
	local ns=$1 local=$2 remote=$3 out=$4 in=$5 inner=$6 net=$7
	local state="proto esp reqid 1 mode tunnel if_id $tunnel_id" flags="flag af-unspec"

	[ -z "$esp_esn" ] || flags+=" esn"
	(umask 077; esp_xfrm_batch > "$t_dir/xfrm.batch")
	ip -n "$ns" -batch "$t_dir/xfrm.batch"
	rm "$t_dir/xfrm.batch"
}

# esp_xfrm_algorithm SPI: what ip-xfrm(8) calls it, with the keys.
esp_xfrm_algorithm() {
	local key ikey hash name

	key=$(cat "$t_dir/key-$1")
	case $esp_cipher in
	aes-gcm-*) echo "aead rfc4106(gcm(aes)) 0x$key $((${esp_cipher##*-} * 8))" ;;
	chacha20-poly1305) echo "aead rfc7539esp(chacha20,poly1305) 0x$key 128" ;;
	aes-cbc) name="cbc(aes)" ;;
	3des-cbc) name="cbc(des3_ede)" ;;
	des-cbc) name="cbc(des)" ;;
	null) name="ecb(cipher_null)" ;;
	esac
	[ -n "$esp_integrity" ] || return 0
	ikey=$(cat "$t_dir/ikey-$1")
	hash=${esp_integrity#hmac-}
	echo "enc $name \"${key:+0x$key}\"" \
		"auth-trunc hmac(${hash%-*}) 0x$ikey ${hash#*-}"
}

esp_xfrm_batch() {
	# only azvpn's window is looked at: xfrm has none, or a large one where it must
	local encap="" window=${esp_esn:+2048} any policy template

	[ -z "$esp_encap" ] || encap="encap espinudp 4500 4500 0.0.0.0"
	[ -z "$esp_encap" ] || [ "$esp_outer" = 4 ] || encap="encap espinudp 4500 4500 ::"
	state+=" $flags replay-window ${window:-0}"
	template="proto esp reqid 1 mode tunnel"
	echo "link add tun mtu $esp_mtu type xfrm dev wire if_id $tunnel_id"
	echo "xfrm state add src $remote dst $local spi $in $state $(esp_xfrm_algorithm "$in") $encap"
	echo "xfrm state add src $local dst $remote spi $out $state $(esp_xfrm_algorithm "$out") $encap"
	for any in $(esp_any); do
		policy="src $any dst $any if_id $tunnel_id"
		echo "xfrm policy add $policy dir in tmpl src $remote dst $local $template"
		echo "xfrm policy add $policy dir fwd tmpl src $remote dst $local $template"
		echo "xfrm policy add $policy dir out tmpl src $local dst $remote spi $out $template"
	done
	esp_address_lines "$inner" "$net"
}

# esp_up KIND: both gateways, the right one of KIND azvpn or xfrm, as the variables
# say. Sets esp_left and esp_right to the outer addresses, and esp_inner_left and
# esp_inner_right to the inner ones, of IPv4 where there are both.
esp_up() {
	local net_left=10.1.0.0/16 net_right=10.2.0.0/16

	[ "$esp_outer" = 4 ] || esp_left=$esp_left6 esp_right=$esp_right6
	if [ "$esp_inner" = 6 ]; then
		esp_inner_left=$esp_inner_left6 esp_inner_right=$esp_inner_right6
		net_left=$esp_net_left6 net_right=$esp_net_right6
	fi
	esp_keys
	if [ -n "$esp_encap" ]; then
		start "$left" espinudp "$esp_left" 4500
		start "$right" espinudp "$esp_right" 4500
	fi
	esp_azvpn "$left" "$esp_left" "$esp_right" "$esp_spi_lr" "$esp_spi_rl" \
		"$esp_inner_left" "$net_right"
	"esp_$1" "$right" "$esp_right" "$esp_left" "$esp_spi_rl" "$esp_spi_lr" \
		"$esp_inner_right" "$net_left"
}

# fresh COMMAND...: run a case without what an earlier one has left behind.
fresh() {
	local ns

	for ns in "$left" "$right"; do
		esp_clear "$ns"
	done
	"$@"
}

# esp_clear NS: ends what runs in it, removes its tunnels, SAs and rules.
esp_clear() {
	local ns=$1 link rest pids

	pids=$(ip netns pids "$ns")
	# shellcheck disable=SC2086 # several words
	[ -z "$pids" ] || kill -9 $pids
	{
		ip -n "$ns" -o -d link show | while IFS=' :@' read -r _ link rest; do
			[[ $rest != *" azvpn id "* && $rest != *" xfrm if_id "* ]] ||
				echo "link del $link"
		done
		echo xfrm state flush
		echo xfrm policy flush
	} | ip -n "$ns" -batch -
	nsx "$ns" nft flush ruleset
	tc -n "$ns" qdisc del dev wire root 2> /dev/null || true
}
