/* SPDX-License-Identifier: GPL-2.0 */
/* The maximum segment size that TCP announces through a tunnel. */
#ifndef _AZVPN_MSS_H
#define _AZVPN_MSS_H

struct azvpn_tunnel;
struct sk_buff;

void azvpn_mss_clamp(struct sk_buff *skb, const struct azvpn_tunnel *tunnel);

#endif /* _AZVPN_MSS_H */
