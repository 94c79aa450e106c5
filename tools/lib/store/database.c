// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "database.h"

#define DATABASE	"azvpn.db"
#define BUSY_MS		10000
/* "azvp": lets file(1) and us tell the file from other databases */
#define APPLICATION_ID	0x617a7670
#define SCHEMA_VERSION	1

/*
 * Names are keys, so that a reference is readable and foreign keys see to it
 * that none dangles. Prefixes keep their order. Addresses are text for the same
 * reason: "sqlite3 azvpn.db .dump" is to be understood by a person at night.
 */
static const char schema[] =
	"CREATE TABLE vnet (name TEXT PRIMARY KEY) STRICT;"
	"CREATE TABLE vnet_prefix ("
	" vnet TEXT NOT NULL REFERENCES vnet ON DELETE CASCADE,"
	" position INTEGER NOT NULL, prefix TEXT NOT NULL,"
	" PRIMARY KEY (vnet, position)) STRICT;"
	"CREATE TABLE subnet ("
	" vnet TEXT NOT NULL REFERENCES vnet ON DELETE CASCADE,"
	" name TEXT NOT NULL, prefix TEXT NOT NULL,"
	" PRIMARY KEY (vnet, name)) STRICT;"
	"CREATE TABLE gateway (name TEXT PRIMARY KEY,"
	" vnet TEXT NOT NULL UNIQUE REFERENCES vnet,"
	" public_ip TEXT NOT NULL, netns TEXT) STRICT;"
	"CREATE TABLE local_gateway (name TEXT PRIMARY KEY, gateway_ip TEXT NOT NULL) STRICT;"
	"CREATE TABLE local_gateway_prefix ("
	" local_gateway TEXT NOT NULL REFERENCES local_gateway ON DELETE CASCADE,"
	" position INTEGER NOT NULL, prefix TEXT NOT NULL,"
	" PRIMARY KEY (local_gateway, position)) STRICT;"
	"CREATE TABLE connection (name TEXT PRIMARY KEY,"
	" gateway TEXT NOT NULL REFERENCES gateway,"
	" local_gateway TEXT NOT NULL REFERENCES local_gateway,"
	" tunnel_id INTEGER NOT NULL,"
	" shared_key TEXT NOT NULL, key_tag TEXT NOT NULL,"
	" UNIQUE (gateway, tunnel_id)) STRICT;";

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

int azvpn_db_run(struct azvpn_store *store, struct azvpn_error *error, const char *sql,
		 const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list args;
	int i, ret;

	ret = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	va_start(args, types);
	for (i = 0; ret == SQLITE_OK && types[i]; i++)
		if (types[i] == 's')
			ret = sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1,
						SQLITE_STATIC);
		else
			ret = sqlite3_bind_int64(statement, i + 1, va_arg(args, uint32_t));
	va_end(args);
	if (ret == SQLITE_OK)
		ret = sqlite3_step(statement);
	ret = ret == SQLITE_DONE ? 0 : azvpn_db_error(store, error);
	sqlite3_finalize(statement);
	return ret;
}

int azvpn_db_query(struct azvpn_store *store, const char *sql, azvpn_db_row_fn fn,
		   struct azvpn_model *model, struct azvpn_error *error)
{
	sqlite3_stmt *statement;
	int ret = 0, step;

	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return azvpn_db_error(store, error);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		ret = fn(statement, model, error);
		if (ret)
			break;
	}
	if (!ret && step != SQLITE_DONE)
		ret = azvpn_db_error(store, error);
	sqlite3_finalize(statement);
	return ret;
}

