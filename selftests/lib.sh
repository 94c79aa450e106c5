# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by every system test: cases in KTAP. lib-net.sh has the namespaces,
# links and the polling.
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
t_dir=$(mktemp -d)
# shellcheck source=selftests/lib-dmesg.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-dmesg.sh"
# shellcheck source=selftests/lib-net.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-net.sh"
exec 2>&1

t_done=0 t_failed=0 t_skipped=0 t_planned="" t_over=""
t_mark="azvpn-selftest ${0##*/} $$ $(date +%s.%N)"
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

# dmesg_clean: fails on a kernel message of level warning or worse since the
# start of this script, whoever it is from.
dmesg_clean() {
	local messages

	messages=$(dmesg_since "$t_mark")
	[ -z "$messages" ] || fail "$messages"
}
