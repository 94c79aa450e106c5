// SPDX-License-Identifier: GPL-2.0
/*
 * The two forms of the contract between the module and its users say the same:
 * Documentation/netlink/specs/azvpn.yaml and kernel/uapi/linux/azvpn.h. The
 * compiler puts the numbers to the names of the header; those of the spec follow
 * from the order, as the kernel's YNL has it.
 */
#include <ctype.h>
#include <linux/azvpn.h>
#include <yaml.h>

#include "unit.h"
#include "nl.h"

#define SPEC	AZVPN_TOP "/Documentation/netlink/specs/azvpn.yaml"

struct constant {
	char name[64];
	long value;
};

/* Every enumerator of the header but those that only mark an end */
static const struct constant header[] = {
#define NAME(name)	{ #name, name },
#include "uapi_names.h"
};

#define N_HEADER	(sizeof(header) / sizeof(header[0]))

/* Those of the spec, in its order */
static struct constant spec[256];
static size_t n_spec;
static yaml_document_t document;

static yaml_node_t *node_at(int index)
{
	return yaml_document_get_node(&document, index);
}

static const char *text(yaml_node_t *node)
{
	assert_non_null(node);
	assert_int_equal(node->type, YAML_SCALAR_NODE);
	return (const char *)node->data.scalar.value;
}

/* The value of a key, or NULL */
static yaml_node_t *get(yaml_node_t *mapping, const char *key)
{
	yaml_node_pair_t *pair;

	assert_int_equal(mapping->type, YAML_MAPPING_NODE);
	for (pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top;
	     pair++)
		if (!strcmp(text(node_at(pair->key)), key))
			return node_at(pair->value);
	return NULL;
}

static const char *get_text(yaml_node_t *mapping, const char *key)
{
	return text(get(mapping, key));
}

static size_t length(yaml_node_t *sequence)
{
	assert_non_null(sequence);
	assert_int_equal(sequence->type, YAML_SEQUENCE_NODE);
	return sequence->data.sequence.items.top - sequence->data.sequence.items.start;
}

static yaml_node_t *item(yaml_node_t *sequence, size_t i)
{
	return node_at(sequence->data.sequence.items.start[i]);
}

/* The one of that name in a list of objects, or NULL */
static yaml_node_t *find(yaml_node_t *sequence, const char *name)
{
	size_t i;

	for (i = 0; i < length(sequence); i++)
		if (!strcmp(get_text(item(sequence, i), "name"), name))
			return item(sequence, i);
	return NULL;
}

static yaml_node_t *root(void)
{
	return yaml_document_get_root_node(&document);
}

/* "AZVPN_PREFIX_NAME", as YNL makes it: capitals, and underscores for dashes */
static void expect(const char *prefix, const char *name, long value)
{
	struct constant *constant = &spec[n_spec++];
	char *at;

	assert_true(n_spec < sizeof(spec) / sizeof(spec[0]));
	snprintf(constant->name, sizeof(constant->name), "AZVPN_%s%s%s", prefix,
		 *prefix ? "_" : "", name);
	for (at = constant->name; *at; at++)
		*at = *at == '-' ? '_' : toupper((unsigned char)*at);
	constant->value = value;
}

static void expect_enums(void)
{
	yaml_node_t *definitions = get(root(), "definitions"), *entries;
	const char *type, *name;
	size_t i, j;

	for (i = 0; i < length(definitions); i++) {
		type = get_text(item(definitions, i), "type");
		name = get_text(item(definitions, i), "name");
		if (!strcmp(type, "const"))
			continue;
		entries = get(item(definitions, i), "entries");
		for (j = 0; j < length(entries); j++)
			expect(name, get_text(item(entries, j), "name"),
			       strcmp(type, "flags") ? (long)j : 1L << j);
	}
}

static void expect_attributes(void)
{
	yaml_node_t *sets = get(root(), "attribute-sets"), *attributes;
	char prefix[32];
	size_t i, j;

	for (i = 0; i < length(sets); i++) {
		attributes = get(item(sets, i), "attributes");
		snprintf(prefix, sizeof(prefix), "A_%s", get_text(item(sets, i), "name"));
		for (j = 0; j < length(attributes); j++)
			expect(prefix, get_text(item(attributes, j), "name"), j + 1);
		expect(prefix, "MAX", length(attributes));
	}
}

static void expect_operations(void)
{
	yaml_node_t *list = get(get(root(), "operations"), "list");
	size_t i;

	for (i = 0; i < length(list); i++)
		expect("CMD", get_text(item(list, i), "name"), i + 1);
	expect("CMD", "MAX", length(list));
}