static int pragma(struct azvpn_store *store, const char *sql, int *value,
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

/* In the transaction already, so that two first writers do not both make it */
static int make_schema(struct azvpn_store *store, enum azvpn_store_mode mode,
		       struct azvpn_error *error)
{
	int id = 0, version = 0, ret;
	char sql[96];

	ret = pragma(store, "PRAGMA application_id", &id, error);
	if (!ret)
		ret = pragma(store, "PRAGMA user_version", &version, error);
	if (ret)
		return ret;
	if (id == APPLICATION_ID && version == SCHEMA_VERSION)
		return 0;
	if (id == APPLICATION_ID)
		return azvpn_error_set(error, -EPROTO,
				       "%s was written by another version of azvpnctl (schema %d, this one knows %d)",
				       store->path, version, SCHEMA_VERSION);
	if (id || version)
		return azvpn_error_set(error, -EINVAL, "%s is not a database of azvpnctl",
				       store->path);
	if (mode == AZVPN_STORE_READ)	/* made, but its first change never came to be */
		return -ENODATA;
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
			 APPLICATION_ID, SCHEMA_VERSION);
	ret = azvpn_db_exec(store, schema, error);
	return ret ? ret : azvpn_db_exec(store, sql, error);
}

/* The file holds keys: it must be ours alone from its first moment on */
static int check_file(const char *path, enum azvpn_store_mode mode, struct azvpn_error *error)
{
	struct stat st;
	int fd;

	if (lstat(path, &st)) {
		if (errno == ENOENT && mode == AZVPN_STORE_READ)
			return -ENODATA;
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
		else if (errno != EEXIST)
			return azvpn_error_set(error, -errno, "cannot make %s: %s", path,
					       strerror(errno));
		if (lstat(path, &st))
			return azvpn_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	if (!S_ISREG(st.st_mode))
		return azvpn_error_set(error, -EINVAL, "%s is not a regular file", path);
	if (st.st_uid != geteuid())
		return azvpn_error_set(error, -EPERM,
				       "%s belongs to user %u, not to the user of this command (%u)",
				       path, st.st_uid, geteuid());
	if (st.st_mode & 0077)
		return azvpn_error_set(error, -EPERM,
				       "%s has mode %04o, so others can get at its keys; run \"chmod 600 %s\" and consider \"azvpnctl connection shared-key reset\"",
				       path, st.st_mode & 07777, path);
	return 0;
}

/*
 * A rollback journal with synchronous=EXTRA has a committed change on disk,
 * and the journal's removal too, before COMMIT returns. secure_delete zeroes
 * what is deleted: a replaced key is gone from the file.
 */
static int open_database(struct azvpn_store *store, enum azvpn_store_mode mode,
			 struct azvpn_error *error)
{
	int ret;

	if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return azvpn_db_error(store, error);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	ret = azvpn_db_exec(store,
			    "PRAGMA foreign_keys = ON; PRAGMA journal_mode = DELETE;"
			    "PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;"
			    "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY", error);
	if (!ret)
		ret = azvpn_db_exec(store, mode == AZVPN_STORE_WRITE ? "BEGIN IMMEDIATE" : "BEGIN",
				    error);
	return ret ? ret : make_schema(store, mode, error);
}

static void close_database(struct azvpn_store *store)
{
	sqlite3_close(store->db);	/* rolls back */
	store->db = NULL;
}

int azvpn_store_open(const char *dir, enum azvpn_store_mode mode, struct azvpn_store **result,
		     struct azvpn_error *error)
{
	struct azvpn_store *store;
	char path[PATH_MAX];
	int ret;

	ret = azvpn_path(path, sizeof(path), dir, DATABASE, NULL, error);
	if (!ret && mode == AZVPN_STORE_WRITE)
		ret = azvpn_dir_make(dir, error);
	if (ret)
		return ret;
	store = calloc(1, sizeof(*store));
	if (store)
		store->path = strdup(path);
	if (!store || !store->path) {
		free(store);
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	}
	ret = check_file(path, mode, error);
	if (!ret)
		ret = open_database(store, mode, error);
	if (ret)
		close_database(store);
	if (ret && ret != -ENODATA) {
		azvpn_store_close(store);
		return ret;
	}
	*result = store;
	return 0;
}

void azvpn_store_close(struct azvpn_store *store)
{
	if (!store)
		return;
	close_database(store);
	free(store->path);
	free(store);
}

int azvpn_store_commit(struct azvpn_store *store, struct azvpn_error *error)
{
	return azvpn_db_exec(store, "COMMIT", error);
}
