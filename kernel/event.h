/* SPDX-License-Identifier: GPL-2.0 */
/* Multicast events for the IKE daemon. */
#ifndef _AZVPN_EVENT_H
#define _AZVPN_EVENT_H

#include <linux/types.h>

struct azvpn_addr;
struct azvpn_policy;
struct azvpn_sa;
struct azvpn_sa_rx;
struct sk_buff;

int azvpn_event_expire(const struct azvpn_sa *sa, bool hard);
bool azvpn_event_acquire(struct azvpn_policy *policy, const struct sk_buff *skb);
void azvpn_event_mapping(struct azvpn_sa_rx *rx, const struct azvpn_addr *saddr, __be16 sport);

#endif /* _AZVPN_EVENT_H */
