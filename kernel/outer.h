/* SPDX-License-Identifier: GPL-2.0 */
/* The headers in front of ESP: UDP and IP. */
#ifndef _AZVPN_OUTER_H
#define _AZVPN_OUTER_H

#include <linux/types.h>

struct azvpn_path;
struct azvpn_sa_tx;
struct azvpn_tunnel;
struct dst_entry;
struct sk_buff;

/**
 * struct azvpn_outer - What all packets of one call have in common
 * @tunnel: tunnel
 * @tx: SA
 * @path: outer addresses
 * @dst: route to the peer
 *
 * All valid until the end of the RCU section.
 */
struct azvpn_outer {
	struct azvpn_tunnel *tunnel;
	struct azvpn_sa_tx *tx;
	struct azvpn_path *path;
	struct dst_entry *dst;
};

/**
 * struct azvpn_traits - What the outer header takes from an inner one
 * @tos: type of service or traffic class
 * @df: must not be fragmented; IPv6 never may
 */
struct azvpn_traits {
	u8 tos;
	bool df;
};

struct azvpn_traits azvpn_outer_traits(const struct sk_buff *skb);
bool azvpn_outer_df(const struct azvpn_outer *outer, bool inner_df);
void azvpn_outer_push(struct sk_buff *skb, const struct azvpn_outer *outer,
		      const struct azvpn_traits *inner);
int azvpn_outer_transmit(struct sk_buff *skb, const struct azvpn_tunnel *tunnel,
			 const struct azvpn_path *path, struct dst_entry *dst);

#endif /* _AZVPN_OUTER_H */
