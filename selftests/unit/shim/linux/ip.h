/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_IP_H
#define SHIM_LINUX_IP_H

#include <linux/types.h>
#include_next <linux/ip.h>
#include <linux/in.h>
#include <linux/skbuff.h>

#define IP_OFFSET	0x1fff

static inline struct iphdr *ip_hdr(const struct sk_buff *skb)
{
	return (struct iphdr *)(skb->head + skb->network_header);
}

#endif
