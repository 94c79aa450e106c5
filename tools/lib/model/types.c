// SPDX-License-Identifier: GPL-2.0
/* The types of fields. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "field.h"
#include "secret.h"

#define NAME_PATTERN	"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$"
/* "show" tells no keys */
#define KEY_PATTERN	"^([A-Za-z0-9]{1,128}|[*]{8})$"

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int azvpn_name_parse(const char *text, const char *what, char name[AZVPN_NAME_SIZE],
		     struct azvpn_error *error)
{
	size_t size = strlen(text), i;
	bool good = size >= 1 && size < AZVPN_NAME_SIZE && is_alnum(text[0]) &&
		    (is_alnum(text[size - 1]) || text[size - 1] == '_');

	for (i = 0; good && i < size; i++)
		good = is_alnum(text[i]) || strchr("_.-", text[i]);
	if (!good)
		return azvpn_error_set(error, -EINVAL,
				       "%s: \"%.100s\" is not a name; accepted are 1 to %d letters, digits, \"_\", \".\" and \"-\", starting with a letter or digit and ending with one or \"_\"",
				       what, text, AZVPN_NAME_SIZE - 1);
	memset(name, 0, AZVPN_NAME_SIZE);
	memcpy(name, text, size);
	return 0;
}

int azvpn_netns_parse(const char *text, const char *what, char netns[AZVPN_NETNS_SIZE],
		      struct azvpn_error *error)
{
	size_t size = strlen(text), i;
	bool good = size >= 1 && size < AZVPN_NETNS_SIZE && strcmp(text, ".") && strcmp(text, "..");

	/* It becomes a file name, and a word in messages */
	for (i = 0; good && i < size; i++)
		good = text[i] > ' ' && text[i] < 0x7f && text[i] != '/';
	if (!good)
		return azvpn_error_set(error, -EINVAL,
				       "%s: \"%.100s\" is not the name of a network namespace; \"ip netns list\" shows those there are",
				       what, text);
	memset(netns, 0, AZVPN_NETNS_SIZE);
	memcpy(netns, text, size);
	return 0;
}

static void put(json_t *schema, const char *key, json_t *value)
{
	json_object_set_new(schema, key, value);
}

/* Of values that are kept as text: that itself, not a copy, as it may be a key */
static const char *text_format(const struct azvpn_field *field, const void *value, size_t index,
			       char buf[AZVPN_VALUE_SIZE])
{
	(void)field, (void)index, (void)buf;
	return value;
}

static size_t text_count(const struct azvpn_field *field, const void *value)
{
	(void)field;
	return *(const char *)value != '\0';
}

static void text_schema(const struct azvpn_field *field, json_t *schema)
{
	(void)field;
	put(schema, "type", json_string("string"));
}

static int name_parse(const struct azvpn_field *field, const char *text, const char *what,
		      void *value, struct azvpn_error *error)
{
	(void)field;
	return azvpn_name_parse(text, what, value, error);
}

static void name_schema(const struct azvpn_field *field, json_t *schema)
{
	text_schema(field, schema);
	put(schema, "pattern", json_string(NAME_PATTERN));
	put(schema, "maxLength", json_integer(AZVPN_NAME_SIZE - 1));
}

const struct azvpn_type azvpn_type_name = {
	.argument = "NAME", .noun = "name", .example = "hub",
	.parse = name_parse, .format = text_format, .count = text_count, .schema = name_schema,
};

static int netns_parse(const struct azvpn_field *field, const char *text, const char *what,
		       void *value, struct azvpn_error *error)
{
	(void)field;
	return azvpn_netns_parse(text, what, value, error);
}

static void netns_schema(const struct azvpn_field *field, json_t *schema)
{
	text_schema(field, schema);
	put(schema, "pattern", json_string("^[!-.0-~]+$"));
	put(schema, "maxLength", json_integer(AZVPN_NETNS_SIZE - 1));
}

const struct azvpn_type azvpn_type_netns = {
	.argument = "NAME", .noun = "namespace", .example = "hub",
	.parse = netns_parse, .format = text_format, .count = text_count, .schema = netns_schema,
};

