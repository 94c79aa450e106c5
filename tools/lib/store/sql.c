// SPDX-License-Identifier: GPL-2.0
#include "sql.h"

/* Before the name of a table that was set aside */
#define ASIDE	"old_"

bool azvpn_sql_is_column(const struct azvpn_field *field)
{
	return field->column && field->type->shape != AZVPN_LIST;
}

bool azvpn_sql_is_list(const struct azvpn_field *field)
{
	return field->column && field->type->shape == AZVPN_LIST;
}

static bool is_identity(const struct azvpn_field *field)
{
	return field->flags & AZVPN_IDENTITY;
}

/* The columns since some version at the latest, each in @fmt, with @between between them */
static void columns(sqlite3_str *sql, const struct azvpn_kind *kind, int version,
		    const char *fmt, const char *between)
{
	const struct azvpn_field *field;
	const char *before = "";

	azvpn_each_field(field, kind) {
		if (!azvpn_sql_is_column(field) || field->since > version)
			continue;
		sqlite3_str_appendall(sql, before);
		sqlite3_str_appendf(sql, fmt, field->column);
		before = between;
	}
}

static void all_columns(sqlite3_str *sql, const struct azvpn_kind *kind, const char *fmt,
			const char *between)
{
	columns(sql, kind, INT32_MAX, fmt, between);
}

/* The columns that together are the object's name, that of its owner first */
static void identity(sqlite3_str *sql, const struct azvpn_kind *kind, const char *fmt,
		     const char *between)
{
	const struct azvpn_field *owner = azvpn_kind_owner_field(kind);

	if (owner) {
		sqlite3_str_appendf(sql, fmt, owner->column);
		sqlite3_str_appendall(sql, between);
	}
	sqlite3_str_appendf(sql, fmt, azvpn_kind_name_field(kind)->column);
}

static void create_column(sqlite3_str *sql, const struct azvpn_kind *kind,
			  const struct azvpn_field *field)
{
	sqlite3_str_appendf(sql, "%s %s", field->column,
			    field->type->shape == AZVPN_NUMBER ? "INTEGER" : "TEXT");
	if (field->initial || field->flags & (AZVPN_REQUIRED | AZVPN_ASSIGNED))
		sqlite3_str_appendall(sql, " NOT NULL");
	if (field->initial)
		sqlite3_str_appendf(sql, " DEFAULT %Q", field->initial);
	if (field->flags & AZVPN_UNIQUE)
		sqlite3_str_appendall(sql, " UNIQUE");
	if (field->target)
		sqlite3_str_appendf(sql, " REFERENCES %s", field->target->table);
	if (field == azvpn_kind_owner_field(kind))
		sqlite3_str_appendall(sql, " ON DELETE CASCADE");
	sqlite3_str_appendall(sql, ", ");
}

static void create_list(sqlite3_str *sql, const struct azvpn_kind *kind,
			const struct azvpn_field *field)
{
	sqlite3_str_appendf(sql,
			    "CREATE TABLE %s_%s (%s TEXT NOT NULL REFERENCES %s ON DELETE CASCADE,"
			    " position INTEGER NOT NULL, %s TEXT NOT NULL,"
			    " PRIMARY KEY (%s, position)) STRICT;",
			    kind->table, field->column, kind->table, kind->table, field->column,
			    kind->table);
}

void azvpn_sql_create(sqlite3_str *sql, const struct azvpn_kind *kind)
{
	const struct azvpn_field *field;

	sqlite3_str_appendf(sql, "CREATE TABLE %s (", kind->table);
	azvpn_each_field(field, kind)
		if (azvpn_sql_is_column(field))
			create_column(sql, kind, field);
	if (kind->unique)
		sqlite3_str_appendf(sql, "UNIQUE (%s), ", kind->unique);
	sqlite3_str_appendall(sql, "PRIMARY KEY (");
	identity(sql, kind, "%s", ", ");
	sqlite3_str_appendall(sql, ")) STRICT;");
	azvpn_each_field(field, kind)
		if (azvpn_sql_is_list(field))
			create_list(sql, kind, field);
}

/* Whether a store of that version has the list */
static bool had_list(const struct azvpn_field *field, int version)
{
	return azvpn_sql_is_list(field) && field->since <= version;
}

