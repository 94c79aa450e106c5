/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was last applied for a gateway: a file in its run directory that tells
 * what its charon has loaded, which charon itself tells but in part. It goes
 * with a reboot, as what it describes does. It has no secret in it.
 */
#ifndef AZVPN_APPLIED_H
#define AZVPN_APPLIED_H

#include <jansson.h>

#include "ike.h"
#include "model.h"

/**
 * struct azvpn_applied - the file in memory
 * @known: whether there was such a file, so that the gateway was applied before
 * @netns: the namespace it was applied in
 * @connections: an object; name of a connection to what charon has of it
 */
struct azvpn_applied {
	bool known;
	char netns[AZVPN_NETNS_SIZE];
	json_t *connections;
};

/*
 * Read the file. What it says of a charon that is no longer there is left out:
 * @process is the one that runs, empty if none does.
 */
int azvpn_applied_load(const struct azvpn_ike *ike, const char *process,
		       struct azvpn_applied *applied, struct azvpn_error *error);
int azvpn_applied_save(const struct azvpn_ike *ike, const char *process,
		       const struct azvpn_applied *applied, struct azvpn_error *error);
void azvpn_applied_clear(struct azvpn_applied *applied);

/* Whether charon has the connection just so, and its key */
bool azvpn_applied_has_definition(const struct azvpn_applied *applied, const char *name,
				  const json_t *definition);
bool azvpn_applied_has_key(const struct azvpn_applied *applied, const char *name,
			   const char *tag);
/* Whether its tunnel was set up on this device, by index; another one has no SAs */
bool azvpn_applied_has_device(const struct azvpn_applied *applied, const char *name, int index);
/* Note that it now has. Return: 0 or -ENOMEM. */
int azvpn_applied_note_key(struct azvpn_applied *applied, const char *name, const char *tag);
int azvpn_applied_note_definition(struct azvpn_applied *applied, const char *name,
				  json_t *definition);
int azvpn_applied_note_device(struct azvpn_applied *applied, const char *name, int index);

/* Remove the run directory and what azvpnctl and charon put into it */
void azvpn_applied_remove(const struct azvpn_ike *ike);

#endif /* AZVPN_APPLIED_H */
