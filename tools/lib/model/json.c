// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define PATH_SIZE	128

static json_t *list_json(const struct azvpn_field *field, const void *object)
{
	size_t count = azvpn_field_count(field, object), i;
	char buf[AZVPN_VALUE_SIZE];
	json_t *list = json_array();

	for (i = 0; i < count && list; i++)
		if (json_array_append_new(list, json_string(azvpn_field_format(field, object, i,
									       buf)))) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

json_t *azvpn_field_json(const struct azvpn_field *field, const void *object)
{
	char buf[AZVPN_VALUE_SIZE];
	const char *text;

	if (field->type->shape == AZVPN_LIST)
		return list_json(field, object);
	if (!azvpn_field_count(field, object))
		return NULL;
	text = azvpn_field_format(field, object, 0, buf);
	/* JSON numbers are signed here; counters do not get that far */
	return field->type->shape == AZVPN_NUMBER ? json_integer(strtoll(text, NULL, 10)) :
						    json_string(text);
}

int azvpn_json_put(json_t *json, const char *path, json_t *value)
{
	const char *dot;
	json_t *inner;

	for (; (dot = strchr(path, '.')); path = dot + 1) {
		inner = json_object_getn(json, path, dot - path);
		if (!inner) {
			inner = json_object();
			if (json_object_setn_new(json, path, dot - path, inner)) {
				json_decref(value);
				return -ENOMEM;
			}
		}
		json = inner;
	}
	return json_object_set_new(json, path, value) ? -ENOMEM : 0;
}

json_t *azvpn_json_get(const json_t *json, const char *path)
{
	const char *dot;

	for (; (dot = strchr(path, '.')); path = dot + 1)
		json = json_object_getn(json, path, dot - path);
	return json_object_get(json, path);
}

static bool exported(const struct azvpn_field *field, bool with_keys)
{
	return field->json && !(field->flags & AZVPN_READ_ONLY) &&
	       (with_keys || !(field->flags & AZVPN_SECRET));
}

/* Lists of the objects that are a part of one. Return: 0 or -ENOMEM. */
static int add_parts(const struct azvpn_model *model, const struct azvpn_object *owner,
		     json_t *json, bool with_keys)
{
	const void *part = NULL;
	json_t *list;
	size_t i;

	for (i = 0; i < AZVPN_KINDS; i++) {
		if (azvpn_kinds[i]->owner != owner->kind)
			continue;
		list = json_array();
		if (azvpn_json_put(json, azvpn_kinds[i]->json, list))
			return -ENOMEM;
		while ((part = azvpn_object_user(owner, azvpn_kinds[i], part)))
			if (json_array_append_new(list, azvpn_object_json(model, part,
									  with_keys)))
				return -ENOMEM;
	}
	return 0;
}

json_t *azvpn_object_json(const struct azvpn_model *model, const void *object, bool with_keys)
{
	const struct azvpn_kind *kind = ((const struct azvpn_object *)object)->kind;
	const struct azvpn_field *field, *owner = azvpn_kind_owner_field(kind);
	json_t *json = json_object();
	bool bad = !json;

	azvpn_each_field(field, kind)
		if (!bad && field != owner && exported(field, with_keys) &&
		    azvpn_field_count(field, object))
			bad = azvpn_json_put(json, field->json, azvpn_field_json(field, object));
	if (!bad && !add_parts(model, object, json, with_keys))
		return json;
	json_decref(json);
	return NULL;
}

/* Whether some field is at that path, or inside of it */
static bool known(const struct azvpn_kind *kind, const char *path, bool *inside)
{
	const struct azvpn_field *field;
	size_t size = strlen(path), i;

	*inside = false;
	if (azvpn_kind_field(kind, path))
		return true;
	for (i = 0; i < AZVPN_KINDS; i++)
		if (azvpn_kinds[i]->owner == kind && !strcmp(azvpn_kinds[i]->json, path))
			return true;
	azvpn_each_field(field, kind)
		if (field->json && !strncmp(field->json, path, size) && field->json[size] == '.')
			*inside = true;
	return *inside;
}

/* A misspelled key would be ignored silently otherwise */
static int check_keys(const struct azvpn_kind *kind, const json_t *json, const char *path,
		      const char *what, struct azvpn_error *error)
{
	char inner[PATH_SIZE];
	const char *key;
	json_t *value;
	bool inside;
	int ret = 0;

	if (!json_is_object(json))
		return azvpn_error_set(error, -EINVAL, "%s: %s%smust be an object", what, path,
				       *path ? " " : "");
	json_object_foreach((json_t *)json, key, value) {
		if (snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", key) >=
			    (int)sizeof(inner) || !known(kind, inner, &inside))
			return azvpn_error_set(error, -EINVAL,
					       "%s: \"%.100s\" is not a key of a %s", what, key,
					       kind->title);
		if (inside)
			ret = check_keys(kind, value, inner, what, error);
		if (ret)
			return ret;
	}
	return 0;
}

static int wrong_type(const struct azvpn_field *field, const char *what, struct azvpn_error *error)
{
	static const char *const words[] = {
		[AZVPN_TEXT] = "a string", [AZVPN_NUMBER] = "a whole number",
		[AZVPN_LIST] = "a list of strings",
	};

	return azvpn_error_set(error, -EINVAL, "%s: %s must be %s", what, field->json,
			       words[field->type->shape]);
}

static int read_one(const struct azvpn_field *field, void *object, const json_t *value,
		    const char *what, struct azvpn_error *error)
{
	char words[256], number[32];
	const char *text = json_string_value(value);

	if (field->type->shape == AZVPN_NUMBER && json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		text = number;
	} else if (field->type->shape == AZVPN_NUMBER || !text) {
		return wrong_type(field, what, error);
	}
	snprintf(words, sizeof(words), "%s: %s", what, field->json);
	return azvpn_field_parse(field, object, text, words, error);
}

static int read_field(const struct azvpn_field *field, void *object, const json_t *json,
		      const char *what, struct azvpn_error *error)
{
	json_t *value = azvpn_json_get(json, field->json), *item;
	int ret = 0;
	size_t i;

	if (!value && field->flags & AZVPN_REQUIRED)
		return azvpn_error_set(error, -EINVAL, "%s: %s is missing", what, field->json);
	if (!value)
		return 0;
	if (field->type->shape != AZVPN_LIST)
		return read_one(field, object, value, what, error);
	if (!json_is_array(value))
		return wrong_type(field, what, error);
	json_array_foreach(value, i, item)
		if (!ret)
			ret = read_one(field, object, item, what, error);
	return ret;
}

/* A part is inside its owner, but may say so, too */
static int check_owner(const struct azvpn_field *owner, const void *object, const json_t *json,
		       const char *what, struct azvpn_error *error)
{
	const char *given = owner ? json_string_value(json_object_get(json, owner->json)) : NULL;
	char buf[AZVPN_VALUE_SIZE];
	const char *name;

	if (!given)
		return 0;
	name = azvpn_field_format(owner, object, 0, buf);
	if (!strcmp(given, name))
		return 0;
	return azvpn_error_set(error, -EINVAL, "%s: %s is \"%.100s\", but it is a part of \"%s\"",
			       what, owner->json, given, name);
}

int azvpn_object_read(void *object, const json_t *json, const char *what,
		      struct azvpn_error *error)
{
	const struct azvpn_kind *kind = ((struct azvpn_object *)object)->kind;
	const struct azvpn_field *field, *owner = azvpn_kind_owner_field(kind);
	int ret;

	ret = check_keys(kind, json, "", what, error);
	if (!ret)
		ret = check_owner(owner, object, json, what, error);
	if (ret)
		return ret;
	azvpn_each_field(field, kind) {
		if (!field->json || field->flags & AZVPN_READ_ONLY || field == owner)
			continue;
		ret = read_field(field, object, json, what, error);
		if (ret)
			return azvpn_object_error(object, field, ret, error);
	}
	azvpn_object_identify(object);
	return 0;
}
