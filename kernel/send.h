/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a packet out: policy, SA, segments, ESP, outer header. */
#ifndef _AZVPN_SEND_H
#define _AZVPN_SEND_H

#include <linux/netdevice.h>

netdev_tx_t azvpn_send(struct sk_buff *skb, struct net_device *dev);

#endif /* _AZVPN_SEND_H */
