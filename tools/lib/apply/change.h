/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Changing the configuration and applying what was changed, for azvpnctl and
 * whoever else lets an administrator do so.
 *
 *	azvpn_change_begin(&change, &error)
 *	azvpn_change_put(&change, object, &error)	and others, any number
 *	azvpn_change_commit(&change, &error)		or azvpn_change_abort(&change)
 *	azvpn_apply_saved(&change.scope, &report)
 */
#ifndef AZVPN_CHANGE_H
#define AZVPN_CHANGE_H

#include <jansson.h>

#include "apply.h"
#include "config.h"

/**
 * struct azvpn_scope - which gateways are to be applied
 * @all: every one
 * @gateway: one, or empty
 * @local_gateway: those that are joined to this one, or empty
 */
struct azvpn_scope {
	bool all;
	char gateway[AZVPN_NAME_SIZE];
	char local_gateway[AZVPN_NAME_SIZE];
};

/* Whether there is anything to apply */
bool azvpn_scope_any(const struct azvpn_scope *scope);

/* A change that has begun: other writers wait until it is committed or aborted */
struct azvpn_change {
	struct azvpn_config config;
	struct azvpn_scope scope;
};

int azvpn_change_begin(struct azvpn_change *change, struct azvpn_error *error);
/* Create an object, or change the one of the same name */
int azvpn_change_put(struct azvpn_change *change, void *object, struct azvpn_error *error);
/* Delete the object of that id, "VNET/SUBNET" for a subnet; what others refer to is kept */
int azvpn_change_delete(struct azvpn_change *change, const struct azvpn_kind *kind,
			const char *id, struct azvpn_error *error);
/* Have what a document says, and nothing else */
int azvpn_change_import(struct azvpn_change *change, const json_t *document,
			struct azvpn_error *error);
/* All of it lasts when this returns 0, and none if not; the change has ended in either case */
int azvpn_change_commit(struct azvpn_change *change, struct azvpn_error *error);
void azvpn_change_abort(struct azvpn_change *change);

/**
 * struct azvpn_report - who is told what applying does
 * @note: every change made to the system
 * @failed: why a gateway, or everything if the name is empty, is not as it should be
 * @data: for both
 */
struct azvpn_report {
	azvpn_apply_note_fn note;
	void (*failed)(const char *gateway, const struct azvpn_error *error, void *data);
	void *data;
};

/*
 * Make the system be what the saved configuration says, as far as @scope goes.
 * One gateway that fails does not keep the others from being applied.
 *
 * Return: 0, or the negative errno of the first failure; all are told.
 */
int azvpn_apply_saved(const struct azvpn_scope *scope, const struct azvpn_report *report);

#endif /* AZVPN_CHANGE_H */
