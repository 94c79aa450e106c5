// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "document.h"

bool azvpn_scope_any(const struct azvpn_scope *scope)
{
	return scope->all || *scope->gateway || *scope->local_gateway;
}

/* Two that differ are not worth keeping apart: what is right already costs little */
static void widen(struct azvpn_scope *scope, char name[AZVPN_NAME_SIZE], const char *to)
{
	if (*name && strcmp(name, to))
		scope->all = true;
	memcpy(name, to, AZVPN_NAME_SIZE);
}

/* VNets and subnets change nothing by themselves; a gateway keeps its addresses */
static void add_to_scope(struct azvpn_scope *scope, const struct azvpn_object *object)
{
	if (object->kind == &azvpn_gateway_kind)
		widen(scope, scope->gateway, ((const struct azvpn_gateway *)object)->name);
	else if (object->kind == &azvpn_connection_kind)
		widen(scope, scope->gateway, ((const struct azvpn_connection *)object)->gateway);
	else if (object->kind == &azvpn_local_gateway_kind)
		widen(scope, scope->local_gateway,
		      ((const struct azvpn_local_gateway *)object)->name);
}

int azvpn_change_begin(struct azvpn_change *change, struct azvpn_error *error)
{
	change->scope = (struct azvpn_scope){};
	return azvpn_config_open(&change->config, AZVPN_STORE_WRITE, error);
}

int azvpn_change_put(struct azvpn_change *change, void *object, struct azvpn_error *error)
{
	add_to_scope(&change->scope, object);
	return azvpn_config_put(&change->config, object, error);
}

int azvpn_change_delete(struct azvpn_change *change, const struct azvpn_kind *kind,
			const char *id, struct azvpn_error *error)
{
	struct azvpn_object *object = azvpn_model_find(&change->config.model, kind, id);

	if (!object)
		return azvpn_object_missing(kind, id, error);
	/* Nobody was joined to a site that may go */
	if (kind != &azvpn_local_gateway_kind)
		add_to_scope(&change->scope, object);
	return azvpn_config_delete(&change->config, object, error);
}

int azvpn_change_import(struct azvpn_change *change, const json_t *document,
			struct azvpn_error *error)
{
	struct azvpn_model model;
	int ret;

	change->scope.all = true;
	azvpn_model_init(&model);
	ret = azvpn_document_read(document, &change->config.model, &model, error);
	if (!ret)
		ret = azvpn_config_replace(&change->config, &model, error);
	azvpn_model_clear(&model);
	return ret;
}

int azvpn_change_commit(struct azvpn_change *change, struct azvpn_error *error)
{
	int ret;

	ret = azvpn_config_commit(&change->config, error);
	azvpn_config_close(&change->config);
	return ret;
}

void azvpn_change_abort(struct azvpn_change *change)
{
	azvpn_config_close(&change->config);
}

static bool in_scope(const struct azvpn_scope *scope, const struct azvpn_gateway *gateway)
{
	const struct azvpn_connection *connection = NULL;

	if (scope->all || !strcmp(scope->gateway, gateway->name))
		return true;
	while ((connection = azvpn_gateway_connection(gateway, connection)))
		if (!strcmp(connection->local_gateway, scope->local_gateway))
			return true;
	return false;
}

/* What is left of gateways that were deleted goes with any apply */
static int apply_all(const struct azvpn_apply *apply, const struct azvpn_scope *scope,
		     const struct azvpn_report *report)
{
	const struct azvpn_gateway *gateway = NULL;
	struct azvpn_error error;
	int first, ret;

	first = azvpn_apply_gone(apply, &error);
	if (first)
		report->failed("", &error, report->data);
	while ((gateway = azvpn_model_next(apply->model, &azvpn_gateway_kind, gateway))) {
		if (!in_scope(scope, gateway))
			continue;
		ret = azvpn_apply_gateway(apply, gateway, &error);
		if (ret)
			report->failed(gateway->name, &error, report->data);
		first = first ? first : ret;
	}
	return first;
}

int azvpn_apply_saved(const struct azvpn_scope *scope, const struct azvpn_report *report)
{
	struct azvpn_apply apply = { .note = report->note, .data = report->data };
	struct azvpn_config config;
	struct azvpn_error error;
	int lock, ret;

	lock = azvpn_apply_lock(&error);
	ret = lock < 0 ? lock : azvpn_config_open(&config, AZVPN_STORE_READ, &error);
	if (ret) {
		report->failed("", &error, report->data);
	} else {
		apply.model = &config.model;
		ret = apply_all(&apply, scope, report);
		azvpn_config_close(&config);
	}
	if (lock >= 0)
		close(lock);
	return ret;
}