const struct azvpn_type azvpn_type_text = {
	.format = text_format, .count = text_count, .schema = text_schema,
};

static int addr_parse(const struct azvpn_field *field, const char *text, const char *what,
		      void *value, struct azvpn_error *error)
{
	(void)field;
	return azvpn_addr_parse(text, what, value, error);
}

static const char *addr_format(const struct azvpn_field *field, const void *value, size_t index,
			       char buf[AZVPN_VALUE_SIZE])
{
	(void)field, (void)index;
	return azvpn_addr_format(value, buf);
}

static size_t addr_count(const struct azvpn_field *field, const void *value)
{
	const struct azvpn_addr *addr = value;

	(void)field;
	return addr->family != 0;
}

static void addr_schema(const struct azvpn_field *field, json_t *schema)
{
	text_schema(field, schema);
	put(schema, "anyOf", json_pack("[{s:s}, {s:s}]", "format", "ipv4", "format", "ipv6"));
}

const struct azvpn_type azvpn_type_addr = {
	.argument = "ADDRESS", .noun = "address", .example = "203.0.113.1",
	.parse = addr_parse, .format = addr_format, .count = addr_count, .schema = addr_schema,
};

static int prefix_parse(const struct azvpn_field *field, const char *text, const char *what,
			void *value, struct azvpn_error *error)
{
	(void)field;
	return azvpn_prefix_parse(text, what, value, error);
}

static const char *prefix_format(const struct azvpn_field *field, const void *value, size_t index,
				 char buf[AZVPN_VALUE_SIZE])
{
	(void)field, (void)index;
	return azvpn_prefix_format(value, buf);
}

static size_t prefix_count(const struct azvpn_field *field, const void *value)
{
	const struct azvpn_prefix *prefix = value;

	return addr_count(field, &prefix->addr);
}

static void prefix_schema(const struct azvpn_field *field, json_t *schema)
{
	text_schema(field, schema);
	put(schema, "pattern", json_string("^[0-9a-f.:]+/[0-9]+$"));
}

const struct azvpn_type azvpn_type_prefix = {
	.argument = "PREFIX", .noun = "prefix", .example = "10.1.0.0/16",
	.parse = prefix_parse, .format = prefix_format, .count = prefix_count,
	.schema = prefix_schema,
};

static int prefixes_parse(const struct azvpn_field *field, const char *text, const char *what,
			  void *value, struct azvpn_error *error)
{
	struct azvpn_prefix prefix;
	int ret;

	(void)field;
	ret = azvpn_prefix_parse(text, what, &prefix, error);
	if (!ret && azvpn_prefixes_add(value, &prefix))
		ret = azvpn_error_set(error, -ENOMEM, "out of memory");
	return ret;
}

static const char *prefixes_format(const struct azvpn_field *field, const void *value,
				   size_t index, char buf[AZVPN_VALUE_SIZE])
{
	const struct azvpn_prefixes *prefixes = value;

	return prefix_format(field, &prefixes->list[index], 0, buf);
}

static size_t prefixes_count(const struct azvpn_field *field, const void *value)
{
	const struct azvpn_prefixes *prefixes = value;

	(void)field;
	return prefixes->count;
}

const struct azvpn_type azvpn_type_prefixes = {
	.argument = "PREFIX...", .noun = "prefix", .example = "10.1.0.0/16", .shape = AZVPN_LIST,
	.parse = prefixes_parse, .format = prefixes_format, .count = prefixes_count,
	.schema = prefix_schema,
};

static void list_choices(const struct azvpn_field *field, char *text, size_t size)
{
	size_t i, used = 0;

	for (i = 0; field->choices[i] && used < size; i++)
		used += snprintf(text + used, size - used, "%s%s", i ? ", " : "",
				 field->choices[i]);
}

