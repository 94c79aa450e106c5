// SPDX-License-Identifier: GPL-2.0
/* Pre-shared keys: KY-01, KY-02, KY-05, KY-06, KY-08; and memory that is wiped. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "secret.h"
#include "wipe.h"

static struct azvpn_error error;

#define LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void generates_every_length(void **state)
{
	struct azvpn_key key;
	size_t length;

	(void)state;
	for (length = 1; length <= 128; length++) {
		ok(azvpn_key_generate(&key, length, &error));
		assert_int_equal(strlen(key.text), length);
		assert_int_equal(strspn(key.text, LETTERS), length);
		assert_int_equal(strspn(key.tag, "0123456789abcdef"), 16);
		ok(azvpn_key_check(key.text, strlen(key.text), &error));
	}
	refused("key length 0: 1 to 128", azvpn_key_generate(&key, 0, &error));
	refused("key length 129", azvpn_key_generate(&key, 129, &error));
	assert_int_equal(key.text[0], 0);
}

/* 64,000 characters: each of the 62 about 1,032 times, give or take six sigma */
static void letters_are_equally_likely(void **state)
{
	unsigned int counts[62] = {}, i, round;
	struct azvpn_key key;

	(void)state;
	for (round = 0; round < 500; round++) {
		ok(azvpn_key_generate(&key, 128, &error));
		for (i = 0; i < 128; i++)
			counts[strchr(LETTERS, key.text[i]) - LETTERS]++;
	}
	for (i = 0; i < 62; i++)
		assert_in_range(counts[i], 1032 - 193, 1032 + 193);
}

static void keys_differ(void **state)
{
	struct azvpn_key a, b;

	(void)state;
	ok(azvpn_key_generate(&a, 32, &error));
	ok(azvpn_key_generate(&b, 32, &error));
	assert_string_not_equal(a.text, b.text);
	assert_string_not_equal(a.tag, b.tag);
	/* The same text again is another key as far as charon is concerned */
	ok(azvpn_key_set(&b, a.text, 32, &error));
	assert_string_not_equal(a.tag, b.tag);
}

static void accepts_letters_and_digits_only(void **state)
{
	static const char *const bad[] = {
		"a b", "a-b", "a~b", "\320\272\320\273\321\216\321\207", "abc_1", "abc\n", "a.b",
		"abc ", "\"abc\"",
	};
	char longest[130];
	struct azvpn_key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refused("use 1 to 128 letters A-Z, a-z and digits",
			azvpn_key_set(&key, bad[i], strlen(bad[i]), &error));
		/* The words of the refusal go to logs and terminals */
		assert_null(strstr(error.text, bad[i]));
		assert_int_equal(key.text[0], 0);
	}
	refused("a character", azvpn_key_set(&key, "a\0b", 3, &error));
	refused("0 characters", azvpn_key_set(&key, "", 0, &error));
	memset(longest, 'x', sizeof(longest));
	refused("more than 128 characters", azvpn_key_set(&key, longest, 129, &error));
	ok(azvpn_key_set(&key, longest, 128, &error));
	ok(azvpn_key_set(&key, "7", 1, &error));
}

static int read_text(const char *text, size_t size, mode_t mode, struct azvpn_key *key,
		     bool *exposed)
{
	char path[] = "/tmp/azvpn-key-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_int_equal(write(fd, text, size), size);
	fchmod(fd, mode);
	close(fd);
	ret = azvpn_key_read(key, path, exposed, &error);
	unlink(path);
	return ret;
}

static void reads_files(void **state)
{
	char longest[130];
	struct azvpn_key key;
	bool exposed;

	(void)state;
	ok(read_text("abc", 3, 0600, &key, &exposed));
	assert_string_equal(key.text, "abc");
	assert_false(exposed);
	ok(read_text("abc\n", 4, 0640, &key, &exposed));
	assert_string_equal(key.text, "abc");
	assert_true(exposed);
	ok(read_text("abc\r\n", 5, 0604, &key, &exposed));
	assert_string_equal(key.text, "abc");
	assert_true(exposed);
	refused("a character", read_text("abc\n\n", 5, 0600, &key, &exposed));
	refused("a character", read_text("abc\ndef\n", 8, 0600, &key, &exposed));
	refused("0 characters", read_text("", 0, 0600, &key, &exposed));
	refused("0 characters", read_text("\n", 1, 0600, &key, &exposed));
	memset(longest, 'k', sizeof(longest));
	longest[128] = '\n';
	ok(read_text(longest, 129, 0600, &key, &exposed));
	assert_int_equal(strlen(key.text), 128);
	longest[128] = 'k';
	refused("more than 128", read_text(longest, 129, 0600, &key, &exposed));
	refused("more than 128", read_text(longest, 130, 0600, &key, &exposed));
	refused("No such file", azvpn_key_read(&key, "/nonexistent", &exposed, &error));
	refused("Is a directory", azvpn_key_read(&key, "/tmp", &exposed, &error));
}

/* A pipe that gives what was written in the pieces it was written in; no line end */
static void reads_standard_input(void **state)
{
	int ends[2], saved = dup(STDIN_FILENO);
	struct azvpn_key key;
	bool exposed;

	(void)state;
	assert_int_equal(pipe2(ends, O_DIRECT), 0);
	dup2(ends[0], STDIN_FILENO);
	if (!fork())
		_exit(write(ends[1], "abc", 3) != 3 || write(ends[1], "def", 3) != 3);
	close(ends[1]);
	ok(azvpn_key_read(&key, "-", &exposed, &error));
	assert_string_equal(key.text, "abcdef");
	dup2(saved, STDIN_FILENO);
	close(ends[0]);
	close(saved);
}

static void wipes(void **state)
{
	static const struct azvpn_key zero;
	struct azvpn_key key;
	char *memory, *moved;

	(void)state;
	ok(azvpn_key_generate(&key, 128, &error));
	azvpn_key_wipe(&key);
	assert_memory_equal(&key, &zero, sizeof(key));
	memory = azvpn_wipe_malloc(5);
	memcpy(memory, "abcde", 5);
	assert_int_equal(azvpn_wipe_size(memory), 5);
	moved = azvpn_wipe_realloc(memory, 100);
	assert_memory_equal(moved, "abcde", 5);
	moved = azvpn_wipe_realloc(moved, 2);
	assert_memory_equal(moved, "ab", 2);
	azvpn_wipe_free(moved);
	azvpn_wipe_free(NULL);
	assert_null(azvpn_wipe_malloc(SIZE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generates_every_length),
		cmocka_unit_test(letters_are_equally_likely),
		cmocka_unit_test(keys_differ),
		cmocka_unit_test(accepts_letters_and_digits_only),
		cmocka_unit_test(reads_files),
		cmocka_unit_test(reads_standard_input),
		cmocka_unit_test(wipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
