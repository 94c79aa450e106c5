/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policies. Charon installs the same policy several times over: for an old
 * CHILD_SA and the one that replaces it, for a trap and the SA that the trap
 * brought up. The kernel has it once, on behalf of the one that counts most.
 */
#ifndef AZVPN_POLICIES_H
#define AZVPN_POLICIES_H

#include <kernel/kernel_ipsec.h>

#include "nl.h"

/* SPI in network byte order; called under a lock, so it must not come back here */
typedef void (*azvpn_lost_sa_fn)(uint32_t spi, struct in_addr dst);

struct azvpn_policies {
	/* add, query, del and flush are those of kernel_ipsec_t */
	status_t (*add)(struct azvpn_policies *this, kernel_ipsec_policy_id_t *id,
			kernel_ipsec_manage_policy_t *data);
	status_t (*query)(struct azvpn_policies *this, kernel_ipsec_policy_id_t *id,
			  time_t *use_time);
	status_t (*del)(struct azvpn_policies *this, kernel_ipsec_policy_id_t *id,
			kernel_ipsec_manage_policy_t *data);
	status_t (*flush)(struct azvpn_policies *this);

	/* Have the kernel move an SA, which policies name by its destination. A negative errno. */
	int (*move_sa)(struct azvpn_policies *this, const struct azvpn_nl_sa_update *update);

	/* Calls @fn for each SA that a policy should have and the kernel no longer has */
	void (*find_lost)(struct azvpn_policies *this, azvpn_lost_sa_fn fn);

	void (*destroy)(struct azvpn_policies *this);
};

/* NULL, with a line in the log, if the module does not answer */
struct azvpn_policies *azvpn_policies_create(void);

#endif /* AZVPN_POLICIES_H */
