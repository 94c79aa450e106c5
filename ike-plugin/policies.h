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

typedef struct azvpn_policies_t azvpn_policies_t;

struct azvpn_policies_t {
	/* add, query, del and flush are those of kernel_ipsec_t */
	status_t (*add)(azvpn_policies_t *this, kernel_ipsec_policy_id_t *id,
			kernel_ipsec_manage_policy_t *data);
	status_t (*query)(azvpn_policies_t *this, kernel_ipsec_policy_id_t *id, time_t *use_time);
	status_t (*del)(azvpn_policies_t *this, kernel_ipsec_policy_id_t *id,
			kernel_ipsec_manage_policy_t *data);
	status_t (*flush)(azvpn_policies_t *this);

	/* The kernel gave the SA (spi, from) the destination to; SPI in network byte order */
	void (*sa_moved)(azvpn_policies_t *this, uint32_t spi, struct in_addr from,
			 struct in_addr to);

	void (*destroy)(azvpn_policies_t *this);
};

/* NULL, with a line in the log, if the module does not answer */
azvpn_policies_t *azvpn_policies_create(void);

#endif /* AZVPN_POLICIES_H */
