/* SPDX-License-Identifier: GPL-2.0 */
/* What the module reports on its own: expired SAs, wanted SAs, peers behind a NAT that moved. */
#ifndef AZVPN_EVENTS_H
#define AZVPN_EVENTS_H

#include "sas.h"

struct azvpn_events {
	void (*destroy)(struct azvpn_events *this);
};

/*
 * Hands the events to charon from now on. @sas must live longer. NULL, with a
 * line in the log, if that fails.
 */
struct azvpn_events *azvpn_events_create(struct azvpn_sas *sas);

#endif /* AZVPN_EVENTS_H */
