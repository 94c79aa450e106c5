#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel has no memory. Each operation again and again, first with the first of
# its allocations failing, then with the second, until there are no more: each
# failure is reported, everything is then as before, nothing is lost. Then traffic
# both ways while one allocation in ten that cannot wait fails, and the end of a
# namespace. Needs a kernel with fault injection, as the debug kernel is.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"
# shellcheck source=selftests/lib-memory.sh
. "$(dirname "$0")/../lib-memory.sh"

if [ ! -d /sys/kernel/debug/failslab ] || [ ! -e /proc/self/fail-nth ]; then
	t_skip "no memory" "the kernel has no fault injection"
	t_end
fi

# of some 100 rounds of an operation
objects_allowed=60
: > "$t_dir/steps"
faults=/sys/kernel/debug/fail
preload=$AZVPN_BUILD/selftests/tools/preload-fail.so
any=(from=0.0.0.0/0 to=0.0.0.0/0)
narrow=(from=10.1.0.0/24 to=10.2.0.0/16 proto=6 dport=80)

for kind in slab _page_alloc; do
	echo 0 > ${faults}$kind/verbose
	echo N > ${faults}$kind/ignore-gfp-wait
	echo -1 > ${faults}$kind/times
done
echo 0 > ${faults}_page_alloc/min-order

esp_topology
# A kernel that tracks references to namespaces remembers the last 128 that were
# given back, of sockets mostly.
for ns in "$left" "$right"; do
	nsx "$ns" bash -c '
		for ((i = 0; i < 300; i++)); do
			exec 5<> /dev/udp/127.0.0.1/9
			exec 5>&-
		done'
done
esp_key 256 "$t_dir/gcm"
esp_key 96 "$t_dir/aes"		# 16 bytes
(umask 077; od -An -tx1 -v -N 32 /dev/urandom | tr -d ' \n' > "$t_dir/sha256")
: > "$t_dir/none"

printf '%s\n' "tunnel dump" "sa dump" "policy dump" "net get" > "$t_dir/everything"

# look: sets now to all that there is. A process is slow to start here, so there is but one.
look() {
	azvpn-sa -n "$left" batch < "$t_dir/everything" > "$t_dir/now"
	IFS= read -r -d "" now < "$t_dir/now" || :
}

# same: nothing is different from before, but for the time and what follows from it.
same() {
	look
	[ "$now" != "$before" ] || return 0
	[ "$(timeless "$now")" = "$(timeless "$before")" ] || fail "before: $before, now: $now"
}

timeless() {
	sed -E 's/ (added|used|ifindex)=[0-9]*//g' <<< "$1"
}

# nth N COMMAND...: the command, its N-th allocation failing. Sets status and said,
# and fired to whether there were so many.
nth() {
	local n=$1

	shift
	status=0
	rm -f "$t_dir/fired"
	FAIL_NTH=$n FAIL_RESULT=$t_dir/fired LD_PRELOAD=$preload "$@" > "$t_dir/said" 2>&1 || status=$?
	read -r fired < "$t_dir/fired"
	IFS= read -r -d "" said < "$t_dir/said" || :
}

is_unheard() {
	[[ $said == *ENOBUFS* || $said == *"No buffer space"* ]]
}

# Every which allocation is made to fail. A device takes hundreds, nearly all of them
# the device core's: some of them will do, but with ESP_MATRIX=full.
stride=1
# the failures that there have to be: of the message, and of what comes of it
least=2
whole=0
[ "${ESP_MATRIX:-}" != full ] || whole=1

