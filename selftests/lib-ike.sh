# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib.sh by the tests of the charon plugin: gateways with a charon
# each, either on azvpn or, as the peer that this project did not write, on the
# kernel's own xfrm.
#
#	hub 10.1.0.1 [192.0.2.1]----[192.0.2.2] 10.2.0.1 dc
#
#	ike_pair				# the above
#	ike_tunnel "$hub" 7 10.2.0.0/24 10.1.0.1	# device, address, route
#	charon_start "$hub" hub azvpn
#	ike_load hub 192.0.2.1 192.0.2.2 10.1.0.0/24 10.2.0.0/24 if_id_in=7 if_id_out=7
#	swan hub --initiate --child net

# What charon needs and no more: each plugin costs time at the start.
ike_plugins="random nonce openssl kdf kernel-netlink socket-default vici"
# Charon's 32 packets are fewer than pass while a busy machine holds one up.
ike_replay_window=1024
# Microseconds from one datagram of flow_start to the next.
ike_flow_gap=2000
PSK=an0therWellKept5ecret
azvpn_sa=$AZVPN_BUILD/selftests/tools/azvpn-sa
udp_probe=$AZVPN_BUILD/selftests/tools/udp-probe

# charon_conf NAME azvpn|xfrm [LINE...]: strongswan.conf, with LINEs in the main section.
charon_conf() {
	local dir=$t_dir/$1 kind=$2 plugin

	shift 2
	mkdir -p "$dir"
	{
		echo "charon-systemd {"
		echo "load_modular = yes"
		printf '%s\n' "install_routes = no" "install_virtual_ip = no" \
			"replay_window = $ike_replay_window" "$@"
		echo "filelog { file {"
		echo "path = $dir/log"
		printf '%s\n' "default = 1" "flush_line = yes" "}" "}"
		echo "journal { default = -1 }"
		echo "plugins {"
		[ "$kind" = xfrm ] || echo "kernel-azvpn! { load = yes }"
		for plugin in $ike_plugins; do
			echo "$plugin {"
			echo "load = yes"
			case $plugin in
			vici) echo "socket = unix://$dir/vici" ;;
			socket-default) echo "use_ipv6 = ${ike_ipv6:-no}" ;;
			esac
			echo "}"
		done
		echo "}" "}"
		echo "swanctl { load = openssl }"
	} > "$dir/strongswan.conf"
}

# charon_start NS NAME azvpn|xfrm [LINE...]: a charon named NAME that answers.
charon_start() {
	local ns=$1 name=$2

	shift 2
	charon_conf "$name" "$@"
	# not nsx: the process is to be the one in the background, not a shell around it
	STRONGSWAN_CONF=$t_dir/$name/strongswan.conf ip netns exec "$ns" /usr/sbin/charon-systemd \
		> "$t_dir/$name/out" 2>&1 < /dev/null &
	echo $! > "$t_dir/$name/pid"
	disown	# or bash tells of its end in the middle of the results
	wait_for swan "$name" --stats || { charon_log "$name"; return 1; }
}

# charon_stop NAME [SIGNAL]
charon_stop() {
	local pid

	pid=$(cat "$t_dir/$1/pid")
	kill "-${2:-TERM}" "$pid"
	wait_for process_gone "$pid"
}

# charon_log NAME: what it wrote, for the output of a failed case.
charon_log() {
	cat "$t_dir/$1/out" "$t_dir/$1/log" 2> /dev/null || :
}

# log_has NAME PATTERN: the log has a line that matches (extended regular expression).
log_has() {
	grep -Eq -- "$2" "$t_dir/$1/log" || { charon_log "$1" | tail -n 60; fail "no line in the log of $1: $2"; }
}

log_count() {
	grep -Ec -- "$2" "$t_dir/$1/log" || :
}

# swan NAME ARGUMENT...: swanctl to the charon NAME.
swan() {
	local name=$1 command=$2

	shift 2
	STRONGSWAN_CONF=$t_dir/$name/strongswan.conf swanctl "$command" --uri "unix://$t_dir/$name/vici" "$@"
}

# settings conn|child SETTING...: the lines of swanctl.conf for one of the two.
settings() {
	local where=$1 setting

	shift
	for setting in "$@"; do
		case $where:$setting in
		child:child.*) echo "${setting#child.}" ;;
		*:child.*) ;;
		conn:*) echo "$setting" ;;
		esac
	done | sed 's/=/ = /'
}

# ike_load NAME LOCAL REMOTE LOCAL_TS REMOTE_TS [SETTING...]: the one connection of
# the charon NAME, "net" with the child "net". SETTING is key=value of the
# connection or child.key=value. The key is $PSK.
ike_load() {
	local name=$1 me=$2 peer=$3 my_ts=$4 peer_ts=$5 file

	shift 5
	file=$t_dir/$name/swanctl.conf
	(umask 077 && cat > "$file") <<-END
	connections { net {
		version = 2
		local_addrs = $me
		remote_addrs = $peer
		proposals = aes256gcm16-prfsha256-ecp256
		local {
			auth = psk
			id = ${IKE_ID:-$me}
		}
		remote {
			auth = psk
			id = ${IKE_PEER_ID:-$peer}
		}
		$(settings conn "$@")
		children { net {
			local_ts = $my_ts
			remote_ts = $peer_ts
			esp_proposals = aes256gcm16-esn-noesn
			$(settings child "$@")
		} }
	} }
	secrets { ike-net { secret = $PSK
	} }
	END
	# swanctl complains about each folder for certificates that there is none
	swan "$name" --load-all --file "$file" > "$t_dir/$name/load" 2>&1 ||
		{ cat "$t_dir/$name/load"; fail "$name did not take the connection"; }
}