static int setup(void **state)
{
	yaml_parser_t parser;
	FILE *file = fopen(SPEC, "r");

	(void)state;
	assert_non_null(file);
	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_file(&parser, file);
	if (!yaml_parser_load(&parser, &document))
		fail_msg("%s: line %zu: %s", SPEC, parser.problem_mark.line + 1, parser.problem);
	yaml_parser_delete(&parser);
	fclose(file);
	expect_enums();
	expect_attributes();
	expect_operations();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	yaml_document_delete(&document);
	return 0;
}

/* Name by name in order, so whatever one has and the other has not is found */
static void names_and_numbers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_HEADER && i < n_spec; i++) {
		assert_string_equal(header[i].name, spec[i].name);
		if (header[i].value != spec[i].value)
			fail_msg("%s is %ld in the header, %ld in the spec", header[i].name,
				 header[i].value, spec[i].value);
	}
	if (n_spec < N_HEADER)
		fail_msg("only the header has %s", header[n_spec].name);
	if (n_spec > N_HEADER)
		fail_msg("only the spec has %s", spec[N_HEADER].name);
	assert_true(n_spec > 100);
}

static long constant_value(const char *name)
{
	yaml_node_t *definition = find(get(root(), "definitions"), name);

	assert_non_null(definition);
	assert_string_equal(get_text(definition, "type"), "const");
	return atol(get_text(definition, "value"));
}

static void constants_of_the_family(void **state)
{
	(void)state;
	assert_string_equal(get_text(root(), "name"), AZVPN_GENL_NAME);
	assert_int_equal(constant_value("max-replay-window"), AZVPN_MAX_REPLAY_WINDOW);
	assert_non_null(find(get(get(root(), "mcast-groups"), "list"), AZVPN_MCGRP_EVENTS));
}

/* Attributes of a request, reply or event; NULL if there is none */
static void check_attributes(yaml_node_t *set, yaml_node_t *message, const char *operation)
{
	yaml_node_t *names = message ? get(message, "attributes") : NULL;
	size_t i;

	for (i = 0; names && i < length(names); i++)
		if (!find(get(set, "attributes"), text(item(names, i))))
			fail_msg("%s: there is no attribute %s", operation, text(item(names, i)));
}

static void check_operation(yaml_node_t *operation)
{
	static const char *const kinds[] = { "do", "dump" };
	const char *name = get_text(operation, "name");
	yaml_node_t *set, *kind;
	size_t i;

	set = find(get(root(), "attribute-sets"), get_text(operation, "attribute-set"));
	assert_non_null(set);
	for (i = 0; i < 2; i++) {
		kind = get(operation, kinds[i]);
		if (!kind)
			continue;
		check_attributes(set, get(kind, "request"), name);
		check_attributes(set, get(kind, "reply"), name);
	}
	check_attributes(set, get(operation, "event"), name);
	/* Whatever is no event changes or reveals something */
	if (!get(operation, "event"))
		assert_string_equal(text(item(get(operation, "flags"), 0)), "admin-perm");
}

/* What the spec refers to, it has */
static void references_of_the_spec(void **state)
{
	yaml_node_t *sets = get(root(), "attribute-sets");
	yaml_node_t *list = get(get(root(), "operations"), "list"), *attributes, *other;
	size_t i, j;

	(void)state;
	for (i = 0; i < length(list); i++)
		check_operation(item(list, i));
	for (i = 0; i < length(sets); i++) {
		attributes = get(item(sets, i), "attributes");
		for (j = 0; j < length(attributes); j++) {
			other = get(item(attributes, j), "enum");
			if (other)
				assert_non_null(find(get(root(), "definitions"), text(other)));
			other = get(item(attributes, j), "nested-attributes");
			if (other)
				assert_non_null(find(sets, text(other)));
		}
	}
}

static bool is_number(const char *type)
{
	return !strcmp(type, "u16") || !strcmp(type, "u32") || !strcmp(type, "u64");
}

static bool has_text(yaml_node_t *attribute, const char *key, const char *value)
{
	yaml_node_t *node = get(attribute, key);

	return node && !strcmp(text(node), value);
}

/* Bytes are an address or a key, and as long as the biggest of these */
static void check_binary(yaml_node_t *attribute)
{
	const char *name = get_text(attribute, "name");
	yaml_node_t *checks = get(attribute, "checks");
	bool is_key = strlen(name) > 4 && !strcmp(name + strlen(name) - 4, "-key");

	if (is_key == has_text(attribute, "display-hint", "ipv4-or-v6"))
		fail_msg("%s is neither an address nor a key, or both", name);
	if (!checks || !has_text(checks, "max-len", is_key ? "64" : "16"))
		fail_msg("%s has not the size of an address or a key", name);
}

