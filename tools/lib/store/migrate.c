// SPDX-License-Identifier: GPL-2.0
/*
 * A store of an earlier version becomes one of this version: its tables are set
 * aside, made anew as the tables of fields are now, and filled from what was set
 * aside. So a migrated store has the very schema of a new one, and a field that
 * says since when it is there needs nothing more.
 */
#include <errno.h>

#include "database.h"
#include "sql.h"

static int version_of(struct azvpn_store *store, int *version, struct azvpn_error *error)
{
	int ret;

	ret = azvpn_db_pragma(store, "PRAGMA user_version", version, error);
	if (!ret && (*version < 1 || *version > AZVPN_SCHEMA_VERSION))
		ret = azvpn_error_set(error, -EPROTO,
				      "%s was written by another version of azvpnctl (schema %d, this one knows 1 to %d)",
				      store->path, *version, AZVPN_SCHEMA_VERSION);
	return ret;
}

/* What others name is made and filled first, and deleted last */
static int rebuild(struct azvpn_store *store, int version, struct azvpn_error *error)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);
	int i;

	for (i = 0; i < AZVPN_KINDS; i++)
		azvpn_sql_set_aside(sql, azvpn_kinds[i], version);
	for (i = 0; i < AZVPN_KINDS; i++)
		azvpn_sql_create(sql, azvpn_kinds[i]);
	for (i = 0; i < AZVPN_KINDS; i++)
		azvpn_sql_take_over(sql, azvpn_kinds[i], version);
	for (i = AZVPN_KINDS - 1; i >= 0; i--)
		azvpn_sql_drop(sql, azvpn_kinds[i], version);
	sqlite3_str_appendf(sql, "PRAGMA user_version = %d; COMMIT", AZVPN_SCHEMA_VERSION);
	return azvpn_db_exec_all(store, sql, error);
}

int azvpn_store_migrate(struct azvpn_store *store, struct azvpn_error *error)
{
	int version, ret;

	ret = version_of(store, &version, error);
	if (ret || version == AZVPN_SCHEMA_VERSION)
		return ret;
	/* Another may be at it, and done when we have the lock */
	ret = azvpn_db_exec(store, "BEGIN IMMEDIATE", error);
	if (!ret)
		ret = version_of(store, &version, error);
	if (ret)
		return ret;
	if (version == AZVPN_SCHEMA_VERSION)
		return azvpn_db_exec(store, "COMMIT", error);
	return rebuild(store, version, error);	/* what fails is rolled back when the store is closed */
}
