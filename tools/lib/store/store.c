// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "sql.h"

static const char *text(sqlite3_stmt *row, int column)
{
	const char *value = (const char *)sqlite3_column_text(row, column);

	return value ? value : "";
}

static int out_of_memory(struct azvpn_error *error)
{
	return azvpn_error_set(error, -ENOMEM, "out of memory");
}

/* Rows that refer to what is not there, such as sqlite3(1) can leave behind */
static int refuse_dangling(sqlite3_stmt *row, void *data, struct azvpn_error *error)
{
	(void)data;
	return azvpn_error_set(error, -EINVAL,
			       "the store: row %lld of table \"%s\" refers to a \"%s\" that is not there",
			       (long long)sqlite3_column_int64(row, 1), text(row, 0),
			       text(row, 2));
}

/* What is being loaded */
struct load {
	struct azvpn_model *model;
	const struct azvpn_kind *kind;
	const struct azvpn_field *field;	/* of a list */
	struct azvpn_object *object;		/* for one object after the other */
};

/*
 * What is read back passes the same parsers as what is typed, so that a
 * damaged or edited file gives an error and not a strange configuration.
 */
static int read_columns(sqlite3_stmt *row, struct azvpn_object *object, struct azvpn_error *error)
{
	const struct azvpn_field *field;
	int column = 0, ret = 0;
	char what[64];

	azvpn_each_field(field, object->kind) {
		if (ret || !azvpn_sql_is_column(field))
			continue;
		sqlite3_snprintf(sizeof(what), what, "the store: %s of a %s", field->column,
				 object->kind->title);
		if (sqlite3_column_type(row, column) != SQLITE_NULL)
			ret = azvpn_field_parse(field, object, text(row, column), what, error);
		column++;
	}
	azvpn_object_identify(object);
	return ret ? azvpn_object_error(object, NULL, ret, error) : 0;
}

static int load_object(sqlite3_stmt *row, void *data, struct azvpn_error *error)
{
	struct load *load = data;
	int ret;

	azvpn_object_init(load->object, load->kind);
	ret = read_columns(row, load->object, error);
	if (!ret) {
		ret = azvpn_model_put(load->model, load->object);
		if (ret)	/* of memory, as nothing dangles */
			ret = out_of_memory(error);
	}
	azvpn_object_clear(load->object);
	return ret;
}

/* The owner is there: nothing dangles */
static int load_element(sqlite3_stmt *row, void *data, struct azvpn_error *error)
{
	const struct load *load = data;
	void *object = azvpn_model_find(load->model, load->kind, text(row, 0));
	char what[64];

	sqlite3_snprintf(sizeof(what), what, "the store: %s of a %s", load->field->column,
			 load->kind->title);
	return azvpn_field_parse(load->field, object, text(row, 1), what, error);
}

static int load_lists(struct azvpn_store *store, struct load *load, struct azvpn_error *error)
{
	const struct azvpn_field *field;
	sqlite3_str *sql;
	int ret = 0;

	azvpn_each_field(field, load->kind) {
		if (ret || !azvpn_sql_is_list(field))
			continue;
		load->field = field;
		sql = sqlite3_str_new(store->db);
		azvpn_sql_list_select(sql, load->kind, field);
		ret = azvpn_db_query(store, sql, load_element, load, error);
	}
	return ret;
}

static int load_kind(struct azvpn_store *store, struct load *load, struct azvpn_error *error)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);
	int ret;

	load->object = malloc(load->kind->size);
	if (!load->object) {
		sqlite3_free(sqlite3_str_finish(sql));
		return out_of_memory(error);
	}
	azvpn_sql_select(sql, load->kind);
	ret = azvpn_db_query(store, sql, load_object, load, error);
	free(load->object);
	return ret ? ret : load_lists(store, load, error);
}

/* Foreign keys cannot say this: a gateway needs the subnet of that name */
static int check_gateway_subnets(const struct azvpn_model *model, struct azvpn_error *error)
{
	const struct azvpn_gateway *gateway = NULL;

	while ((gateway = azvpn_model_next(model, &azvpn_gateway_kind, gateway)))
		if (!azvpn_subnet_find(model, gateway->vnet, AZVPN_GATEWAY_SUBNET))
			return azvpn_error_set(error, -EINVAL,
					       "the store: VNet \"%s\" of gateway \"%s\" has no %s",
					       gateway->vnet, gateway->name, AZVPN_GATEWAY_SUBNET);
	return 0;
}

int azvpn_store_load(struct azvpn_store *store, struct azvpn_model *model,
		     struct azvpn_error *error)
{
	struct load load = { .model = model };
	sqlite3_str *sql;
	size_t i;
	int ret;

