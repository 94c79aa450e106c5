# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after lib.sh and lib-ike.sh by the tests of azvpnctl: a VNet with a
# gateway that azvpnctl runs, and a site whose device is stock strongSwan on the
# kernel's own xfrm.
#
#	vnet_host           hub                            dc            site_host
#	10.1.0.4 --- 10.1.0.1  203.0.113.1 --- 203.0.113.2  192.168.0.1 --- 192.168.0.10
#	             azvpn1 10.1.255.30                     ipsec0 (xfrm interface)
#
#	ctl_site		# the above, without any configuration
#	ctl_configure		# "the whole tutorial" on the hub
#	ctl_peer		# charon on dc, ready to answer with the key $PSK

export AZVPN_STATE_DIR=$t_dir/state AZVPN_RUN_DIR=$t_dir/run
PSK=Abc123xyzKeyOfTheTutorial

# The key goes where keys go: into a file that only its owner can read.
ctl_key_file() {
	(umask 077 && printf '%s\n' "$1" > "$t_dir/key")
}

ctl_site() {
	ns_add vnet_host hub dc site_host
	# shellcheck disable=SC2154 # ns_add sets them
	link_pair "$vnet_host" eth0 10.1.0.4/24 "$hub" vnet 10.1.0.1/24
	link_pair "$hub" wan 203.0.113.1/24 "$dc" wan 203.0.113.2/24
	# shellcheck disable=SC2154
	link_pair "$dc" lan 192.168.0.1/24 "$site_host" eth0 192.168.0.10/24
	ip -n "$vnet_host" route add default via 10.1.0.1
	ip -n "$site_host" route add default via 192.168.0.1
	ip -n "$dc" link add ipsec0 type xfrm dev wan if_id 42
	ip -n "$dc" link set ipsec0 mtu 1400 up
	ip -n "$dc" route add 10.1.0.0/16 dev ipsec0
	ns_forward "$dc"
}

ctl_configure() {
	ctl_key_file "$PSK"
	run azvpnctl vnet create hub-vnet --address-prefixes 10.1.0.0/16
	run azvpnctl subnet create GatewaySubnet --vnet hub-vnet --address-prefix 10.1.255.0/27
	run azvpnctl gateway create hub --vnet hub-vnet --public-ip 203.0.113.1 --netns "$hub"
	run azvpnctl local-gateway create dc --gateway-ip-address 203.0.113.2 \
		--address-prefixes 192.168.0.0/24
	run azvpnctl connection create hub-dc --gateway hub --local-gateway dc \
		--shared-key-file "$t_dir/key"
}

# ctl_peer [SETTING...]
ctl_peer() {
	charon_start "$dc" dc xfrm
	ctl_peer_load "$@"
}

ctl_peer_load() {
	ike_load dc 203.0.113.2 203.0.113.1 0.0.0.0/0 0.0.0.0/0 if_id_in=42 if_id_out=42 \
		proposals=aes256-sha1-modp1024 child.esp_proposals=aes256gcm16 "$@"
}

# json FILTER COMMAND...: what jq finds in the JSON of an azvpnctl command
json() {
	local filter=$1

	shift
	azvpnctl -j "$@" | jq -r "$filter"
}

# ctl_status CONNECTION STATUS
ctl_status() {
	local status

	status=$(json .connectionStatus connection show "$1")
	[ "$status" = "$2" ] || fail "connection $1 is $status, not $2"
}

# status COMMAND...: its exit status
status() {
	local code=0

	"$@" || code=$?
	echo $code
}

# refuses STATUS TEXT COMMAND...: it must end with that status and say TEXT (a pattern of grep -E)
refuses() {
	local want=$1 text=$2 code=0

	shift 2
	"$@" > "$t_dir/refusal" 2>&1 || code=$?
	cat "$t_dir/refusal"
	[ $code = "$want" ] || fail "exit status $code, not $want: $*"
	grep -Eq -- "$text" "$t_dir/refusal" || fail "does not say: $text"
}

pings() {
	nsx "$1" ping -c "${3:-2}" -i 0.2 -W 10 "$2"
}

# ctl_log: what the gateway's charon wrote
ctl_log() {
	cat "$AZVPN_RUN_DIR/${1:-hub}/charon.log"
}

# ctl_spis: the SPIs of the gateway's SAs, sorted
ctl_spis() {
	json '[.[].spi] | sort | join(" ")' sa list --gateway "${1:-hub}"
}

# ctl_stop: end the gateways' charons before their namespaces and files go
ctl_stop() {
	local socket

	for socket in "$AZVPN_RUN_DIR"/*/charon.pid; do
		[ -f "$socket" ] || continue
		kill -9 "$(cat "$socket")" 2> /dev/null || :
	done
}
