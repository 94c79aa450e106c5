# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib-ike.sh by tests that have Libreswan as the peer: an IKE
# daemon of other authors, on the kernel's own xfrm, that as responder sends by
# a new SA at once.
#
#	libreswan_start "$dc" dc
#	libreswan_load dc 192.0.2.2 192.0.2.1 10.2.0.0/24 10.1.0.0/24 esp=aes_gcm256
#	whack dc --initiate --name net
#
# Connections are of IKEv2, keyed by $PSK. The route to the other side and the
# addresses are the topology's: what Libreswan would run to set them is off.

libreswan=/usr/libexec/ipsec

# libreswan_start NS NAME: a pluto named NAME that answers.
libreswan_start() {
	local dir=$t_dir/$2

	mkdir -p "$dir/nss"
	chmod 700 "$dir"
	certutil -N -d "sql:$dir/nss" --empty-password
	printf '%s\n' "version 2.0" "config setup" > "$dir/ipsec.conf"
	(umask 077 && echo ": PSK \"$PSK\"" > "$dir/ipsec.secrets")
	# not nsx: the process is to be the one in the background, not a shell around it
	ip netns exec "$1" $libreswan/pluto --config "$dir/ipsec.conf" --nofork --use-xfrm --no-dnssec \
		--nhelpers 1 --rundir "$dir" --ipsecdir "$dir" --nssdir "$dir/nss" \
		--secretsfile "$dir/ipsec.secrets" --logfile "$dir/log" --log-no-append \
		> "$dir/out" 2>&1 < /dev/null &
	echo $! > "$dir/pid"
	disown	# or bash tells of its end in the middle of the results
	wait_for libreswan_listens "$2" || { charon_log "$2"; return 1; }
}

# It answers first, and finds its addresses later.
libreswan_listens() {
	whack "$1" --status > /dev/null && grep -q ': adding UDP interface' "$t_dir/$1/log"
}

# libreswan_stop NAME: without a word to its peers; libreswan_shutdown with.
libreswan_stop() {
	kill -KILL "$(cat "$t_dir/$1/pid")"
	wait_for process_gone "$(cat "$t_dir/$1/pid")"
	rm -f "$t_dir/$1"/pluto.{ctl,pid}
}

libreswan_shutdown() {
	whack "$1" --shutdown > /dev/null
	wait_for process_gone "$(cat "$t_dir/$1/pid")"
}

# whack NAME ARGUMENT...: to the pluto of that name.
whack() {
	local name=$1

	shift
	$libreswan/whack --rundir "$t_dir/$name" "$@"
}

# libreswan_load NAME LOCAL REMOTE LOCAL_TS REMOTE_TS [SETTING...]: the connection
# "net", instead of the one before. SETTING is key=value of ipsec.conf(5).
libreswan_load() {
	local dir=$t_dir/$1 name=$1 me=$2 peer=$3 my_ts=$4 peer_ts=$5

	shift 5
	{
		printf '%s\n' "version 2.0" "config setup" "conn net"
		printf '\t%s\n' ikev2=insist authby=secret "left=$me" "leftsubnet=$my_ts" \
			leftupdown=%disabled "right=$peer" "rightsubnet=$peer_ts" \
			"ike=aes_gcm256-sha2_256;modp2048" ikelifetime=8h salifetime=8h \
			"replay-window=$ike_replay_window" auto=ignore "$@"
	} > "$dir/ipsec.conf"
	whack "$name" --delete --name net > /dev/null 2>&1 || :
	$libreswan/addconn --ctlsocket "$dir/pluto.ctl" --config "$dir/ipsec.conf" --verbose net \
		> "$dir/load" 2>&1 || { cat "$dir/load"; fail "$name did not take the connection"; }
}

# libreswan_is_up NAME: it has a child.
libreswan_is_up() {
	[ "$(libreswan_children "$1")" -ge 1 ] || fail "$1 has no child"
}

libreswan_is_down() {
	[ -z "$(whack "$1" --showstates)" ] || fail "$1 still has a state"
}

# libreswan_children NAME: how many children it has that carry traffic.
libreswan_children() {
	whack "$1" --trafficstatus | grep -c ' type=ESP' || :
}
