/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps forged "too big" messages from the sockets that carry ESP in UDP. */
#ifndef _AZVPN_ICMP_GUARD_H
#define _AZVPN_ICMP_GUARD_H

#include <linux/types.h>

struct azvpn_net;

int azvpn_icmp_guard_start(struct azvpn_net *azn, __be16 port);
void azvpn_icmp_guard_stop(struct azvpn_net *azn);

#endif /* _AZVPN_ICMP_GUARD_H */
