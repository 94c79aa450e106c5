// SPDX-License-Identifier: GPL-2.0
/* The same calls give a table, lines, and JSON. */
#include "unit.h"
#include "print.h"

static char *output;
static size_t output_size;

static struct azvpn_print *begin(bool json, enum azvpn_print_shape shape)
{
	struct azvpn_print *print = azvpn_print_new(json, shape);

	assert_non_null(print);
	return print;
}

static void finish_is(struct azvpn_print *print, const char *want)
{
	FILE *stream = open_memstream(&output, &output_size);

	assert_int_equal(azvpn_print_finish(print, stream), 0);
	fclose(stream);
	assert_string_equal(output, want);
	free(output);
}

static void record(struct azvpn_print *print, const char *name, uint64_t bytes)
{
	azvpn_print_record(print);
	azvpn_print_string(print, "name", "Name", name);
	azvpn_print_begin(print, "addressSpace");
	azvpn_print_json(print, "addressPrefixes", "AddressPrefixes",
			 json_pack("[s, s]", "10.1.0.0/16", "10.2.0.0/16"));
	azvpn_print_end(print);
	azvpn_print_number(print, "ingressBytesTransferred", "In", bytes);
	azvpn_print_number(print, "secret", NULL, 1);
	azvpn_print_string(print, NULL, "Note", "");
}

static void object_as_lines(void **state)
{
	struct azvpn_print *print = begin(false, AZVPN_PRINT_OBJECT);

	(void)state;
	record(print, "hub", 12);
	finish_is(print,
		  "Name:            hub\n"
		  "AddressPrefixes: 10.1.0.0/16,10.2.0.0/16\n"
		  "In:              12\n"
		  "Note:\n");
}

static void object_as_json(void **state)
{
	struct azvpn_print *print = begin(true, AZVPN_PRINT_OBJECT);

	(void)state;
	record(print, "hub \"1\"", UINT32_MAX);
	finish_is(print,
		  "{\n"
		  "  \"name\": \"hub \\\"1\\\"\",\n"
		  "  \"addressSpace\": {\n"
		  "    \"addressPrefixes\": [\n"
		  "      \"10.1.0.0/16\",\n"
		  "      \"10.2.0.0/16\"\n"
		  "    ]\n"
		  "  },\n"
		  "  \"ingressBytesTransferred\": 4294967295,\n"
		  "  \"secret\": 1\n"
		  "}\n");
}

static void list_as_table(void **state)
{
	struct azvpn_print *print = begin(false, AZVPN_PRINT_LIST);

	(void)state;
	record(print, "hub", 12);
	record(print, "a-longer-name", 3);
	finish_is(print,
		  "Name           AddressPrefixes          In  Note\n"
		  "hub            10.1.0.0/16,10.2.0.0/16  12\n"
		  "a-longer-name  10.1.0.0/16,10.2.0.0/16  3\n");
}

/* A column that only some records have is empty in the others */
static void table_with_gaps(void **state)
{
	struct azvpn_print *print = begin(false, AZVPN_PRINT_LIST);

	(void)state;
	azvpn_print_record(print);
	azvpn_print_string(print, NULL, "A", "1");
	azvpn_print_string(print, NULL, "C", "3");
	azvpn_print_record(print);
	azvpn_print_string(print, NULL, "A", "1");
	azvpn_print_string(print, NULL, "B", "2");
	azvpn_print_record(print);
	finish_is(print,
		  "A  C  B\n"
		  "1  3\n"
		  "1     2\n"
		  "\n");
}

static void empty_list(void **state)
{
	(void)state;
	finish_is(begin(false, AZVPN_PRINT_LIST), "");
	finish_is(begin(true, AZVPN_PRINT_LIST), "[]\n");
}

static void arrays_and_values_of_json(void **state)
{
	const struct azvpn_addr bgp = addr("10.1.255.30");
	struct azvpn_print *print = begin(true, AZVPN_PRINT_LIST);

	(void)state;
	azvpn_print_record(print);
	azvpn_print_array(print, "none");
	azvpn_print_array(print, "some");
	azvpn_print_begin_item(print, "some");
	azvpn_print_bool(print, "yes", NULL, true);
	azvpn_print_begin(print, "deep");
	azvpn_print_addr(print, "addr", NULL, &bgp);
	azvpn_print_end(print);
	azvpn_print_end(print);
	azvpn_print_null(print, "nothing");
	finish_is(print,
		  "[\n"
		  "  {\n"
		  "    \"none\": [],\n"
		  "    \"some\": [\n"
		  "      {\n"
		  "        \"yes\": true,\n"
		  "        \"deep\": {\n"
		  "          \"addr\": \"10.1.255.30\"\n"
		  "        }\n"
		  "      }\n"
		  "    ],\n"
		  "    \"nothing\": null\n"
		  "  }\n"
		  "]\n");
}

static void says_when_output_is_lost(void **state)
{
	struct azvpn_print *print = begin(true, AZVPN_PRINT_LIST);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	record(print, "hub", 1);
	assert_int_not_equal(azvpn_print_finish(print, full), 0);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(object_as_lines),
		cmocka_unit_test(object_as_json),
		cmocka_unit_test(list_as_table),
		cmocka_unit_test(table_with_gaps),
		cmocka_unit_test(empty_list),
		cmocka_unit_test(arrays_and_values_of_json),
		cmocka_unit_test(says_when_output_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
