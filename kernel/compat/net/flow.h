/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_NET_FLOW_H
#define _AZVPN_COMPAT_NET_FLOW_H

#include_next <net/flow.h>
#include <net/inet_dscp.h>

#ifdef COMPAT_NO_FLOWI4_DSCP
/* A byte of the same meaning; the bits of ECN, which a dscp_t has clear, it ignores */
#define flowi4_dscp flowi4_tos
#endif

#endif /* _AZVPN_COMPAT_NET_FLOW_H */
