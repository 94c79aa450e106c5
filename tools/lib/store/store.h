/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the configuration lasts. A handle is one transaction: what is put or
 * deleted through it becomes real all at once with azvpn_store_commit(), or
 * never. The store checks no rules; rules.h comes first.
 *
 * Today it is an SQLite file of mode 0600. Nothing here is about SQLite, so
 * that a pair of hosts can share another store later.
 */
#ifndef AZVPN_STORE_H
#define AZVPN_STORE_H

#include "model.h"

struct azvpn_store;

enum azvpn_store_mode {
	AZVPN_STORE_READ,	/* a store that does not exist yet reads as empty */
	AZVPN_STORE_WRITE,	/* keeps other writers out until it is closed */
};

/**
 * azvpn_store_open() - begin a transaction
 * @dir: the state directory; made if need be when writing
 * @mode: what is intended
 * @store: takes the handle
 * @error: takes the reason of a failure
 *
 * Waits up to ten seconds for another writer to finish. A store that an earlier
 * version of azvpnctl wrote is made one of this version; what is not a whole
 * store is refused and left alone.
 *
 * Return: 0 or a negative errno (-EBUSY: another writer is still at it).
 */
int azvpn_store_open(const char *dir, enum azvpn_store_mode mode, struct azvpn_store **store,
		     struct azvpn_error *error);
/* Undoes what was not committed. NULL is accepted. */
void azvpn_store_close(struct azvpn_store *store);
/* Everything is on disk when this returns 0. Only azvpn_store_close() may follow. */
int azvpn_store_commit(struct azvpn_store *store, struct azvpn_error *error);

/* Fill an empty model; objects come sorted by name. On failure it stays empty. */
int azvpn_store_load(struct azvpn_store *store, struct azvpn_model *model,
		     struct azvpn_error *error);
/* Add the object, or overwrite the one of the same name */
int azvpn_store_put(struct azvpn_store *store, const void *object, struct azvpn_error *error);
/* Delete the object of the same name, with what is a part of it */
int azvpn_store_delete(struct azvpn_store *store, const void *object, struct azvpn_error *error);
/* Delete everything */
int azvpn_store_clear(struct azvpn_store *store, struct azvpn_error *error);

#endif /* AZVPN_STORE_H */
