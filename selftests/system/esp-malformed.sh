#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whatever can be wrong with an ESP packet, for every algorithm: each has its own
# counter, nothing gets in, and good packets still do. Each class of algorithms
# with one of the sixteen combinations of outer and inner family, raw or in UDP,
# 32- or 64-bit sequence numbers.
#
#       left (azvpn)                                      right (esp-craft)
#   tun 10.1.0.1, fd01::1 ── wire 198.51.100.1, 2001:db8::1 ═════ .2, ::2 wire
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-craft.sh
. "$(dirname "$0")/../lib-craft.sh"

mapfile -t classes < <(craft_classes)

# The SAs of a class: one gets everything, one for each reason of its own for the last drop.
kinds=(all malformed icv trailer padding protocol dummy encapsulation replay)

# spi_of CLASS KIND: sets spi
spi_of() {
	printf -v spi '0x%08x' $((0x20000 + $1 * 16 + $2 + 1))
}

# combination CLASS: sets combination, inner to its inner family, align to that of the cipher
combination() {
	local families=(4 6)

	combination=$(($1 * 7 % 16))
	inner=${families[combination >> 1 & 1]}
	case ${classes[$1]} in
	aes-cbc*) align=16 ;;
	*des-cbc*) align=8 ;;
	*) align=4 ;;
	esac
}

# authentic: sets words to what has the right ICV and is not to get in, with how
# much of it there is for each reason. Each has a number of its own, from 10 on.
authentic() {
	local number=10 kind

	trailer=(pad pad=40 empty short=1 short=2 short version=0 version=5 version=15 family
		length=1 length=60000)
	if [ "$inner" = 4 ]; then
		trailer+=(version=6 ihl=0 ihl=4 length=65495)
	else
		trailer+=(version=4)
	fi
	padding=(padding=1 padding=2 padding=7 padding=240)
	protocol=(next=0 next=6 next=17 next=50 next=255)
	words=()
	for kind in "${trailer[@]}" "${padding[@]}" "${protocol[@]}" dummy; do
		words+=("$kind:$number")
		number=$((number + 1))
	done
}

# misaligned: sets words to packets of that kind, and all but the alignment right
misaligned() {
	local more

	for ((more = 1; more < align; more++)); do
		words+=("misaligned=$more:2")
	done
}

last_ones() {
	spi_of "$1" 1
	words+=($spi good:1 misaligned=1:5)
	spi_of "$1" 2
	words+=($spi good:1 icv:7)
	spi_of "$1" 3
	words+=($spi good:1 short=2:8)
	spi_of "$1" 4
	words+=($spi good:1 padding=1:9)
	spi_of "$1" 5
	words+=($spi good:1 next=50:10)
	spi_of "$1" 6
	words+=($spi good:1 dummy:11)
	spi_of "$1" 7
	words+=($spi good:1 foreign:12)
	spi_of "$1" 8
	words+=($spi good:13 good:12 good:13)
}

# send_class CLASS: everything; what esp-craft says of it goes to a file.
send_class() {
	local words

	combination "$1"
	authentic
	spi_of "$1" 0
	misaligned
	words=($spi good:1 cut:2 icv:2 byte:2 "${words[@]}" foreign:2 foreign:3
		good:1 payload=0:100 padded:101 tfc:102 payload=1300:103)
	last_ones "$1"
	craft "${words[@]}" > "$t_dir/crafted-$1"
}

add_class() {
	local kind

	combination "$1"
	craft_factors $combination
	for kind in "${!kinds[@]}"; do
		spi_of "$1" "$kind"
		# shellcheck disable=SC2086 # several words
		craft_sa in $spi "${classes[$1]}" $factors
	done >> "$craft_sas"
}

# sent_all: so many packets in all, but for those that never get to ESP
send_all() {
	local class sent=0 result

	for class in "${!classes[@]}"; do
		send_class "$class"
		result=$(cat "$t_dir/crafted-$class")
		sent=$((sent + $(value sent "$result") - $(value headless "$result")))
		# no more at once than queues hold
		wait_for tunnel_is "$left" "rx_packets + drops == $sent"
	done
	azvpn-sa -n "$left" sa dump > "$t_dir/dump"
}

# judged CLASS: by each counter
judged() {
	local crafted words malformed icv it

	crafted=$(cat "$t_dir/crafted-$1")
	echo "$crafted"
	combination "$1"
	authentic
	spi_of "$1" 0
	it=${line[$spi]}
	malformed=$(($(value malformed "$crafted") + align - 1))
	# the SA for the last drop had one for each byte of the ICV, too
	icv=$(($(value icv "$crafted") - icv_size))
	holds "$it" "drops_malformed == $malformed && drops_icv == $icv && drops_replay == 1"
	holds "$it" "drops_trailer == ${#trailer[@]} && drops_padding == ${#padding[@]}"
	holds "$it" "drops_protocol == ${#protocol[@]} && drops_dummy == 1 && drops_encapsulation == 2"
	holds "$it" "drops == $malformed + $icv + ${#trailer[@]} + ${#padding[@]} + ${#protocol[@]} + 4"
	holds "$it" 'packets == 5 && sequence == 103'
}

# last_is CLASS KIND SEQUENCE PACKETS DROPS
last_is() {
	spi_of "$1" "$2"
	has "${line[$spi]}" last_drop_reason=${kinds[$2]} last_drop_spi=$spi "last_drop_sequence=$3"
	holds "${line[$spi]}" "packets == $4 && drops == $5 && drops_${kinds[$2]} == drops"
}

icv_size_of() {
	case ${classes[$1]} in
	*-12\ * | *sha1* | *md5*) icv_size=12 ;;
	aes-gcm-8\ *) icv_size=8 ;;
	*sha384*) icv_size=24 ;;
	*sha512*) icv_size=32 ;;
	*) icv_size=16 ;;
	esac
}

class_is_right() {
	local icv_size

	icv_size_of "$1"
	judged "$1"
	# the number is read after encapsulation and length are
	last_is "$1" 1 0 1 1
	last_is "$1" 2 7 1 $icv_size
	last_is "$1" 3 8 1 1
	last_is "$1" 4 9 1 1
	last_is "$1" 5 10 1 1
	last_is "$1" 6 11 1 1
	last_is "$1" 7 0 1 1
	last_is "$1" 8 13 2 1
}

# Nothing but the good ones has reached the stack: five, and one or two of each last drop.
unharmed() {
	wait_for unheard_is $((${#classes[@]} * (5 + 7 + 2)))
}

craft_topology
craft_begin
for class in "${!classes[@]}"; do
	add_class "$class"
done
craft_end
craft_natt "$left" $esp_left $craft_left6
t "every packet is counted" send_all
craft_read "$t_dir/dump"
for class in "${!classes[@]}"; do
	t "${classes[class]}" class_is_right "$class"
done
t "the good ones, and only they, get to the stack" unharmed
t "the kernel had nothing to complain about" dmesg_clean
craft_natt_over
t_end