# sas NAME [PATTERN]: number of CHILD_SAs that carry traffic, or of lines of --list-sas.
sas() {
	swan "$1" --list-sas | grep -Ec -- "${2:-INSTALLED, TUNNEL}" || :
}

is_up() {
	[ "$(sas "$1")" -ge 1 ] || fail "$1 has no CHILD_SA"
}

is_down() {
	[ "$(swan "$1" --list-sas | wc -l)" = 0 ] || fail "$1 still has an SA"
}

# fails COMMAND...: it has to. A plain "!" would not end a case that goes on.
fails() {
	if "$@"; then
		fail "this should have failed: $*"
	fi
}

# ike_pair: the two gateways of the drawing above. The inner address is on lo.
ike_pair() {
	ns_add hub dc
	# shellcheck disable=SC2154 # ns_add sets them
	link_pair "$hub" wan 192.0.2.1/24 "$dc" wan 192.0.2.2/24
	ip -n "$hub" address add 10.1.0.1/32 dev lo
	ip -n "$dc" address add 10.2.0.1/32 dev lo
}

# ike_tunnel NS ID NETWORK SOURCE: the device azvpnID with a route to NETWORK.
ike_tunnel() {
	run ip -n "$1" link add "azvpn$2" type azvpn id "$2"
	ip -n "$1" link set "azvpn$2" mtu 1400 up
	ip -n "$1" route add "$3" dev "azvpn$2" src "$4"
}

# kernel_has NS SAS POLICIES: so many SAs (reserved SPIs included) and policies.
kernel_has() {
	local answer

	answer=$(nsx "$1" "$azvpn_sa" net get)
	case " $answer " in
	*" sas=$2 policies=$3 "*) ;;
	*)
		kernel_shows "$1"
		fail "not $2 SAs and $3 policies: $answer"
		;;
	esac
}

# kernel_shows NS: SAs and policies without their counters.
kernel_shows() {
	nsx "$1" "$azvpn_sa" sa dump | sed 's/ soft_bytes=.*//'
	nsx "$1" "$azvpn_sa" policy dump
}

# of_sas NS in|out NAME: that value of each SA of the direction.
of_sas() {
	nsx "$1" "$azvpn_sa" sa dump | sed -n "/ dir=$2 /s/.* $3=\\([^ ]*\\) .*/\\1/p"
}

kernel_empty() {
	kernel_has "$1" 0 0
}

# flow_start NS ADDRESS PEER_NS: numbered datagrams, $ike_flow_gap apart, to the echo
# service at ADDRESS of the other namespace, until flow_end. flow_end fails
# unless each came back exactly once, but for those that the peer's xfrm counts
# as dropped while sending: with these azvpn has nothing to do.
flow_start() {
	ip netns exec "$3" "$udp_probe" echo "$2" 7000 > /dev/null 2>&1 &
	echo $! > "$t_dir/echo.pid"
	disown
	wait_for echo_answers "$1" "$2"
	xfrm_out_drops > "$t_dir/flow.xfrm"
	ip netns exec "$1" "$udp_probe" flow -n 0 -g "$ike_flow_gap" "$2" 7000 > "$t_dir/flow" 2>&1 &
	echo $! > "$t_dir/flow.pid"
	disown
}

echo_answers() {
	nsx "$1" "$udp_probe" flow -n 1 -w 2000 "$2" 7000 | grep -q ' received=1 '
}

# xfrm_out_drops: packets that the xfrm of our namespaces dropped while sending.
# Xfrm drops what holds on to an SA that is deleted at that moment.
xfrm_out_drops() {
	local ns

	while read -r ns; do
		nsx "$ns" cat /proc/net/xfrm_stat
	done < "$t_dir/ns" | awk '/^XfrmOut/ { sum += $2 } END { print sum + 0 }'
}

# flow_end MINIMUM: at least so many must have been sent.
flow_end() {
	local pid sent received duplicate peer

	pid=$(cat "$t_dir/flow.pid")
	kill -TERM "$pid"
	wait_for process_gone "$pid"
	kill -TERM "$(cat "$t_dir/echo.pid")" || :
	wait_for process_gone "$(cat "$t_dir/echo.pid")"
	cat "$t_dir/flow"
	sent=$(flow_number sent) received=$(flow_number received) duplicate=$(flow_number duplicate)
	peer=$(($(xfrm_out_drops) - $(cat "$t_dir/flow.xfrm")))
	[ "$sent" -ge "$1" ] || fail "only $sent datagrams were sent, the test needs $1"
	[ "$sent" = $((received + peer)) ] && [ "$duplicate" = 0 ] && return
	flow_drops
	fail "$sent datagrams sent, $received came back, $duplicate of them twice, $peer dropped by the peer's xfrm"
}

# flow_drops: every counter of drops in our namespaces that is not zero.
flow_drops() {
	local ns

	while read -r ns; do
		echo "$ns:"
		nsx "$ns" "$azvpn_sa" tunnel dump | tr ' ' '\n' | grep '^drops.*=[1-9]' || :
		nsx "$ns" "$azvpn_sa" net get
		nsx "$ns" awk '$2' /proc/net/xfrm_stat
		nsx "$ns" grep -E '^(Ip|Udp):' /proc/net/snmp
		ip -n "$ns" -s link show wan
	done < "$t_dir/ns"
}

flow_number() {
	tr ' ' '\n' < "$t_dir/flow" | sed -n "s/^$1=//p"
}
