/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_NET_DSFIELD_H
#define SHIM_NET_DSFIELD_H

#include <linux/ipv6.h>
#include <linux/kernel.h>

static inline u8 ipv6_get_dsfield(const struct ipv6hdr *header)
{
	return header->priority << 4 | header->flow_lbl[0] >> 4;
}

#endif
