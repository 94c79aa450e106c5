// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

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

int azvpn_config_put(struct azvpn_config *config, void *object, struct azvpn_error *error)
{
	const struct azvpn_kind *kind;
	const void *before;
	int ret;

	azvpn_object_identify(object);
	kind = ((struct azvpn_object *)object)->kind;
	before = azvpn_model_find(&config->model, kind, ((struct azvpn_object *)object)->id);
	ret = azvpn_rules_put(&config->model, object, error);
	if (!ret && kind->complete)
		ret = kind->complete(&config->model, before, object, error);
	if (!ret)
		ret = azvpn_store_put(config->store, object, error);
	if (!ret && azvpn_model_put(&config->model, object))
		ret = azvpn_error_set(error, -ENOMEM, "out of memory");
	return ret ? azvpn_object_error(object, NULL, ret, error) : 0;
}

int azvpn_config_delete(struct azvpn_config *config, void *object, struct azvpn_error *error)
{
	int ret;

	ret = azvpn_rules_delete(&config->model, object, error);
	if (!ret)
		ret = azvpn_store_delete(config->store, object, error);
	if (ret)
		return azvpn_object_error(object, NULL, ret, error);
	azvpn_model_remove(&config->model, object);
	return 0;
}

int azvpn_config_replace(struct azvpn_config *config, struct azvpn_model *model,
			 struct azvpn_error *error)
{
	const void *object;
	size_t i;
	int ret;

	ret = azvpn_store_clear(config->store, error);
	for (i = 0; i < AZVPN_KINDS; i++)
		for (object = NULL; !ret && (object = azvpn_model_next(model, azvpn_kinds[i],
								       object));)
			ret = azvpn_store_put(config->store, object, error);
	if (ret)
		return ret;
	azvpn_model_clear(&config->model);
	config->model = *model;
	azvpn_model_init(model);
	return 0;
}
