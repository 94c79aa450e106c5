/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the administrator means: VNets, subnets, gateways, local network
 * gateways and connections, in memory.
 *
 * Objects refer to each other by name, as they do in the store and in exported
 * JSON. A model that rules.h accepted has no dangling name. Objects belong to
 * the model; a struct on the caller's stack describes a new one and is copied.
 */
#ifndef AZVPN_MODEL_H
#define AZVPN_MODEL_H

#include <sys/queue.h>

#include "addr.h"
#include "error.h"
#include "secret.h"

/* Sizes count the zero byte at the end */
#define AZVPN_NAME_SIZE		81
#define AZVPN_NETNS_SIZE	256
/* A device is called azvpn and its tunnel id, and has 15 characters at most for that and a label */
#define AZVPN_TUNNEL_ID_MAX	9999999
#define AZVPN_GATEWAY_SUBNET	"GatewaySubnet"
#define AZVPN_ROUTE_BASED	"RouteBased"

struct azvpn_vnet {
	TAILQ_ENTRY(azvpn_vnet) entry;
	char name[AZVPN_NAME_SIZE];
	struct azvpn_prefixes prefixes;
};

struct azvpn_subnet {
	TAILQ_ENTRY(azvpn_subnet) entry;
	char vnet[AZVPN_NAME_SIZE];
	char name[AZVPN_NAME_SIZE];
	struct azvpn_prefix prefix;
};

/**
 * struct azvpn_gateway - a virtual network gateway of type Vpn
 * @entry: in the model
 * @name: its name, which is also the name of its run directory
 * @vnet: the VNet whose GatewaySubnet it lives in
 * @public_ip: where sites reach it
 * @netns: name of the network namespace it runs in; empty for the one that
 *	   azvpnctl runs in
 */
struct azvpn_gateway {
	TAILQ_ENTRY(azvpn_gateway) entry;
	char name[AZVPN_NAME_SIZE];
	char vnet[AZVPN_NAME_SIZE];
	uint32_t public_ip;
	char netns[AZVPN_NETNS_SIZE];
};

/* A site: its VPN device and the prefixes behind it */
struct azvpn_local_gateway {
	TAILQ_ENTRY(azvpn_local_gateway) entry;
	char name[AZVPN_NAME_SIZE];
	uint32_t gateway_ip;
	struct azvpn_prefixes prefixes;
};

/**
 * struct azvpn_connection - joins a gateway and a local network gateway
 * @entry: in the model
 * @name: its name, which is also its name in charon
 * @gateway: one end
 * @local_gateway: the other end
 * @tunnel_id: number of its tunnel device, unique in the gateway; 0 in a new
 *	       connection asks for the lowest free one
 * @key: the pre-shared key; an empty one in a new connection asks for a random
 *	 one, in an existing one for the key it has
 */
struct azvpn_connection {
	TAILQ_ENTRY(azvpn_connection) entry;
	char name[AZVPN_NAME_SIZE];
	char gateway[AZVPN_NAME_SIZE];
	char local_gateway[AZVPN_NAME_SIZE];
	uint32_t tunnel_id;
	struct azvpn_key key;
};

struct azvpn_model {
	TAILQ_HEAD(azvpn_vnets, azvpn_vnet) vnets;
	TAILQ_HEAD(azvpn_subnets, azvpn_subnet) subnets;
	TAILQ_HEAD(azvpn_gateways, azvpn_gateway) gateways;
	TAILQ_HEAD(azvpn_local_gateways, azvpn_local_gateway) local_gateways;
	TAILQ_HEAD(azvpn_connections, azvpn_connection) connections;
};

void azvpn_model_init(struct azvpn_model *model);
/* Frees all objects and wipes the keys; the model is empty afterwards */
void azvpn_model_clear(struct azvpn_model *model);

/* Return: the object, or NULL */
struct azvpn_vnet *azvpn_vnet_find(const struct azvpn_model *model, const char *name);
struct azvpn_subnet *azvpn_subnet_find(const struct azvpn_model *model, const char *vnet,
				       const char *name);
struct azvpn_gateway *azvpn_gateway_find(const struct azvpn_model *model, const char *name);
struct azvpn_local_gateway *azvpn_local_gateway_find(const struct azvpn_model *model,
						     const char *name);
struct azvpn_connection *azvpn_connection_find(const struct azvpn_model *model, const char *name);

/* The gateway of a VNet, or NULL */
struct azvpn_gateway *azvpn_vnet_gateway(const struct azvpn_model *model, const char *vnet);
/* The first connection of a gateway, or the one after @after; NULL: there is none */
struct azvpn_connection *azvpn_gateway_connection(const struct azvpn_model *model,
						  const char *gateway,
						  const struct azvpn_connection *after);
/* The GatewaySubnet that a gateway of the model lives in */
const struct azvpn_prefix *azvpn_gateway_subnet(const struct azvpn_model *model,
						const struct azvpn_gateway *gateway);
/* Whether a connection of the gateway has it */
bool azvpn_tunnel_id_taken(const struct azvpn_model *model, const char *gateway, uint32_t id);
/* The lowest tunnel id that no connection of the gateway has */
uint32_t azvpn_tunnel_id_free(const struct azvpn_model *model, const char *gateway);

/*
 * Add a copy of an object, or overwrite the one of the same name. Nothing is
 * checked here: see rules.h. Return: 0 or -ENOMEM with the model unchanged.
 */
int azvpn_model_put_vnet(struct azvpn_model *model, const struct azvpn_vnet *vnet);
int azvpn_model_put_subnet(struct azvpn_model *model, const struct azvpn_subnet *subnet);
int azvpn_model_put_gateway(struct azvpn_model *model, const struct azvpn_gateway *gateway);
int azvpn_model_put_local_gateway(struct azvpn_model *model,
				  const struct azvpn_local_gateway *local);
int azvpn_model_put_connection(struct azvpn_model *model,
			       const struct azvpn_connection *connection);

/* Remove an object and free it */
void azvpn_model_remove_vnet(struct azvpn_model *model, struct azvpn_vnet *vnet);
void azvpn_model_remove_subnet(struct azvpn_model *model, struct azvpn_subnet *subnet);
void azvpn_model_remove_gateway(struct azvpn_model *model, struct azvpn_gateway *gateway);
void azvpn_model_remove_local_gateway(struct azvpn_model *model,
				      struct azvpn_local_gateway *local);
void azvpn_model_remove_connection(struct azvpn_model *model,
				   struct azvpn_connection *connection);

/*
 * Names and namespaces from outside. Refused when empty, too long or of
 * characters that are not accepted; the error says which are.
 */
int azvpn_name_parse(const char *text, const char *what, char name[AZVPN_NAME_SIZE],
		     struct azvpn_error *error);
int azvpn_netns_parse(const char *text, char netns[AZVPN_NETNS_SIZE],
		      struct azvpn_error *error);

#endif /* AZVPN_MODEL_H */
