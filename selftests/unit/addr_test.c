// SPDX-License-Identifier: GPL-2.0
/* Addresses and prefixes of both families. */
#include "unit.h"

static void parses_prefixes(void **state)
{
	static const char *const good[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.1.255.0/27", "192.168.1.1/32", "128.0.0.0/1",
		"::/0", "2001:db8::/32", "2001:db8::1/128", "fe80::/10", "8000::/1", "::/127",
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
		"256.0.0.0/8", "10.0.0.0/008", "10.0.0.0/8/8", "10.0.0.0/a", "::/129", "::", "10.0.0.0/08",
		"::ffff:10.0.0.0/104", "fe80::%lo/64", "2001:db8:::/32",
		"10.0.0.0x/8", "100.100.100.1000/8", "10.0.0.0/99999999999999999999",
	};
	struct azvpn_error error;
	struct azvpn_prefix net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused("such as 10.1.0.0/16", azvpn_prefix_parse(bad[i], "--x", &net, &error));
	refused("did you mean 10.1.0.0/16", azvpn_prefix_parse("10.1.2.3/16", "--x", &net, &error));
	refused("did you mean 2001:db8::/33?",
		azvpn_prefix_parse("2001:db8:7fff::1/33", "--x", &net, &error));
	refused("\"10.0.0\" is not an IP address",
		azvpn_addr_parse("10.0.0", "--public-ip", &net.addr, &error));
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
		{ "2001:db8::/32", "2001:db8::/32", true, true },
		{ "2001:db8:1::/48", "2001:db8::/32", true, true },
		{ "2001:db8::/32", "2001:db8:1::/48", true, false },
		{ "2001:db8::/33", "2001:db8:8000::/33", false, false },
		{ "::/0", "2001:db8::/32", true, false },
		{ "2001:db8::5/128", "2001:db8::4/127", true, true },
		{ "2001:db8::6/128", "2001:db8::4/127", false, false },
		/* Families never meet, whatever the bits are */
		{ "::/0", "0.0.0.0/0", false, false },
		{ "10.0.0.0/8", "a00::/8", false, false },
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

static void hosts(void **state)
{
	static const char *const good[] = { "203.0.113.1", "10.0.0.1", "2001:db8::1", "fd00::1" };
	static const char *const bad[] = {
		"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
		"ff02::1",
	};
	struct azvpn_addr one;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		one = addr(good[i]);
		assert_true(azvpn_addr_is_host(&one));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		one = addr(bad[i]);
		assert_false(azvpn_addr_is_host(&one));
	}
	assert_false(azvpn_addr_is_host(&(struct azvpn_addr){}));
}

/* Sorted as they are to be, each against each */
static void order(void **state)
{
	static const char *const sorted[] = {
		"0.0.0.0/0", "9.255.255.255/32", "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24",
		"255.255.255.255/32", "::/0", "2001:db8::/32", "2001:db8::/48", "2001:db8:0:1::/64",
		"fd00::/8", "ff02::1/128",
	};
	struct azvpn_prefix a, b;
	size_t i, j;
	int order;

	(void)state;
	for (i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++)
		for (j = 0; j < sizeof(sorted) / sizeof(sorted[0]); j++) {
			a = prefix(sorted[i]);
			b = prefix(sorted[j]);
			order = azvpn_prefix_compare(&a, &b);
			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
			assert_int_equal(azvpn_prefix_equal(&a, &b), i == j);
		}
}

static void ends_of_a_prefix(void **state)
{
	static const struct {
		const char *prefix, *last;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.255.255" }, { "10.12.255.16/28", "10.12.255.31" },
		{ "10.0.0.1/32", "10.0.0.1" }, { "0.0.0.0/0", "255.255.255.255" },
		{ "2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "2001:db8::10/124", "2001:db8::1f" }, { "::1/128", "::1" },
		{ "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	struct azvpn_prefix net, host;
	struct azvpn_addr last;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		net = prefix(cases[i].prefix);
		last = azvpn_prefix_last(&net);
		assert_addr(last, cases[i].last);
		assert_true(azvpn_prefix_has(&net, &net.addr));
		assert_true(azvpn_prefix_has(&net, &last));
		host = azvpn_prefix_host(&last);
		assert_true(azvpn_prefix_within(&host, &net));
		assert_int_equal(host.len, azvpn_addr_bits(net.addr.family));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_prefixes),
		cmocka_unit_test(refuses_what_is_no_prefix),
		cmocka_unit_test(overlap_and_inside),
		cmocka_unit_test(hosts),
		cmocka_unit_test(order),
		cmocka_unit_test(ends_of_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
