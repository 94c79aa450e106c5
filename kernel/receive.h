/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a packet in. */
#ifndef _AZVPN_RECEIVE_H
#define _AZVPN_RECEIVE_H

struct azvpn_sa_name;
struct sk_buff_head;

void azvpn_receive_early(struct sk_buff_head *packets, const struct azvpn_sa_name *name);

int azvpn_receive_init(void);
void azvpn_receive_exit(void);

#endif /* _AZVPN_RECEIVE_H */
