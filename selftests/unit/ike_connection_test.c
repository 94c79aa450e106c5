// SPDX-License-Identifier: GPL-2.0
/* What charon is told about a connection. */
#include "unit.h"
#include "ike_connection.h"

static json_t *definition(bool here)
{
	struct azvpn_gateway gateway = make_gateway("hub", "v", "203.0.113.1", "");
	struct azvpn_local_gateway local = make_local("dc", "198.51.100.1", "192.168.0.0/24");
	struct azvpn_connection connection = make_connection("c", "hub", "dc");
	struct azvpn_error error;
	json_t *result;

	connection.tunnel_id = 17;
	ok(azvpn_key_set(&connection.key, "TheKey", 6, &error));
	result = azvpn_ike_connection(&connection, &gateway, &local, here);
	assert_non_null(result);
	azvpn_prefixes_clear(&local.prefixes);
	return result;
}

static void list_is(json_t *list, const char *want)
{
	char *dump = json_dumps(list, JSON_COMPACT);

	assert_string_equal(dump, want);
	free(dump);
}

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* PR-02: the list of 2017, in its order */
static void proposals(void **state)
{
	json_t *conn = definition(true);

	(void)state;
	list_is(json_object_get(conn, "proposals"),
		"[\"aes256-sha1-modp1024\",\"aes256-sha256-modp1024\","
		"\"aes128-sha1-modp1024\",\"aes128-sha256-modp1024\","
		"\"3des-sha1-modp1024\",\"3des-sha256-modp1024\"]");
	assert_string_equal(text_of(conn, "version"), "2");
	json_decref(conn);
}

/* TS-01, PR-12 */
static void child(void **state)
{
	json_t *conn = definition(true);
	json_t *child = json_object_get(json_object_get(conn, "children"), "c");

	(void)state;
	list_is(json_object_get(child, "esp_proposals"), "[\"aes256gcm16\",\"aes128gcm16\"]");
	list_is(json_object_get(child, "local_ts"), "[\"0.0.0.0/0\"]");
	list_is(json_object_get(child, "remote_ts"), "[\"0.0.0.0/0\"]");
	assert_string_equal(text_of(child, "if_id_in"), "17");
	assert_string_equal(text_of(child, "if_id_out"), "17");
	assert_string_equal(text_of(child, "life_time"), "27000");
	assert_true(atoi(text_of(child, "rekey_time")) < 27000);
	/* A sequence number has 32 bits, and a volume limit without the other is a trap in charon */
	assert_true(strtoull(text_of(child, "life_packets"), NULL, 10) < UINT32_MAX);
	assert_true(strtoull(text_of(child, "rekey_packets"), NULL, 10) <
		    strtoull(text_of(child, "life_packets"), NULL, 10));
	assert_string_equal(text_of(child, "start_action"), "start");
	json_decref(conn);
}

/* PR-05: 28,800 s is when it ends, the rekey is before that */
static void lifetime(void **state)
{
	json_t *conn = definition(true);

	(void)state;
	assert_int_equal(atoi(text_of(conn, "rekey_time")) + atoi(text_of(conn, "over_time")),
			 28800);
	assert_string_equal(text_of(conn, "keyingtries"), "0");
	assert_string_equal(text_of(conn, "mobike"), "no");
	json_decref(conn);
}

static void endpoints(void **state)
{
	json_t *conn = definition(true), *nat = definition(false);

	(void)state;
	list_is(json_object_get(conn, "local_addrs"), "[\"203.0.113.1\"]");
	list_is(json_object_get(nat, "local_addrs"), "[\"%any\"]");
	list_is(json_object_get(conn, "remote_addrs"), "[\"198.51.100.1\"]");
	assert_string_equal(text_of(json_object_get(nat, "local"), "id"), "203.0.113.1");
	assert_string_equal(text_of(json_object_get(conn, "remote"), "id"), "198.51.100.1");
	json_decref(conn);
	json_decref(nat);
}

/* It is written to a file */
static void no_secret(void **state)
{
	json_t *conn = definition(true);
	char *dump = json_dumps(conn, 0);

	(void)state;
	assert_null(strstr(dump, "TheKey"));
	free(dump);
	json_decref(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proposals),
		cmocka_unit_test(child),
		cmocka_unit_test(lifetime),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(no_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
