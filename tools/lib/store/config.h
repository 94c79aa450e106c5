/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration: the model in memory with the store under it. A change
 * goes through the rules, then into both; it lasts once it is committed.
 */
#ifndef AZVPN_CONFIG_H
#define AZVPN_CONFIG_H

#include "model.h"
#include "store.h"

struct azvpn_config {
	struct azvpn_model model;
	struct azvpn_store *store;
};

/* Open the store of azvpn_state_dir() and load it */
int azvpn_config_open(struct azvpn_config *config, enum azvpn_store_mode mode,
		      struct azvpn_error *error);
/* Undoes what was not committed */
void azvpn_config_close(struct azvpn_config *config);
int azvpn_config_commit(struct azvpn_config *config, struct azvpn_error *error);

/*
 * Create an object, or change the one of the same name, as far as the rules
 * let; what is not given and is ours to choose is filled in
 */
int azvpn_config_put(struct azvpn_config *config, void *object, struct azvpn_error *error);
/* Delete an object of the model. Refused if another refers to it. */
int azvpn_config_delete(struct azvpn_config *config, void *object, struct azvpn_error *error);
/* Have all objects of @model, which is empty afterwards, and no others */
int azvpn_config_replace(struct azvpn_config *config, struct azvpn_model *model,
			 struct azvpn_error *error);

#endif /* AZVPN_CONFIG_H */
