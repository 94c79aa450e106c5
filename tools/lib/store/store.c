// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "database.h"

static const char *text(sqlite3_stmt *row, int column)
{
	const char *value = (const char *)sqlite3_column_text(row, column);

	return value ? value : "";
}

static int out_of_memory(struct azvpn_error *error)
{
	return azvpn_error_set(error, -ENOMEM, "out of memory");
}

/*
 * What is read back passes the same parsers as what is typed, so that a
 * damaged or edited file gives an error and not a strange configuration.
 */
static int load_name(sqlite3_stmt *row, int column, char name[AZVPN_NAME_SIZE],
		     struct azvpn_error *error)
{
	return azvpn_name_parse(text(row, column), "the store", name, error);
}

static int load_vnet(sqlite3_stmt *row, struct azvpn_model *model, struct azvpn_error *error)
{
	struct azvpn_vnet vnet = {};
	int ret;

	ret = load_name(row, 0, vnet.name, error);
	if (!ret && azvpn_model_put_vnet(model, &vnet))
		ret = out_of_memory(error);
	return ret;
}

static int load_prefix(sqlite3_stmt *row, struct azvpn_prefixes *prefixes,
		       struct azvpn_error *error)
{
	struct azvpn_prefix prefix;
	int ret;

	ret = azvpn_prefix_parse(text(row, 1), text(row, 0), &prefix, error);
	if (!ret && azvpn_prefixes_add(prefixes, &prefix))
		ret = out_of_memory(error);
	return ret;
}

/* Rows that refer to what is not there, such as sqlite3(1) can leave behind */
static int load_dangling(sqlite3_stmt *row, struct azvpn_model *model, struct azvpn_error *error)
{
	(void)model;
	return azvpn_error_set(error, -EINVAL,
			       "the store: row %lld of table \"%s\" refers to a \"%s\" that is not there",
			       (long long)sqlite3_column_int64(row, 1), text(row, 0),
			       text(row, 2));
}

/* The owner is there: nothing dangles */
static int load_vnet_prefix(sqlite3_stmt *row, struct azvpn_model *model,
			    struct azvpn_error *error)
{
	return load_prefix(row, &azvpn_vnet_find(model, text(row, 0))->prefixes, error);
}

static int load_local_prefix(sqlite3_stmt *row, struct azvpn_model *model,
			     struct azvpn_error *error)
{
	return load_prefix(row, &azvpn_local_gateway_find(model, text(row, 0))->prefixes, error);
}

static int load_subnet(sqlite3_stmt *row, struct azvpn_model *model, struct azvpn_error *error)
{
	struct azvpn_subnet subnet = {};
	int ret;

	ret = load_name(row, 0, subnet.vnet, error);
	if (!ret)
		ret = load_name(row, 1, subnet.name, error);
	if (!ret)
		ret = azvpn_prefix_parse(text(row, 2), subnet.name, &subnet.prefix, error);
	if (!ret && azvpn_model_put_subnet(model, &subnet))
		ret = out_of_memory(error);
	return ret;
}

static int load_gateway(sqlite3_stmt *row, struct azvpn_model *model, struct azvpn_error *error)
{
	struct azvpn_gateway gateway = {};
	int ret;

	ret = load_name(row, 0, gateway.name, error);
	if (!ret)
		ret = load_name(row, 1, gateway.vnet, error);
	if (!ret)
		ret = azvpn_addr_parse(text(row, 2), gateway.name, &gateway.public_ip, error);
	if (!ret && *text(row, 3))
		ret = azvpn_netns_parse(text(row, 3), gateway.netns, error);
	if (!ret && !azvpn_subnet_find(model, gateway.vnet, AZVPN_GATEWAY_SUBNET))
		ret = azvpn_error_set(error, -EINVAL, "the store: VNet \"%s\" of gateway \"%s\" has no %s",
				      gateway.vnet, gateway.name, AZVPN_GATEWAY_SUBNET);
	if (!ret && azvpn_model_put_gateway(model, &gateway))
		ret = out_of_memory(error);
	return ret;
}

static int load_local_gateway(sqlite3_stmt *row, struct azvpn_model *model,
			      struct azvpn_error *error)
{
	struct azvpn_local_gateway local = {};
	int ret;

