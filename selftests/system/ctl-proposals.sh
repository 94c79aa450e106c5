#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 1200 s
#
# What a gateway made by azvpnctl offers and accepts: the IKE proposals of a
# route-based gateway of 2017, in their order, and AES-GCM for ESP.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-ike.sh"
. "$(dirname "$0")/../lib-ctl.sh"

ciphers="aes256-sha1 aes256-sha256 aes128-sha1 aes128-sha256 3des-sha1 3des-sha256"

# offered: the list of proposals that the peer could not accept, one a line
offered() {
	grep 'received proposals:' "$t_dir/dc/log" | tail -n 1 | sed 's/.*received proposals: //; s/, /\n/g'
}

# The peer wants what no gateway has, so its log shows what it was offered
ike_offers() {
	ctl_peer_load proposals=aes192gcm16-prfsha512-modp4096
	wait_for log_has dc 'received proposals: IKE'
	cat > "$t_dir/wanted" <<-END
	IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024
	IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_1024
	IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024
	IKE:AES_CBC_128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_1024
	IKE:3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024
	IKE:3DES_CBC/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_1024
	END
	offered | diff "$t_dir/wanted" -
}

esp_offers() {
	ctl_peer_load child.esp_proposals=aes192-sha512
	wait_for log_has dc 'received proposals: ESP'
	cat > "$t_dir/wanted" <<-END
	ESP:AES_GCM_16_256/NO_EXT_SEQ
	ESP:AES_GCM_16_128/NO_EXT_SEQ
	END
	offered | diff "$t_dir/wanted" -
}

# From here on the gateway can only answer: what it sends as the one that began is
# dropped, by the initiator bit in the flags of the IKE header.
only_answers() {
	nsx "$hub" nft -f - <<-END
	table ip begun {
		chain out {
			type filter hook output priority 0
			udp dport 500 @th,216,8 & 0x08 == 0x08 drop
		}
	}
	END
}

# from_peer SETTING...: a tunnel that the peer begins
from_peer() {
	ctl_peer_load "$@"
	swan dc --terminate --ike net --force > /dev/null || :
	swan dc --initiate --child net --timeout 90 || { charon_log dc | tail -n 20; return 1; }
}

each_alone() {
	local cipher

	for cipher in $ciphers; do
		from_peer "proposals=$cipher-modp1024" || fail "$cipher"
	done
	swan dc --list-sas | grep '3DES_CBC/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_1024'
}

# Of several offered, ours that comes first
preference() {
	from_peer "proposals=3des-sha256-modp1024, aes128-sha1-modp1024, aes256-sha256-modp1024"
	swan dc --list-sas | grep 'AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_1024'
}

esp_lengths() {
	from_peer child.esp_proposals=aes128gcm16
	swan dc --list-sas | grep 'ESP:AES_GCM_16-128'
	pings "$vnet_host" 192.168.0.10
	from_peer "child.esp_proposals=aes128gcm16, aes256gcm16"
	swan dc --list-sas | grep 'ESP:AES_GCM_16-256'
	pings "$vnet_host" 192.168.0.10
}

refused_from_peer() {
	ctl_peer_load "$@"
	swan dc --terminate --ike net --force > /dev/null || :
	! swan dc --initiate --child net --timeout 90 ||
		fail "accepted: $* $(swan dc --list-sas)"
}

others_are_refused() {
	refused_from_peer proposals=aes256-sha256-modp2048
	refused_from_peer proposals=aes192-sha256-modp1024
	refused_from_peer child.esp_proposals=aes256-sha1
	refused_from_peer child.esp_proposals=aes192gcm16
}

# Routes choose the tunnel, so the policies let everything in
selectors() {
	from_peer
	[ "$(json '[.[] | .source, .destination] | unique | join(" ")' policy list --gateway hub)" = 0.0.0.0/0 ]
}

lifetimes() {
	local sa

	sa=$(json '.[] | select(.direction == "out")' sa list --gateway hub)
	[ "$(jq .hard.seconds <<< "$sa")" = 27000 ]
	[ "$(jq .soft.seconds <<< "$sa")" -lt 26101 ]
	[ "$(jq .soft.seconds <<< "$sa")" -gt 25499 ]
	[ "$(jq .hard.packets <<< "$sa")" = 4000000000 ]
	[ "$(jq .soft.packets <<< "$sa")" -ge 3200000000 ]
	[ "$(jq .soft.packets <<< "$sa")" -le 3500000000 ]
	[ "$(json '.[] | select(.direction == "in") | .replayWindow' sa list --gateway hub)" = 2048 ]
}

ctl_site
ctl_configure
charon_start "$dc" dc xfrm
t "IKE proposals of 2017, in their order" ike_offers
t "ESP proposals, in their order" esp_offers
run only_answers
t "each IKE proposal alone is accepted" each_alone
t "of several the gateway's first is chosen" preference
t "AES-128-GCM and AES-256-GCM" esp_lengths
t "any-to-any" selectors
t "lifetimes and replay window" lifetimes
t "everything else is refused" others_are_refused
charon_stop dc
ctl_stop
t_end
