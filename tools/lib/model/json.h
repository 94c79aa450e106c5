/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects as JSON, by their tables of fields: of the document, of "show -j" and
 * of whoever asks.
 */
#ifndef AZVPN_JSON_H
#define AZVPN_JSON_H

#include <jansson.h>

#include "model.h"

/* The value of a field. NULL: it is not set, or there is no memory. */
json_t *azvpn_field_json(const struct azvpn_field *field, const void *object);

/* Put @value, which is taken over, where @path leads, with dots. Return: 0 or -ENOMEM. */
int azvpn_json_put(json_t *json, const char *path, json_t *value);
/* What is there, or NULL */
json_t *azvpn_json_get(const json_t *json, const char *path);

/*
 * What of an object is configured, with its parts, but without the name of its
 * owner. Return: a new reference, or NULL if there is no memory.
 */
json_t *azvpn_object_json(const struct azvpn_model *model, const void *object, bool with_keys);

/**
 * azvpn_object_read() - fill an object from JSON
 * @object: initialised, and with the name of its owner if it has one
 * @json: what azvpn_object_json() made, or was written by hand; values that are
 *	  only told are passed over, as are parts
 * @what: the object in words, for an error
 * @error: names the key and what is wrong with it; unknown keys are refused
 *
 * Return: 0 or a negative errno; the object is to be cleared in either case.
 */
int azvpn_object_read(void *object, const json_t *json, const char *what,
		      struct azvpn_error *error);

#endif /* AZVPN_JSON_H */
