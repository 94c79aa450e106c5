/* SPDX-License-Identifier: GPL-2.0 */
#ifndef AZVPN_IPSEC_H
#define AZVPN_IPSEC_H

#include <kernel/kernel_ipsec.h>

#include "nl.h"

/**
 * azvpn_ipsec_create() - charon's interface to the module
 *
 * Starts from a clean slate: SAs and policies that an earlier charon left in
 * the network namespace are deleted.
 *
 * Return: the interface, or NULL if the module does not answer.
 */
kernel_ipsec_t *azvpn_ipsec_create(void);

#endif /* AZVPN_IPSEC_H */
