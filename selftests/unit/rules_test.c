// SPDX-License-Identifier: GPL-2.0
/* What may be configured. The ids are those of the checklist of Azure's behaviour. */
#include "unit.h"
#include "rules.h"
#include "values.h"

static struct azvpn_error error;

/* Put the object if the rules let, and clear it */
static int put(struct azvpn_model *model, void *object)
{
	int ret;

	ret = azvpn_rules_put(model, object, &error);
	if (!ret)
		ret = azvpn_model_put(model, object);
	azvpn_object_clear(object);
	return ret;
}

static int put_vnet(struct azvpn_model *model, const char *name, const char *list)
{
	struct azvpn_vnet vnet = make_vnet(name, list);

	return put(model, &vnet);
}

static int put_subnet(struct azvpn_model *model, const char *vnet, const char *name,
		      const char *net)
{
	struct azvpn_subnet subnet = make_subnet(vnet, name, net);

	return put(model, &subnet);
}

static int put_gateway(struct azvpn_model *model, const char *name, const char *vnet,
		       const char *ip, const char *netns)
{
	struct azvpn_gateway gateway = make_gateway(name, vnet, ip, netns);

	return put(model, &gateway);
}

static int put_local(struct azvpn_model *model, const char *name, const char *ip,
		     const char *list)
{
	struct azvpn_local_gateway local = make_local(name, ip, list);

	return put(model, &local);
}

static int put_connection(struct azvpn_model *model, const char *name, const char *gateway,
			  const char *local)
{
	struct azvpn_connection connection = make_connection(name, gateway, local);
	struct azvpn_connection *old = azvpn_connection_find(model, name);
	int ret;

	ret = azvpn_rules_put(model, &connection, &error);
	if (!ret)
		ret = azvpn_connection_complete(model, old, &connection, &error);
	return ret ? ret : azvpn_model_put(model, &connection);
}

/* A gateway "hub" in 10.1.0.0/16 with two sites, dc and lab */
static int setup(void **state)
{
	static struct azvpn_model model;

	azvpn_model_init(&model);
	ok(put_vnet(&model, "v", "10.1.0.0/16"));
	ok(put_subnet(&model, "v", "GatewaySubnet", "10.1.255.0/27"));
	ok(put_gateway(&model, "hub", "v", "203.0.113.1", "hub"));
	ok(put_local(&model, "dc", "198.51.100.1", "192.168.0.0/24,192.168.1.0/24"));
	ok(put_local(&model, "lab", "198.51.100.2", "192.168.9.0/24"));
	ok(put_connection(&model, "hub-dc", "hub", "dc"));
	ok(put_connection(&model, "hub-lab", "hub", "lab"));
	*state = &model;
	return 0;
}

static int teardown(void **state)
{
	azvpn_model_clear(*state);
	return 0;
}

static void vnet_prefixes(void **state)
{
	struct azvpn_model *model = *state;

	refused("needs at least one prefix", put_vnet(model, "a", ""));
	refused("10.0.0.0/30 of VNet \"a\" is too small", put_vnet(model, "a", "10.0.0.0/30"));
	refused("is too big; /8 to /29", put_vnet(model, "a", "8.0.0.0/7"));
	refused("overlaps 10.0.0.0/8, both of VNet \"a\"",
		put_vnet(model, "a", "10.0.0.0/8,10.5.0.0/16"));
	refused("overlaps 169.254.0.0/16, which is reserved",
		put_vnet(model, "a", "10.0.0.0/16,169.254.1.0/24"));
	refused("overlaps 168.63.129.16/32", put_vnet(model, "a", "168.63.0.0/16"));
	refused("overlaps 224.0.0.0/4", put_vnet(model, "a", "230.0.0.0/8"));
	ok(put_vnet(model, "a", "10.1.0.0/16"));	/* another VNet's: they are not joined */
	ok(put_vnet(model, "b", "10.0.0.0/8"));
	ok(put_vnet(model, "c", "10.0.0.0/29"));
}

