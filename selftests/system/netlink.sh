#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The control interface: what it refuses and how it says so, dumps, replacing,
# reserved SPIs, events, who may use it. No packet travels; two tunnels:
#
#     left
#   tun (id 7)   tun8 (id 8)
#     |
#   wire 198.51.100.1 ═══ 198.51.100.2 right
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

esp_topology
ip -n "$left" link add tun type azvpn id 7
ip -n "$left" link add tun8 type azvpn id 8
esp_key 256 "$t_dir/key"

sa() {
	azvpn-sa -n "$left" sa "$@"
}

policy() {
	azvpn-sa -n "$left" policy "$@"
}

# out SPI [WORD...], into SPI [WORD...]: an SA of tunnel 7.
out() {
	sa add dir=out spi="$1" src=$esp_left dst=$esp_right tunnel=7 reqid=1 key="$t_dir/key" "${@:2}"
}

into() {
	sa add dir=in spi="$1" src=$esp_right dst=$esp_left tunnel=7 reqid=1 window=64 \
		key="$t_dir/key" "${@:2}"
}

empty() {
	sa flush
	policy flush
	net_is "$left" 'tunnels == 2 && sas == 0 && policies == 0'
}

# clean COMMAND...: run a case without what a failed one has left behind.
clean() {
	sa flush
	policy flush
	"$@"
}

refuse_all_faults() {
	run nsx "$left" nlfuzz refusals 7
	net_is "$left" 'sas == 0 && policies == 0'
}

survive_random() {
	local seed

	for seed in 1 2 3; do
		run nsx "$left" nlfuzz random 7 $seed 2000
	done
	empty
}

# With no capability at all, and with all of them but in a namespace of one's own.
refuse_unprivileged() {
	out 0x1001
	run nsx "$left" unshare --user nlfuzz eperm 7
	run nsx "$left" unshare --user --map-root-user nlfuzz eperm 7
	run nsx "$left" setpriv --reuid 65534 --clear-groups nlfuzz eperm 7
	empty
}

refuse_what_contradicts() {
	out 0x1001
	refused EEXIST "" out 0x1001
	refused EEXIST "" out 0x1001 tunnel=8
	refused "" "tunnel" out 0x1002 tunnel=9
	refused "" "" sa get spi=0x1002 dst=$esp_right
	refused "" "" sa del spi=0x1002 dst=$esp_right
	refused "" "" sa update spi=0x1002 dst=$esp_right new-src=$esp_left new-dst=$esp_right
	# the same SPI for another destination is another SA
	sa add dir=out spi=0x1001 src=$esp_left dst=198.51.100.77 tunnel=7 reqid=1 key="$t_dir/key"
	into 0x2001
	refused ESRCH "outbound" policy add dir=out tunnel=7 from=0.0.0.0/0 to=0.0.0.0/0 \
		sa=0x2001 sa-dst=$esp_left
	refused EINVAL "another tunnel" policy add dir=out tunnel=8 from=0.0.0.0/0 to=0.0.0.0/0 \
		sa=0x1001 sa-dst=$esp_right
	refused "" "" policy add dir=out tunnel=7 from=10.1.0.1/24 to=10.2.0.0/24
	refused "" "" policy del dir=out tunnel=7 from=10.1.0.0/24 to=10.2.0.0/24
	net_is "$left" 'sas == 3 && policies == 0'
	empty
}

get_what_was_given() {
	out 0x1001 flags=esn,copy-df,copy-ecn,copy-dscp sport=4500 dport=4501 reqid=77 \
		soft-bytes=1000000000001 hard-bytes=2000000000002 soft-packets=3 hard-packets=4 \
		soft-seconds=500 hard-seconds=600
	sa_has "$left" 0x1001 "$esp_right dport=4501" src=$esp_left dst=$esp_right dir=out state=mature tunnel=7 \
		reqid=77 flags=15 sport=4500 dport=4501 soft_bytes=1000000000001 soft_packets=3 \
		soft_seconds=500 hard_bytes=2000000000002 hard_packets=4 hard_seconds=600 \
		sequence=0 packets=0 bytes=0 used=0 drops=0
	sa_is "$left" 0x1001 "$esp_right dport=4501" 'added > 0'
	refused ESRCH "port" sa get spi=0x1001 dst=$esp_right
	into 0x2001 window=4096
	sa_has "$left" 0x2001 $esp_left dir=in window=4096 sport=0
	[[ $(sa get spi=0x2001 dst=$esp_left) =~ " driver="[^\ ]*gcm ]]
	policy add dir=out tunnel=7 from=10.1.0.0/24 to=10.2.0.0/16 reqid=5 sa=0x1001 \
		sa-dst=$esp_right sa-dport=4501
	has "$(policy get dir=out tunnel=7 from=10.1.0.0/24 to=10.2.0.0/16)" dir=out action=protect \
		from=10.1.0.0/24 to=10.2.0.0/16 reqid=5 sa=0x00001001 sa_dst=$esp_right \
		sa_dport=4501 used=0
	[ "$(azvpn-sa -n "$left" tunnel dump | sort | cut -d ' ' -f 1-2 | tr '\n' ' ')" = \
		"ifname=tun id=7 ifname=tun8 id=8 " ]
	empty
}

# An SA moves to other outer addresses with everything it has.
update() {
	out 0x1001
	sa update spi=0x1001 dst=$esp_right new-src=$esp_left new-dst=198.51.100.9 \
		new-sport=4500 new-dport=4500
	refused "" "" sa get spi=0x1001 dst=$esp_right
	refused "" "" sa get spi=0x1001 dst=198.51.100.9
	sa_is "$left" 0x1001 "198.51.100.9 dport=4500" 'sport == 4500 && dport == 4500'
	# not onto another SA
	out 0x1001 sport=4500 dport=4500
	refused EEXIST "" sa update spi=0x1001 dst=198.51.100.9 dport=4500 new-src=$esp_left \
		new-dst=$esp_right
	sa_is "$left" 0x1001 "198.51.100.9 dport=4500" 'sport == 4500'
	empty
}

