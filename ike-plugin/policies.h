/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies. Charon installs the same policy several times over: for an old
 * CHILD_SA and the one that replaces it, for a trap and the SA that the trap
 * brought up. The kernel has it once, on behalf of the one that counts most.
 */
#ifndef AZVPN_POLICIES_H
#define AZVPN_POLICIES_H

#include <kernel/kernel_ipsec.h>

#include "sas.h"

struct azvpn_policies {
	/* add, query, del and flush are those of kernel_ipsec_t */
	status_t (*add)(struct azvpn_policies *this, kernel_ipsec_policy_id_t *id,
			kernel_ipsec_manage_policy_t *data);
	status_t (*query)(struct azvpn_policies *this, kernel_ipsec_policy_id_t *id,
			  time_t *use_time);
	status_t (*del)(struct azvpn_policies *this, kernel_ipsec_policy_id_t *id,
			kernel_ipsec_manage_policy_t *data);
	status_t (*flush)(struct azvpn_policies *this);

	/*
	 * Have the kernel move an SA, which policies name by its destination. A
	 * negative errno, with a line in the log, if that fails.
	 */
	int (*move_sa)(struct azvpn_policies *this, const struct azvpn_nl_sa_update *update);

	void (*destroy)(struct azvpn_policies *this);
};

/* @sas must live longer. NULL, with a line in the log, if the module does not answer. */
struct azvpn_policies *azvpn_policies_create(struct azvpn_sas *sas);

#endif /* AZVPN_POLICIES_H */
