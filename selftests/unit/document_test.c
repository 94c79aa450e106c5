// SPDX-License-Identifier: GPL-2.0
/* Export and import of the whole configuration. */
#include <unistd.h>

#include "unit.h"
#include "config.h"
#include "document.h"

static struct azvpn_error error;
static char dir[64];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/azvpn-document-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return setenv("AZVPN_STATE_DIR", dir, 1);
}

static int teardown(void **state)
{
	char file[96];

	(void)state;
	snprintf(file, sizeof(file), "%s/azvpn.db", dir);
	unlink(file);
	return rmdir(dir);
}

/* Two VNets, two gateways joined to each other and to a site */
static const char text[] =
	"{ 'format': 'azvpn', 'version': 1,"
	"  'vnets': ["
	"   { 'name': 'v1', 'addressSpace': { 'addressPrefixes': ['10.1.0.0/16', '10.3.0.0/24'] },"
	"     'subnets': [ { 'name': 'GatewaySubnet', 'addressPrefix': '10.1.255.0/27' },"
	"                  { 'name': 'apps', 'addressPrefix': '10.3.0.0/24' } ] },"
	"   { 'name': 'v2', 'addressSpace': { 'addressPrefixes': ['10.2.0.0/16'] },"
	"     'subnets': [ { 'name': 'GatewaySubnet', 'addressPrefix': '10.2.0.0/29' } ] } ],"
	"  'gateways': ["
	"   { 'name': 'g1', 'gatewayType': 'Vpn', 'vpnType': 'RouteBased', 'vnet': 'v1',"
	"     'publicIpAddress': '203.0.113.1', 'netns': 'n1' },"
	"   { 'name': 'g2', 'gatewayType': 'Vpn', 'vpnType': 'RouteBased', 'vnet': 'v2',"
	"     'publicIpAddress': '203.0.113.2' } ],"
	"  'localGateways': ["
	"   { 'name': 'dc', 'gatewayIpAddress': '198.51.100.1',"
	"     'localNetworkAddressSpace': { 'addressPrefixes': ['192.168.0.0/24'] } },"
	"   { 'name': 'to-v2', 'gatewayIpAddress': '203.0.113.2',"
	"     'localNetworkAddressSpace': { 'addressPrefixes': ['10.2.0.0/16'] } } ],"
	"  'connections': ["
	"   { 'name': 'c1', 'connectionType': 'IPsec', 'gateway': 'g1', 'localGateway': 'dc',"
	"     'tunnelId': 5, 'sharedKey': 'KeyOfC1' },"
	"   { 'name': 'c2', 'connectionType': 'IPsec', 'gateway': 'g1', 'localGateway': 'to-v2',"
	"     'tunnelId': 2, 'sharedKey': 'KeyOfC2' } ] }";

/* Single quotes stand for double ones; the caller has the reference */
static json_t *parse(const char *quoted)
{
	char *copy = strdup(quoted), *at = copy;
	json_error_t reason;
	json_t *document;

	while ((at = strchr(at, '\'')))
		*at = '"';
	document = json_loads(copy, 0, &reason);
	if (!document)
		fail_msg("%s", reason.text);
	free(copy);
	return document;
}

/* Import and commit. Return: 0 or a negative errno. */
static int import(json_t *document)
{
	struct azvpn_config config;
	struct azvpn_model model;
	int ret;

	ok(azvpn_config_open(&config, AZVPN_STORE_WRITE, &error));
	azvpn_model_init(&model);
	ret = azvpn_document_read(document, &config.model, &model, &error);
	if (!ret) {
		ok(azvpn_config_replace(&config, &model, &error));
		ok(azvpn_config_commit(&config, &error));
	}
	azvpn_config_close(&config);
	return ret;
}

static json_t *export(bool with_keys)
{
	struct azvpn_config config;
	json_t *document;

	ok(azvpn_config_open(&config, AZVPN_STORE_READ, &error));
	document = azvpn_document_export(&config.model, with_keys);
	azvpn_config_close(&config);
	assert_non_null(document);
	return document;
}

