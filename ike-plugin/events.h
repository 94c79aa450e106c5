/* SPDX-License-Identifier: GPL-2.0 */
/* What the module reports on its own: expired SAs, wanted SAs, peers behind a NAT that moved. */
#ifndef AZVPN_EVENTS_H
#define AZVPN_EVENTS_H

#include <library.h>

typedef struct azvpn_events_t azvpn_events_t;

struct azvpn_events_t {
	void (*destroy)(azvpn_events_t *this);
};

/* Hands the events to charon from now on; NULL, with a line in the log, if that fails */
azvpn_events_t *azvpn_events_create(void);

#endif /* AZVPN_EVENTS_H */
