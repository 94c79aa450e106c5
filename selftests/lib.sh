# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by every system test: cases in KTAP, network namespaces, polling.
#
#	. "$(dirname "$0")/../lib.sh"
#	ns_add left right
#	link_pair "$left" veth0 192.0.2.1/24 "$right" veth0 192.0.2.2/24
#	t "the link carries packets" nsx "$left" ping -c 1 -W 2 192.0.2.2
#	t_end
#
# The script stops at the first command outside of a case that fails: a topology
# that is half there proves nothing. A case is a command, mostly a function; it
# runs in a shell of its own, also under "set -e", so it fails with whatever
# fails in it, and variables that it sets are gone afterwards.

set -euE
# shellcheck source=selftests/lib-dmesg.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-dmesg.sh"
exec 2>&1

t_done=0 t_failed=0 t_skipped=0 t_planned="" t_over=""
t_dir=$(mktemp -d)
t_mark="azvpn-selftest ${0##*/} $$ $(date +%s.%N)"
: > "$t_dir/ns"
echo "<5>$t_mark" > /dev/kmsg

trap t_cleanup EXIT
trap 'exit 1' INT TERM
trap 'echo "# ${BASH_SOURCE[0]##*/}:$LINENO: exit status $?: $BASH_COMMAND"' ERR

echo "KTAP version 1"

# t_cleanup: runs however the script ends. Without t_end the cases that were
# still to come are missing, which is a failure.
t_cleanup() {
	local status=$?

	trap - ERR
	set +e
	ns_remove
	rm -rf "$t_dir"
	[ -n "$t_over" ] && exit $status
	echo "Bail out! the topic ended before its last case"
	exit 1
}

# t_plan N: optional; t_end then fails when another number of cases has run.
t_plan() {
	t_planned=$1
	echo "1..$1"
}

# t NAME COMMAND...: one case. Its output is shown only when it fails.
t() {
	local name=$1 status

	shift
	t_done=$((t_done + 1))
	trap - ERR
	set +e
	( set -e; t_case "$@" ) > "$t_dir/out" 2>&1 < /dev/null
	status=$?
	set -e
	trap 'echo "# ${BASH_SOURCE[0]##*/}:$LINENO: exit status $?: $BASH_COMMAND"' ERR
	if [ $status = 0 ]; then
		echo "ok $t_done $name"
		return
	fi
	t_failed=$((t_failed + 1))
	sed 's/^/# /' "$t_dir/out"
	echo "not ok $t_done $name"
}

# t_case: says in the output which command of a case was the one that failed.
t_case() {
	trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: exit status $?: $BASH_COMMAND"' ERR
	"$@"
}

# t_skip NAME WHY: a case that cannot run here.
t_skip() {
	t_done=$((t_done + 1))
	t_skipped=$((t_skipped + 1))
	echo "ok $t_done $1 # SKIP $2"
}

# t_end: totals, and the exit status of the kernel's selftests.
t_end() {
	t_over=yes
	[ -n "$t_planned" ] || echo "1..$t_done"
	echo "# Totals: pass:$((t_done - t_failed - t_skipped)) fail:$t_failed xfail:0 xpass:0 skip:$t_skipped error:0"
	[ $t_failed = 0 ] && [ "${t_planned:-$t_done}" = $t_done ] && [ $t_done != 0 ] || exit 1
	[ $t_skipped != $t_done ] || exit 4
	exit 0
}

# run COMMAND...: say what is run, then run it.
run() {
	echo "\$ $*"
	"$@"
}

# fail MESSAGE...: end the case with a reason.
fail() {
	echo "$*"
	return 1
}

# wait_for SECONDS COMMAND...: poll until COMMAND succeeds.
wait_for() {
	local seconds=$1 end

	shift
	end=$(($(date +%s%N) + seconds * 1000000000))
	until "$@" > "$t_dir/poll" 2>&1; do
		if [ "$(date +%s%N)" -ge $end ]; then
			cat "$t_dir/poll"
			fail "not within $seconds s: $*"
			return 1
		fi
		sleep 0.1
	done
}

# ns_add NAME...: network namespaces; the variable NAME is set to the real name,
# which is unique so that nothing left over by another test can be met.
ns_add() {
	local ns_var ns_real

	for ns_var in "$@"; do
		ns_real=$ns_var-$$-$RANDOM
		ip netns add "$ns_real"
		echo "$ns_real" >> "$t_dir/ns"
		ip netns exec "$ns_real" sh -c '
			ip link set lo up
			echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
			echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
		printf -v "$ns_var" %s "$ns_real"
	done
}

# ns_remove: end what runs in our namespaces, then the namespaces.
ns_remove() {
	local ns pids

	while read -r ns; do
		pids=$(ip netns pids "$ns" 2> /dev/null)
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -9 $pids 2> /dev/null
		ip netns del "$ns" 2> /dev/null
	done < "$t_dir/ns"
}

# nsx NS COMMAND...: run COMMAND in a namespace.
nsx() {
	local ns=$1

	shift
	ip netns exec "$ns" "$@"
}

# ns_forward NS...: these namespaces are routers.
ns_forward() {
	local ns

	for ns in "$@"; do
		nsx "$ns" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	done
}

# link_pair NSA IFA CIDRA NSB IFB CIDRB: a cable between two namespaces, up, with
# addresses ("-" for none).
link_pair() {
	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	link_end "$1" "$2" "$3"
	link_end "$4" "$5" "$6"
}

link_end() {
	[ "$3" = - ] || ip -n "$1" address add "$3" dev "$2"
	ip -n "$1" link set "$2" up
}

# dmesg_clean: fails on a kernel message of level warning or worse since the
# start of this script, whoever it is from.
dmesg_clean() {
	local messages

	messages=$(dmesg_since "$t_mark")
	[ -z "$messages" ] || fail "$messages"
}
