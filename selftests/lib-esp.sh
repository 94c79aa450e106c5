# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib.sh by the tests of the module: two gateways with SAs made by
# hand, helpers in the background, and checks of counters by exact numbers.
#
#       left (azvpn)                                      right (azvpn or xfrm)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
#   left to right: SPI 0x1001, right to left: SPI 0x2001

PATH=$AZVPN_BUILD/selftests/tools:$PATH

esp_left=198.51.100.1 esp_right=198.51.100.2
esp_spi_lr=0x1001 esp_spi_rl=0x2001
esp_inner_left=10.1.0.1 esp_inner_right=10.2.0.1
tunnel_id=7

# What esp_up builds; a test sets these before it calls it.
esp_bits=256	# of the AES key
esp_esn=	# "yes" for extended sequence numbers
esp_encap=	# "yes" for UDP encapsulation on 4500
esp_window=64	# replay window
esp_mtu=1400	# of the tunnel devices
esp_flags=	# more SA flags of azvpn, each with a comma before it

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

# start NS COMMAND...: run a helper in the background and wait until it says
# "ready". Sets started to its number for stop.
start() {
	local ns=$1 out

	shift
	out=$(mktemp "$t_dir/bg.XXXXXX")
	ip netns exec "$ns" "$@" > "$out" 2>&1 < /dev/null &
	started=$!:$out
	wait_for grep -q '^ready' "$out"
}

# start_plain NS COMMAND...: the same for one that does not say so.
start_plain() {
	local ns=$1 out

	shift
	out=$(mktemp "$t_dir/bg.XXXXXX")
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

# esp_key BITS FILE: a key and its salt, as hexadecimal digits.
esp_key() {
	(umask 077; od -An -tx1 -v -N $(($1 / 8 + 4)) /dev/urandom | tr -d ' \n' > "$2")
}

esp_topology() {
	ns_add left right
	# shellcheck disable=SC2154 # set by ns_add
	link_pair "$left" wire "$esp_left/24" "$right" wire "$esp_right/24"
}

esp_encap_words() {
	[ -z "$esp_encap" ] || echo sport=4500 dport=4500
}

esp_flag_words() {
	echo "flags=${esp_esn:+esn}$esp_flags" | sed 's/=,/=/'
}

# esp_azvpn NS LOCAL REMOTE SPI_OUT SPI_IN INNER NET [SA-WORD...]: an azvpn gateway, any to any.
esp_azvpn() {
	local ns=$1 local=$2 remote=$3 out=$4 in=$5 inner=$6 net=$7
	local words

	shift 7
	words="tunnel=$tunnel_id reqid=1 $(esp_flag_words) $(esp_encap_words) $*"
	ip -n "$ns" link add tun mtu "$esp_mtu" type azvpn id "$tunnel_id"
	azvpn-sa -n "$ns" batch <<-EOF
	sa add dir=in spi=$in src=$remote dst=$local key=$t_dir/key-$in window=$esp_window $words
	sa add dir=out spi=$out src=$local dst=$remote key=$t_dir/key-$out $words
	policy add dir=in tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1
	policy add dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1 sa=$out sa-dst=$remote ${esp_encap:+sa-dport=4500}
	EOF
	esp_addresses "$ns" "$inner" "$net"
}

esp_addresses() {
	ip -n "$1" address add "$2/32" dev tun
	ip -n "$1" link set tun up
	ip -n "$1" route add "$3" dev tun src "$2"
}

# esp_xfrm NS LOCAL REMOTE SPI_OUT SPI_IN INNER NET: the same with the kernel's own xfrm.
# The keys go through a file: a command line can be read by everyone.
esp_xfrm() {
	local ns=$1 local=$2 remote=$3 out=$4 in=$5 inner=$6 net=$7
	local state="proto esp reqid 1 mode tunnel if_id $tunnel_id" flags=""
	local policy="src 0.0.0.0/0 dst 0.0.0.0/0 if_id $tunnel_id"

	[ -z "$esp_esn" ] || flags="flag esn"
	ip -n "$ns" link add tun mtu "$esp_mtu" type xfrm dev wire if_id "$tunnel_id"
	(umask 077; esp_xfrm_batch > "$t_dir/xfrm.batch")
	ip -n "$ns" -batch "$t_dir/xfrm.batch"
	rm "$t_dir/xfrm.batch"
	esp_addresses "$ns" "$inner" "$net"
}

esp_xfrm_batch() {
	# only azvpn's window is looked at: xfrm has none, or a large one where it must
	local encap="" tail window=${esp_esn:+2048}

	[ -z "$esp_encap" ] || encap="encap espinudp 4500 4500 0.0.0.0"
	tail="if_id $tunnel_id"
	cat <<-EOF
	xfrm state add src $remote dst $local spi $in $state $flags replay-window ${window:-0} aead rfc4106(gcm(aes)) 0x$(cat "$t_dir/key-$in") 128 $encap
	xfrm state add src $local dst $remote spi $out $state $flags replay-window ${window:-0} aead rfc4106(gcm(aes)) 0x$(cat "$t_dir/key-$out") 128 $encap
	xfrm policy add $policy dir in tmpl src $remote dst $local proto esp reqid 1 mode tunnel
	xfrm policy add $policy dir fwd tmpl src $remote dst $local proto esp reqid 1 mode tunnel
	xfrm policy add $policy dir out tmpl src $local dst $remote spi $out proto esp reqid 1 mode tunnel
	EOF
}

# esp_up KIND: both gateways, the right one of KIND azvpn or xfrm, as the variables say.
esp_up() {
	esp_key "$esp_bits" "$t_dir/key-$esp_spi_lr"
	esp_key "$esp_bits" "$t_dir/key-$esp_spi_rl"
	if [ -n "$esp_encap" ]; then
		start "$left" espinudp "$esp_left" 4500
		start "$right" espinudp "$esp_right" 4500
	fi
	esp_azvpn "$left" "$esp_left" "$esp_right" "$esp_spi_lr" "$esp_spi_rl" \
		"$esp_inner_left" 10.2.0.0/16
	"esp_$1" "$right" "$esp_right" "$esp_left" "$esp_spi_rl" "$esp_spi_lr" \
		"$esp_inner_right" 10.1.0.0/16
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
	local ns=$1 type link pids

	pids=$(ip netns pids "$ns")
	# shellcheck disable=SC2086 # several words
	[ -z "$pids" ] || kill -9 $pids
	for type in azvpn xfrm; do
		ip -n "$ns" -o link show type $type | while IFS=' :@' read -r _ link _; do
			ip -n "$ns" link del "$link"
		done
	done
	ip -n "$ns" xfrm state flush
	ip -n "$ns" xfrm policy flush
	nsx "$ns" nft flush ruleset
	tc -n "$ns" qdisc del dev wire root 2> /dev/null || true
}