	ret = load_name(row, 0, local.name, error);
	if (!ret)
		ret = azvpn_addr_parse(text(row, 1), local.name, &local.gateway_ip, error);
	if (!ret && azvpn_model_put_local_gateway(model, &local))
		ret = out_of_memory(error);
	return ret;
}

static int load_connection(sqlite3_stmt *row, struct azvpn_model *model,
			   struct azvpn_error *error)
{
	struct azvpn_connection connection = {};
	int ret;

	ret = load_name(row, 0, connection.name, error);
	if (!ret)
		ret = load_name(row, 1, connection.gateway, error);
	if (!ret)
		ret = load_name(row, 2, connection.local_gateway, error);
	connection.tunnel_id = sqlite3_column_int64(row, 3);
	if (!ret && (sqlite3_column_int64(row, 3) < 1 ||
		     sqlite3_column_int64(row, 3) > AZVPN_TUNNEL_ID_MAX))
		ret = azvpn_error_set(error, -EINVAL,
				      "the store: connection \"%s\" has a tunnel id that is not 1 to %d",
				      connection.name, AZVPN_TUNNEL_ID_MAX);
	if (!ret) {
		snprintf(connection.key.text, sizeof(connection.key.text), "%s", text(row, 4));
		snprintf(connection.key.tag, sizeof(connection.key.tag), "%s", text(row, 5));
		ret = azvpn_key_check(&connection.key, error);
	}
	if (!ret && azvpn_model_put_connection(model, &connection))
		ret = out_of_memory(error);
	azvpn_key_wipe(&connection.key);
	return ret;
}

int azvpn_store_load(struct azvpn_store *store, struct azvpn_model *model,
		     struct azvpn_error *error)
{
	static const struct {
		const char *sql;
		azvpn_db_row_fn fn;
	} queries[] = {
		{ "PRAGMA foreign_key_check", load_dangling },
		{ "SELECT name FROM vnet ORDER BY name", load_vnet },
		{ "SELECT vnet, prefix FROM vnet_prefix ORDER BY vnet, position",
		  load_vnet_prefix },
		{ "SELECT vnet, name, prefix FROM subnet ORDER BY vnet, name", load_subnet },
		{ "SELECT name, vnet, public_ip, netns FROM gateway ORDER BY name",
		  load_gateway },
		{ "SELECT name, gateway_ip FROM local_gateway ORDER BY name",
		  load_local_gateway },
		{ "SELECT local_gateway, prefix FROM local_gateway_prefix"
		  " ORDER BY local_gateway, position", load_local_prefix },
		{ "SELECT name, gateway, local_gateway, tunnel_id, shared_key, key_tag"
		  " FROM connection ORDER BY name", load_connection },
	};
	size_t i;
	int ret = 0;

	for (i = 0; store->db && !ret && i < sizeof(queries) / sizeof(queries[0]); i++)
		ret = azvpn_db_query(store, queries[i].sql, queries[i].fn, model, error);
	if (ret)
		azvpn_model_clear(model);
	return ret;
}

/* Write the list anew; @delete and @insert take the owner's name first */
static int put_prefixes(struct azvpn_store *store, const char *owner,
			const struct azvpn_prefixes *prefixes, const char *delete,
			const char *insert, struct azvpn_error *error)
{
	char prefix[AZVPN_PREFIX_SIZE];
	uint32_t i;
	int ret;

	ret = azvpn_db_run(store, error, delete, "s", owner);
	for (i = 0; !ret && i < prefixes->count; i++)
		ret = azvpn_db_run(store, error, insert, "sis", owner, i,
				   azvpn_prefix_format(&prefixes->list[i], prefix));
	return ret;
}

int azvpn_store_put_vnet(struct azvpn_store *store, const struct azvpn_vnet *vnet,
			 struct azvpn_error *error)
{
	int ret;

	ret = azvpn_db_run(store, error, "INSERT INTO vnet VALUES (?) ON CONFLICT DO NOTHING",
			   "s", vnet->name);
	return ret ? ret : put_prefixes(store, vnet->name, &vnet->prefixes,
					"DELETE FROM vnet_prefix WHERE vnet = ?",
					"INSERT INTO vnet_prefix VALUES (?, ?, ?)", error);
}