static void vnet_prefixes_in_use(void **state)
{
	struct azvpn_model *model = *state;

	ok(put_vnet(model, "v", "10.1.0.0/16"));
	ok(put_vnet(model, "v", "10.1.0.0/16,10.2.0.0/16"));
	refused("10.1.255.0/27, subnet \"GatewaySubnet\"", put_vnet(model, "v", "10.2.0.0/16"));
	refused("192.168.9.0/24 of local gateway \"lab\" overlaps 192.168.8.0/22",
		put_vnet(model, "v", "10.1.0.0/16,192.168.8.0/22"));
}

/* GS-02 */
static void gateway_subnet_sizes(void **state)
{
	struct azvpn_model *model = *state;

	ok(put_vnet(model, "a", "10.0.0.0/16"));
	refused("too small; /8 to /29", put_subnet(model, "a", "GatewaySubnet", "10.0.0.0/30"));
	refused("too small", put_subnet(model, "a", "GatewaySubnet", "10.0.0.0/31"));
	refused("too small", put_subnet(model, "a", "GatewaySubnet", "10.0.0.0/32"));
	ok(put_subnet(model, "a", "GatewaySubnet", "10.0.0.0/29"));
}

static void subnets_lie_in_the_vnet_and_apart(void **state)
{
	struct azvpn_model *model = *state;

	refused("there is no VNet \"nope\"", put_subnet(model, "nope", "s", "10.1.0.0/24"));
	refused("is not inside a prefix of VNet", put_subnet(model, "v", "s", "10.2.0.0/24"));
	refused("is not inside a prefix of VNet", put_subnet(model, "v", "s", "10.0.0.0/15"));
	refused("overlaps 10.1.255.0/27 of subnet \"GatewaySubnet\"",
		put_subnet(model, "v", "s", "10.1.255.0/24"));
	ok(put_subnet(model, "v", "s", "10.1.0.0/24"));
	ok(put_subnet(model, "v", "s", "10.1.0.0/23"));
	refused("overlaps 10.1.0.0/23", put_subnet(model, "v", "t", "10.1.1.0/24"));
	refused("cannot change while gateway \"hub\"",
		put_subnet(model, "v", "GatewaySubnet", "10.1.255.0/26"));
	ok(put_subnet(model, "v", "GatewaySubnet", "10.1.255.0/27"));
}

/* GS-01 */
static void name_is_exactly_gateway_subnet(void **state)
{
	static const char *const others[] = { "gatewaysubnet", "GwSubnet", "GatewaySubnet2" };
	struct azvpn_model *model = *state;
	char net[AZVPN_PREFIX_SIZE];
	size_t i;

	ok(put_vnet(model, "a", "10.9.0.0/16"));
	for (i = 0; i < 3; i++) {
		snprintf(net, sizeof(net), "10.9.%zu.0/24", i);
		ok(put_subnet(model, "a", others[i], net));
		refused("no subnet named exactly GatewaySubnet",
			put_gateway(model, "g", "a", "203.0.113.9", "g"));
	}
	ok(put_subnet(model, "a", "GatewaySubnet", "10.9.255.0/29"));
	ok(put_gateway(model, "g", "a", "203.0.113.9", "g"));
}

/* GS-07, GS-08 */
static void gateways(void **state)
{
	struct azvpn_model *model = *state;

	refused("there is no VNet \"nope\"", put_gateway(model, "g", "nope", "203.0.113.9", "g"));
	refused("has a Vpn gateway already, \"hub\"",
		put_gateway(model, "g", "v", "203.0.113.9", "g"));
	ok(put_vnet(model, "a", "10.9.0.0/16"));
	ok(put_subnet(model, "a", "GatewaySubnet", "10.9.255.0/29"));
	refused("is that of gateway \"hub\" already",
		put_gateway(model, "g", "a", "203.0.113.1", "g"));
	refused("runs in namespace hub already",
		put_gateway(model, "g", "a", "203.0.113.9", "hub"));
	refused("is inside VNet", put_gateway(model, "g", "a", "10.9.1.1", "g"));
	refused("cannot be the address of a gateway",
		put_gateway(model, "g", "a", "127.0.0.1", "g"));
	ok(put_gateway(model, "g", "a", "203.0.113.9", ""));
	ok(put_gateway(model, "g", "a", "203.0.113.9", ""));
	refused("exists with --public-ip 203.0.113.9, which cannot change",
		put_gateway(model, "g", "a", "203.0.113.8", ""));
	refused("exists with --vnet a", put_gateway(model, "g", "v", "203.0.113.9", ""));
	refused("exists with --netns (none)", put_gateway(model, "g", "a", "203.0.113.9", "g"));
}

