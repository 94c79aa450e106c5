// SPDX-License-Identifier: GPL-2.0
/* The JSON Schema of documents, from the tables of fields. */
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "json.h"

#define DRAFT	"https://json-schema.org/draft/2020-12/schema"

static json_t *field_schema(const struct azvpn_field *field)
{
	json_t *one = json_object(), *schema = one;

	field->type->schema(field, one);
	if (field->type->shape == AZVPN_LIST)
		schema = json_pack("{s:s, s:o, s:i}", "type", "array", "items", one, "minItems",
				   field->flags & AZVPN_REQUIRED ? 1 : 0);
	json_object_set_new(schema, "description", json_string(field->help));
	if (field->initial)
		json_object_set_new(schema, "default", json_string(field->initial));
	if (field->flags & AZVPN_READ_ONLY)
		json_object_set_new(schema, "readOnly", json_true());
	return schema;
}

/* Of an object that has no other members than those that are put into the schema */
static json_t *closed_object(void)
{
	return json_pack("{s:s, s:{}, s:[], s:b}", "type", "object", "properties", "required",
			 "additionalProperties", 0);
}

static void require(json_t *schema, const char *key)
{
	json_array_append_new(json_object_get(schema, "required"), json_string(key));
}

/* Put a field where its path leads, through objects that are closed, too */
static void put_field(json_t *schema, const struct azvpn_field *field, bool optional)
{
	bool required = field->flags & AZVPN_REQUIRED && !optional;
	const char *path = field->json, *dot;
	json_t *properties, *inner;
	char key[64];

	for (; (dot = strchr(path, '.')); path = dot + 1) {
		properties = json_object_get(schema, "properties");
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		inner = json_object_get(properties, key);
		if (!inner) {
			inner = closed_object();
			json_object_set_new(properties, key, inner);
			if (required)
				require(schema, key);
		}
		schema = inner;
	}
	json_object_set_new(json_object_get(schema, "properties"), path, field_schema(field));
	if (required)
		require(schema, path);
}

/* Schemas of objects are in $defs, so that those of "show -j" have theirs, too */
static json_t *list_schema(const struct azvpn_kind *kind)
{
	char ref[64];

	snprintf(ref, sizeof(ref), "#/$defs/%s", kind->command);
	return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "$ref", ref);
}

static json_t *object_schema(const struct azvpn_kind *kind)
{
	const struct azvpn_field *field;
	json_t *schema = closed_object();
	size_t i;

	json_object_set_new(schema, "description", json_string(kind->help));
	azvpn_each_field(field, kind)
		if (field->json)
			put_field(schema, field, field == azvpn_kind_owner_field(kind));
	for (i = 0; i < AZVPN_KINDS; i++)
		if (azvpn_kinds[i]->owner == kind)
			json_object_set_new(json_object_get(schema, "properties"),
					    azvpn_kinds[i]->json, list_schema(azvpn_kinds[i]));
	return schema;
}

static void put_head(json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties");

	json_object_set_new(properties, "format",
			    json_pack("{s:s}", "const", AZVPN_DOCUMENT_FORMAT));
	json_object_set_new(properties, "version",
			    json_pack("{s:i}", "const", AZVPN_DOCUMENT_VERSION));
	require(schema, "format");
	require(schema, "version");
}

json_t *azvpn_document_schema(void)
{
	json_t *schema = json_pack("{s:s, s:s}", "$schema", DRAFT, "title",
				   "Configuration of azvpn");
	json_t *closed = closed_object(), *definitions = json_object();
	const struct azvpn_kind *kind;
	size_t i;

	json_object_update(schema, closed);
	json_decref(closed);
	put_head(schema);
	for (i = 0; i < AZVPN_KINDS; i++) {
		kind = azvpn_kinds[i];
		json_object_set_new(definitions, kind->command, object_schema(kind));
		if (kind->owner)
			continue;
		json_object_set_new(json_object_get(schema, "properties"), kind->json,
				    list_schema(kind));
		if (kind->since == 1)
			require(schema, kind->json);
	}
	json_object_set_new(schema, "$defs", definitions);
	return schema;
}
