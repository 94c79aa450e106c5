/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SQL of the store, from the tables of fields: one table of SQLite's for each
 * kind of objects, and one for each field that is a list.
 *
 * Names are keys, so that a reference is readable and foreign keys see to it
 * that none dangles. Lists keep their order. Addresses are text for the same
 * reason: "sqlite3 azvpn.db .dump" is to be understood by a person at night.
 */
#ifndef AZVPN_SQL_H
#define AZVPN_SQL_H

#include <sqlite3.h>

#include "objects.h"

/* Each appends its statements to @sql; parameters and results are in the order of the fields */

/* Tables of the kind, empty */
void azvpn_sql_create(sqlite3_str *sql, const struct azvpn_kind *kind);
/* Give its tables other names, before those of another version are made */
void azvpn_sql_set_aside(sqlite3_str *sql, const struct azvpn_kind *kind, int version);
/* Take over what is in the tables set aside, and delete those */
void azvpn_sql_take_over(sqlite3_str *sql, const struct azvpn_kind *kind, int version);
void azvpn_sql_drop(sqlite3_str *sql, const struct azvpn_kind *kind, int version);

/* All objects, sorted by name */
void azvpn_sql_select(sqlite3_str *sql, const struct azvpn_kind *kind);
/* Add one, or overwrite that of the same name */
void azvpn_sql_put(sqlite3_str *sql, const struct azvpn_kind *kind);
/* Delete one: by the names of its owner, if it has one, and its own */
void azvpn_sql_delete(sqlite3_str *sql, const struct azvpn_kind *kind);

/* Of a list: every object's name and an element; those of one object in their order */
void azvpn_sql_list_select(sqlite3_str *sql, const struct azvpn_kind *kind,
			   const struct azvpn_field *field);
/* Add an element: name of the object, position, element */
void azvpn_sql_list_add(sqlite3_str *sql, const struct azvpn_kind *kind,
			const struct azvpn_field *field);
/* Delete all of an object: its name */
void azvpn_sql_list_clear(sqlite3_str *sql, const struct azvpn_kind *kind,
			  const struct azvpn_field *field);

/* Whether the field is a column, or else a table of its own */
bool azvpn_sql_is_column(const struct azvpn_field *field);
bool azvpn_sql_is_list(const struct azvpn_field *field);

#endif /* AZVPN_SQL_H */
