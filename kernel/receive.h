/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a packet in: SPI, queue, decryption, replay window, policy. */
#ifndef _AZVPN_RECEIVE_H
#define _AZVPN_RECEIVE_H

struct azvpn_tunnel;

int azvpn_receive_init(struct azvpn_tunnel *tunnel);
void azvpn_receive_stop(struct azvpn_tunnel *tunnel);
void azvpn_receive_free(struct azvpn_tunnel *tunnel);

int azvpn_receive_register(void);
void azvpn_receive_unregister(void);

#endif /* _AZVPN_RECEIVE_H */
