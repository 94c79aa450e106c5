/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a connection passes nothing, in words, with what to do about it.
 */
#ifndef AZVPN_WHY_H
#define AZVPN_WHY_H

#include "error.h"
#include "model.h"

/**
 * struct azvpn_finding - one thing that is not as it should be
 * @code: which one, for programs; of a drop the name of its reason; "ok" if it is
 *	  that nothing was found
 * @text: what it is, one sentence without a full stop
 * @advice: what to do about it, likewise; empty if nothing
 * @packets: how many packets it has cost; 0 if that cannot be told
 */
struct azvpn_finding {
	const char *code;
	char text[256];
	char advice[384];
	uint64_t packets;
};

typedef void (*azvpn_finding_fn)(const struct azvpn_finding *finding, void *data);

/**
 * azvpn_why() - look for what keeps a connection from passing packets
 * @model: has the connection
 * @connection: the connection; its state is filled in
 * @fn: called for each finding, the causes before what follows from them
 * @data: for @fn
 *
 * Looks at the network namespace, the module, the IKE daemon, the device, the
 * SAs, the policies and the counters of dropped packets, and changes nothing.
 */
void azvpn_why(const struct azvpn_model *model, struct azvpn_connection *connection,
	       azvpn_finding_fn fn, void *data);

#endif /* AZVPN_WHY_H */
