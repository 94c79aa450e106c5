// SPDX-License-Identifier: GPL-2.0
/* Objects as text and as JSON, by their tables of fields. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "json.h"

#define MASK	"********"

static void print_field(struct azvpn_print *print, const struct azvpn_field *field,
			const void *object)
{
	const char *path = field->json, *dot;
	json_t *value = azvpn_field_json(field, object);
	size_t depth = 0;
	char key[64];

	if (value && field->flags & AZVPN_SECRET) {
		json_decref(value);
		value = json_string(MASK);
	}
	for (; (dot = strchr(path, '.')); path = dot + 1, depth++) {
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		azvpn_print_begin(print, key);
	}
	azvpn_print_json(print, path, field->heading, value);
	while (depth--)
		azvpn_print_end(print);
}

/* In JSON the objects that are a part of this one, in text their names */
static void print_parts(struct azvpn_print *print, const struct azvpn_model *model,
			const void *object, const struct azvpn_kind *kind)
{
	json_t *list = json_array(), *names = json_array();
	const void *part = NULL;
	json_t *json;

	while ((part = azvpn_object_user(object, kind, part))) {
		json = azvpn_object_json(model, part, false);
		json_array_append(names, json_object_get(json, "name"));
		json_array_append_new(list, json);
	}
	azvpn_print_json(print, kind->json, NULL, list);
	azvpn_print_json(print, NULL, kind->heading, names);
}

void print_object(struct azvpn_print *print, const struct azvpn_model *model, void *object)
{
	const struct azvpn_kind *kind = ((struct azvpn_object *)object)->kind;
	const struct azvpn_field *field;
	size_t i;

	if (kind->derive)
		kind->derive(model, object);
	azvpn_print_record(print);
	azvpn_each_field(field, kind)
		if (field->json)
			print_field(print, field, object);
	for (i = 0; i < AZVPN_KINDS; i++)
		if (azvpn_kinds[i]->owner == kind)
			print_parts(print, model, object, azvpn_kinds[i]);
}
