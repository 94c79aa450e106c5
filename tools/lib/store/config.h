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

/* Create an object, or change the one of the same name, as far as the rules let */
int azvpn_config_put_vnet(struct azvpn_config *config, const struct azvpn_vnet *vnet,
			  struct azvpn_error *error);
int azvpn_config_put_subnet(struct azvpn_config *config, const struct azvpn_subnet *subnet,
			    struct azvpn_error *error);
int azvpn_config_put_gateway(struct azvpn_config *config, const struct azvpn_gateway *gateway,
			     struct azvpn_error *error);
int azvpn_config_put_local_gateway(struct azvpn_config *config,
				   const struct azvpn_local_gateway *local,
				   struct azvpn_error *error);
/* Fills in the tunnel id and the key of @connection where they are not given */
int azvpn_config_put_connection(struct azvpn_config *config,
				struct azvpn_connection *connection,
				struct azvpn_error *error);

/* Refused if there is no such object, or another refers to it */
int azvpn_config_delete_vnet(struct azvpn_config *config, const char *name,
			     struct azvpn_error *error);
int azvpn_config_delete_subnet(struct azvpn_config *config, const char *vnet, const char *name,
			       struct azvpn_error *error);
int azvpn_config_delete_gateway(struct azvpn_config *config, const char *name,
				struct azvpn_error *error);
int azvpn_config_delete_local_gateway(struct azvpn_config *config, const char *name,
				      struct azvpn_error *error);
int azvpn_config_delete_connection(struct azvpn_config *config, const char *name,
				   struct azvpn_error *error);
int azvpn_config_clear(struct azvpn_config *config, struct azvpn_error *error);

/* "there is no WHAT "NAME"". Return: -ENOENT. */
int azvpn_config_missing(const char *what, const char *name, struct azvpn_error *error);

#endif /* AZVPN_CONFIG_H */
