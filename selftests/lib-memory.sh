# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib.sh by the tests of what memory is left behind:
#
#	memory_note
#	...
#	wait_for memory_is_back

# of general purpose memory in any one cache, what may come and go by chance
objects_allowed=1000
percpu_allowed=256	# kB

# The objects in use in each general purpose cache, and packets. What CPUs keep at
# hand counts as in use, so that is given back first.
objects() {
	local cache count

	for cache in /sys/kernel/slab/{kmalloc,skbuff}*; do
		case $cache in
		*-cg-*) continue ;;
		esac
		echo 1 > "$cache/shrink"
		read -r count _ < "$cache/objects"
		echo "${cache##*/} $count"
	done
}

percpu() {
	awk '/^Percpu:/ { print $2 }' /proc/meminfo
}

# Wait until nothing is being freed any more.
settle() {
	local now last=

	for _ in $(seq 30); do
		now=$(objects | awk '{ n += $2 } END { print int(n / 200) }')
		[ "$now" != "$last" ] || return 0
		last=$now
		wait_for grace_period
	done
}

# A namespace that comes and goes waits for RCU on the way.
grace_period() {
	ip netns add settle-$$
	ip netns del settle-$$
}

# memory_note: what memory_is_back compares with.
memory_note() {
	settle
	objects > "$t_dir/before"
	percpu_before=$(percpu)
}

# Freeing goes through RCU and a work queue, so it takes a moment.
memory_is_back() {
	local grown

	grown=$(join <(sort "$t_dir/before") <(objects | sort) |
		awk -v most=$objects_allowed '$3 - $2 > most { print $1, "has", $3 - $2, "objects more" }')
	[ -z "$grown" ] || { fail "$grown"; return 1; }
	[ $(($(percpu) - percpu_before)) -le $percpu_allowed ] ||
		fail "per-CPU memory has grown from $percpu_before to $(percpu) kB"
}