int azvpn_store_put_subnet(struct azvpn_store *store, const struct azvpn_subnet *subnet,
			   struct azvpn_error *error)
{
	char prefix[AZVPN_PREFIX_SIZE];

	return azvpn_db_run(store, error,
			    "INSERT INTO subnet VALUES (?, ?, ?)"
			    " ON CONFLICT DO UPDATE SET prefix = excluded.prefix",
			    "sss", subnet->vnet, subnet->name,
			    azvpn_prefix_format(&subnet->prefix, prefix));
}

int azvpn_store_put_gateway(struct azvpn_store *store, const struct azvpn_gateway *gateway,
			    struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE];

	return azvpn_db_run(store, error,
			    "INSERT INTO gateway VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
			    " vnet = excluded.vnet, public_ip = excluded.public_ip,"
			    " netns = excluded.netns",
			    "ssss", gateway->name, gateway->vnet,
			    azvpn_addr_format(gateway->public_ip, addr),
			    *gateway->netns ? gateway->netns : NULL);
}

int azvpn_store_put_local_gateway(struct azvpn_store *store,
				  const struct azvpn_local_gateway *local,
				  struct azvpn_error *error)
{
	char addr[AZVPN_ADDR_SIZE];
	int ret;

	ret = azvpn_db_run(store, error,
			   "INSERT INTO local_gateway VALUES (?, ?)"
			   " ON CONFLICT DO UPDATE SET gateway_ip = excluded.gateway_ip",
			   "ss", local->name, azvpn_addr_format(local->gateway_ip, addr));
	return ret ? ret : put_prefixes(store, local->name, &local->prefixes,
					"DELETE FROM local_gateway_prefix WHERE local_gateway = ?",
					"INSERT INTO local_gateway_prefix VALUES (?, ?, ?)",
					error);
}

int azvpn_store_put_connection(struct azvpn_store *store,
			       const struct azvpn_connection *connection,
			       struct azvpn_error *error)
{
	return azvpn_db_run(store, error,
			    "INSERT INTO connection VALUES (?, ?, ?, ?, ?, ?)"
			    " ON CONFLICT (name) DO UPDATE SET gateway = excluded.gateway,"
			    " local_gateway = excluded.local_gateway,"
			    " tunnel_id = excluded.tunnel_id,"
			    " shared_key = excluded.shared_key, key_tag = excluded.key_tag",
			    "sssiss", connection->name, connection->gateway,
			    connection->local_gateway, connection->tunnel_id,
			    connection->key.text, connection->key.tag);
}

int azvpn_store_delete_vnet(struct azvpn_store *store, const char *name,
			    struct azvpn_error *error)
{
	return azvpn_db_run(store, error, "DELETE FROM vnet WHERE name = ?", "s", name);
}

int azvpn_store_delete_subnet(struct azvpn_store *store, const char *vnet, const char *name,
			      struct azvpn_error *error)
{
	return azvpn_db_run(store, error, "DELETE FROM subnet WHERE vnet = ? AND name = ?",
			    "ss", vnet, name);
}

int azvpn_store_delete_gateway(struct azvpn_store *store, const char *name,
			       struct azvpn_error *error)
{
	return azvpn_db_run(store, error, "DELETE FROM gateway WHERE name = ?", "s", name);
}

int azvpn_store_delete_local_gateway(struct azvpn_store *store, const char *name,
				     struct azvpn_error *error)
{
	return azvpn_db_run(store, error, "DELETE FROM local_gateway WHERE name = ?", "s", name);
}

int azvpn_store_delete_connection(struct azvpn_store *store, const char *name,
				  struct azvpn_error *error)
{
	return azvpn_db_run(store, error, "DELETE FROM connection WHERE name = ?", "s", name);
}

int azvpn_store_clear(struct azvpn_store *store, struct azvpn_error *error)
{
	return azvpn_db_exec(store,
			     "DELETE FROM connection; DELETE FROM local_gateway;"
			     "DELETE FROM gateway; DELETE FROM vnet", error);
}
