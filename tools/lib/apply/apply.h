/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes the system be what the configuration says, by doing the difference.
 */
#ifndef AZVPN_APPLY_H
#define AZVPN_APPLY_H

#include "model.h"

/* Called for every change made, with the gateway's name and words such as "charon started" */
typedef void (*azvpn_apply_note_fn)(const char *gateway, const char *what, void *data);

struct azvpn_apply {
	const struct azvpn_model *model;
	azvpn_apply_note_fn note;
	void *data;
};

/*
 * Keep others from applying. To be taken before the configuration is loaded, so
 * that whoever applies last applies the newest.
 *
 * Return: a file descriptor that holds the lock until it is closed, or a
 * negative errno.
 */
int azvpn_apply_lock(struct azvpn_error *error);

/* Apply one gateway of the model. What did succeed is noted also on failure. */
int azvpn_apply_gateway(const struct azvpn_apply *apply, const struct azvpn_gateway *gateway,
			struct azvpn_error *error);

/* Remove everything of gateways that were applied once and are no longer in the model */
int azvpn_apply_gone(const struct azvpn_apply *apply, struct azvpn_error *error);

#endif /* AZVPN_APPLY_H */