# step UNDO COMMAND...: until no allocation is left to fail. UNDO takes back what the
# command does. Where but the answer had no memory, which its sender is told as
# ENOBUFS, it was done.
step() {
	local undo=$1 n=0 now before status fired said failures=0 done=0

	shift
	look
	before=$now
	while :; do
		n=$((n + stride))
		[ $n -lt 2000 ] || { fail "no end after $n allocations"; return 1; }
		nth $n "$@"
		[ "$fired" = 1 ] || break
		if [ $status != 0 ]; then
			failures=$((failures + 1))
			is_unheard || [[ $said == *ENOMEM* || $said == *"Cannot allocate memory"* ]] ||
				{ fail "allocation $n: status $status, but it said: $said"; return 1; }
			same > "$t_dir/difference" && continue
			is_unheard || { cat "$t_dir/difference"; fail "allocation $n has left something"; return 1; }
		fi
		done=$((done + 1))
		$undo
		same || { fail "allocation $n: not as before"; return 1; }
	done
	[ $status = 0 ] || { fail "without a fault: status $status: $said"; return 1; }
	$undo
	same || { fail "in the end not as before"; return 1; }
	echo "$n allocations, $failures failures, $done done nevertheless" >> "$t_dir/steps"
	[ $failures -ge $least ] || fail "but $failures failures"
}

# leaves_nothing UNDO COMMAND...: the same after the kernel has filled its caches, and
# nothing is left behind.
leaves_nothing() {
	for _ in 1 2 3; do
		"${@:2}" > "$t_dir/said"
		$1
	done
	memory_note
	step "$@"
	wait_for memory_is_back
}

sa_in() {
	azvpn-sa -n "$left" sa add dir=in spi=0x2001 src=$esp_right dst=$esp_left tunnel=7 reqid=1 "$@"
}

sa_out() {
	azvpn-sa -n "$left" sa add dir=out spi=0x1001 src=$esp_left dst=$esp_right tunnel=7 reqid=1 "$@"
}

undo_in() {
	azvpn-sa -n "$left" sa del spi=0x2001 dst=$esp_left
}

undo_out() {
	azvpn-sa -n "$left" sa del spi=0x1001 dst=$esp_right
}

undo_link() {
	ip -n "$left" link del tun
}

# What is reserved has no name that could be known
undo_alloc() {
	azvpn-sa -n "$left" sa dump | sed -n 's/^spi=\([^ ]*\) .*state=larval.*/\1/p' |
		while read -r spi; do
			azvpn-sa -n "$left" sa del "spi=$spi" dst=$esp_left
		done
}

undo_any() {
	azvpn-sa -n "$left" policy del dir=out tunnel=7 "${any[@]}"
}

undo_narrow() {
	azvpn-sa -n "$left" policy del dir=out tunnel=7 "${narrow[@]}"
}

undo_replace() {
	azvpn-sa -n "$left" policy add dir=out tunnel=7 "${any[@]}" replace=1 sa=0x1001 sa-dst=$esp_right
}

undo_update() {
	azvpn-sa -n "$left" sa update spi=0x1001 dst=198.51.100.9 dport=4501 new-dst=$esp_right \
		new-sport=4500 new-dport=4500
}

# Of the device core and of sysctl, with the stacks of the calls, which no list of
# messages holds. From then on the log has to be clean.
core_complains() {
	local found

	found=$(dmesg_since "$t_mark" | grep -E 'KASAN|UBSAN|BUG|WARNING|INFO:|refcount_t|azvpn: ') || :
	[ -z "$found" ] || { fail "$found"; return 1; }
	echo "<5>$t_mark" > /dev/kmsg
	echo "<5>azvpn-selftest run faults" > /dev/kmsg
}

tunnel_up() {
	ip -n "$left" link add tun type azvpn id 7
	ip -n "$left" link set tun up
}

add_link() {
	stride=$((whole ? 1 : 7))
	leaves_nothing undo_link ip -n "$left" link add tun type azvpn id 7
}

alloc_sa() {
	tunnel_up
	leaves_nothing undo_alloc azvpn-sa -n "$left" sa alloc src=$esp_right dst=$esp_left
}

add_in() {
	tunnel_up
	leaves_nothing undo_in azvpn-sa -n "$left" sa add dir=in spi=0x2001 src=$esp_right dst=$esp_left \
		tunnel=7 reqid=1 window=4096 "$@"
}

add_out() {
	tunnel_up
	leaves_nothing undo_out azvpn-sa -n "$left" sa add dir=out spi=0x1001 src=$esp_left \
		dst=$esp_right tunnel=7 reqid=1 soft-seconds=1000 "$@"
}

undo_udp() {
	azvpn-sa -n "$left" sa del spi=0x1001 dst=$esp_right dport=4500
}