static void local_gateways(void **state)
{
	struct azvpn_model *model = *state;

	refused("needs at least one prefix", put_local(model, "x", "198.51.100.9", ""));
	refused("cannot be the address of a VPN device",
		put_local(model, "x", "255.255.255.255", "10.0.0.0/8"));
	refused("has the device address 198.51.100.9 of local gateway \"x\" in it",
		put_local(model, "x", "198.51.100.9", "198.51.100.0/24"));
	refused("both of local gateway \"x\"",
		put_local(model, "x", "198.51.100.9", "10.7.0.0/16,10.7.1.0/24"));
	refused("which is reserved", put_local(model, "x", "198.51.100.9", "0.0.0.0/0"));
	ok(put_local(model, "x", "198.51.100.9", "10.1.0.0/16"));	/* not joined to v */
	ok(put_local(model, "y", "198.51.100.8", "10.3.3.3/32"));
}

/* RT-04, RT-05, CN-12 */
static void sites_and_vnet_are_apart(void **state)
{
	struct azvpn_model *model = *state;

	ok(put_local(model, "x", "198.51.100.9", "10.1.0.0/16"));
	refused("overlaps 10.1.0.0/16 of VNet \"v\"", put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "198.51.100.9", "10.1.7.0/24"));
	refused("overlaps 10.1.0.0/16 of VNet \"v\"", put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "198.51.100.9", "10.0.0.0/8"));
	refused("overlaps 10.1.0.0/16 of VNet \"v\"", put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "198.51.100.9", "192.168.0.0/16"));
	refused("overlaps 192.168.0.0/24 of local gateway \"dc\"",
		put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "198.51.100.1", "172.16.0.0/12"));
	refused("have the same device address 198.51.100.1",
		put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "172.16.0.1", "198.51.100.0/24"));
	refused("has the device address 198.51.100.1 of local gateway \"dc\" in it",
		put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "198.51.100.9", "203.0.113.0/24"));
	refused("has the public address 203.0.113.1 of gateway \"hub\" in it",
		put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "203.0.113.1", "172.16.0.0/12"));
	refused("of gateway \"hub\" itself", put_connection(model, "c", "hub", "x"));
	ok(put_local(model, "x", "198.51.100.9", "172.16.0.0/12"));
	ok(put_connection(model, "c", "hub", "x"));
}

/* What was fine when it was joined must stay so: RT-03 changes prefixes at run time */
static void changes_of_a_joined_site(void **state)
{
	struct azvpn_model *model = *state;

	ok(put_local(model, "lab", "198.51.100.2", "192.168.9.0/24,192.168.10.0/24"));
	ok(put_local(model, "lab", "198.51.100.3", "192.168.10.0/24"));
	refused("overlaps 192.168.1.0/24 of local gateway \"dc\"",
		put_local(model, "lab", "198.51.100.3", "192.168.1.0/25"));
	refused("overlaps 10.1.0.0/16 of VNet",
		put_local(model, "lab", "198.51.100.3", "10.1.9.0/24"));
	refused("have the same device address",
		put_local(model, "lab", "198.51.100.1", "192.168.10.0/24"));
}

/* A VNet that grows must not reach the public address of its gateway */
static void a_vnet_over_its_gateway(void **state)
{
	struct azvpn_model *model = *state;

	refused("203.0.113.1, the public address of gateway \"hub\", is inside VNet \"v\"",
		put_vnet(model, "v", "10.1.0.0/16,203.0.113.0/24"));
	ok(put_vnet(model, "v", "10.1.0.0/16,203.0.114.0/24"));
}

