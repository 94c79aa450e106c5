/* SPDX-License-Identifier: GPL-2.0 */
/* What selectors look at in an inner packet. */
#ifndef _AZVPN_FLOW_H
#define _AZVPN_FLOW_H

#include "addr.h"

struct sk_buff;

/**
 * struct azvpn_flow - Addresses, protocol and ports of a packet
 * @src: source
 * @dst: destination
 * @sport: source port in host byte order, 0 for ICMP
 * @dport: destination port; of ICMP 256 times the type, and the code (RFC 4301 section 4.4.1.1)
 * @protocol: of the payload, behind all extension headers
 * @has_ports: @sport and @dport are there: the protocol has them and they can be seen,
 *	which they cannot in a fragment but the first
 */
struct azvpn_flow {
	struct azvpn_addr src;
	struct azvpn_addr dst;
	u16 sport;
	u16 dport;
	u8 protocol;
	bool has_ports;
};

void azvpn_flow_read(struct azvpn_flow *flow, const struct sk_buff *skb, unsigned int offset);

#endif /* _AZVPN_FLOW_H */
