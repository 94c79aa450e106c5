/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole configuration as one JSON document, for "azvpnctl export" and
 * "azvpnctl import". Documentation/model.md describes it.
 */
#ifndef AZVPN_DOCUMENT_H
#define AZVPN_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>

#include "config.h"

/* Return: a new reference, or NULL if there is no memory */
json_t *azvpn_document_export(const struct azvpn_model *model, bool with_keys);

/**
 * azvpn_document_import() - replace the configuration by that of a document
 * @config: opened for writing; committing it is left to the caller
 * @document: what azvpn_document_export() made, or was written by hand
 * @error: names the object and what is wrong with it
 *
 * Every rule is checked. A connection without a key in the document keeps the
 * one it has; if it is new, that is refused.
 *
 * Return: 0 or a negative errno; then @config must be closed, not committed.
 */
int azvpn_document_import(struct azvpn_config *config, json_t *document,
			  struct azvpn_error *error);

#endif /* AZVPN_DOCUMENT_H */
