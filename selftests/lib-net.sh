# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by lib.sh and by the demo: namespaces, links, polling. $t_dir is a
# folder for temporary files.

: > "$t_dir/ns"

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

# Longer than any machine needs, however busy it is: waiting costs nothing where
# all is well.
wait_seconds=180

# wait_for COMMAND...: poll until COMMAND succeeds.
wait_for() {
	local end=$((SECONDS + wait_seconds))

	until "$@" > "$t_dir/poll" 2>&1; do
		if [ $SECONDS -ge $end ]; then
			cat "$t_dir/poll"
			fail "not within $wait_seconds s: $*"
			return 1
		fi
		sleep 0.1
	done
}

# process_gone PID: it has ended. A zombie has, too: only the shell that started it
# can collect it.
process_gone() {
	! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2> /dev/null
}

# carrier NS DEVICE up|down: as "ip link" has it, which follows the device with a
# delay. What is sent before it is up the kernel drops without a word.
carrier() {
	case $(ip -n "$1" link show "$2") in
	*NO-CARRIER*) [ "$3" = down ] || fail "$2 has no carrier" ;;
	*) [ "$3" = up ] || fail "$2 has carrier" ;;
	esac
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