static void round_trip(void **state)
{
	json_t *document = parse(text), *again;

	(void)state;
	ok(import(document));
	again = export(true);
	assert_true(json_equal(document, again));
	ok(import(again));
	json_decref(document);
	document = export(true);
	assert_true(json_equal(document, again));
	json_decref(document);
	json_decref(again);
}

static void keys_are_left_out(void **state)
{
	json_t *document = parse(text), *without;
	char *dump;

	(void)state;
	ok(import(document));
	without = export(false);
	dump = json_dumps(without, 0);
	assert_null(strstr(dump, "KeyOf"));
	assert_null(strstr(dump, "sharedKey"));
	free(dump);
	/* The connections that are here keep their keys */
	ok(import(without));
	json_decref(without);
	without = export(true);
	assert_true(json_equal(document, without));
	json_decref(document);
	json_decref(without);
}

static void a_new_connection_needs_its_key(void **state)
{
	json_t *document = parse(text);

	(void)state;
	json_object_del(json_array_get(json_object_get(document, "connections"), 1), "sharedKey");
	refused("connection \"c2\": the document has no sharedKey", import(document));
	json_decref(document);
	document = export(true);
	assert_int_equal(json_array_size(json_object_get(document, "vnets")), 0);
	json_decref(document);
}

static uint32_t tunnel_id(const char *name)
{
	struct azvpn_config config;
	uint32_t id;

	ok(azvpn_config_open(&config, AZVPN_STORE_READ, &error));
	id = azvpn_connection_find(&config.model, name)->tunnel_id;
	azvpn_config_close(&config);
	return id;
}

/* Without ids in the document a connection keeps its own, or gets one that nobody has */
static void tunnel_ids_are_kept(void **state)
{
	json_t *document = parse(text), *list = json_object_get(document, "connections");

	(void)state;
	ok(import(document));
	json_object_del(json_array_get(list, 0), "tunnelId");
	json_object_del(json_array_get(list, 1), "tunnelId");
	ok(import(document));
	assert_int_equal(tunnel_id("c1"), 5);
	assert_int_equal(tunnel_id("c2"), 2);
	/* c2, named later, takes the id that c1 had */
	json_object_set_new(json_array_get(list, 1), "tunnelId", json_integer(5));
	ok(import(document));
	assert_int_equal(tunnel_id("c1"), 1);
	assert_int_equal(tunnel_id("c2"), 5);
	json_decref(document);
}

/* charon keeps a key whose text did not change */
static void the_same_key_keeps_its_tag(void **state)
{
	json_t *document = parse(text), *second;
	struct azvpn_config config;
	char tags[2][17];

	(void)state;
	ok(import(document));
	ok(azvpn_config_open(&config, AZVPN_STORE_READ, &error));
	strcpy(tags[0], azvpn_connection_find(&config.model, "c1")->key.tag);
	strcpy(tags[1], azvpn_connection_find(&config.model, "c2")->key.tag);
	azvpn_config_close(&config);
	second = json_array_get(json_object_get(document, "connections"), 1);
	json_object_set_new(second, "sharedKey", json_string("Other"));
	ok(import(document));
	ok(azvpn_config_open(&config, AZVPN_STORE_READ, &error));
	assert_string_equal(tags[0], azvpn_connection_find(&config.model, "c1")->key.tag);
	assert_string_not_equal(tags[1], azvpn_connection_find(&config.model, "c2")->key.tag);
	azvpn_config_close(&config);
	json_decref(document);
}

/* Replace a piece of the text, import the result, and expect words about it */
static void refuses_with(const char *piece, const char *other, const char *words)
{
	const char *at = strstr(text, piece);
	char changed[sizeof(text) + 256];
	json_t *document;

	assert_non_null(at);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, other,
		 at + strlen(piece));
	document = parse(changed);
	refused(words, import(document));
	json_decref(document);
}

