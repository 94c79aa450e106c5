/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_NET_INET_ECN_H
#define SHIM_NET_INET_ECN_H

#include <linux/types.h>

struct sk_buff;

/* Of the program that links with what calls it */
int INET_ECN_decapsulate(struct sk_buff *skb, u8 outer, u8 inner);

#endif
