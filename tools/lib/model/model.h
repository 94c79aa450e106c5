/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the administrator means, in memory: all objects, found by name through a
 * hash table of each kind, and for each object those that name it.
 *
 * A model has no dangling name. Objects belong to it; one on the caller's stack
 * describes a new one and is copied.
 */
#ifndef AZVPN_MODEL_H
#define AZVPN_MODEL_H

#include "objects.h"
#include "subnet.h"

/* Hash tables by id, NULL if empty; each also keeps the order in which objects were put */
struct azvpn_model {
	struct azvpn_object *objects[AZVPN_KINDS];
};

void azvpn_model_init(struct azvpn_model *model);
/* Frees all objects and wipes the keys; the model is empty afterwards */
void azvpn_model_clear(struct azvpn_model *model);

/* The object of that id, or NULL */
void *azvpn_model_find(const struct azvpn_model *model, const struct azvpn_kind *kind,
		       const char *id);
/* The first object of the kind, or the one after @after; NULL: there is none */
void *azvpn_model_next(const struct azvpn_model *model, const struct azvpn_kind *kind,
		       const void *after);
/*
 * The first object of the kind that names @object, which is of a model, or the
 * one after @after; NULL: there is none
 */
void *azvpn_object_user(const void *object, const struct azvpn_kind *kind, const void *after);

/*
 * Add a copy of an object, or overwrite the one of the same name. No rule is
 * checked: see rules.h. Return: 0, -ENOMEM, or -ENOENT if it names what is not
 * there; then the model is as it was.
 */
int azvpn_model_put(struct azvpn_model *model, const void *object);
/* Remove an object that nobody names, but those that are a part of it and go, too; and free it */
void azvpn_model_remove(struct azvpn_model *model, void *object);

static inline struct azvpn_vnet *azvpn_vnet_find(const struct azvpn_model *model,
						 const char *name)
{
	return azvpn_model_find(model, &azvpn_vnet_kind, name);
}

static inline struct azvpn_gateway *azvpn_gateway_find(const struct azvpn_model *model,
						       const char *name)
{
	return azvpn_model_find(model, &azvpn_gateway_kind, name);
}

static inline struct azvpn_local_gateway *
azvpn_local_gateway_find(const struct azvpn_model *model, const char *name)
{
	return azvpn_model_find(model, &azvpn_local_gateway_kind, name);
}

static inline struct azvpn_connection *azvpn_connection_find(const struct azvpn_model *model,
							     const char *name)
{
	return azvpn_model_find(model, &azvpn_connection_kind, name);
}

struct azvpn_subnet *azvpn_subnet_find(const struct azvpn_model *model, const char *vnet,
				       const char *name);

/* The gateway of a VNet, or NULL */
static inline struct azvpn_gateway *azvpn_vnet_gateway(const struct azvpn_vnet *vnet)
{
	return azvpn_object_user(vnet, &azvpn_gateway_kind, NULL);
}

/* The first connection of a gateway, or the one after @after; NULL: there is none */
static inline struct azvpn_connection *
azvpn_gateway_connection(const struct azvpn_gateway *gateway, const struct azvpn_connection *after)
{
	return azvpn_object_user(gateway, &azvpn_connection_kind, after);
}

/* The GatewaySubnet that a gateway of the model lives in */
const struct azvpn_prefix *azvpn_gateway_subnet(const struct azvpn_model *model,
						const struct azvpn_gateway *gateway);
/* The connection of the gateway that has the tunnel id, or NULL */
struct azvpn_connection *azvpn_tunnel_id_user(const struct azvpn_gateway *gateway, uint32_t id);
/* The lowest tunnel id that no connection of the gateway has; 0: no memory */
uint32_t azvpn_tunnel_id_free(const struct azvpn_gateway *gateway);

#endif /* AZVPN_MODEL_H */