static void every_rule_counts(void **state)
{
	(void)state;
	refuses_with("'azvpn'", "'other'", "has format \"other\" version 1");
	refuses_with("'version': 1", "'version': 2", "\"azvpn\" version 1 is accepted");
	refuses_with("'GatewaySubnet', 'addressPrefix': '10.2.0.0/29'",
		     "'gatewaysubnet', 'addressPrefix': '10.2.0.0/29'",
		     "VNet \"v2\" has no subnet named exactly GatewaySubnet");
	refuses_with("10.1.255.0/27", "10.9.255.0/27", "is not inside a prefix of VNet \"v1\"");
	refuses_with("'vnet': 'v2'", "'vnet': 'v1'", "has a Vpn gateway already");
	refuses_with("'192.168.0.0/24'", "'10.1.1.0/24'", "overlaps 10.1.0.0/16 of VNet");
	refuses_with("'RouteBased'", "'PolicyBased'", "not available yet");
	refuses_with("'Vpn'", "'ExpressRoute'", "gatewayType ExpressRoute is not available");
	refuses_with("'IPsec'", "'Vnet2Vnet'", "connectionType Vnet2Vnet is not available");
	refuses_with("'gateway': 'g1'", "'gateway': 'g9'", "there is no gateway \"g9\"");
	refuses_with("'tunnelId': 2", "'tunnelId': 5", "has tunnel id 5 already");
	refuses_with("'tunnelId': 2", "'tunnelId': 10000000", "\"10000000\" is not a number of 1 to 9999999");
	refuses_with("'KeyOfC1'", "'Key of'", "a character that is not accepted");
	refuses_with("'name': 'v2'", "'name': 'v1'", "has two VNets \"v1\"");
	refuses_with("'name': 'c2'", "'name': 'c1'", "has two connections \"c1\"");
	refuses_with("'name': 'apps'", "'name': 'GatewaySubnet'",
		     "has two subnets \"v1/GatewaySubnet\"");
}

static void says_what_is_malformed(void **state)
{
	(void)state;
	refuses_with("'publicIpAddress'", "'publicIpAdress'",
		     "gateway \"g1\": \"publicIpAdress\" is not a key of a gateway");
	refuses_with("'publicIpAddress': '203.0.113.1',", "",
		     "gateway \"g1\": publicIpAddress is missing");
	refuses_with("'name': 'g1',", "", "gateway number 1 of the document: name is missing");
	refuses_with("'tunnelId': 5", "'tunnelId': '5'",
		     "connection \"c1\": tunnelId must be a whole number");
	refuses_with("'tunnelId': 5", "'tunnelId': 5, 'mtu': 1400",
		     "connection \"c1\": \"mtu\" is not a key of a connection");
	refuses_with("'addressSpace': { ", "'addressSpace': { 'x': 1, ",
		     "VNet \"v1\": \"x\" is not a key of a VNet");
	refuses_with("'10.1.255.0/27' }", "'10.1.255.0/27', 'vnet': 'v2' }",
		     "subnet \"GatewaySubnet\": vnet is \"v2\", but it is a part of \"v1\"");
	refuses_with("['192.168.0.0/24']", "'192.168.0.0/24'", "addressPrefixes must be a list");
	refuses_with("['192.168.0.0/24']", "[1]", "addressPrefixes must be a list of strings");
	refuses_with("'subnets': [ { 'name': 'GatewaySubnet', 'addressPrefix': '10.2.0.0/29' } ]",
		     "'subnets': {}", "v2: subnets must be a list");
	refuses_with("'203.0.113.1'", "'203.0.113'", "gateway \"g1\": publicIpAddress: \"203.0.113\" is not an IP address");
	refuses_with("'vnets': [", "'vnets': {}, 'x': [", "the document: \"x\" is not a key of it");
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(round_trip),
		CASE(keys_are_left_out),
		CASE(a_new_connection_needs_its_key),
		CASE(tunnel_ids_are_kept),
		CASE(the_same_key_keeps_its_tag),
		CASE(every_rule_counts),
		CASE(says_what_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
