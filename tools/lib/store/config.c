// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "config.h"
#include "path.h"
#include "rules.h"

int azvpn_config_open(struct azvpn_config *config, enum azvpn_store_mode mode,
		      struct azvpn_error *error)
{
	int ret;

	azvpn_model_init(&config->model);
	config->store = NULL;
	ret = azvpn_store_open(azvpn_state_dir(), mode, &config->store, error);
	if (!ret)
		ret = azvpn_store_load(config->store, &config->model, error);
	if (ret) {
		azvpn_config_close(config);
	} else if (mode == AZVPN_STORE_READ) {
		/* Whoever reads may be long about what follows; writers need not wait for that */
		azvpn_store_close(config->store);
		config->store = NULL;
	}
	return ret;
}

void azvpn_config_close(struct azvpn_config *config)
{
	azvpn_model_clear(&config->model);
	azvpn_store_close(config->store);
	config->store = NULL;
}

int azvpn_config_commit(struct azvpn_config *config, struct azvpn_error *error)
{
	return azvpn_store_commit(config->store, error);
}

int azvpn_config_missing(const char *what, const char *name, struct azvpn_error *error)
{
	return azvpn_error_set(error, -ENOENT, "there is no %s \"%s\"", what, name);
}

static int in_memory(int ret, struct azvpn_error *error)
{
	return ret ? azvpn_error_set(error, ret, "out of memory") : 0;
}

int azvpn_config_put_vnet(struct azvpn_config *config, const struct azvpn_vnet *vnet,
			  struct azvpn_error *error)
{
	int ret;

	ret = azvpn_rules_vnet(&config->model, vnet, error);
	if (!ret)
		ret = azvpn_store_put_vnet(config->store, vnet, error);
	return ret ? ret : in_memory(azvpn_model_put_vnet(&config->model, vnet), error);
}

int azvpn_config_put_subnet(struct azvpn_config *config, const struct azvpn_subnet *subnet,
			    struct azvpn_error *error)
{
	int ret;

	ret = azvpn_rules_subnet(&config->model, subnet, error);
	if (!ret)
		ret = azvpn_store_put_subnet(config->store, subnet, error);
	return ret ? ret : in_memory(azvpn_model_put_subnet(&config->model, subnet), error);
}

int azvpn_config_put_gateway(struct azvpn_config *config, const struct azvpn_gateway *gateway,
			     struct azvpn_error *error)
{
	int ret;

	ret = azvpn_rules_gateway(&config->model, gateway, error);
	if (!ret)
		ret = azvpn_store_put_gateway(config->store, gateway, error);
	return ret ? ret : in_memory(azvpn_model_put_gateway(&config->model, gateway), error);
}

int azvpn_config_put_local_gateway(struct azvpn_config *config,
				   const struct azvpn_local_gateway *local,
				   struct azvpn_error *error)
{
	int ret;

	ret = azvpn_rules_local_gateway(&config->model, local, error);
	if (!ret)
		ret = azvpn_store_put_local_gateway(config->store, local, error);
	return ret ? ret : in_memory(azvpn_model_put_local_gateway(&config->model, local), error);
}

static int complete(const struct azvpn_model *model, struct azvpn_connection *connection,
		    struct azvpn_error *error)
{
	const struct azvpn_connection *old = azvpn_connection_find(model, connection->name);

	if (old)
		connection->tunnel_id = old->tunnel_id;
	else if (!connection->tunnel_id)
		connection->tunnel_id = azvpn_tunnel_id_free(model, connection->gateway);
	if (*connection->key.text)
		return 0;
	if (!old)
		return azvpn_key_generate(&connection->key, AZVPN_KEY_DEFAULT, error);
	connection->key = old->key;
	return 0;
}

int azvpn_config_put_connection(struct azvpn_config *config,
				struct azvpn_connection *connection, struct azvpn_error *error)
{
	int ret;