static void check_type(yaml_node_t *attribute)
{
	const char *name = get_text(attribute, "name"), *type = get_text(attribute, "type");
	static const char *const others[] = { "pad", "string", "binary", "nest", "flag", NULL };
	size_t i;

	for (i = 0; others[i] && strcmp(type, others[i]);)
		i++;
	if (!others[i] && !is_number(type))
		fail_msg("%s: there is no type %s here", name, type);
	if (!strcmp(type, "nest") != !!get(attribute, "nested-attributes"))
		fail_msg("%s: a nest has nested-attributes, and nothing else has", name);
	if (get(attribute, "enum") && strcmp(type, "u32"))
		fail_msg("%s: enums are u32", name);
	if (get(attribute, "byte-order") && !is_number(type))
		fail_msg("%s: only numbers have a byte order", name);
	if (has_text(attribute, "display-hint", "ipv4-or-v6") && strcmp(type, "binary"))
		fail_msg("%s: addresses are of either family", name);
	if (!strcmp(type, "binary"))
		check_binary(attribute);
}

static void check_same(yaml_node_t *attribute, yaml_node_t *other)
{
	static const char *const keys[] = { "type", "byte-order", "display-hint", "enum" };
	yaml_node_t *a, *b;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		a = get(attribute, keys[i]);
		b = get(other, keys[i]);
		if (!a != !b || (a && strcmp(text(a), text(b))))
			fail_msg("%s has another %s in another set",
				 get_text(attribute, "name"), keys[i]);
	}
}

/* What is called the same in two sets looks the same, but for the names of drops */
static void check_elsewhere(yaml_node_t *sets, yaml_node_t *attribute)
{
	yaml_node_t *other;
	size_t i;

	for (i = 0; i < length(sets); i++) {
		other = find(get(item(sets, i), "attributes"), get_text(attribute, "name"));
		if (other && !has_text(item(sets, i), "name", "drops"))
			check_same(attribute, other);
	}
}

static void check_set(yaml_node_t *sets, yaml_node_t *set)
{
	yaml_node_t *attributes = get(set, "attributes");
	size_t i;

	for (i = 0; i < length(attributes); i++) {
		check_type(item(attributes, i));
		if (!has_text(set, "name", "drops"))
			check_elsewhere(sets, item(attributes, i));
		else
			assert_string_equal(get_text(item(attributes, i), "type"),
					    i ? "u64" : "pad");
	}
}

static void types_of_attributes(void **state)
{
	yaml_node_t *sets = get(root(), "attribute-sets");
	size_t i;

	(void)state;
	for (i = 0; i < length(sets); i++)
		check_set(sets, item(sets, i));
}

/* Keys go in and never come out */
static void no_reply_has_a_key(void **state)
{
	yaml_node_t *list = get(get(root(), "operations"), "list"), *kind, *reply, *names;
	static const char *const kinds[] = { "do", "dump" };
	size_t i, j, k;

	(void)state;
	for (i = 0; i < length(list); i++)
		for (j = 0; j < 2; j++) {
			kind = get(item(list, i), kinds[j]);
			reply = kind ? get(kind, "reply") : NULL;
			names = reply ? get(reply, "attributes") : NULL;
			for (k = 0; names && k < length(names); k++)
				assert_null(strstr(text(item(names, k)), "-key"));
		}
}

/* The names that azvpnctl prints are the spec's */
static void names_of_drops(void **state)
{
	yaml_node_t *drops = find(get(root(), "attribute-sets"), "drops");
	yaml_node_t *attributes = get(drops, "attributes");
	const char *name;
	size_t i;

	(void)state;
	for (i = 0; i < length(attributes); i++) {
		name = azvpn_nl_drop_name(i + 1);
		if (strcmp(get_text(item(attributes, i), "name"), "pad"))
			assert_string_equal(name ? name : "(none)",
					    get_text(item(attributes, i), "name"));
		else
			assert_null(name);
	}
	assert_null(azvpn_nl_drop_name(length(attributes) + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(constants_of_the_family),
		cmocka_unit_test(references_of_the_spec),
		cmocka_unit_test(types_of_attributes),
		cmocka_unit_test(no_reply_has_a_key),
		cmocka_unit_test(names_of_drops),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
