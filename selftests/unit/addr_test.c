// SPDX-License-Identifier: GPL-2.0
/* Prefixes, and the addresses that a gateway takes from its GatewaySubnet. */
#include "unit.h"

static void parses_prefixes(void **state)
{
	static const char *const good[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.1.255.0/27", "192.168.1.1/32", "128.0.0.0/1",
	};
	char text[AZVPN_PREFIX_SIZE];
	struct azvpn_prefix net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		net = prefix(good[i]);
		assert_string_equal(azvpn_prefix_format(&net, text), good[i]);
	}
}

static void refuses_what_is_no_prefix(void **state)
{
	static const char *const bad[] = {
		"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
		"10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0/8", "10.0.0.0.0/8", "010.0.0.0/8",
		"256.0.0.0/8", "10.0.0.0/008", "10.0.0.0/8/8", "10.0.0.0/a", "::/0",
		"10.0.0.0x/8", "100.100.100.1000/8", "10.0.0.0/99999999999999999999",
	};
	struct azvpn_error error;
	struct azvpn_prefix net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused("such as 10.1.0.0/16", azvpn_prefix_parse(bad[i], "--x", &net, &error));
	refused("did you mean 10.1.0.0/16", azvpn_prefix_parse("10.1.2.3/16", "--x", &net, &error));
	refused("\"10.0.0\" is not an IPv4 address",
		azvpn_addr_parse("10.0.0", "--public-ip", &net.addr, &error));
}

/* Every size that a GatewaySubnet can have, against a count by hand */
static void allocates_from_every_size(void **state)
{
	struct azvpn_prefix net;
	uint64_t size, reserved, i;
	uint8_t len;

	(void)state;
	for (len = AZVPN_SUBNET_MIN_LEN; len <= AZVPN_SUBNET_MAX_LEN; len++) {
		size = 1ULL << (32 - len);
		net = (struct azvpn_prefix){ 0x0a000000, len };
		assert_int_equal(azvpn_prefix_last(&net), 0x0a000000 + size - 1);
		assert_int_equal(azvpn_addr_instance(&net), 0x0a000004);
		assert_int_equal(azvpn_addr_bgp(&net), 0x0a000000 + size - 2);
		assert_false(azvpn_addr_reserved(&net, azvpn_addr_instance(&net)));
		assert_false(azvpn_addr_reserved(&net, azvpn_addr_bgp(&net)));
		assert_true(azvpn_addr_instance(&net) != azvpn_addr_bgp(&net));
		for (reserved = 0, i = 0; i < size; i = i < 8 ? i + 1 : i + size / 8)
			reserved += azvpn_addr_reserved(&net, net.addr + i);
		assert_int_equal(reserved, 4 + (size == 8));
		assert_true(azvpn_addr_reserved(&net, azvpn_prefix_last(&net)));
	}
}

static void bgp_address_is_second_to_last(void **state)
{
	static const struct {
		const char *subnet, *instance, *bgp;
	} cases[] = {
		{ "10.12.255.0/27", "10.12.255.4", "10.12.255.30" },
		{ "10.12.255.0/26", "10.12.255.4", "10.12.255.62" },
		{ "10.12.255.16/28", "10.12.255.20", "10.12.255.30" },
		{ "10.12.255.248/29", "10.12.255.252", "10.12.255.254" },
		{ "10.0.0.0/8", "10.0.0.4", "10.255.255.254" },
	};
	struct azvpn_prefix net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		net = prefix(cases[i].subnet);
		assert_int_equal(azvpn_addr_instance(&net), addr(cases[i].instance));
		assert_int_equal(azvpn_addr_bgp(&net), addr(cases[i].bgp));
	}
}

static void overlap_and_inside(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap, a_in_b;
	} cases[] = {
		{ "10.0.0.0/16", "10.0.0.0/16", true, true },
		{ "10.0.1.0/24", "10.0.0.0/16", true, true },
		{ "10.0.0.0/16", "10.0.1.0/24", true, false },
		{ "10.1.0.0/16", "10.0.0.0/16", false, false },
		{ "0.0.0.0/0", "10.0.0.0/16", true, false },
		{ "10.0.0.0/16", "0.0.0.0/0", true, true },
		{ "255.255.255.255/32", "0.0.0.0/0", true, true },
		{ "10.0.0.4/32", "10.0.0.5/32", false, false },
		{ "128.0.0.0/1", "0.0.0.0/1", false, false },
	};
	struct azvpn_prefix a, b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = prefix(cases[i].a);
		b = prefix(cases[i].b);
		assert_int_equal(azvpn_prefix_overlap(&a, &b), cases[i].overlap);
		assert_int_equal(azvpn_prefix_overlap(&b, &a), cases[i].overlap);
		assert_int_equal(azvpn_prefix_within(&a, &b), cases[i].a_in_b);
	}
}

static void knows_forbidden_ranges(void **state)
{
	static const char *const forbidden[] = {
		"224.0.0.0/4", "239.1.0.0/16", "127.0.0.0/8", "127.1.2.0/24", "169.254.0.0/16",
		"169.254.21.0/24", "168.63.129.16/32", "168.63.129.0/24", "255.255.255.255/32",
		"0.0.0.0/0", "0.0.0.0/8", "240.0.0.0/4",
	};
	static const char *const allowed[] = {
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "168.63.128.0/24",
		"169.253.0.0/16", "8.8.8.0/24", "223.255.255.0/24",
	};
	struct azvpn_prefix net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		net = prefix(forbidden[i]);
		assert_non_null(azvpn_addr_forbidden(&net));
	}
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		net = prefix(allowed[i]);
		assert_null(azvpn_addr_forbidden(&net));
	}
	assert_true(azvpn_addr_is_host(addr("203.0.113.1")));
	assert_false(azvpn_addr_is_host(addr("0.0.0.0")));
	assert_false(azvpn_addr_is_host(addr("127.0.0.1")));
	assert_false(azvpn_addr_is_host(addr("224.0.0.1")));
	assert_false(azvpn_addr_is_host(addr("255.255.255.255")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_prefixes),
		cmocka_unit_test(refuses_what_is_no_prefix),
		cmocka_unit_test(allocates_from_every_size),
		cmocka_unit_test(bgp_address_is_second_to_last),
		cmocka_unit_test(overlap_and_inside),
		cmocka_unit_test(knows_forbidden_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