	ret = azvpn_rules_connection(&config->model, connection, error);
	if (!ret)
		ret = complete(&config->model, connection, error);
	if (!ret)
		ret = azvpn_store_put_connection(config->store, connection, error);
	return ret ? ret : in_memory(azvpn_model_put_connection(&config->model, connection), error);
}

/* A VNet's subnets go with it, in the store by themselves */
static void remove_vnet(struct azvpn_model *model, struct azvpn_vnet *vnet)
{
	struct azvpn_subnet *subnet = TAILQ_FIRST(&model->subnets), *next;

	for (; subnet; subnet = next) {
		next = TAILQ_NEXT(subnet, entry);
		if (!strcmp(subnet->vnet, vnet->name))
			azvpn_model_remove_subnet(model, subnet);
	}
	azvpn_model_remove_vnet(model, vnet);
}

int azvpn_config_delete_vnet(struct azvpn_config *config, const char *name,
			     struct azvpn_error *error)
{
	struct azvpn_vnet *vnet = azvpn_vnet_find(&config->model, name);
	int ret;

	if (!vnet)
		return azvpn_config_missing("VNet", name, error);
	ret = azvpn_rules_delete_vnet(&config->model, vnet, error);
	if (!ret)
		ret = azvpn_store_delete_vnet(config->store, name, error);
	if (!ret)
		remove_vnet(&config->model, vnet);
	return ret;
}

int azvpn_config_delete_subnet(struct azvpn_config *config, const char *vnet, const char *name,
			       struct azvpn_error *error)
{
	struct azvpn_subnet *subnet = azvpn_subnet_find(&config->model, vnet, name);
	int ret;

	if (!azvpn_vnet_find(&config->model, vnet))
		return azvpn_config_missing("VNet", vnet, error);
	if (!subnet)
		return azvpn_config_missing("subnet", name, error);
	ret = azvpn_rules_delete_subnet(&config->model, subnet, error);
	if (!ret)
		ret = azvpn_store_delete_subnet(config->store, vnet, name, error);
	if (!ret)
		azvpn_model_remove_subnet(&config->model, subnet);
	return ret;
}

int azvpn_config_delete_gateway(struct azvpn_config *config, const char *name,
				struct azvpn_error *error)
{
	struct azvpn_gateway *gateway = azvpn_gateway_find(&config->model, name);
	int ret;

	if (!gateway)
		return azvpn_config_missing("gateway", name, error);
	ret = azvpn_rules_delete_gateway(&config->model, gateway, error);
	if (!ret)
		ret = azvpn_store_delete_gateway(config->store, name, error);
	if (!ret)
		azvpn_model_remove_gateway(&config->model, gateway);
	return ret;
}

int azvpn_config_delete_local_gateway(struct azvpn_config *config, const char *name,
				      struct azvpn_error *error)
{
	struct azvpn_local_gateway *local = azvpn_local_gateway_find(&config->model, name);
	int ret;

	if (!local)
		return azvpn_config_missing("local gateway", name, error);
	ret = azvpn_rules_delete_local_gateway(&config->model, local, error);
	if (!ret)
		ret = azvpn_store_delete_local_gateway(config->store, name, error);
	if (!ret)
		azvpn_model_remove_local_gateway(&config->model, local);
	return ret;
}

int azvpn_config_delete_connection(struct azvpn_config *config, const char *name,
				   struct azvpn_error *error)
{
	struct azvpn_connection *connection = azvpn_connection_find(&config->model, name);
	int ret;

	if (!connection)
		return azvpn_config_missing("connection", name, error);
	ret = azvpn_store_delete_connection(config->store, name, error);
	if (!ret)
		azvpn_model_remove_connection(&config->model, connection);
	return ret;
}

int azvpn_config_clear(struct azvpn_config *config, struct azvpn_error *error)
{
	int ret;

	ret = azvpn_store_clear(config->store, error);
	if (!ret)
		azvpn_model_clear(&config->model);
	return ret;
}
