// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "object.h"

static void *value_of(const struct azvpn_field *field, const void *object)
{
	return (char *)object + field->offset;
}

void azvpn_object_init(void *object, const struct azvpn_kind *kind)
{
	const struct azvpn_field *field;
	struct azvpn_object *head = object;

	memset(object, 0, kind->size);
	head->kind = kind;
	azvpn_each_field(field, kind)
		if (field->initial &&
		    azvpn_field_parse(field, object, field->initial, field->json, NULL))
			abort();	/* a mistake in the table */
}

void azvpn_object_identify(void *object)
{
	struct azvpn_object *head = object;
	const struct azvpn_field *owner = azvpn_kind_owner_field(head->kind);

	snprintf(head->id, sizeof(head->id), "%s%s%s",
		 owner ? (char *)value_of(owner, object) : "", owner ? "/" : "",
		 (char *)value_of(azvpn_kind_name_field(head->kind), object));
}

int azvpn_object_copy(void *to, const void *from)
{
	const struct azvpn_object *head = from;
	const struct azvpn_field *field;

	memset(to, 0, head->kind->size);
	((struct azvpn_object *)to)->kind = head->kind;
	azvpn_each_field(field, head->kind)
		if (azvpn_field_copy(field, to, from)) {
			azvpn_object_clear(to);
			return -ENOMEM;
		}
	azvpn_object_identify(to);
	return 0;
}

void azvpn_object_clear(void *object)
{
	const struct azvpn_kind *kind = ((struct azvpn_object *)object)->kind;
	const struct azvpn_field *field;

	azvpn_each_field(field, kind)
		azvpn_field_clear(field, object);
}

const struct azvpn_field *azvpn_kind_field(const struct azvpn_kind *kind, const char *json)
{
	const struct azvpn_field *field;

	azvpn_each_field(field, kind)
		if (field->json && !strcmp(field->json, json))
			return field;
	return NULL;
}

const struct azvpn_field *azvpn_kind_option(const struct azvpn_kind *kind, const char *option)
{
	const struct azvpn_field *field;

	azvpn_each_field(field, kind)
		if (field->option && !strcmp(field->option, option))
			return field;
	return NULL;
}

const struct azvpn_field *azvpn_kind_name_field(const struct azvpn_kind *kind)
{
	return azvpn_kind_field(kind, "name");
}

const struct azvpn_field *azvpn_kind_owner_field(const struct azvpn_kind *kind)
{
	const struct azvpn_field *field;

	if (kind->owner)
		azvpn_each_field(field, kind)
			if (field->target == kind->owner)
				return field;
	return NULL;
}

int azvpn_field_parse(const struct azvpn_field *field, void *object, const char *text,
		      const char *what, struct azvpn_error *error)
{
	return field->type->parse(field, text, what, value_of(field, object), error);
}

const char *azvpn_field_format(const struct azvpn_field *field, const void *object, size_t index,
			       char buf[AZVPN_VALUE_SIZE])
{
	return field->type->format(field, value_of(field, object), index, buf);
}

size_t azvpn_field_count(const struct azvpn_field *field, const void *object)
{
	return field->type->count(field, value_of(field, object));
}

/* Equal values have equal texts: each value has one spelling */
bool azvpn_field_equal(const struct azvpn_field *field, const void *a, const void *b)
{
	char one[AZVPN_VALUE_SIZE], other[AZVPN_VALUE_SIZE];
	size_t count = azvpn_field_count(field, a), i;

	if (azvpn_field_count(field, b) != count)
		return false;
	for (i = 0; i < count; i++)
		if (strcmp(azvpn_field_format(field, a, i, one),
			   azvpn_field_format(field, b, i, other)))
			return false;
	return true;
}

void azvpn_field_clear(const struct azvpn_field *field, void *object)
{
	if (field->type == &azvpn_type_prefixes)
		azvpn_prefixes_clear(value_of(field, object));
	explicit_bzero(value_of(field, object), field->size);
}

int azvpn_field_copy(const struct azvpn_field *field, void *to, const void *from)
{
	if (field->type == &azvpn_type_prefixes)
		return azvpn_prefixes_copy(value_of(field, to), value_of(field, from));
	memcpy(value_of(field, to), value_of(field, from), field->size);
	return 0;
}

int azvpn_object_error(const void *object, const struct azvpn_field *field, int code,
		       struct azvpn_error *error)
{
	const struct azvpn_object *head = object;

	azvpn_error_about(error, head->kind->command, head->id, field ? field->json : NULL);
	return code;
}

int azvpn_object_missing(const struct azvpn_kind *kind, const char *name,
			 struct azvpn_error *error)
{
	const char *slash = kind->owner ? strchr(name, '/') : NULL;

	if (slash)
		azvpn_error_set(error, -ENOENT, "there is no %s \"%.80s\" in %s \"%.*s\"",
				kind->title, slash + 1, kind->owner->title, (int)(slash - name),
				name);
	else
		azvpn_error_set(error, -ENOENT, "there is no %s \"%.160s\"", kind->title, name);
	azvpn_error_about(error, kind->command, name, NULL);
	return -ENOENT;
}
