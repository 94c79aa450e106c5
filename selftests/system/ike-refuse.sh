#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What cannot be done is refused with one line that says why: a charon without
# its module does not fall back to the kernel's xfrm, and parameters that azvpn
# does not have make no SA.
#
# Time limit: 600 s on a busy machine.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"

hub_net=10.1.0.0/24 dc_net=10.2.0.0/24
plugin=/usr/lib/ipsec/plugins/libstrongswan-kernel-azvpn.so

# exits_66 PATTERN [PLUGIN]: charon ends with its status for a failed start, and
# one line of the log, no more, says why. PLUGIN takes the place of the installed one.
exits_66() {
	local status=0

	charon_conf hub azvpn
	: > "$t_dir/hub/log"
	# the mounts of ip netns exec are its own
	STRONGSWAN_CONF=$t_dir/hub/strongswan.conf timeout "$wait_seconds" ip netns exec "$hub" sh -c \
		"${2:+mount --bind $2 $plugin &&} exec /usr/sbin/charon-systemd" > "$t_dir/hub/out" 2>&1 || status=$?
	charon_log hub
	[ $status = 66 ] || fail "exit status $status"
	[ "$(log_count hub '\[KNL\]')" = 1 ] || fail "not one line about the kernel"
	log_has hub "$1"
}

without_module() {
	run rmmod azvpn
	exits_66 'kernel-azvpn: the kernel module azvpn is not loaded .*: load it with modprobe or insmod'
}

no_xfrm() {
	[ -z "$(ip -n "$hub" xfrm state; ip -n "$hub" xfrm policy)" ]
	fails swan hub --stats
}

with_module() {
	run insmod "$AZVPN_KO"
	charon_start "$hub" hub azvpn
}

other_version() {
	exits_66 'kernel-azvpn: the loaded kernel module azvpn has version 2 .* this program needs 3: ' \
		"$AZVPN_BUILD/selftests/ike-next/libstrongswan-kernel-azvpn.so"
}

# refused PATTERN LOCAL_TS REMOTE_TS [SETTING...]: no SA with these, a line why
# with the connection's name, and no line twice. The peer has the settings that it has to agree to.
refused() {
	local pattern=$1 setting twice agreed=()

	for setting in "${@:4}"; do
		case $setting in
		child.esp_proposals=* | child.mode=*) agreed+=("$setting") ;;
		esac
	done
	ike_load dc 192.0.2.2 192.0.2.1 "$3" "$2" "${agreed[@]}"
	ike_load hub 192.0.2.1 192.0.2.2 "$2" "$3" if_id_in=7 if_id_out=7 "${@:4}"
	: > "$t_dir/hub/log"
	fails run swan hub --initiate --child net --timeout 120
	log_has hub "\[KNL\] .*connection net: $pattern"
	twice=$(sed -n 's/.*\(connection net: .*\)/\1/p' "$t_dir/hub/log" | sort | uniq -d)
	[ -z "$twice" ] || fail "twice: $twice"
	swan hub --terminate --ike net --timeout 120 || :
	wait_for is_down hub
	kernel_empty "$hub"
}

ike_pair
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
ip -n "$dc" route add $hub_net via 192.0.2.1 src 10.2.0.1

t "another version of the module: charon does not start" other_version
t "no module: charon does not start" without_module
t "no module: xfrm is not used instead" no_xfrm
t "with the module charon starts" with_module
ike_tunnel "$hub" 7 $dc_net 10.1.0.1
charon_start "$dc" dc xfrm

t "a cipher that is not there" refused 'esp_proposals: AES_CTR is not supported, aes256gcm16' \
	$hub_net $dc_net child.esp_proposals=aes256ctr-sha256
t "transport mode" refused 'mode = TRANSPORT is not supported, tunnel is' \
	dynamic dynamic child.mode=transport
t "no tunnel named" refused 'if_id_out must be given' \
	$hub_net $dc_net if_id_out=0
t "a range that is no network" refused 'remote_ts = 10.2.0.1..10.2.0.9 is not supported' \
	$hub_net 10.2.0.1-10.2.0.9
t "too large a replay window" refused 'replay_window = 8193 is too large, up to 8192 packets' \
	$hub_net $dc_net child.replay_window=8193
t "DSCP copied inwards" refused 'copy_dscp = yes is not supported, out and no are' \
	$hub_net $dc_net child.copy_dscp=yes
t "marks" refused 'mark_out = 0x5/0xffffffff is not supported, if_id_out is' \
	$hub_net $dc_net child.mark_in=5 child.mark_out=5
t "no message of the kernel" dmesg_clean
t_end
