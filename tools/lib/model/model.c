// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* uthash then leaves an element out when there is no memory, and says so, instead of exit() */
#define HASH_NONFATAL_OOM	1

#include "model.h"

void azvpn_model_init(struct azvpn_model *model)
{
	*model = (struct azvpn_model){};
}

void *azvpn_model_find(const struct azvpn_model *model, const struct azvpn_kind *kind,
		       const char *id)
{
	struct azvpn_object *found;

	HASH_FIND_STR(model->objects[kind->index], id, found);
	return found;
}

void *azvpn_model_next(const struct azvpn_model *model, const struct azvpn_kind *kind,
		       const void *after)
{
	return after ? ((const struct azvpn_object *)after)->hh.next : model->objects[kind->index];
}

/* Where @user names @object; it does */
static struct azvpn_ref *find_ref(const struct azvpn_object *user,
				  const struct azvpn_object *object)
{
	size_t i = 0;

	while (user->refs[i].target != object)
		i++;
	return (struct azvpn_ref *)&user->refs[i];
}

void *azvpn_object_user(const void *object, const struct azvpn_kind *kind, const void *after)
{
	const struct azvpn_object *head = object;
	struct azvpn_ref *ref;

	ref = after ? TAILQ_NEXT(find_ref(after, head), entry) : TAILQ_FIRST(&head->users);
	while (ref && ref->user->kind != kind)
		ref = TAILQ_NEXT(ref, entry);
	return ref ? ref->user : NULL;
}

/* Find all objects that one names, in the order of its fields. Return: 0 or -ENOENT. */
static int find_targets(const struct azvpn_model *model, const struct azvpn_object *object,
			struct azvpn_object *targets[AZVPN_REFS_MAX])
{
	const struct azvpn_field *field;
	char buf[AZVPN_VALUE_SIZE];
	size_t n = 0;

	azvpn_each_field(field, object->kind) {
		if (!field->target)
			continue;
		targets[n] = NULL;
		if (azvpn_field_count(field, object)) {
			targets[n] = azvpn_model_find(model, field->target,
						      azvpn_field_format(field, object, 0, buf));
			if (!targets[n])
				return -ENOENT;
		}
		n++;
	}
	for (; n < AZVPN_REFS_MAX; n++)
		targets[n] = NULL;
	return 0;
}

/* Who names the same as before keeps its place in the list */
static void set_refs(struct azvpn_object *object, struct azvpn_object *targets[AZVPN_REFS_MAX])
{
	struct azvpn_ref *ref;
	size_t i;

	for (i = 0; i < AZVPN_REFS_MAX; i++) {
		ref = &object->refs[i];
		if (ref->target == targets[i])
			continue;
		if (ref->target)
			TAILQ_REMOVE(&ref->target->users, ref, entry);
		ref->user = object;
		ref->target = targets[i];
		if (ref->target)
			TAILQ_INSERT_TAIL(&ref->target->users, ref, entry);
	}
}

static void free_object(struct azvpn_object *object)
{
	azvpn_object_clear(object);
	free(object);
}

/* Move the values of @from, which is freed, to @to */
static void replace_values(struct azvpn_object *to, struct azvpn_object *from)
{
	size_t head = sizeof(struct azvpn_object);

	azvpn_object_clear(to);
	memcpy((char *)to + head, (char *)from + head, to->kind->size - head);
	explicit_bzero(from, from->kind->size);
	free(from);
}

static int add(struct azvpn_model *model, struct azvpn_object *object)
{
	struct azvpn_object **table = &model->objects[object->kind->index];

	TAILQ_INIT(&object->users);
	HASH_ADD_STR(*table, id, object);
	if (object->hh.tbl)
		return 0;
	free_object(object);
	return -ENOMEM;
}

int azvpn_model_put(struct azvpn_model *model, const void *object)
{
	const struct azvpn_object *from = object;
	struct azvpn_object *targets[AZVPN_REFS_MAX], *copy, *old;
	int ret;

	ret = find_targets(model, from, targets);
	if (ret)
		return ret;
	copy = malloc(from->kind->size);
	if (!copy || azvpn_object_copy(copy, from)) {
		free(copy);
		return -ENOMEM;
	}
	old = azvpn_model_find(model, copy->kind, copy->id);
	if (old) {
		replace_values(old, copy);
		copy = old;
	} else if (add(model, copy)) {
		return -ENOMEM;
	}
	set_refs(copy, targets);
	return 0;
}

/* Those that are a part of another go before it: nothing is a part of a part */
static void remove_parts(struct azvpn_model *model, struct azvpn_object *owner)
{
	struct azvpn_ref *ref = TAILQ_FIRST(&owner->users), *next;

	for (; ref; ref = next) {
		next = TAILQ_NEXT(ref, entry);
		if (ref->user->kind->owner == owner->kind)
			azvpn_model_remove(model, ref->user);
	}
}

void azvpn_model_remove(struct azvpn_model *model, void *object)
{
	struct azvpn_object *none[AZVPN_REFS_MAX] = {}, *head = object;

	remove_parts(model, head);
	set_refs(head, none);
	HASH_DEL(model->objects[head->kind->index], head);
	free_object(head);
}

void azvpn_model_clear(struct azvpn_model *model)
{
	int i;

	/* Those that name others go first */
	for (i = AZVPN_KINDS - 1; i >= 0; i--)
		while (model->objects[i])
			azvpn_model_remove(model, model->objects[i]);
}

struct azvpn_subnet *azvpn_subnet_find(const struct azvpn_model *model, const char *vnet,
				       const char *name)
{
	char id[AZVPN_ID_SIZE];

	snprintf(id, sizeof(id), "%s/%s", vnet, name);
	return azvpn_model_find(model, &azvpn_subnet_kind, id);
}

const struct azvpn_prefix *azvpn_gateway_subnet(const struct azvpn_model *model,
						const struct azvpn_gateway *gateway)
{
	return &azvpn_subnet_find(model, gateway->vnet, AZVPN_GATEWAY_SUBNET)->prefix;
}

struct azvpn_connection *azvpn_tunnel_id_user(const struct azvpn_gateway *gateway, uint32_t id)
{
	struct azvpn_connection *connection = NULL;

	while ((connection = azvpn_gateway_connection(gateway, connection)))
		if (connection->tunnel_id == id)
			break;
	return connection;
}

/* Of n connections one of the first n + 1 ids is free */
uint32_t azvpn_tunnel_id_free(const struct azvpn_gateway *gateway)
{
	const struct azvpn_connection *connection = NULL;
	uint32_t n = 0, id = 1;
	bool *taken;

	while ((connection = azvpn_gateway_connection(gateway, connection)))
		n++;
	taken = calloc(n + 2, sizeof(*taken));
	if (!taken)
		return 0;
	while ((connection = azvpn_gateway_connection(gateway, connection)))
		if (connection->tunnel_id <= n)
			taken[connection->tunnel_id] = true;
	while (taken[id])
		id++;
	free(taken);
	return id;
}