static int choice_parse(const struct azvpn_field *field, const char *text, const char *what,
			void *value, struct azvpn_error *error)
{
	char accepted[256];
	unsigned int i;

	for (i = 0; field->choices[i]; i++) {
		if (strcmp(field->choices[i], text))
			continue;
		*(unsigned int *)value = i;
		return 0;
	}
	list_choices(field, accepted, sizeof(accepted));
	return azvpn_error_set(error, -EINVAL, "%s: \"%.100s\" is unknown; there are %s", what,
			       text, accepted);
}

static const char *choice_format(const struct azvpn_field *field, const void *value, size_t index,
				 char buf[AZVPN_VALUE_SIZE])
{
	(void)index, (void)buf;
	return field->choices[*(const unsigned int *)value];
}

static size_t choice_count(const struct azvpn_field *field, const void *value)
{
	(void)field, (void)value;
	return 1;
}

static void choice_schema(const struct azvpn_field *field, json_t *schema)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; field->choices[i]; i++)
		json_array_append_new(list, json_string(field->choices[i]));
	put(schema, "enum", list);
}

const struct azvpn_type azvpn_type_choice = {
	.argument = "WORD", .noun = "word",
	.parse = choice_parse, .format = choice_format, .count = choice_count,
	.schema = choice_schema,
};

static uint64_t number_of(const struct azvpn_field *field, const void *value)
{
	return field->size == sizeof(uint64_t) ? *(const uint64_t *)value :
						 *(const uint32_t *)value;
}

/* Those that are only told have no bounds and are never parsed */
static int number_parse(const struct azvpn_field *field, const char *text, const char *what,
			void *value, struct azvpn_error *error)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || number < field->min ||
	    number > field->max)
		return azvpn_error_set(error, -ERANGE,
				       "%s: \"%.100s\" is not a number of %" PRIu32 " to %" PRIu32,
				       what, text, field->min, field->max);
	*(uint32_t *)value = number;
	return 0;
}

static const char *number_format(const struct azvpn_field *field, const void *value, size_t index,
				 char buf[AZVPN_VALUE_SIZE])
{
	(void)index;
	snprintf(buf, AZVPN_VALUE_SIZE, "%" PRIu64, number_of(field, value));
	return buf;
}

static size_t number_count(const struct azvpn_field *field, const void *value)
{
	return field->flags & AZVPN_READ_ONLY || number_of(field, value) != 0;
}

static void number_schema(const struct azvpn_field *field, json_t *schema)
{
	put(schema, "type", json_string("integer"));
	put(schema, "minimum", json_integer(field->min));
	if (field->max)
		put(schema, "maximum", json_integer(field->max));
}

const struct azvpn_type azvpn_type_number = {
	.argument = "N", .noun = "number", .shape = AZVPN_NUMBER,
	.parse = number_parse, .format = number_format, .count = number_count,
	.schema = number_schema,
};

/* The tag is not touched: a connection has it drawn when the key is not the one it had */
static int key_parse(const struct azvpn_field *field, const char *text, const char *what,
		     void *value, struct azvpn_error *error)
{
	size_t size = strlen(text);
	int ret;

	(void)what;
	ret = azvpn_key_check(text, size, error);
	if (ret)
		return ret;
	explicit_bzero(value, field->size);
	memcpy(value, text, size);
	return 0;
}

static void key_schema(const struct azvpn_field *field, json_t *schema)
{
	text_schema(field, schema);
	put(schema, "pattern", json_string(KEY_PATTERN));
}

const struct azvpn_type azvpn_type_key = {
	.argument = "FILE", .noun = "key", .from_file = true,
	.parse = key_parse, .format = text_format, .count = text_count, .schema = key_schema,
};

static int tag_parse(const struct azvpn_field *field, const char *text, const char *what,
		     void *value, struct azvpn_error *error)
{
	size_t size = strlen(text);

	if (size != field->size - 1)
		return azvpn_error_set(error, -EINVAL, "%s: \"%.100s\" is not a tag of a key", what,
				       text);
	memcpy(value, text, size + 1);
	return 0;
}

const struct azvpn_type azvpn_type_tag = {
	.parse = tag_parse, .format = text_format, .count = text_count, .schema = text_schema,
};
