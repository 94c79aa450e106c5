/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values that nobody gives: those chosen for a new object, and those told of an
 * object that follow from others. For the descriptions of kinds.
 */
#ifndef AZVPN_VALUES_H
#define AZVPN_VALUES_H

#include "model.h"

/*
 * The tunnel id, the key, and the tag of a key that is another than before;
 * @before is the connection as it was, or NULL.
 */
int azvpn_connection_complete(const struct azvpn_model *model, const void *before, void *object,
			      struct azvpn_error *error);

void azvpn_gateway_derive(const struct azvpn_model *model, void *object);
void azvpn_connection_derive(const struct azvpn_model *model, void *object);

#endif /* AZVPN_VALUES_H */
