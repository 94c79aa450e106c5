// SPDX-License-Identifier: GPL-2.0
/* Stores that earlier versions of azvpnctl wrote. Their SQL stays here as it was. */
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "store.h"

static struct azvpn_error error;
static char dir[64], file[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/azvpn-migrate-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/azvpn.db", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(dir);
}

/* The schema of version 1, and what a host with a gateway and two sites had in it */
static const char version_1[] =
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
	" UNIQUE (gateway, tunnel_id)) STRICT;"
	"PRAGMA application_id = 0x617a7670; PRAGMA user_version = 1;"
	"INSERT INTO vnet VALUES ('v'), ('w');"
	"INSERT INTO vnet_prefix VALUES ('v', 0, '10.3.0.0/24'), ('v', 1, '10.1.0.0/16'),"
	" ('w', 0, '10.2.0.0/16');"
	"INSERT INTO subnet VALUES ('v', 'GatewaySubnet', '10.1.255.0/27'),"
	" ('w', 'GatewaySubnet', '10.2.0.0/29'), ('v', 'apps', '10.3.0.0/24');"
	"INSERT INTO gateway VALUES ('g', 'v', '203.0.113.1', 'ns'),"
	" ('h', 'w', '203.0.113.2', NULL);"
	"INSERT INTO local_gateway VALUES ('dc', '198.51.100.1'), ('lab', '198.51.100.2');"
	"INSERT INTO local_gateway_prefix VALUES ('dc', 0, '192.168.1.0/24'),"
	" ('dc', 1, '192.168.0.0/24'), ('lab', 0, '172.16.0.0/12');"
	"INSERT INTO connection VALUES"
	" ('c', 'g', 'dc', 7, 'Secret123', '0123456789abcdef'),"
	" ('d', 'g', 'lab', 2, 'Other', 'fedcba9876543210');";

static void write_store(const char *sql)
{
	mode_t mask = umask(0077);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	umask(mask);
}

static void load(enum azvpn_store_mode mode, struct azvpn_model *model)
{
	struct azvpn_store *store;

	ok(azvpn_store_open(dir, mode, &store, &error));
	azvpn_model_init(model);
	ok(azvpn_store_load(store, model, &error));
	if (mode == AZVPN_STORE_WRITE)
		ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
}

static void is_complete(const struct azvpn_model *model)
{
	const struct azvpn_connection *connection = azvpn_connection_find(model, "c");
	const struct azvpn_gateway *gateway = azvpn_gateway_find(model, "g");
	struct azvpn_prefixes list = prefixes("10.3.0.0/24,10.1.0.0/16");
	struct azvpn_prefixes site = prefixes("192.168.1.0/24,192.168.0.0/24");

	assert_true(azvpn_prefixes_equal(&azvpn_vnet_find(model, "v")->prefixes, &list));
	assert_non_null(azvpn_subnet_find(model, "v", "apps"));
	assert_addr(gateway->public_ip, "203.0.113.1");
	assert_string_equal(gateway->netns, "ns");
	assert_string_equal(azvpn_gateway_find(model, "h")->netns, "");
	assert_int_equal(gateway->type, AZVPN_GATEWAY_VPN);
	assert_int_equal(gateway->vpn_type, AZVPN_ROUTE_BASED);
	assert_true(azvpn_prefixes_equal(&azvpn_local_gateway_find(model, "dc")->prefixes, &site));
	assert_int_equal(connection->tunnel_id, 7);
	assert_int_equal(connection->type, AZVPN_CONNECTION_IPSEC);
	assert_string_equal(connection->key.text, "Secret123");
	assert_string_equal(connection->key.tag, "0123456789abcdef");
	assert_string_equal(azvpn_connection_find(model, "d")->local_gateway, "lab");
	azvpn_prefixes_clear(&list);
	azvpn_prefixes_clear(&site);
}

static void version_1_is_taken_over(enum azvpn_store_mode mode)
{
	struct azvpn_model model;

	write_store(version_1);
	load(mode, &model);
	is_complete(&model);
	azvpn_model_clear(&model);
	/* and that lasts */
	load(AZVPN_STORE_READ, &model);
	is_complete(&model);
	azvpn_model_clear(&model);
}

static void by_a_writer(void **state)
{
	(void)state;
	version_1_is_taken_over(AZVPN_STORE_WRITE);
}

static void by_a_reader(void **state)
{
	(void)state;
	version_1_is_taken_over(AZVPN_STORE_READ);
}

/* All that SQLite knows of the tables; the caller frees it */
static char *read_schema(void)
{
	sqlite3_str *text = sqlite3_str_new(NULL);
	sqlite3_stmt *statement;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name", -1,
			   &statement, NULL);
	while (sqlite3_step(statement) == SQLITE_ROW)
		sqlite3_str_appendf(text, "%s %s %s\n", sqlite3_column_text(statement, 0),
				    sqlite3_column_text(statement, 1),
				    sqlite3_column_text(statement, 2));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return sqlite3_str_finish(text);
}

static void has_the_schema_of_a_new_one(void **state)
{
	struct azvpn_model model;
	char *migrated, *new;

	(void)state;
	write_store(version_1);
	load(AZVPN_STORE_READ, &model);
	azvpn_model_clear(&model);
	migrated = read_schema();
	unlink(file);
	load(AZVPN_STORE_WRITE, &model);
	azvpn_model_clear(&model);
	new = read_schema();
	assert_string_equal(migrated, new);
	sqlite3_free(migrated);
	sqlite3_free(new);
}

static int user_version(void)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int version;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL);
	sqlite3_step(statement);
	version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return version;
}

/* Two connections of one tunnel id, which only a store without that rule can have */
static void one_that_fails_changes_nothing(void **state)
{
	struct azvpn_store *store;
	char *before, *after;

	(void)state;
	write_store(version_1);
	write_store("ALTER TABLE connection RENAME TO strict;"
		    "CREATE TABLE connection (name TEXT, gateway TEXT, local_gateway TEXT,"
		    " tunnel_id INTEGER, shared_key TEXT, key_tag TEXT);"
		    "INSERT INTO connection SELECT name, gateway, local_gateway, 1, shared_key,"
		    " key_tag FROM strict; DROP TABLE strict");
	before = read_schema();
	refused("UNIQUE constraint failed", azvpn_store_open(dir, AZVPN_STORE_READ, &store, &error));
	after = read_schema();
	assert_string_equal(before, after);
	assert_int_equal(user_version(), 1);
	sqlite3_free(before);
	sqlite3_free(after);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(by_a_writer),
		CASE(by_a_reader),
		CASE(has_the_schema_of_a_new_one),
		CASE(one_that_fails_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
