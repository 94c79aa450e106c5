// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

void azvpn_model_init(struct azvpn_model *model)
{
	TAILQ_INIT(&model->vnets);
	TAILQ_INIT(&model->subnets);
	TAILQ_INIT(&model->gateways);
	TAILQ_INIT(&model->local_gateways);
	TAILQ_INIT(&model->connections);
}

void azvpn_model_clear(struct azvpn_model *model)
{
	while (!TAILQ_EMPTY(&model->connections))
		azvpn_model_remove_connection(model, TAILQ_FIRST(&model->connections));
	while (!TAILQ_EMPTY(&model->local_gateways))
		azvpn_model_remove_local_gateway(model, TAILQ_FIRST(&model->local_gateways));
	while (!TAILQ_EMPTY(&model->gateways))
		azvpn_model_remove_gateway(model, TAILQ_FIRST(&model->gateways));
	while (!TAILQ_EMPTY(&model->subnets))
		azvpn_model_remove_subnet(model, TAILQ_FIRST(&model->subnets));
	while (!TAILQ_EMPTY(&model->vnets))
		azvpn_model_remove_vnet(model, TAILQ_FIRST(&model->vnets));
}

struct azvpn_vnet *azvpn_vnet_find(const struct azvpn_model *model, const char *name)
{
	struct azvpn_vnet *vnet;

	TAILQ_FOREACH(vnet, &model->vnets, entry)
		if (!strcmp(vnet->name, name))
			break;
	return vnet;
}

struct azvpn_subnet *azvpn_subnet_find(const struct azvpn_model *model, const char *vnet,
				       const char *name)
{
	struct azvpn_subnet *subnet;

	TAILQ_FOREACH(subnet, &model->subnets, entry)
		if (!strcmp(subnet->vnet, vnet) && !strcmp(subnet->name, name))
			break;
	return subnet;
}

struct azvpn_gateway *azvpn_gateway_find(const struct azvpn_model *model, const char *name)
{
	struct azvpn_gateway *gateway;

	TAILQ_FOREACH(gateway, &model->gateways, entry)
		if (!strcmp(gateway->name, name))
			break;
	return gateway;
}

struct azvpn_local_gateway *azvpn_local_gateway_find(const struct azvpn_model *model,
						     const char *name)
{
	struct azvpn_local_gateway *local;

	TAILQ_FOREACH(local, &model->local_gateways, entry)
		if (!strcmp(local->name, name))
			break;
	return local;
}

struct azvpn_connection *azvpn_connection_find(const struct azvpn_model *model, const char *name)
{
	struct azvpn_connection *connection;

	TAILQ_FOREACH(connection, &model->connections, entry)
		if (!strcmp(connection->name, name))
			break;
	return connection;
}

struct azvpn_gateway *azvpn_vnet_gateway(const struct azvpn_model *model, const char *vnet)
{
	struct azvpn_gateway *gateway;

	TAILQ_FOREACH(gateway, &model->gateways, entry)
		if (!strcmp(gateway->vnet, vnet))
			break;
	return gateway;
}

struct azvpn_connection *azvpn_gateway_connection(const struct azvpn_model *model,
						  const char *gateway,
						  const struct azvpn_connection *after)
{
	struct azvpn_connection *connection;

	connection = after ? TAILQ_NEXT(after, entry) : TAILQ_FIRST(&model->connections);
	while (connection && strcmp(connection->gateway, gateway))
		connection = TAILQ_NEXT(connection, entry);
	return connection;
}

const struct azvpn_prefix *azvpn_gateway_subnet(const struct azvpn_model *model,
						const struct azvpn_gateway *gateway)
{
	return &azvpn_subnet_find(model, gateway->vnet, AZVPN_GATEWAY_SUBNET)->prefix;
}

bool azvpn_tunnel_id_taken(const struct azvpn_model *model, const char *gateway, uint32_t id)
{
	const struct azvpn_connection *connection = NULL;

	while ((connection = azvpn_gateway_connection(model, gateway, connection)))
		if (connection->tunnel_id == id)
			return true;
	return false;
}

uint32_t azvpn_tunnel_id_free(const struct azvpn_model *model, const char *gateway)
{
	uint32_t id = 1;

	while (azvpn_tunnel_id_taken(model, gateway, id))
		id++;
	return id;
}

int azvpn_model_put_vnet(struct azvpn_model *model, const struct azvpn_vnet *vnet)
{
	struct azvpn_vnet *to = azvpn_vnet_find(model, vnet->name);
	struct azvpn_prefixes prefixes;

	if (azvpn_prefixes_copy(&prefixes, &vnet->prefixes))
		return -ENOMEM;
	if (!to) {
		to = calloc(1, sizeof(*to));
		if (!to) {
			azvpn_prefixes_clear(&prefixes);
			return -ENOMEM;
		}
		memcpy(to->name, vnet->name, sizeof(to->name));
		TAILQ_INSERT_TAIL(&model->vnets, to, entry);
	}
	azvpn_prefixes_clear(&to->prefixes);
	to->prefixes = prefixes;
	return 0;
}

