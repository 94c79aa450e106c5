#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Dumps of thousands of objects, while others come and go: what is there all the time
# is in each dump, and is in it once. No packet travels; two tunnels:
#
#     left
#   tun (id 7)   tun8 (id 8)
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

objects=5000	# that stay
rounds=10	# dumps

ns_add left
# shellcheck disable=SC2154 # set by ns_add
ip -n "$left" link add tun type azvpn id 7
ip -n "$left" link add tun8 type azvpn id 8
esp_key 128 "$t_dir/key"

# Of every ten objects one belongs to the other tunnel.
sas() {
	local i

	for ((i = 0; i < objects; i++)); do
		echo "sa add dir=in spi=$((0x10000 + i)) src=$esp_right dst=$esp_left tunnel=$((i % 10 ? 7 : 8)) window=0 key=$t_dir/key"
	done
}

policies() {
	local i

	for ((i = 0; i < objects; i++)); do
		echo "policy add dir=in tunnel=$((i % 10 ? 7 : 8)) from=10.2.$((i / 250)).$((i % 250))/32 to=10.1.0.0/24"
	done
}

# churn OBJECT: add and delete others until the file "over" is there.
churn_lines() {
	local i

	while [ ! -e "$t_dir/over" ]; do
		for ((i = 0; i < 40; i++)); do
			[ "$1" = policy ] || echo "sa add dir=in spi=$((0x90000 + i)) src=$esp_right dst=$esp_left tunnel=7 window=0 key=$t_dir/key"
			[ "$1" = sa ] || echo "policy add dir=in tunnel=7 from=10.9.0.$i/32 to=10.1.0.0/24"
			[ $i = 0 ] || {
				[ "$1" = policy ] || echo "sa del spi=$((0x90000 + i - 1)) dst=$esp_left"
				[ "$1" = sa ] || echo "policy del dir=in tunnel=7 from=10.9.0.$((i - 1))/32 to=10.1.0.0/24"
			}
		done
		[ "$1" = policy ] || echo "sa del spi=$((0x90000 + i - 1)) dst=$esp_left"
		[ "$1" = sa ] || echo "policy del dir=in tunnel=7 from=10.9.0.$((i - 1))/32 to=10.1.0.0/24"
		echo "net get"
	done
}

churn() {
	rm -f "$t_dir/over"
	churn_lines "$1" | azvpn-sa -n "$left" batch > "$t_dir/churned" &
	churn=$!
	wait_for grep -q tunnels "$t_dir/churned"
}

churn_end() {
	touch "$t_dir/over"
	wait_for process_gone $churn
}

# turns: how often the others have come and gone so far.
turns() {
	wc -l < "$t_dir/churned"
}

# whole FILE WORD COUNT: so many of those that stay are in a dump, each once.
whole() {
	local twice

	grep -o "$2" "$1" | sort > "$t_dir/names"
	twice=$(uniq -d "$t_dir/names" | head -n 3)
	[ -z "$twice" ] || { fail "twice or more: $twice"; return 1; }
	[ "$(wc -l < "$t_dir/names")" = "$3" ] || fail "$(wc -l < "$t_dir/names") of $3"
}

# One that stays has an SPI of 0x0001..., an address of 10.2...
stay_sa="^spi=0x0001[0-9a-f]*"
stay_policy=" from=10\.2\.[0-9./]*"

# dumps OBJECT PATTERN: dumps under change.
dumps() {
	local i before

	churn "$1"
	before=$(turns)
	for ((i = 0; i < rounds; i++)); do
		azvpn-sa -n "$left" "$1" dump > "$t_dir/dump"
		whole "$t_dir/dump" "$2" $objects
		azvpn-sa -n "$left" "$1" dump tunnel=8 > "$t_dir/dump"
		whole "$t_dir/dump" "$2" $((objects / 10))
		# nothing but what was asked for
		[ "$(wc -l < "$t_dir/dump")" = $((objects / 10)) ]
		azvpn-sa -n "$left" "$1" dump tunnel=7 > "$t_dir/dump"
		whole "$t_dir/dump" "$2" $((objects * 9 / 10))
		[ -z "$(grep -m 1 ' tunnel=8 ' "$t_dir/dump" || true)" ]
	done
	# others have come and gone meanwhile
	wait_for turned "$before"
	churn_end
}

turned() {
	[ "$(turns)" -gt "$1" ]
}

some_sas() {
	sas | azvpn-sa -n "$left" batch
	dumps sa "$stay_sa"
	net_is "$left" "sas == $objects"
}

# They are there already.
some_policies() {
	policies | azvpn-sa -n "$left" batch
	dumps policy "$stay_policy"
	net_is "$left" "policies == $objects"
}

# Half of those that were there when a dump began go before it is over: it ends, and has
# the other half. A dump that nobody reads waits where it is.
shrinking() {
	local i

	mkfifo "$t_dir/fifo"
	azvpn-sa -n "$left" sa dump > "$t_dir/fifo" &
	exec 9< "$t_dir/fifo"
	read -r first <&9
	[[ $first = spi=0x0001* ]]
	for ((i = 0; i < objects; i += 2)); do
		echo "sa del spi=$((0x10000 + i)) dst=$esp_left"
	done | azvpn-sa -n "$left" batch
	{ echo "$first"; cat <&9; } > "$t_dir/dump"
	wait $!
	[ -z "$(grep -o "$stay_sa" "$t_dir/dump" | sort | uniq -d)" ]
	# all with an odd SPI are there
	[ "$(grep -c '^spi=0x0001[0-9a-f]*[13579bdf] ' "$t_dir/dump")" = $((objects / 2)) ]
	net_is "$left" "sas == $objects / 2"
}

flushed() {
	azvpn-sa -n "$left" sa flush
	azvpn-sa -n "$left" policy flush
	[ -z "$(azvpn-sa -n "$left" sa dump)" ]
	[ -z "$(azvpn-sa -n "$left" policy dump)" ]
	net_is "$left" 'sas == 0 && policies == 0'
}

t "dumps of $objects SAs while others come and go" some_sas
t "dumps of $objects policies while others come and go" some_policies
t "half of the SAs go while a dump is read" shrinking
t "dumps of nothing" flushed
t "the kernel had nothing to complain about" dmesg_clean
t_end
