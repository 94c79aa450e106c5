/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a parameter of a connection is refused: one line in the log that names
 * it, its value and what it may be.
 */
#ifndef AZVPN_REFUSE_H
#define AZVPN_REFUSE_H

#include <daemon.h>

/* What holds for both directions, and charon asks for both, is told of the inbound one */
#define LEVEL(inbound) ((inbound) ? LEVEL_CTRL : LEVEL_DIAG)

/* FALSE, for the caller to return */
#define REFUSE(level, format, ...) ({					\
	dbg(DBG_KNL, level, "connection %s: " format, connection(), ##__VA_ARGS__); \
	FALSE;								\
})

/* The one whose SA the calling thread works on */
static inline const char *connection(void)
{
	ike_sa_t *ike_sa = charon->bus->get_sa(charon->bus);

	return ike_sa ? ike_sa->get_name(ike_sa) : "?";
}

#endif /* AZVPN_REFUSE_H */
