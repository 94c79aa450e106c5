/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Security associations. Those that charon added are remembered, for two
 * reasons: charon names an SA by the peer's address and port whether or not it
 * is in UDP, while the port is part of the kernel's name for some and not for
 * others; and an SA that the kernel has deleted can only be missed by one who
 * knows that it was there.
 */
#ifndef AZVPN_SAS_H
#define AZVPN_SAS_H

#include <kernel/kernel_ipsec.h>

#include "nl.h"

/* What an SA has come to: at its soft limit, or gone when hard */
typedef void (*azvpn_expired_fn)(const struct azvpn_nl_sa_name *name, bool hard);

struct azvpn_sas {
	/* These are those of kernel_ipsec_t */
	status_t (*get_spi)(struct azvpn_sas *this, host_t *src, host_t *dst, uint8_t protocol,
			    uint32_t *spi);
	status_t (*add)(struct azvpn_sas *this, kernel_ipsec_sa_id_t *id,
			kernel_ipsec_add_sa_t *data);
	status_t (*query)(struct azvpn_sas *this, kernel_ipsec_sa_id_t *id, uint64_t *bytes,
			  uint64_t *packets, time_t *time);
	status_t (*del)(struct azvpn_sas *this, kernel_ipsec_sa_id_t *id);
	status_t (*flush)(struct azvpn_sas *this);

	/* The kernel's name for what charon calls (spi, dst) */
	struct azvpn_nl_sa_name (*get_name)(struct azvpn_sas *this, uint32_t spi, host_t *dst);

	/*
	 * Have the kernel move an SA that charon added; @moved takes its new name.
	 * A negative errno, with a line in the log, if that fails.
	 */
	int (*move)(struct azvpn_sas *this, const struct azvpn_nl_sa_update *update,
		    struct azvpn_nl_sa_name *moved);

	/*
	 * Calls @fn for each SA that is past its soft limit, or that charon added
	 * and the kernel no longer has. No lock is held meanwhile.
	 */
	void (*find_expired)(struct azvpn_sas *this, azvpn_expired_fn fn);

	void (*destroy)(struct azvpn_sas *this);
};

/* NULL, with a line in the log, if the module does not answer */
struct azvpn_sas *azvpn_sas_create(void);

#endif /* AZVPN_SAS_H */
