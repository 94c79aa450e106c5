/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What azvpn can do of all that charon could ask for. Each function says
 * whether it can, and if not, writes one line to the log that names the
 * parameter of the connection and what it may be.
 */
#ifndef AZVPN_SUPPORT_H
#define AZVPN_SUPPORT_H

#include <kernel/kernel_ipsec.h>

#include "nl.h"

bool azvpn_support_protocol(uint8_t protocol);

/* @sa takes the names of its algorithms */
bool azvpn_support_sa(kernel_ipsec_sa_id_t *id, kernel_ipsec_add_sa_t *data,
		      struct azvpn_nl_sa *sa);

/*
 * @policy takes what it is known by. Quiet is meant for policies that charon
 * asked for before: they were refused, and logged, then.
 */
bool azvpn_support_policy(kernel_ipsec_policy_id_t *id, policy_type_t type, bool quiet,
			  struct azvpn_nl_policy *policy);

#endif /* AZVPN_SUPPORT_H */
