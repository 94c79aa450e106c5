/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses as charon has them and as the module has them. */
#ifndef AZVPN_ADDRESS_H
#define AZVPN_ADDRESS_H

#include <networking/host.h>

#include "nl.h"

struct azvpn_addr azvpn_addr_of(host_t *host);
/* @port in host byte order. The caller destroys it. */
host_t *azvpn_host_of(const struct azvpn_addr *addr, uint16_t port);

bool azvpn_same_addr(const struct azvpn_addr *a, const struct azvpn_addr *b);
bool azvpn_same_sa(const struct azvpn_nl_sa_name *a, const struct azvpn_nl_sa_name *b);

#endif /* AZVPN_ADDRESS_H */
