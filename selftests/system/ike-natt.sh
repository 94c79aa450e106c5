#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAT traversal: the site is behind a router that masquerades, in turn with
# azvpn on either side of it.
#
#	site 10.2.0.1 [192.168.1.2]--[192.168.1.1] nat [192.0.2.2]--[192.0.2.1] 10.1.0.1 hub
#
# Time limit: 600 s on a busy machine.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-ike.sh
. "$(dirname "$0")/../lib-ike.sh"

hub_net=10.1.0.0/24 site_net=10.2.0.0/24

# The tool says on standard error that it has done so, too.
forget_flows() {
	nsx "$nat" conntrack -F 2> "$t_dir/conntrack" || { cat "$t_dir/conntrack"; return 1; }
}

# masquerade [PORTS]: new flows leave the router from its address and these ports;
# old ones are forgotten, as by a router that was restarted
masquerade() {
	nsx "$nat" nft -f - <<-END
	table ip nat
	delete table ip nat
	table ip nat {
		chain out {
			type nat hook postrouting priority srcnat
			oifname "wan" ip saddr 192.168.1.0/24 meta l4proto udp masquerade ${1:+to :$1}
			oifname "wan" ip saddr 192.168.1.0/24 masquerade
		}
	}
	END
	forget_flows
}

plain_router() {
	nsx "$nat" nft delete table ip nat
	forget_flows
}

connect() {
	run swan site --initiate --child net --timeout 120
	wait_for is_up site
	wait_for is_up hub
	[ "$(sas site TUNNEL-in-UDP)" = 1 ]
	[ "$(sas hub TUNNEL-in-UDP)" = 1 ]
}

reach() {
	run nsx "$site" ping -c 3 -i 0.2 -W 30 -I 10.2.0.1 10.1.0.1
	run nsx "$hub" ping -c 3 -i 0.2 -W 30 -I 10.1.0.1 10.2.0.1
}

# All that crosses the public side is UDP, to and from port 4500 of the hub.
only_udp() {
	local other

	timeout "$wait_seconds" ip netns exec "$nat" tcpdump -Uni wan -c 12 -w "$t_dir/capture" 2> "$t_dir/tcpdump" &
	wait_for grep -q 'listening on' "$t_dir/tcpdump"
	reach
	wait_for grep -q 'packets captured' "$t_dir/tcpdump"
	tcpdump -nr "$t_dir/capture" udp port 4500
	other=$(tcpdump -nr "$t_dir/capture" not udp port 4500 and not arp)
	[ -z "$other" ] || fail "$other"
}

new_port() {
	local port

	port=$(of_sas "$hub" out dport)
	[ "$port" -ge "$1" ] && [ "$port" -le "$2" ] && [ "$(of_sas "$hub" in sport)" = "$port" ]
}

# The peer's packets suddenly come from elsewhere; the hub has to follow.
mapping_changes() {
	masquerade "$1-$2"
	ip netns exec "$site" ping -i 0.2 -I 10.2.0.1 10.1.0.1 > /dev/null &
	wait_for new_port "$1" "$2" || { kernel_shows "$hub"; charon_log hub | tail -n 40; return 1; }
	kill $!
	log_has hub 'NAT mappings of CHILD_SA .* changed'
	kernel_has "$hub" 2 2
	reach
}

load_both() {
	IKE_ID=site IKE_PEER_ID=hub ike_load site 192.168.1.2 192.0.2.1 $site_net $hub_net "${site_id[@]}" "$@"
	IKE_ID=hub IKE_PEER_ID=site ike_load hub 192.0.2.1 %any $hub_net $site_net "${hub_id[@]}"
}

disconnect() {
	swan site --terminate --ike net --timeout 120
	wait_for is_down hub
}

ns_add site nat hub
link_pair "$site" wan 192.168.1.2/24 "$nat" lan 192.168.1.1/24
link_pair "$nat" wan 192.0.2.2/24 "$hub" wan 192.0.2.1/24
ns_forward "$nat"
ip -n "$site" route add default via 192.168.1.1
ip -n "$site" address add 10.2.0.1/32 dev lo
ip -n "$hub" address add 10.1.0.1/32 dev lo
masquerade

ike_tunnel "$site" 7 $hub_net 10.2.0.1
ip -n "$hub" route add $site_net via 192.0.2.2 src 10.1.0.1
site_id=(if_id_in=7 if_id_out=7) hub_id=()
charon_start "$site" site azvpn
charon_start "$hub" hub xfrm
load_both
t "azvpn behind a NAT, the peer in public" connect
t "azvpn behind a NAT: nothing but UDP port 4500 in public" only_udp
disconnect > /dev/null
charon_stop site
charon_stop hub

ip -n "$site" link del azvpn7
ip -n "$site" route add $hub_net via 192.168.1.1 src 10.2.0.1
ip -n "$hub" route del $site_net
ike_tunnel "$hub" 8 $site_net 10.1.0.1
site_id=() hub_id=(if_id_in=8 if_id_out=8)
charon_start "$site" site xfrm
charon_start "$hub" hub azvpn
load_both
t "azvpn in public, the peer behind a NAT" connect
t "azvpn in public: nothing but UDP port 4500" only_udp
t "the NAT gives the peer another port" mapping_changes 20000 20100
t "and another one" mapping_changes 30000 30100
disconnect > /dev/null

plain_router
ip -n "$hub" route add 192.168.1.0/24 via 192.0.2.2
load_both encap=yes
t "UDP encapsulation asked for, without a NAT" connect
t "UDP encapsulation asked for: nothing but UDP port 4500" only_udp
t "no message of the kernel" dmesg_clean
t_end