	if (!store->db)
		return 0;
	sql = sqlite3_str_new(store->db);
	sqlite3_str_appendall(sql, "PRAGMA foreign_key_check");
	ret = azvpn_db_query(store, sql, refuse_dangling, NULL, error);
	for (i = 0; i < AZVPN_KINDS && !ret; i++) {
		load.kind = azvpn_kinds[i];
		ret = load_kind(store, &load, error);
	}
	if (!ret)
		ret = check_gateway_subnets(model, error);
	if (ret)
		azvpn_model_clear(model);
	return ret;
}

static int bind_field(struct azvpn_store *store, sqlite3_stmt *statement, int at,
		      const struct azvpn_field *field, const void *object, size_t index,
		      struct azvpn_error *error)
{
	char buf[AZVPN_VALUE_SIZE];
	const char *value;
	int ret;

	if (!azvpn_field_count(field, object))
		return 0;	/* a parameter is null before it is bound */
	value = azvpn_field_format(field, object, index, buf);
	if (field->type->shape == AZVPN_NUMBER)
		ret = sqlite3_bind_int64(statement, at, strtoll(value, NULL, 10));
	else
		ret = sqlite3_bind_text(statement, at, value, -1, SQLITE_TRANSIENT);
	return ret == SQLITE_OK ? 0 : azvpn_db_error(store, error);
}

static int bind_name(struct azvpn_store *store, sqlite3_stmt *statement, int at,
		     const struct azvpn_object *object, struct azvpn_error *error)
{
	return bind_field(store, statement, at, azvpn_kind_name_field(object->kind), object, 0,
			  error);
}

static int add_elements(struct azvpn_store *store, const struct azvpn_object *object,
			const struct azvpn_field *field, struct azvpn_error *error)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);
	size_t count = azvpn_field_count(field, object), i;
	sqlite3_stmt *statement;
	int ret;

	azvpn_sql_list_add(sql, object->kind, field);
	ret = azvpn_db_prepare(store, sql, &statement, error);
	if (!ret)
		ret = bind_name(store, statement, 1, object, error);
	for (i = 0; i < count && !ret; i++) {
		sqlite3_bind_int64(statement, 2, i);
		ret = bind_field(store, statement, 3, field, object, i, error);
		if (!ret)
			ret = azvpn_db_step(store, statement, error);
	}
	sqlite3_finalize(statement);
	return ret;
}

/* Written anew */
static int put_list(struct azvpn_store *store, const struct azvpn_object *object,
		    const struct azvpn_field *field, struct azvpn_error *error)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);
	sqlite3_stmt *statement;
	int ret;

	azvpn_sql_list_clear(sql, object->kind, field);
	ret = azvpn_db_prepare(store, sql, &statement, error);
	if (!ret)
		ret = bind_name(store, statement, 1, object, error);
	if (!ret)
		ret = azvpn_db_step(store, statement, error);
	sqlite3_finalize(statement);
	return ret ? ret : add_elements(store, object, field, error);
}

int azvpn_store_put(struct azvpn_store *store, const void *object, struct azvpn_error *error)
{
	const struct azvpn_object *head = object;
	sqlite3_str *sql = sqlite3_str_new(store->db);
	const struct azvpn_field *field;
	sqlite3_stmt *statement;
	int column = 1, ret;

	azvpn_sql_put(sql, head->kind);
	ret = azvpn_db_prepare(store, sql, &statement, error);
	azvpn_each_field(field, head->kind)
		if (!ret && azvpn_sql_is_column(field))
			ret = bind_field(store, statement, column++, field, object, 0, error);
	if (!ret)
		ret = azvpn_db_step(store, statement, error);
	sqlite3_finalize(statement);
	azvpn_each_field(field, head->kind)
		if (!ret && azvpn_sql_is_list(field))
			ret = put_list(store, head, field, error);
	return ret;
}

int azvpn_store_delete(struct azvpn_store *store, const void *object, struct azvpn_error *error)
{
	const struct azvpn_object *head = object;
	const struct azvpn_field *owner = azvpn_kind_owner_field(head->kind);
	sqlite3_str *sql = sqlite3_str_new(store->db);
	sqlite3_stmt *statement;
	int ret;

	azvpn_sql_delete(sql, head->kind);
	ret = azvpn_db_prepare(store, sql, &statement, error);
	if (!ret && owner)
		ret = bind_field(store, statement, 1, owner, object, 0, error);
	if (!ret)
		ret = bind_name(store, statement, owner ? 2 : 1, head, error);
	if (!ret)
		ret = azvpn_db_step(store, statement, error);
	sqlite3_finalize(statement);
	return ret;
}

int azvpn_store_clear(struct azvpn_store *store, struct azvpn_error *error)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);
	int i;

	/* Those that name others go first */
	for (i = AZVPN_KINDS - 1; i >= 0; i--)
		sqlite3_str_appendf(sql, "DELETE FROM %s;", azvpn_kinds[i]->table);
	return azvpn_db_exec_all(store, sql, error);
}
