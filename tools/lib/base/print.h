/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output, as a text table or as JSON, from the same calls: each value is given
 * once, with its JSON key and its text heading. Where the key is NULL it is in
 * the text only, where the heading is NULL in JSON only.
 *
 * One object prints as lines "Heading: value", a list of them as a table.
 * JSON keys are Azure's where Azure has one; once published they stay.
 */
#ifndef AZVPN_PRINT_H
#define AZVPN_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"

struct azvpn_print;

enum azvpn_print_shape {
	AZVPN_PRINT_OBJECT,	/* exactly one record follows */
	AZVPN_PRINT_LIST,	/* any number of records, in JSON an array */
};

/* Return: a printer, or NULL if there is no memory */
struct azvpn_print *azvpn_print_new(bool json, enum azvpn_print_shape shape);

/* Begin a record: the object, or the next one of the list */
void azvpn_print_record(struct azvpn_print *print);

void azvpn_print_string(struct azvpn_print *print, const char *key, const char *heading,
			const char *value);
void azvpn_print_number(struct azvpn_print *print, const char *key, const char *heading,
			uint64_t value);
void azvpn_print_bool(struct azvpn_print *print, const char *key, const char *heading,
		      bool value);
/* JSON only: there is no value */
void azvpn_print_null(struct azvpn_print *print, const char *key);
void azvpn_print_addr(struct azvpn_print *print, const char *key, const char *heading,
		      const struct azvpn_addr *addr);
void azvpn_print_prefix(struct azvpn_print *print, const char *key, const char *heading,
			const struct azvpn_prefix *prefix);
/*
 * A string, a number, or an array of strings, in text with commas; @value is taken
 * over. NULL: not set, which is empty in text and left out in JSON.
 */
void azvpn_print_json(struct azvpn_print *print, const char *key, const char *heading,
		      json_t *value);

/* What follows is inside an object of the record, or of that object; text is flat */
void azvpn_print_begin(struct azvpn_print *print, const char *key);
/* An array, which is there even if nothing follows for it */
void azvpn_print_array(struct azvpn_print *print, const char *key);
/* The same as azvpn_print_begin() inside that array, as its next element */
void azvpn_print_begin_item(struct azvpn_print *print, const char *key);
void azvpn_print_end(struct azvpn_print *print);

/*
 * Write everything to @out and free the printer.
 * Return: 0, or -ENOMEM or -EIO when something is missing in the output.
 */
int azvpn_print_finish(struct azvpn_print *print, FILE *out);

/* Free it unwritten */
void azvpn_print_discard(struct azvpn_print *print);

#endif /* AZVPN_PRINT_H */
