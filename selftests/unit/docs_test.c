// SPDX-License-Identifier: GPL-2.0
/* What of Documentation/ follows from the tables of fields is what they say: "make docs". */
#include "unit.h"

static char said[1 << 18], written[1 << 18];

static void read_all(FILE *stream, char *text, size_t size)
{
	assert_non_null(stream);
	text[fread(text, 1, size - 1, stream)] = '\0';
}

static void run(const char *command)
{
	FILE *pipe = popen(command, "r");

	read_all(pipe, said, sizeof(said));
	assert_int_equal(pclose(pipe), 0);
	assert_true(*said);
}

static void read_document(const char *path)
{
	FILE *file = fopen(path, "r");

	read_all(file, written, sizeof(written));
	fclose(file);
}

static void the_schema_is_that_of_the_tables(void **state)
{
	(void)state;
	run(AZVPNCTL " schema");
	read_document(AZVPN_TOP "/Documentation/schema/azvpn.schema.json");
	assert_string_equal(written, said);
}

static void the_manual_page_has_every_option(void **state)
{
	char *begin, *end;

	(void)state;
	run(AZVPNCTL " reference");
	read_document(AZVPN_TOP "/Documentation/azvpnctl.8");
	begin = strstr(written, "make docs\n");
	assert_non_null(begin);
	begin = strchr(begin, '\n') + 1;
	end = strstr(begin, ".\\\" End of what make docs writes");
	assert_non_null(end);
	*end = '\0';
	assert_string_equal(begin, said);
}

static int setup(void **state)
{
	(void)state;
	return setenv("LD_LIBRARY_PATH", IPSEC_LIB, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_is_that_of_the_tables),
		cmocka_unit_test(the_manual_page_has_every_option),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