void azvpn_sql_set_aside(sqlite3_str *sql, const struct azvpn_kind *kind, int version)
{
	const struct azvpn_field *field;

	if (kind->since > version)
		return;
	sqlite3_str_appendf(sql, "ALTER TABLE %s RENAME TO " ASIDE "%s;", kind->table,
			    kind->table);
	azvpn_each_field(field, kind)
		if (had_list(field, version))
			sqlite3_str_appendf(sql, "ALTER TABLE %s_%s RENAME TO " ASIDE "%s_%s;",
					    kind->table, field->column, kind->table,
					    field->column);
}

/* New columns have their initial values, new lists and kinds are empty */
void azvpn_sql_take_over(sqlite3_str *sql, const struct azvpn_kind *kind, int version)
{
	const struct azvpn_field *field;

	if (kind->since > version)
		return;
	sqlite3_str_appendf(sql, "INSERT INTO %s (", kind->table);
	columns(sql, kind, version, "%s", ", ");
	sqlite3_str_appendall(sql, ") SELECT ");
	columns(sql, kind, version, "%s", ", ");
	sqlite3_str_appendf(sql, " FROM " ASIDE "%s;", kind->table);
	azvpn_each_field(field, kind)
		if (had_list(field, version))
			sqlite3_str_appendf(sql,
					    "INSERT INTO %s_%s SELECT %s, position, %s FROM " ASIDE
					    "%s_%s;", kind->table, field->column, kind->table,
					    field->column, kind->table, field->column);
}

void azvpn_sql_drop(sqlite3_str *sql, const struct azvpn_kind *kind, int version)
{
	const struct azvpn_field *field;

	if (kind->since > version)
		return;
	azvpn_each_field(field, kind)
		if (had_list(field, version))
			sqlite3_str_appendf(sql, "DROP TABLE " ASIDE "%s_%s;", kind->table,
					    field->column);
	sqlite3_str_appendf(sql, "DROP TABLE " ASIDE "%s;", kind->table);
}

void azvpn_sql_select(sqlite3_str *sql, const struct azvpn_kind *kind)
{
	sqlite3_str_appendall(sql, "SELECT ");
	all_columns(sql, kind, "%s", ", ");
	sqlite3_str_appendf(sql, " FROM %s ORDER BY ", kind->table);
	identity(sql, kind, "%s", ", ");
}

/* A kind may have nothing but its name */
static bool has_values(const struct azvpn_kind *kind)
{
	const struct azvpn_field *field;

	azvpn_each_field(field, kind)
		if (azvpn_sql_is_column(field) && !is_identity(field))
			return true;
	return false;
}

void azvpn_sql_put(sqlite3_str *sql, const struct azvpn_kind *kind)
{
	const struct azvpn_field *field;
	const char *before = "";

	sqlite3_str_appendf(sql, "INSERT INTO %s (", kind->table);
	all_columns(sql, kind, "%s", ", ");
	sqlite3_str_appendall(sql, ") VALUES (");
	all_columns(sql, kind, "?", ", ");
	sqlite3_str_appendall(sql, ") ON CONFLICT (");
	identity(sql, kind, "%s", ", ");
	sqlite3_str_appendall(sql, has_values(kind) ? ") DO UPDATE SET " : ") DO NOTHING");
	azvpn_each_field(field, kind) {
		if (!azvpn_sql_is_column(field) || is_identity(field))
			continue;
		sqlite3_str_appendf(sql, "%s%s = excluded.%s", before, field->column,
				    field->column);
		before = ", ";
	}
}

void azvpn_sql_delete(sqlite3_str *sql, const struct azvpn_kind *kind)
{
	sqlite3_str_appendf(sql, "DELETE FROM %s WHERE ", kind->table);
	identity(sql, kind, "%s = ?", " AND ");
}

void azvpn_sql_list_select(sqlite3_str *sql, const struct azvpn_kind *kind,
			   const struct azvpn_field *field)
{
	sqlite3_str_appendf(sql, "SELECT %s, %s FROM %s_%s ORDER BY %s, position", kind->table,
			    field->column, kind->table, field->column, kind->table);
}

void azvpn_sql_list_add(sqlite3_str *sql, const struct azvpn_kind *kind,
			const struct azvpn_field *field)
{
	sqlite3_str_appendf(sql, "INSERT INTO %s_%s (%s, position, %s) VALUES (?, ?, ?)",
			    kind->table, field->column, kind->table, field->column);
}

void azvpn_sql_list_clear(sqlite3_str *sql, const struct azvpn_kind *kind,
			  const struct azvpn_field *field)
{
	sqlite3_str_appendf(sql, "DELETE FROM %s_%s WHERE %s = ?", kind->table, field->column,
			    kind->table);
}
