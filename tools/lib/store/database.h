/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SQLite database under the store: file, settings, statements. For the
 * store's own files alone.
 */
#ifndef AZVPN_DATABASE_H
#define AZVPN_DATABASE_H

#include <sqlite3.h>

#include "store.h"

/* One more when a field or a kind is added, which then says so in its "since" */
#define AZVPN_SCHEMA_VERSION	2

struct azvpn_store {
	sqlite3 *db;	/* NULL: reading a store that does not exist */
	char *path;
};

/* Note SQLite's words for the last failure. Return: a negative errno. */
int azvpn_db_error(struct azvpn_store *store, struct azvpn_error *error);

/* Run statements that have no parameters and no results */
int azvpn_db_exec(struct azvpn_store *store, const char *sql, struct azvpn_error *error);

/* These take over @sql and free it. The statement is NULL if it cannot be prepared. */
int azvpn_db_exec_all(struct azvpn_store *store, sqlite3_str *sql, struct azvpn_error *error);
int azvpn_db_prepare(struct azvpn_store *store, sqlite3_str *sql, sqlite3_stmt **statement,
		     struct azvpn_error *error);

/* Run a statement that has no results, and make it ready to be run again */
int azvpn_db_step(struct azvpn_store *store, sqlite3_stmt *statement, struct azvpn_error *error);

/* Called for each row of a query; anything but 0 ends it and becomes its result */
typedef int (*azvpn_db_row_fn)(sqlite3_stmt *row, void *data, struct azvpn_error *error);

/* Takes over @sql, too */
int azvpn_db_query(struct azvpn_store *store, sqlite3_str *sql, azvpn_db_row_fn fn, void *data,
		   struct azvpn_error *error);

/* The number that a pragma tells */
int azvpn_db_pragma(struct azvpn_store *store, const char *sql, int *value,
		    struct azvpn_error *error);

/* See that there is a whole store of ours at the path. @path: of it, in @dir. */
int azvpn_file_check(const char *path, struct azvpn_error *error);
/* Make an empty store, unless another made one first; it is there whole or not at all */
int azvpn_file_make(const char *dir, const char *path, struct azvpn_error *error);

/* Make a store of an earlier version one of this version, in one transaction */
int azvpn_store_migrate(struct azvpn_store *store, struct azvpn_error *error);

#endif /* AZVPN_DATABASE_H */
