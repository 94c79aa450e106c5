// SPDX-License-Identifier: GPL-2.0
/* The sizes of ESP packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "esp.h"

static void test_padding_aligns_the_trailer(void **state)
{
	unsigned int length, padding;

	(void)state;
	for (length = 0; length <= 65535; length++) {
		padding = azvpn_esp_padding(length);
		assert_true(padding <= 3);
		assert_int_equal((length + padding + 2) % 4, 0);
	}
}

/* Worked out by hand from RFC 4303 and RFC 4106. */
static void test_known_lengths(void **state)
{
	(void)state;
	assert_int_equal(azvpn_esp_outer_len(84, false), 140);
	assert_int_equal(azvpn_esp_outer_len(84, true), 148);
	assert_int_equal(azvpn_esp_outer_len(1400, false), 1456);
	assert_int_equal(azvpn_esp_outer_len(1446, false), 1500);
	assert_int_equal(azvpn_esp_outer_len(1447, false), 1504);
	assert_int_equal(azvpn_esp_outer_len(0, false), 20 + AZVPN_ESP_MIN);
	assert_int_equal(azvpn_esp_inner_mtu(1500, false), 1446);
	assert_int_equal(azvpn_esp_inner_mtu(1500, true), 1438);
	assert_int_equal(azvpn_esp_inner_mtu(9000, false), 8946);
}

static void check_inner_mtu(unsigned int mtu, bool encap)
{
	unsigned int inner = azvpn_esp_inner_mtu(mtu, encap);

	assert_true(inner >= 68);
	if (inner > 68)
		assert_true(azvpn_esp_outer_len(inner, encap) <= mtu);
	assert_true(azvpn_esp_outer_len(inner + 1, encap) > mtu);
}

static void test_inner_mtu_is_the_most_that_fits(void **state)
{
	unsigned int mtu;

	(void)state;
	for (mtu = 0; mtu <= 65535; mtu++) {
		check_inner_mtu(mtu, false);
		check_inner_mtu(mtu, true);
	}
}

static void test_room_is_enough(void **state)
{
	unsigned int length, tail;

	(void)state;
	assert_int_equal(AZVPN_HEADROOM, 20 + 8 + 8 + 8);
	for (length = 0; length < 64; length++) {
		tail = azvpn_esp_outer_len(length, true) - AZVPN_HEADROOM - length;
		assert_true(tail <= AZVPN_TAILROOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding_aligns_the_trailer),
		cmocka_unit_test(test_known_lengths),
		cmocka_unit_test(test_inner_mtu_is_the_most_that_fits),
		cmocka_unit_test(test_room_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
