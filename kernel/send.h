/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a packet out. */
#ifndef _AZVPN_SEND_H
#define _AZVPN_SEND_H

#include <linux/netdevice.h>

struct azvpn_tunnel;

netdev_tx_t azvpn_send(struct sk_buff *skb, struct net_device *dev);
void azvpn_send_held(struct sk_buff_head *packets, struct azvpn_tunnel *tunnel);

#endif /* _AZVPN_SEND_H */
