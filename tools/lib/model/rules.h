/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be configured: every rule of Azure's that azvpn keeps is here and
 * nowhere else. Documentation/model.md lists them with their reasons.
 *
 * Nothing is changed by these functions. Each returns 0, or a negative errno
 * and an error that names the object, the field, the value and what would be
 * accepted.
 */
#ifndef AZVPN_RULES_H
#define AZVPN_RULES_H

#include "model.h"

/*
 * Whether @model may take the object: a new one, or one that overwrites the one
 * of the same name. Overwriting with the same values is always allowed.
 */
int azvpn_rules_put(const struct azvpn_model *model, const void *object,
		    struct azvpn_error *error);

/*
 * Whether the object may go: not while another refers to it, unless that is a
 * part of it and goes, too.
 */
int azvpn_rules_delete(const struct azvpn_model *model, const void *object,
		       struct azvpn_error *error);

/* The rules of one kind, for its description; what is the same for all kinds is done before */
int azvpn_rules_vnet(const struct azvpn_model *model, const void *object,
		     struct azvpn_error *error);
int azvpn_rules_subnet(const struct azvpn_model *model, const void *object,
		       struct azvpn_error *error);
int azvpn_rules_delete_subnet(const struct azvpn_model *model, const void *object,
			      struct azvpn_error *error);
int azvpn_rules_gateway(const struct azvpn_model *model, const void *object,
			struct azvpn_error *error);
int azvpn_rules_local_gateway(const struct azvpn_model *model, const void *object,
			      struct azvpn_error *error);
int azvpn_rules_connection(const struct azvpn_model *model, const void *object,
			   struct azvpn_error *error);

#endif /* AZVPN_RULES_H */
