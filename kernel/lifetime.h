/* SPDX-License-Identifier: GPL-2.0 */
/* The limits of SAs in bytes, packets and seconds. */
#ifndef _AZVPN_LIFETIME_H
#define _AZVPN_LIFETIME_H

struct azvpn_sa;

void azvpn_lifetime_init(struct azvpn_sa *sa);
void azvpn_lifetime_start(struct azvpn_sa *sa);
void azvpn_lifetime_stop(struct azvpn_sa *sa);

#endif /* _AZVPN_LIFETIME_H */
