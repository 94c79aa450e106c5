/* SPDX-License-Identifier: GPL-2.0 */
/* Algorithms by charon's numbers, which are those of IKE, and by the module's names. */
#ifndef AZVPN_ALGORITHMS_H
#define AZVPN_ALGORITHMS_H

#include <kernel/kernel_ipsec.h>

#include "nl.h"

/* @sa takes the names. If one has none, that goes to the log at @level. */
bool azvpn_algorithms(level_t level, kernel_ipsec_add_sa_t *data, struct azvpn_nl_sa *sa);

#endif /* AZVPN_ALGORITHMS_H */