static void connections(void **state)
{
	struct azvpn_model *model = *state;

	refused("there is no gateway \"nope\"", put_connection(model, "c", "nope", "dc"));
	refused("there is no local gateway \"nope\"", put_connection(model, "c", "hub", "nope"));
	refused("\"hub-dc\" joins gateway \"hub\" and local gateway \"dc\" already",
		put_connection(model, "c", "hub", "dc"));
	refused("exists with --local-gateway dc", put_connection(model, "hub-dc", "hub", "lab"));
	refused("exists with --gateway hub", put_connection(model, "hub-dc", "nope", "dc"));
	ok(put_connection(model, "hub-dc", "hub", "dc"));
}

static void tunnel_ids_are_the_lowest_free(void **state)
{
	struct azvpn_model *model = *state;

	assert_int_equal(azvpn_connection_find(model, "hub-dc")->tunnel_id, 1);
	assert_int_equal(azvpn_connection_find(model, "hub-lab")->tunnel_id, 2);
	azvpn_model_remove(model, azvpn_connection_find(model, "hub-dc"));
	assert_int_equal(azvpn_tunnel_id_free(azvpn_gateway_find(model, "hub")), 1);
}

static void deletes_name_the_referrers(void **state)
{
	struct azvpn_model *model = *state;

	refused("in use by gateway hub",
		azvpn_rules_delete(model, azvpn_vnet_find(model, "v"), &error));
	refused("in use by gateway hub",
		azvpn_rules_delete(model, azvpn_subnet_find(model, "v", "GatewaySubnet"),
					  &error));
	refused("in use by connection hub-dc, hub-lab",
		azvpn_rules_delete(model, azvpn_gateway_find(model, "hub"), &error));
	refused("in use by connection hub-dc",
		azvpn_rules_delete(model, azvpn_local_gateway_find(model, "dc"),
						 &error));
	ok(put_local(model, "x", "198.51.100.9", "172.16.0.0/12"));
	ok(azvpn_rules_delete(model, azvpn_local_gateway_find(model, "x"), &error));
	ok(put_vnet(model, "empty", "10.7.0.0/16"));
	ok(azvpn_rules_delete(model, azvpn_vnet_find(model, "empty"), &error));
	ok(put_subnet(model, "v", "s", "10.1.0.0/24"));
	ok(azvpn_rules_delete(model, azvpn_subnet_find(model, "v", "s"), &error));
}

static void names(void **state)
{
	static const char *const good[] = { "a", "Hub-1", "x_", "a.b-c_d", "9" };
	static const char *const bad[] = {
		"", "-a", ".a", "_a", "a-", "a.", "..", "a/b", "a b", "a\n", "h\303\274b",
	};
	char name[AZVPN_NAME_SIZE], netns[AZVPN_NETNS_SIZE], text[AZVPN_NETNS_SIZE + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(azvpn_name_parse(good[i], "--name", name, &error));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused("accepted are 1 to 80 letters",
			azvpn_name_parse(bad[i], "--name", name, &error));
	memset(text, 'a', sizeof(text));
	text[80] = '\0';
	ok(azvpn_name_parse(text, "--name", name, &error));
	text[80] = 'a';
	text[81] = '\0';
	refused("1 to 80", azvpn_name_parse(text, "--name", name, &error));
	refused("not the name of a network namespace", azvpn_netns_parse("a/b", "--netns", netns, &error));
	refused("not the name of a network namespace", azvpn_netns_parse("..", "--netns", netns, &error));
	ok(azvpn_netns_parse("hub", "--netns", netns, &error));
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(vnet_prefixes),
		CASE(vnet_prefixes_in_use),
		CASE(gateway_subnet_sizes),
		CASE(subnets_lie_in_the_vnet_and_apart),
		CASE(name_is_exactly_gateway_subnet),
		CASE(gateways),
		CASE(local_gateways),
		CASE(sites_and_vnet_are_apart),
		CASE(changes_of_a_joined_site),
		CASE(a_vnet_over_its_gateway),
		CASE(connections),
		CASE(tunnel_ids_are_the_lowest_free),
		CASE(deletes_name_the_referrers),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