add_out_udp() {
	tunnel_up
	leaves_nothing undo_udp azvpn-sa -n "$left" sa add dir=out spi=0x1001 src=$esp_left \
		dst=$esp_right tunnel=7 reqid=1 sport=4500 dport=4500 cipher=aes-cbc \
		key="$t_dir/aes" integrity=hmac-sha256-128 ikey="$t_dir/sha256"
}

# The keys come for an SPI that is reserved.
take_over() {
	tunnel_up
	reserve() {
		azvpn-sa -n "$left" sa del spi=0x2001 dst=$esp_left
		azvpn-sa -n "$left" sa alloc src=$esp_right dst=$esp_left min=0x2001 max=0x2001 \
			> "$t_dir/spi"
	}
	azvpn-sa -n "$left" sa alloc src=$esp_right dst=$esp_left min=0x2001 max=0x2001
	leaves_nothing reserve azvpn-sa -n "$left" sa add dir=in spi=0x2001 src=$esp_right dst=$esp_left \
		tunnel=7 reqid=1 key="$t_dir/gcm"
}

update_sa() {
	tunnel_up
	sa_out key="$t_dir/gcm" sport=4500 dport=4500
	leaves_nothing undo_update azvpn-sa -n "$left" sa update spi=0x1001 dst=$esp_right dport=4500 \
		new-dst=198.51.100.9 new-sport=4500 new-dport=4501
}

add_policies() {
	tunnel_up
	sa_out key="$t_dir/gcm"
	leaves_nothing undo_any azvpn-sa -n "$left" policy add dir=out tunnel=7 "${any[@]}" sa=0x1001 sa-dst=$esp_right
	leaves_nothing undo_narrow azvpn-sa -n "$left" policy add dir=out tunnel=7 "${narrow[@]}"
}

replace_policy() {
	tunnel_up
	sa_out key="$t_dir/gcm"
	azvpn-sa -n "$left" policy add dir=out tunnel=7 "${any[@]}" sa=0x1001 sa-dst=$esp_right
	leaves_nothing undo_replace azvpn-sa -n "$left" policy add dir=out tunnel=7 "${any[@]}" replace=1
}

# Dumps change nothing; what could not be told is told to have failed.
dump() {
	tunnel_up
	sa_in key="$t_dir/gcm"
	sa_out key="$t_dir/gcm"
	azvpn-sa -n "$left" policy add dir=out tunnel=7 "${any[@]}" sa=0x1001 sa-dst=$esp_right
	for what in sa policy tunnel; do
		leaves_nothing true azvpn-sa -n "$left" $what dump
	done
}

# Deleting needs no memory but for its messages.
delete_link() {
	stride=$((whole ? 1 : 3))
	least=0
	again() {
		ip -n "$left" link show tun > "$t_dir/link" 2>&1 || tunnel_up
		azvpn-sa -n "$left" sa flush
		sa_in key="$t_dir/gcm"
		sa_out key="$t_dir/gcm"
		azvpn-sa -n "$left" policy add dir=out tunnel=7 "${any[@]}" sa=0x1001 sa-dst=$esp_right
	}
	tunnel_up
	again
	leaves_nothing again ip -n "$left" link del tun
}

# fail_some PERCENT IGNORE TASKS: from now on. IGNORE: Y for those alone that cannot
# wait; TASKS: Y for tasks alone that were chosen.
fail_some() {
	local kind

	# at no moment for others than was meant
	for kind in slab _page_alloc; do
		echo 0 > ${faults}$kind/probability
	done
	for kind in slab _page_alloc; do
		echo "$2" > ${faults}$kind/ignore-gfp-wait
		echo "$3" > ${faults}$kind/task-filter
		echo "$1" > ${faults}$kind/probability
	done
}

fail_none() {
	fail_some 0 N N
}

# Without memory for its first packet a connection does not begin.
transfer() {
	local said

	said=$(nsx "$left" tcp-probe send $esp_inner_right 7008 300000 2>&1) && return
	echo "$said"
	[[ $said == *connect:* ]] || exit 1
	return 1
}

