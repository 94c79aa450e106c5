// SPDX-License-Identifier: GPL-2.0
/* The addresses that a gateway takes from its GatewaySubnet, and those that nobody may have. */
#include <arpa/inet.h>

#include "unit.h"
#include "subnet.h"

static struct azvpn_addr number(uint32_t host_order)
{
	return (struct azvpn_addr){ AF_INET, .ip4.s_addr = htonl(host_order) };
}

/* Every size that a GatewaySubnet can have, against a count by hand */
static void allocates_from_every_size(void **state)
{
	struct azvpn_addr instance, bgp, one;
	uint64_t size, reserved, i;
	struct azvpn_prefix net;
	uint8_t len;

	(void)state;
	for (len = AZVPN_SUBNET_MIN_LEN; len <= AZVPN_SUBNET_MAX_LEN; len++) {
		size = 1ULL << (32 - len);
		net = (struct azvpn_prefix){ number(0x0a000000), len };
		instance = azvpn_subnet_instance(&net);
		bgp = azvpn_subnet_bgp(&net);
		assert_int_equal(ntohl(instance.ip4.s_addr), 0x0a000004);
		assert_int_equal(ntohl(bgp.ip4.s_addr), 0x0a000000 + size - 2);
		assert_false(azvpn_subnet_reserved(&net, &instance));
		assert_false(azvpn_subnet_reserved(&net, &bgp));
		assert_false(azvpn_addr_equal(&instance, &bgp));
		for (reserved = 0, i = 0; i < size; i = i < 8 ? i + 1 : i + size / 8) {
			one = number(0x0a000000 + i);
			reserved += azvpn_subnet_reserved(&net, &one);
		}
		assert_int_equal(reserved, 4 + (size == 8));
		one = azvpn_prefix_last(&net);
		assert_true(azvpn_subnet_reserved(&net, &one));
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
		assert_addr(azvpn_subnet_instance(&net), cases[i].instance);
		assert_addr(azvpn_subnet_bgp(&net), cases[i].bgp);
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
		assert_non_null(azvpn_subnet_forbidden(&net));
	}
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		net = prefix(allowed[i]);
		assert_null(azvpn_subnet_forbidden(&net));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocates_from_every_size),
		cmocka_unit_test(bgp_address_is_second_to_last),
		cmocka_unit_test(knows_forbidden_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
