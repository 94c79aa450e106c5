/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects and their kinds. What is the same for all kinds is here, and goes by
 * their tables of fields; what is special about one is in rules.h and where it
 * has its effect.
 */
#ifndef AZVPN_OBJECT_H
#define AZVPN_OBJECT_H

#include <sys/queue.h>
#include <uthash.h>

#include "field.h"

struct azvpn_model;
struct azvpn_object;

/* Names of up to two objects with a slash between */
#define AZVPN_ID_SIZE	(2 * AZVPN_NAME_SIZE)
#define AZVPN_REFS_MAX	4

/* That one object names another, in a list of the latter */
struct azvpn_ref {
	struct azvpn_object *user;
	struct azvpn_object *target;
	TAILQ_ENTRY(azvpn_ref) entry;
};

TAILQ_HEAD(azvpn_users, azvpn_ref);

/**
 * struct azvpn_object - what every object begins with
 * @kind: its kind, as azvpn_object_init() was told
 * @id: its name, or that of its owner, a slash and its name; set by
 *	azvpn_object_identify()
 * @hh: the model's, by @id
 * @users: the model's: who names it
 * @refs: the model's: whom it names, in the order of its fields
 */
struct azvpn_object {
	const struct azvpn_kind *kind;
	char id[AZVPN_ID_SIZE];
	UT_hash_handle hh;
	struct azvpn_users users;
	struct azvpn_ref refs[AZVPN_REFS_MAX];
};

/**
 * struct azvpn_kind - a kind of objects
 * @index: in azvpn_kinds, where it comes after those that its objects name
 * @command: group of azvpnctl's commands
 * @table: of the store
 * @title: in messages
 * @json: list of them in the document, or in their owner
 * @heading: in text, of such a list in their owner; NULL if they have none
 * @help: what it is, after "a"
 * @create: more about creating and changing one, for help and manual page
 * @delete: more about deleting one; may be NULL
 * @size: of an object
 * @fields: in the order in which they are shown
 * @n_fields: how many
 * @owner: kind that such objects are a part of, and go with; NULL if of none
 * @unique: columns that no two objects have all alike; may be NULL
 * @since: version of the store's schema that has it first
 * @check: the rules of the kind, for an object that is to be put into a model;
 *	   see rules.h. References and what is fixed have been looked at.
 * @check_delete: the same for one that is to go, unless others refer to it; may
 *		  be NULL
 * @complete: choose what was not given; @before is the object as it was, or
 *	      NULL; may be NULL
 * @derive: fill in what is only told, as far as the model knows it; may be NULL
 */
struct azvpn_kind {
	unsigned int index;
	const char *command;
	const char *table;
	const char *title;
	const char *json;
	const char *heading;
	const char *help;
	const char *create;
	const char *delete;
	size_t size;
	const struct azvpn_field *fields;
	size_t n_fields;
	const struct azvpn_kind *owner;
	const char *unique;
	int since;
	int (*check)(const struct azvpn_model *model, const void *object,
		     struct azvpn_error *error);
	int (*check_delete)(const struct azvpn_model *model, const void *object,
			    struct azvpn_error *error);
	int (*complete)(const struct azvpn_model *model, const void *before, void *object,
			struct azvpn_error *error);
	void (*derive)(const struct azvpn_model *model, void *object);
};

#define azvpn_each_field(field, kind) \
	for (field = (kind)->fields; field < (kind)->fields + (kind)->n_fields; field++)

/* An object on its own, such as one on the stack: empty but for the initial values */
void azvpn_object_init(void *object, const struct azvpn_kind *kind);
/* Set the id from the fields that are part of it */
void azvpn_object_identify(void *object);
/* @to is overwritten and belongs to no model. Return: 0, or -ENOMEM with @to empty. */
int azvpn_object_copy(void *to, const void *from);
/* Free what the fields have and wipe the object; not the memory of the object itself */
void azvpn_object_clear(void *object);

/* The field of that path in JSON, or of that option; NULL if there is none */
const struct azvpn_field *azvpn_kind_field(const struct azvpn_kind *kind, const char *json);
const struct azvpn_field *azvpn_kind_option(const struct azvpn_kind *kind, const char *option);
/* The field that is the object's own name */
const struct azvpn_field *azvpn_kind_name_field(const struct azvpn_kind *kind);
/* The one that names its owner; NULL if it has none */
const struct azvpn_field *azvpn_kind_owner_field(const struct azvpn_kind *kind);

/* Take over a text as the value, or at the end of a list. @what names it in an error. */
int azvpn_field_parse(const struct azvpn_field *field, void *object, const char *text,
		      const char *what, struct azvpn_error *error);
/* The text of the value, or of an element of a list; not to be kept if the field is secret */
const char *azvpn_field_format(const struct azvpn_field *field, const void *object, size_t index,
			       char buf[AZVPN_VALUE_SIZE]);
/* How many elements; 0 or 1 if it is no list */
size_t azvpn_field_count(const struct azvpn_field *field, const void *object);
bool azvpn_field_equal(const struct azvpn_field *field, const void *a, const void *b);
/* Make it not set */
void azvpn_field_clear(const struct azvpn_field *field, void *object);
/* @to has nothing in the field. Return: 0 or -ENOMEM. */
int azvpn_field_copy(const struct azvpn_field *field, void *to, const void *from);

/* Say that an error is about the object, and its field if that is not NULL. Return: its code. */
int azvpn_object_error(const void *object, const struct azvpn_field *field, int code,
		       struct azvpn_error *error);
/* "there is no KIND "NAME"". Return: -ENOENT. */
int azvpn_object_missing(const struct azvpn_kind *kind, const char *name,
			 struct azvpn_error *error);

#endif /* AZVPN_OBJECT_H */
