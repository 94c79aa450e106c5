// SPDX-License-Identifier: GPL-2.0
/* Objects in memory: found by name, known by those that name them. */
#include <errno.h>

#include "unit.h"
#include "rules.h"

static struct azvpn_error error;

static int put(struct azvpn_model *model, void *object)
{
	int ret = azvpn_model_put(model, object);

	azvpn_object_clear(object);
	return ret;
}

static int setup(void **state)
{
	struct azvpn_vnet vnet = make_vnet("v", "10.1.0.0/16");
	struct azvpn_subnet subnet = make_subnet("v", "GatewaySubnet", "10.1.255.0/27");
	struct azvpn_gateway gateway = make_gateway("g", "v", "203.0.113.1", "");
	struct azvpn_local_gateway local = make_local("l", "198.51.100.1", "192.168.0.0/24");
	static struct azvpn_model model;

	azvpn_model_init(&model);
	assert_int_equal(put(&model, &vnet) | put(&model, &subnet) | put(&model, &gateway) |
			 put(&model, &local), 0);
	*state = &model;
	return 0;
}

static int teardown(void **state)
{
	azvpn_model_clear(*state);
	return 0;
}

static void nothing_dangles(void **state)
{
	struct azvpn_connection connection = make_connection("c", "nope", "l");
	struct azvpn_model *model = *state;

	assert_int_equal(put(model, &connection), -ENOENT);
	assert_null(azvpn_connection_find(model, "c"));
	assert_null(azvpn_gateway_connection(azvpn_gateway_find(model, "g"), NULL));
}

/* Many, so that the hash table grows; each is found, and in the order of putting */
static void users_come_in_order(void **state)
{
	struct azvpn_connection connection, *found = NULL;
	struct azvpn_model *model = *state;
	const struct azvpn_gateway *gateway = azvpn_gateway_find(model, "g");
	char name[16];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		connection = make_connection(name, "g", "l");
		assert_int_equal(azvpn_tunnel_id_free(gateway), i + 1);
		connection.tunnel_id = i + 1;
		assert_int_equal(put(model, &connection), 0);
	}
	/* One that is put again keeps its place */
	connection = make_connection("c7", "g", "l");
	connection.tunnel_id = 2000;
	assert_int_equal(put(model, &connection), 0);
	assert_int_equal(azvpn_tunnel_id_free(gateway), 8);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		found = azvpn_gateway_connection(gateway, found);
		assert_string_equal(found->name, name);
		assert_ptr_equal(azvpn_connection_find(model, name), found);
	}
	assert_null(azvpn_gateway_connection(gateway, found));
}

static void parts_go_with_their_owner(void **state)
{
	struct azvpn_model *model = *state;

	azvpn_model_remove(model, azvpn_gateway_find(model, "g"));
	assert_non_null(azvpn_subnet_find(model, "v", "GatewaySubnet"));
	azvpn_model_remove(model, azvpn_vnet_find(model, "v"));
	assert_null(azvpn_subnet_find(model, "v", "GatewaySubnet"));
}

static void is_about(const char *kind, const char *object, const char *field, int code)
{
	assert_int_equal(error.code, code);
	assert_string_equal(error.kind, kind);
	assert_string_equal(error.object, object);
	if (field)
		assert_string_equal(error.field, field);
	else
		assert_null(error.field);
}

static void errors_say_what_they_are_about(void **state)
{
	struct azvpn_subnet subnet = make_subnet("v", "s", "10.2.0.0/24");
	struct azvpn_gateway gateway = make_gateway("g", "v", "203.0.113.9", "");
	struct azvpn_connection connection = make_connection("c", "g", "nope");
	struct azvpn_vnet vnet = make_vnet("w", "10.0.0.0/16,fd00::/48");
	struct azvpn_local_gateway local = make_local("m", "2001:db8::1", "192.168.9.0/24");
	struct azvpn_model *model = *state;

	refused("is not inside", azvpn_rules_put(model, &subnet, &error));
	is_about("subnet", "v/s", "addressPrefix", -EINVAL);
	refused("cannot change", azvpn_rules_put(model, &gateway, &error));
	is_about("gateway", "g", "publicIpAddress", -EEXIST);
	refused("there is no local gateway", azvpn_rules_put(model, &connection, &error));
	is_about("connection", "c", "localGateway", -ENOENT);
	refused("in use by gateway g",
		azvpn_rules_delete(model, azvpn_vnet_find(model, "v"), &error));
	is_about("vnet", "v", NULL, -EBUSY);
	refused("fd00::/48 of VNet \"w\" is not IPv4; only IPv4 prefixes are accepted",
		azvpn_rules_put(model, &vnet, &error));
	is_about("vnet", "w", "addressSpace.addressPrefixes", -EINVAL);
	refused("2001:db8::1 is not IPv4; tunnels run between IPv4 addresses",
		azvpn_rules_put(model, &local, &error));
	is_about("local-gateway", "m", "gatewayIpAddress", -EAFNOSUPPORT);
	azvpn_prefixes_clear(&vnet.prefixes);
	azvpn_prefixes_clear(&local.prefixes);
}

/* What the code that goes by the tables takes for granted of them */
static void tables_are_sound(void **state)
{
	const struct azvpn_field *field;
	const struct azvpn_kind *kind;
	size_t refs;
	unsigned int i;

	(void)state;
	for (i = 0; i < AZVPN_KINDS; i++) {
		kind = azvpn_kinds[i];
		refs = 0;
		assert_int_equal(kind->index, i);
		assert_non_null(azvpn_kind_name_field(kind));
		azvpn_each_field(field, kind) {
			refs += field->target != NULL;
			assert_true(!field->target || field->target->index < i);
			assert_true(field->offset + field->size <= kind->size);
			assert_int_equal(!field->column, (field->flags & AZVPN_READ_ONLY) != 0);
			assert_true(!field->column || field->since >= kind->since);
			assert_true(!field->json || field->help);
			assert_true(!(field->flags & AZVPN_FIXED) || field->option);
			/* its elements are kept by one name */
			assert_true(field->type->shape != AZVPN_LIST || !kind->owner);
		}
		assert_true(refs <= AZVPN_REFS_MAX);
	}
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(nothing_dangles),
		CASE(users_come_in_order),
		CASE(parts_go_with_their_owner),
		CASE(errors_say_what_they_are_about),
		cmocka_unit_test(tables_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
