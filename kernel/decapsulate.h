/* SPDX-License-Identifier: GPL-2.0 */
/* From a decrypted packet to the inner one. */
#ifndef _AZVPN_DECAPSULATE_H
#define _AZVPN_DECAPSULATE_H

struct azvpn_sa_rx;
struct sk_buff;

unsigned int azvpn_decapsulate(struct sk_buff *skb, const struct azvpn_sa_rx *rx);

#endif /* _AZVPN_DECAPSULATE_H */
