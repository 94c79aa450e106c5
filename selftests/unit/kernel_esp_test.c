// SPDX-License-Identifier: GPL-2.0
/* The sizes of ESP packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "esp.h"

/* What each class of algorithms adds, as kernel/algorithm.c has it */
static const struct azvpn_geometry gcm = { .iv = 8, .icv = 16, .align = 4 };
static const struct azvpn_geometry gcm8 = { .iv = 8, .icv = 8, .align = 4 };
static const struct azvpn_geometry cbc_sha1 = { .iv = 16, .icv = 12, .align = 16 };
static const struct azvpn_geometry cbc_sha512 = { .iv = 16, .icv = 32, .align = 16 };
static const struct azvpn_geometry des3_md5 = { .iv = 8, .icv = 12, .align = 8 };
static const struct azvpn_geometry null_sha256 = { .iv = 0, .icv = 16, .align = 4 };

static const struct azvpn_geometry *const all[] = {
	&gcm, &gcm8, &cbc_sha1, &cbc_sha512, &des3_md5, &null_sha256,
};

#define COUNT (sizeof(all) / sizeof(all[0]))

static void test_padding_aligns_the_trailer(void **state)
{
	unsigned int length, padding;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		for (length = 0; length <= 65535; length++) {
			padding = azvpn_esp_padding(all[i], length);
			assert_true(padding < all[i]->align);
			assert_int_equal((length + padding + 2) % all[i]->align, 0);
		}
}

/* Worked out by hand from RFC 4303 and those of the algorithms. */
static void test_known_lengths(void **state)
{
	(void)state;
	assert_int_equal(20 + azvpn_esp_len(&gcm, 84), 140);
	assert_int_equal(28 + azvpn_esp_len(&gcm, 84), 148);
	assert_int_equal(20 + azvpn_esp_len(&gcm, 1400), 1456);
	assert_int_equal(20 + azvpn_esp_len(&gcm, 1446), 1500);
	assert_int_equal(20 + azvpn_esp_len(&gcm, 1447), 1504);
	assert_int_equal(azvpn_esp_len(&gcm8, 84), 112);
	assert_int_equal(azvpn_esp_len(&cbc_sha1, 84), 8 + 16 + 96 + 12);
	assert_int_equal(azvpn_esp_len(&cbc_sha512, 94), 8 + 16 + 96 + 32);
	assert_int_equal(azvpn_esp_len(&des3_md5, 87), 8 + 8 + 96 + 12);
	assert_int_equal(azvpn_esp_len(&null_sha256, 84), 8 + 88 + 16);
	assert_int_equal(azvpn_esp_inner_mtu(&gcm, 20, 1500), 1446);
	assert_int_equal(azvpn_esp_inner_mtu(&gcm, 28, 1500), 1438);
	assert_int_equal(azvpn_esp_inner_mtu(&gcm, 20, 9000), 8946);
	assert_int_equal(azvpn_esp_inner_mtu(&gcm, 40, 1500), 1426);
	assert_int_equal(azvpn_esp_inner_mtu(&cbc_sha1, 20, 1500), 1438);
	assert_int_equal(azvpn_esp_inner_mtu(&cbc_sha512, 48, 1280), 1166);
}

static void test_the_smallest_packet(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		assert_int_equal(azvpn_esp_len(all[i], 0), azvpn_esp_min(all[i]));
}

static void check_inner_mtu(const struct azvpn_geometry *geometry, unsigned int outer,
			    unsigned int mtu)
{
	unsigned int inner = azvpn_esp_inner_mtu(geometry, outer, mtu);

	if (inner)
		assert_true(outer + azvpn_esp_len(geometry, inner) <= mtu);
	assert_true(outer + azvpn_esp_len(geometry, inner + 1) > mtu);
}

static void test_inner_mtu_is_the_most_that_fits(void **state)
{
	unsigned int mtu;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++)
		for (mtu = 0; mtu <= 65535; mtu++) {
			check_inner_mtu(all[i], 20, mtu);
			check_inner_mtu(all[i], 48, mtu);
		}
}

static void test_room_is_enough(void **state)
{
	unsigned int length;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		assert_true(40 + 8 + azvpn_esp_header(all[i]) <= AZVPN_HEADROOM);
		for (length = 0; length < 64; length++)
			assert_true(azvpn_esp_len(all[i], length) - azvpn_esp_header(all[i]) -
				    length <= AZVPN_TAILROOM);
	}
}

static void test_padding_is_inspected(void **state)
{
	const unsigned char good[] = { 1, 2, 3, 4, 5 }, bad[] = { 1, 2, 4, 4, 5 };
	const unsigned char zero[] = { 0 };

	(void)state;
	assert_true(azvpn_esp_padding_is_valid(good, 0));
	assert_true(azvpn_esp_padding_is_valid(good, sizeof(good)));
	assert_true(azvpn_esp_padding_is_valid(bad, 2));
	assert_false(azvpn_esp_padding_is_valid(bad, sizeof(bad)));
	assert_false(azvpn_esp_padding_is_valid(zero, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding_aligns_the_trailer),
		cmocka_unit_test(test_known_lengths),
		cmocka_unit_test(test_the_smallest_packet),
		cmocka_unit_test(test_inner_mtu_is_the_most_that_fits),
		cmocka_unit_test(test_room_is_enough),
		cmocka_unit_test(test_padding_is_inspected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