traffic() {
	local i

	esp_window=2048
	esp_up azvpn
	for i in 1 2; do
		[ $i = 1 ] || memory_note
		start "$right" udp-probe echo $esp_inner_right 7007
		echo=$started
		start "$right" tcp-probe serve $esp_inner_right 7008
		serve=$started
		fail_some 10 Y N
		nsx "$left" udp-probe flow -n 500 $esp_inner_right 7007 || true
		nsx "$left" udp-probe send -n 500 -g 0 -s 1300 $esp_inner_right 9 || true
		nsx "$right" udp-probe send -n 500 -g 0 -s 1300 $esp_inner_left 9 || true
		fail_some 3 Y N
		wait_for transfer
		fail_none
		stop "$echo" > "$t_dir/gone"
		stop "$serve" > "$t_dir/gone"
	done
	azvpn-sa -n "$left" tunnel get tunnel=$tunnel_id
	tunnel_is "$left" 'drops_no_memory > 0'
	wait_for memory_is_back
	# and as if nothing had happened
	start "$right" udp-probe echo $esp_inner_right 7007
	holds "$(nsx "$left" udp-probe flow -n 50 $esp_inner_right 7007)" 'received == 50 && duplicate == 0'
	stop "$started" > "$t_dir/gone"
}

# A namespace is ended by the kernel's own threads.
choose_workers() {
	local comm

	for comm in /proc/[0-9]*/comm; do
		! grep -qs '^kworker/u' "$comm" || echo "$1" > "${comm%comm}make-it-fail" 2> /dev/null || true
	done
}

end_one() {
	local doomed

	ns_add doomed
	ip -n "$doomed" link add tun type azvpn id 7
	ip -n "$doomed" link set tun up
	azvpn-sa -n "$doomed" batch <<-EOF
	sa add dir=in spi=0x2001 src=$esp_right dst=$esp_left tunnel=7 reqid=1 key=$t_dir/gcm
	sa add dir=out spi=0x1001 src=$esp_left dst=$esp_right tunnel=7 reqid=1 key=$t_dir/gcm
	policy add dir=out tunnel=7 ${any[*]} sa=0x1001 sa-dst=$esp_right
	policy add dir=out tunnel=7 ${narrow[*]}
	sa alloc src=$esp_right dst=$esp_left
	EOF
	choose_workers 1
	fail_some 50 N Y
	ip netns del "$doomed"
	wait_for namespace_gone
	fail_none
	choose_workers 0
}

# One that comes after it goes after it.
namespace_gone() {
	[ ! -e "/run/netns/$doomed" ] && grace_period
}

end_namespace() {
	local i

	for i in 1 2 3; do
		end_one
	done
	memory_note
	for i in 1 2 3 4 5; do
		end_one
	done
	wait_for memory_is_back
}

t "no memory: a device is added" fresh add_link
t "no memory: the kernel's own complaints about it" core_complains
t "no memory: an SPI is reserved" fresh alloc_sa
t "no memory: an SA in, AES-GCM" fresh add_in key="$t_dir/gcm"
t "no memory: an SA out, AES-GCM" fresh add_out key="$t_dir/gcm"
t "no memory: an SA in, ChaCha20-Poly1305" fresh add_in cipher=chacha20-poly1305 key="$t_dir/gcm"
t "no memory: an SA out, AES-CBC with SHA-256, in UDP" fresh add_out_udp
t "no memory: an SA in, null with SHA-256, ESN" fresh add_in cipher=null key="$t_dir/none" \
	integrity=hmac-sha256-128 ikey="$t_dir/sha256" flags=esn
t "no memory: keys for a reserved SPI" fresh take_over
t "no memory: an SA moves" fresh update_sa
t "no memory: policies" fresh add_policies
t "no memory: a policy is replaced" fresh replace_policy
t "no memory: dumps" fresh dump
t "no memory: a device is deleted" fresh delete_link
t "no memory: traffic both ways" fresh traffic
fail_none
t "no memory: a namespace ends" end_namespace
fail_none
choose_workers 0
sed 's/^/# /' "$t_dir/steps"
t "the kernel had nothing to complain about" dmesg_clean
t_end
