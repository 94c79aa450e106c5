/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields of objects, each described once. Store, document, JSON Schema, options,
 * show and list, completion and the manual page follow from the description.
 */
#ifndef AZVPN_FIELD_H
#define AZVPN_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Sizes count the zero byte at the end */
#define AZVPN_NAME_SIZE		81
#define AZVPN_NETNS_SIZE	256
/* What every value that is not kept as text fits into as text */
#define AZVPN_VALUE_SIZE	64

struct azvpn_field;
struct azvpn_kind;

/* How a value appears in JSON and in the store */
enum azvpn_shape {
	AZVPN_TEXT,
	AZVPN_NUMBER,
	AZVPN_LIST,	/* of texts */
};

/**
 * struct azvpn_type - what a field can hold, and its way to text and back
 * @argument: of an option with such a value, "ADDRESS"
 * @noun: one of it, in messages: "address"
 * @example: one that parses
 * @shape: in JSON and in the store
 * @from_file: an option names a file that has the value, as others can see options
 * @parse: take over a text; a list gets it at its end. @what names the value in
 *	   the error. Return: 0 or a negative errno.
 * @format: the text of a value, or of element @index of a list; @buf is for
 *	    types that do not keep their value as text
 * @count: how many elements a list has; 0 or 1 for others, as they are set
 * @schema: add to @schema, an object, what JSON Schema has to say about one
 */
struct azvpn_type {
	const char *argument;
	const char *noun;
	const char *example;
	enum azvpn_shape shape;
	bool from_file;
	int (*parse)(const struct azvpn_field *field, const char *text, const char *what,
		     void *value, struct azvpn_error *error);
	const char *(*format)(const struct azvpn_field *field, const void *value, size_t index,
			      char buf[AZVPN_VALUE_SIZE]);
	size_t (*count)(const struct azvpn_field *field, const void *value);
	void (*schema)(const struct azvpn_field *field, json_t *schema);
};

extern const struct azvpn_type azvpn_type_name;		/* char[AZVPN_NAME_SIZE] */
extern const struct azvpn_type azvpn_type_netns;	/* char[AZVPN_NETNS_SIZE] */
extern const struct azvpn_type azvpn_type_text;		/* char[], told and never taken */
extern const struct azvpn_type azvpn_type_addr;		/* struct azvpn_addr */
extern const struct azvpn_type azvpn_type_prefix;	/* struct azvpn_prefix */
extern const struct azvpn_type azvpn_type_prefixes;	/* struct azvpn_prefixes */
extern const struct azvpn_type azvpn_type_choice;	/* unsigned int: which of the choices */
extern const struct azvpn_type azvpn_type_number;	/* uint32_t or uint64_t; 0: not set */
extern const struct azvpn_type azvpn_type_key;		/* char[]: text of a struct azvpn_key */
extern const struct azvpn_type azvpn_type_tag;		/* char[]: tag of a struct azvpn_key */

enum azvpn_field_flags {
	AZVPN_IDENTITY	= 1 << 0,	/* part of the object's name */
	AZVPN_REQUIRED	= 1 << 1,	/* must be set */
	AZVPN_FIXED	= 1 << 2,	/* cannot change while the object exists */
	AZVPN_SECRET	= 1 << 3,	/* shown to those who ask for it by name */
	AZVPN_ASSIGNED	= 1 << 4,	/* chosen by us where it is not given */
	AZVPN_READ_ONLY	= 1 << 5,	/* told, never taken; not stored */
	AZVPN_UNIQUE	= 1 << 6,	/* no two objects of the kind have the same */
};

/**
 * struct azvpn_field - a field of a kind of objects
 * @json: path in JSON, with dots; Azure's where Azure has one. NULL: not in JSON
 * @column: of the store, and for a list end of the name of its table. NULL: not
 *	    stored
 * @option: of "create" and "update", without dashes. NULL: not given there
 * @heading: in text. NULL: in JSON only
 * @type: of the value
 * @flags: of enum azvpn_field_flags
 * @offset: of the value in the object
 * @size: of the value
 * @target: kind of the object that it names; NULL if it names none
 * @choices: of a choice, ending with NULL
 * @min: of a number
 * @max: of a number
 * @initial: value of a new object, as text; NULL: not set
 * @help: what it is, for help, manual page and JSON Schema
 * @since: version of the store's schema that has it first
 */
struct azvpn_field {
	const char *json;
	const char *column;
	const char *option;
	const char *heading;
	const struct azvpn_type *type;
	unsigned int flags;
	size_t offset;
	size_t size;
	const struct azvpn_kind *target;
	const char *const *choices;
	uint32_t min;
	uint32_t max;
	const char *initial;
	const char *help;
	int since;
};

/* Where the value is, for the tables of fields */
#define AZVPN_AT(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)

/*
 * Names and namespaces from outside. Refused when empty, too long or of
 * characters that are not accepted; the error says which are.
 */
int azvpn_name_parse(const char *text, const char *what, char name[AZVPN_NAME_SIZE],
		     struct azvpn_error *error);
int azvpn_netns_parse(const char *text, const char *what, char netns[AZVPN_NETNS_SIZE],
		      struct azvpn_error *error);

#endif /* AZVPN_FIELD_H */
