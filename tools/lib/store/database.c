// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "database.h"
#include "path.h"

#define DATABASE	"azvpn.db"
#define BUSY_MS		10000

int azvpn_db_error(struct azvpn_store *store, struct azvpn_error *error)
{
	int code = sqlite3_errcode(store->db) & 0xff;

	if (code == SQLITE_BUSY)
		return azvpn_error_set(error, -EBUSY,
				       "%s is in use by another azvpnctl; try again when it is done",
				       store->path);
	return azvpn_error_set(error, code == SQLITE_FULL ? -ENOSPC : -EIO, "%s: %s",
			       store->path, sqlite3_errmsg(store->db));
}

int azvpn_db_exec(struct azvpn_store *store, const char *sql, struct azvpn_error *error)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return azvpn_db_error(store, error);
	return 0;
}

int azvpn_db_exec_all(struct azvpn_store *store, sqlite3_str *sql, struct azvpn_error *error)
{
	char *text = sqlite3_str_finish(sql);
	int ret;

	ret = text ? azvpn_db_exec(store, text, error) :
		     azvpn_error_set(error, -ENOMEM, "out of memory");
	sqlite3_free(text);
	return ret;
}

int azvpn_db_prepare(struct azvpn_store *store, sqlite3_str *sql, sqlite3_stmt **statement,
		     struct azvpn_error *error)
{
	char *text = sqlite3_str_finish(sql);
	int ret = 0;

	*statement = NULL;
	if (!text)
		ret = azvpn_error_set(error, -ENOMEM, "out of memory");
	else if (sqlite3_prepare_v2(store->db, text, -1, statement, NULL) != SQLITE_OK)
		ret = azvpn_db_error(store, error);
	sqlite3_free(text);
	return ret;
}

int azvpn_db_step(struct azvpn_store *store, sqlite3_stmt *statement, struct azvpn_error *error)
{
	int ret;

	ret = sqlite3_step(statement) == SQLITE_DONE ? 0 : azvpn_db_error(store, error);
	sqlite3_reset(statement);
	return ret;
}

int azvpn_db_query(struct azvpn_store *store, sqlite3_str *sql, azvpn_db_row_fn fn, void *data,
		   struct azvpn_error *error)
{
	sqlite3_stmt *statement;
	int ret, step;

	ret = azvpn_db_prepare(store, sql, &statement, error);
	if (ret)
		return ret;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		ret = fn(statement, data, error);
		if (ret)
			break;
	}
	if (!ret && step != SQLITE_DONE)
		ret = azvpn_db_error(store, error);
	sqlite3_finalize(statement);
	return ret;
}

int azvpn_db_pragma(struct azvpn_store *store, const char *sql, int *value,
		    struct azvpn_error *error)
{
	sqlite3_stmt *statement;
	int ret = 0;

	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK ||
	    sqlite3_step(statement) != SQLITE_ROW)
		ret = azvpn_db_error(store, error);
	else
		*value = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return ret;
}

/*
 * A rollback journal with synchronous=EXTRA has a committed change on disk,
 * and the journal's removal too, before COMMIT returns. secure_delete zeroes
 * what is deleted: a replaced key is gone from the file.
 */
static int open_database(struct azvpn_store *store, struct azvpn_error *error)
{
	if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return azvpn_db_error(store, error);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	return azvpn_db_exec(store,
			     "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA;"
			     "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
			     "PRAGMA temp_store = MEMORY", error);
}

static int refuse_damaged(sqlite3_stmt *row, void *data, struct azvpn_error *error)
{
	const struct azvpn_store *store = data;
	const char *words = (const char *)sqlite3_column_text(row, 0);

	if (words && !strcmp(words, "ok"))
		return 0;
	return azvpn_error_set(error, -EBADMSG,
			       "%s is not a whole store, and left alone: %s; put back a copy of it, or remove it and import an export",
			       store->path, words ? words : "it cannot be read");
}

/* What is cut off or overwritten must not pass for what was never configured */
static int check_whole(struct azvpn_store *store, struct azvpn_error *error)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);

	sqlite3_str_appendall(sql, "PRAGMA quick_check(1)");
	return azvpn_db_query(store, sql, refuse_damaged, store, error);
}

static int begin(struct azvpn_store *store, enum azvpn_store_mode mode, struct azvpn_error *error)
{
	int ret;

	ret = open_database(store, error);
	if (!ret)
		ret = check_whole(store, error);
	if (!ret)
		ret = azvpn_store_migrate(store, error);
	if (!ret)
		ret = azvpn_db_exec(store, "PRAGMA foreign_keys = ON", error);
	if (!ret)
		ret = azvpn_db_exec(store, mode == AZVPN_STORE_WRITE ? "BEGIN IMMEDIATE" : "BEGIN",
				    error);
	return ret;
}

/* Whether there is a store to open by now */
static int find_file(const char *dir, const char *path, enum azvpn_store_mode mode, bool *there,
		     struct azvpn_error *error)
{
	int ret;

	*there = mode == AZVPN_STORE_WRITE || !access(path, F_OK) || errno != ENOENT;
	if (!*there)
		return 0;
	if (mode == AZVPN_STORE_WRITE) {
		ret = azvpn_dir_make(dir, error);
		if (!ret)
			ret = azvpn_file_make(dir, path, error);
		if (ret)
			return ret;
	}
	return azvpn_file_check(path, error);
}

int azvpn_store_open(const char *dir, enum azvpn_store_mode mode, struct azvpn_store **result,
		     struct azvpn_error *error)
{
	struct azvpn_store *store;
	char path[PATH_MAX];
	bool there;
	int ret;

	ret = azvpn_path(path, sizeof(path), dir, DATABASE, NULL, error);
	if (ret)
		return ret;
	store = calloc(1, sizeof(*store));
	if (store)
		store->path = strdup(path);
	if (!store || !store->path) {
		free(store);
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	}
	ret = find_file(dir, path, mode, &there, error);
	if (!ret && there)
		ret = begin(store, mode, error);
	if (ret)
		azvpn_store_close(store);
	else
		*result = store;
	return ret;
}

void azvpn_store_close(struct azvpn_store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);	/* rolls back */
	free(store->path);
	free(store);
}

int azvpn_store_commit(struct azvpn_store *store, struct azvpn_error *error)
{
	return azvpn_db_exec(store, "COMMIT", error);
}