int azvpn_model_put_subnet(struct azvpn_model *model, const struct azvpn_subnet *subnet)
{
	struct azvpn_subnet *to = azvpn_subnet_find(model, subnet->vnet, subnet->name);

	if (!to) {
		to = malloc(sizeof(*to));
		if (!to)
			return -ENOMEM;
		*to = *subnet;
		TAILQ_INSERT_TAIL(&model->subnets, to, entry);
	}
	to->prefix = subnet->prefix;
	return 0;
}

int azvpn_model_put_gateway(struct azvpn_model *model, const struct azvpn_gateway *gateway)
{
	struct azvpn_gateway *to = azvpn_gateway_find(model, gateway->name);

	if (!to) {
		to = malloc(sizeof(*to));
		if (!to)
			return -ENOMEM;
		*to = *gateway;
		TAILQ_INSERT_TAIL(&model->gateways, to, entry);
	}
	memcpy(to->vnet, gateway->vnet, sizeof(to->vnet));
	to->public_ip = gateway->public_ip;
	memcpy(to->netns, gateway->netns, sizeof(to->netns));
	return 0;
}

int azvpn_model_put_local_gateway(struct azvpn_model *model,
				  const struct azvpn_local_gateway *local)
{
	struct azvpn_local_gateway *to = azvpn_local_gateway_find(model, local->name);
	struct azvpn_prefixes prefixes;

	if (azvpn_prefixes_copy(&prefixes, &local->prefixes))
		return -ENOMEM;
	if (!to) {
		to = calloc(1, sizeof(*to));
		if (!to) {
			azvpn_prefixes_clear(&prefixes);
			return -ENOMEM;
		}
		memcpy(to->name, local->name, sizeof(to->name));
		TAILQ_INSERT_TAIL(&model->local_gateways, to, entry);
	}
	to->gateway_ip = local->gateway_ip;
	azvpn_prefixes_clear(&to->prefixes);
	to->prefixes = prefixes;
	return 0;
}

int azvpn_model_put_connection(struct azvpn_model *model,
			       const struct azvpn_connection *connection)
{
	struct azvpn_connection *to = azvpn_connection_find(model, connection->name);

	if (!to) {
		to = malloc(sizeof(*to));
		if (!to)
			return -ENOMEM;
		*to = *connection;
		TAILQ_INSERT_TAIL(&model->connections, to, entry);
	}
	memcpy(to->gateway, connection->gateway, sizeof(to->gateway));
	memcpy(to->local_gateway, connection->local_gateway, sizeof(to->local_gateway));
	to->tunnel_id = connection->tunnel_id;
	to->key = connection->key;
	return 0;
}

void azvpn_model_remove_vnet(struct azvpn_model *model, struct azvpn_vnet *vnet)
{
	TAILQ_REMOVE(&model->vnets, vnet, entry);
	azvpn_prefixes_clear(&vnet->prefixes);
	free(vnet);
}

void azvpn_model_remove_subnet(struct azvpn_model *model, struct azvpn_subnet *subnet)
{
	TAILQ_REMOVE(&model->subnets, subnet, entry);
	free(subnet);
}

void azvpn_model_remove_gateway(struct azvpn_model *model, struct azvpn_gateway *gateway)
{
	TAILQ_REMOVE(&model->gateways, gateway, entry);
	free(gateway);
}

void azvpn_model_remove_local_gateway(struct azvpn_model *model,
				      struct azvpn_local_gateway *local)
{
	TAILQ_REMOVE(&model->local_gateways, local, entry);
	azvpn_prefixes_clear(&local->prefixes);
	free(local);
}

void azvpn_model_remove_connection(struct azvpn_model *model,
				   struct azvpn_connection *connection)
{
	TAILQ_REMOVE(&model->connections, connection, entry);
	azvpn_key_wipe(&connection->key);
	free(connection);
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int azvpn_name_parse(const char *text, const char *what, char name[AZVPN_NAME_SIZE],
		     struct azvpn_error *error)
{
	size_t size = strlen(text), i;
	bool good = size >= 1 && size < AZVPN_NAME_SIZE && is_alnum(text[0]) &&
		    (is_alnum(text[size - 1]) || text[size - 1] == '_');

	for (i = 0; good && i < size; i++)
		good = is_alnum(text[i]) || strchr("_.-", text[i]);
	if (!good)
		return azvpn_error_set(error, -EINVAL,
				       "%s: \"%.100s\" is not a name; accepted are 1 to %d letters, digits, \"_\", \".\" and \"-\", starting with a letter or digit and ending with one or \"_\"",
				       what, text, AZVPN_NAME_SIZE - 1);
	memset(name, 0, AZVPN_NAME_SIZE);
	memcpy(name, text, size);
	return 0;
}

int azvpn_netns_parse(const char *text, char netns[AZVPN_NETNS_SIZE],
		      struct azvpn_error *error)
{
	size_t size = strlen(text), i;
	bool good = size >= 1 && size < AZVPN_NETNS_SIZE && strcmp(text, ".") && strcmp(text, "..");

	/* It becomes a file name, and a word in messages */
	for (i = 0; good && i < size; i++)
		good = text[i] > ' ' && text[i] < 0x7f && text[i] != '/';
	if (!good)
		return azvpn_error_set(error, -EINVAL,
				       "--netns: \"%.100s\" is not the name of a network namespace; \"ip netns list\" shows those there are",
				       text);
	memset(netns, 0, AZVPN_NETNS_SIZE);
	memcpy(netns, text, size);
	return 0;
}
