/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole configuration as one JSON document, for "azvpnctl export" and
 * "azvpnctl import". Documentation/model.md describes it, and
 * Documentation/schema/azvpn.schema.json for programs.
 */
#ifndef AZVPN_DOCUMENT_H
#define AZVPN_DOCUMENT_H

#include <jansson.h>

#include "model.h"

#define AZVPN_DOCUMENT_FORMAT	"azvpn"
/* One more when documents written before are no longer understood */
#define AZVPN_DOCUMENT_VERSION	1

/* Return: a new reference, or NULL if there is no memory */
json_t *azvpn_document_export(const struct azvpn_model *model, bool with_keys);

/**
 * azvpn_document_read() - make a model of a document
 * @document: what azvpn_document_export() made, or was written by hand
 * @before: the configuration there is now
 * @model: an empty model
 * @error: names the object and what is wrong with it
 *
 * Every rule is checked. A connection without a key in the document keeps the
 * one it has; if it is new, that is refused.
 *
 * Return: 0 or a negative errno; then @model is empty.
 */
int azvpn_document_read(const json_t *document, const struct azvpn_model *before,
			struct azvpn_model *model, struct azvpn_error *error);

/* The JSON Schema of documents. Return: a new reference, or NULL if there is no memory. */
json_t *azvpn_document_schema(void);

#endif /* AZVPN_DOCUMENT_H */