replace() {
	local words="dir=out tunnel=7 from=0.0.0.0/0 to=0.0.0.0/0"

	out 0x1001
	out 0x1002
	# shellcheck disable=SC2086 # several words
	{
		policy add $words sa=0x1001 sa-dst=$esp_right
		refused EEXIST "" policy add $words sa=0x1002 sa-dst=$esp_right
		has "$(policy get $words)" sa=0x00001001
		policy add $words sa=0x1002 sa-dst=$esp_right replace=1
		has "$(policy get $words)" sa=0x00001002
		# what is refused leaves the old one as it was
		refused "" "" policy add $words sa=0x1003 sa-dst=$esp_right replace=1
		has "$(policy get $words)" sa=0x00001002
		net_is "$left" 'policies == 1'
		# replacing what is not there adds it
		policy del $words
		policy add $words sa=0x1001 sa-dst=$esp_right replace=1
		has "$(policy get $words)" sa=0x00001001
	}
	empty
}

reserve() {
	local spi

	spi=$(value spi "$(sa alloc src=$esp_right dst=$esp_left)")
	[[ $spi == 0xc* ]]
	sa_has "$left" "$spi" $esp_left state=larval
	net_is "$left" 'sas == 1'
	into "$spi"
	sa_has "$left" "$spi" $esp_left state=mature tunnel=7
	net_is "$left" 'sas == 1'
	refused EEXIST "" into "$spi"
	# a range of one, then full
	has "$(sa alloc src=$esp_right dst=$esp_left min=0x5000 max=0x5000)" spi=0x00005000
	refused ENOSPC "no SPI" sa alloc src=$esp_right dst=$esp_left min=0x5000 max=0x5000
	sa del spi=0x5000 dst=$esp_left
	sa alloc src=$esp_right dst=$esp_left min=0x5000 max=0x5000
	refused "" "" sa alloc src=$esp_right dst=$esp_left min=0x6000 max=0x5000
	empty
}

# spis [WORD]: those a dump shows.
spis() {
	sa dump "$@" | cut -d ' ' -f 1 | sort -u | tr '\n' ' '
}

flush_by_tunnel() {
	out 0x1001
	out 0x1002
	sa add dir=out spi=0x1003 src=$esp_left dst=$esp_right tunnel=8 reqid=1 key="$t_dir/key"
	policy add dir=out tunnel=7 from=10.1.0.0/24 to=10.2.0.0/24
	policy add dir=out tunnel=8 from=10.1.0.0/24 to=10.2.0.0/24
	[ "$(spis tunnel=7)" = "spi=0x00001001 spi=0x00001002 " ]
	[ "$(spis tunnel=8)" = "spi=0x00001003 " ]
	[ "$(lines "$(policy dump tunnel=8)" tunnel=8)" = 1 ]
	sa flush tunnel=7
	[ "$(spis)" = "spi=0x00001003 " ]
	[ "$(lines "$(policy dump)" tunnel=)" = 2 ]
	policy flush tunnel=8
	[ "$(lines "$(policy dump)" tunnel=7)" = 1 ]
	[ "$(lines "$(policy dump)" tunnel=8)" = 0 ]
	empty
}

# Dumps of more than fits one message hold every object once.
dump_many() {
	local i

	for ((i = 0; i < 1000; i++)); do
		echo "sa add dir=in spi=$((0x10000 + i)) src=$esp_right dst=$esp_left tunnel=7 key=$t_dir/key"
		echo "policy add dir=in tunnel=7 from=10.2.$((i / 250)).$((i % 250))/32 to=10.1.0.0/24"
	done | azvpn-sa -n "$left" batch
	[ "$(sa dump | wc -l)" = 1000 ]
	[ "$(spis | wc -w)" = 1000 ]
	[ "$(policy dump tunnel=7 | wc -l)" = 1000 ]
	[ "$(policy dump tunnel=7 | grep -o 'from=[^ ]*' | sort -u | wc -l)" = 1000 ]
	net_is "$left" 'sas == 1000 && policies == 1000'
	tunnel_is "$left" 'sas == 1000 && policies == 1000'
	empty
}

# Each namespace has its own, and hears only its own events.
namespaces_apart() {
	local here there

	start "$left" azvpn-sa monitor
	here=$started
	start "$right" azvpn-sa monitor
	there=$started
	out 0x1001 soft-seconds=1
	refused "" "" azvpn-sa -n "$right" sa get spi=0x1001 dst=$esp_right
	[ -z "$(azvpn-sa -n "$right" sa dump)" ]
	azvpn-sa -n "$right" sa flush
	sa_has "$left" 0x1001 $esp_right state=mature
	wait_for grep -q event=soft "${here#*:}"
	has "$(stop "$here")" event=soft spi=0x00001001
	[ -z "$(stop "$there")" ]
	empty
}

t "every fault is refused with a message" clean refuse_all_faults
t "random messages" clean survive_random
t "nothing works without CAP_NET_ADMIN" clean refuse_unprivileged
t "contradictions are refused" clean refuse_what_contradicts
t "what was given can be got" clean get_what_was_given
t "an SA can move" clean update
t "policies are replaced only when asked for" clean replace
t "SPIs can be reserved" clean reserve
t "flush and dump by tunnel" clean flush_by_tunnel
t "dumps of a thousand" clean dump_many
t "namespaces are apart" clean namespaces_apart
t "the kernel had nothing to complain about" dmesg_clean
t_end
