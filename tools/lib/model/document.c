// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "json.h"
#include "rules.h"

/* Return: the objects of a kind as an array, or NULL if there is no memory */
static json_t *export_kind(const struct azvpn_model *model, const struct azvpn_kind *kind,
			   bool with_keys)
{
	json_t *list = json_array();
	const void *object = NULL;

	while (list && (object = azvpn_model_next(model, kind, object)))
		if (json_array_append_new(list, azvpn_object_json(model, object, with_keys))) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

json_t *azvpn_document_export(const struct azvpn_model *model, bool with_keys)
{
	json_t *document = json_pack("{s:s, s:i}", "format", AZVPN_DOCUMENT_FORMAT, "version",
				     AZVPN_DOCUMENT_VERSION);
	const struct azvpn_kind *kind;
	size_t i;

	for (i = 0; i < AZVPN_KINDS && document; i++) {
		kind = azvpn_kinds[i];
		if (!kind->owner &&
		    json_object_set_new(document, kind->json,
					export_kind(model, kind, with_keys))) {
			json_decref(document);
			document = NULL;
		}
	}
	return document;
}

/* What an import works with */
struct import {
	const struct azvpn_model *before;
	struct azvpn_model *model;
	struct azvpn_error *error;
};

/* A secret that the document leaves out must be known from before */
static int check_secrets(const struct azvpn_object *object, const void *before,
			 struct azvpn_error *error)
{
	const struct azvpn_field *field;

	azvpn_each_field(field, object->kind)
		if (field->flags & AZVPN_SECRET && !azvpn_field_count(field, object) && !before)
			return azvpn_error_set(error, -ENOKEY,
					       "%s \"%s\": the document has no %s for it and it has none here; export with --with-keys, or create it first",
					       object->kind->title, object->id, field->json);
	return 0;
}

static int put(const struct import *import, struct azvpn_object *object)
{
	const struct azvpn_kind *kind = object->kind;
	const void *before = azvpn_model_find(import->before, kind, object->id);
	struct azvpn_error *error = import->error;
	int ret;

	if (azvpn_model_find(import->model, kind, object->id))
		return azvpn_error_set(error, -EEXIST, "the document has two %ss \"%s\"",
				       kind->title, object->id);
	ret = check_secrets(object, before, error);
	if (!ret)
		ret = azvpn_rules_put(import->model, object, error);
	if (!ret && kind->complete)
		ret = kind->complete(import->model, before, object, error);
	if (!ret && azvpn_model_put(import->model, object))
		ret = azvpn_error_set(error, -ENOMEM, "out of memory");
	return ret;
}

/* "gateway "hub"", or by its number if it has no name */
static void words_for(const struct azvpn_kind *kind, const json_t *json, size_t index, char *words,
		      size_t size)
{
	const char *name = json_string_value(json_object_get(json, "name"));

	if (name)
		snprintf(words, size, "%s \"%.100s\"", kind->title, name);
	else
		snprintf(words, size, "%s number %zu of the document", kind->title, index + 1);
}

static int read_owner(const struct azvpn_object *owner, struct azvpn_object *object,
		      struct azvpn_error *error)
{
	const struct azvpn_field *field = azvpn_kind_owner_field(object->kind);

	return owner ? azvpn_field_parse(field, object, owner->id, field->json, error) : 0;
}

static int import_list(const struct import *import, const struct azvpn_kind *kind,
		       const struct azvpn_object *owner, const json_t *list);

/* The objects that are a part of one */
static int import_parts(const struct import *import, const struct azvpn_object *owner,
			const json_t *json)
{
	const json_t *list;
	int ret = 0;
	size_t i;

	for (i = 0; i < AZVPN_KINDS && !ret; i++) {
		list = json_object_get(json, azvpn_kinds[i]->json);
		if (azvpn_kinds[i]->owner == owner->kind && list)
			ret = import_list(import, azvpn_kinds[i], owner, list);
	}
	return ret;
}

static int import_object(const struct import *import, const struct azvpn_kind *kind,
			 const struct azvpn_object *owner, const json_t *json, size_t index)
{
	struct azvpn_object *object = malloc(kind->size);
	char words[160];
	int ret;

	if (!object)
		return azvpn_error_set(import->error, -ENOMEM, "out of memory");
	azvpn_object_init(object, kind);
	words_for(kind, json, index, words, sizeof(words));
	ret = read_owner(owner, object, import->error);
	if (!ret)
		ret = azvpn_object_read(object, json, words, import->error);
	if (!ret)
		ret = put(import, object);
	if (!ret)
		ret = import_parts(import, object, json);
	if (ret)
		azvpn_object_error(object, NULL, ret, import->error);
	azvpn_object_clear(object);
	free(object);
	return ret;
}

/* Whether the document leaves a value to us that no two objects have alike */
static bool leaves_open(const struct azvpn_kind *kind, const json_t *json)
{
	const struct azvpn_field *field;

	azvpn_each_field(field, kind)
		if (field->json && field->flags & AZVPN_ASSIGNED &&
		    !(field->flags & AZVPN_SECRET) && !azvpn_json_get(json, field->json))
			return true;
	return false;
}

/* Values that the document gives are not free to the others, so those come second */
static int import_list(const struct import *import, const struct azvpn_kind *kind,
		       const struct azvpn_object *owner, const json_t *list)
{
	int ret = 0, pass;
	json_t *json;
	size_t i;

	if (!json_is_array(list))
		return azvpn_error_set(import->error, -EINVAL, "%s%s%s must be a list",
				       owner ? owner->id : "the document", ": ", kind->json);
	for (pass = 0; pass < 2; pass++)
		json_array_foreach(list, i, json)
			if (!ret && leaves_open(kind, json) == pass)
				ret = import_object(import, kind, owner, json, i);
	return ret;
}

static int check_head(const json_t *document, struct azvpn_error *error)
{
	json_error_t reason;
	const char *format;
	int version;

	if (json_unpack_ex((json_t *)document, &reason, 0, "{s:s, s:i}", "format", &format,
			   "version", &version))
		return azvpn_error_set(error, -EINVAL, "the document: %s", reason.text);
	if (strcmp(format, AZVPN_DOCUMENT_FORMAT) || version != AZVPN_DOCUMENT_VERSION)
		return azvpn_error_set(error, -EPROTO,
				       "the document has format \"%.100s\" version %d; \"%s\" version %d is accepted",
				       format, version, AZVPN_DOCUMENT_FORMAT,
				       AZVPN_DOCUMENT_VERSION);
	return 0;
}

static bool is_list_of_objects(const char *key)
{
	size_t i;

	for (i = 0; i < AZVPN_KINDS; i++)
		if (!azvpn_kinds[i]->owner && !strcmp(azvpn_kinds[i]->json, key))
			return true;
	return false;
}

static int check_lists(const json_t *document, struct azvpn_error *error)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)document, key, value)
		if (strcmp(key, "format") && strcmp(key, "version") && !is_list_of_objects(key))
			return azvpn_error_set(error, -EINVAL,
					       "the document: \"%.100s\" is not a key of it", key);
	for (i = 0; i < AZVPN_KINDS; i++)
		if (!azvpn_kinds[i]->owner && azvpn_kinds[i]->since == 1 &&
		    !json_object_get(document, azvpn_kinds[i]->json))
			return azvpn_error_set(error, -EINVAL, "the document: %s is missing",
					       azvpn_kinds[i]->json);
	return 0;
}

int azvpn_document_read(const json_t *document, const struct azvpn_model *before,
			struct azvpn_model *model, struct azvpn_error *error)
{
	const struct import import = { before, model, error };
	const json_t *list;
	int ret;
	size_t i;

	ret = check_head(document, error);
	if (!ret)
		ret = check_lists(document, error);
	for (i = 0; i < AZVPN_KINDS && !ret; i++) {
		list = json_object_get(document, azvpn_kinds[i]->json);
		if (!azvpn_kinds[i]->owner && list)
			ret = import_list(&import, azvpn_kinds[i], NULL, list);
	}
	if (ret)
		azvpn_model_clear(model);
	return ret;
}
