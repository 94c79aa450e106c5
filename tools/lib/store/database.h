/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SQLite database under the store: file, settings, schema, statements.
 * For store*.c alone.
 */
#ifndef AZVPN_STORE_DB_H
#define AZVPN_STORE_DB_H

#include <sqlite3.h>

#include "store.h"

struct azvpn_store {
	sqlite3 *db;	/* NULL: reading a store that does not exist */
	char *path;
};

/* Note SQLite's words for the last failure. Return: a negative errno. */
int azvpn_db_error(struct azvpn_store *store, struct azvpn_error *error);

/* Run statements that have no parameters and no results */
int azvpn_db_exec(struct azvpn_store *store, const char *sql, struct azvpn_error *error);

/**
 * azvpn_db_run() - run one statement that has no results
 * @store: where
 * @error: takes the reason of a failure
 * @sql: the statement
 * @types: a letter a parameter: 's' const char *, NULL for SQL's null;
 *	   'i' uint32_t
 *
 * Return: 0 or a negative errno.
 */
int azvpn_db_run(struct azvpn_store *store, struct azvpn_error *error, const char *sql,
		 const char *types, ...);

/* Called for each row of a query; anything but 0 ends it and becomes its result */
typedef int (*azvpn_db_row_fn)(sqlite3_stmt *row, struct azvpn_model *model,
			       struct azvpn_error *error);

int azvpn_db_query(struct azvpn_store *store, const char *sql, azvpn_db_row_fn fn,
		   struct azvpn_model *model, struct azvpn_error *error);

#endif /* AZVPN_STORE_DB_H */
