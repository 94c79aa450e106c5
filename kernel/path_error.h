/* SPDX-License-Identifier: GPL-2.0 */
/* What routers on the way to the peer say. */
#ifndef _AZVPN_PATH_ERROR_H
#define _AZVPN_PATH_ERROR_H

#include <linux/types.h>

struct inet6_skb_parm;
struct sk_buff;

int azvpn_path_error4(struct sk_buff *skb, u32 info);
int azvpn_path_error6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
		      int offset, __be32 info);

#endif /* _AZVPN_PATH_ERROR_H */
