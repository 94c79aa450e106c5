// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

#define DEPTH	4

/* One value of the text, in the order in which they came */
struct cell {
	size_t record;
	const char *heading;	/* the caller's, a constant */
	char *text;
};

/**
 * struct azvpn_print - values gathered so far
 * @json: whether JSON is wanted
 * @shape: object or list
 * @root: the JSON document
 * @open: the record and the objects inside it that are open
 * @depth: how many those are
 * @records: how many records were begun
 * @cells: values of the text
 * @n_cells: how many
 * @failed: memory ran out
 */
struct azvpn_print {
	bool json;
	enum azvpn_print_shape shape;
	json_t *root;
	json_t *open[DEPTH];
	size_t depth;
	size_t records;
	struct cell *cells;
	size_t n_cells;
	bool failed;
};

struct azvpn_print *azvpn_print_new(bool json, enum azvpn_print_shape shape)
{
	struct azvpn_print *print = calloc(1, sizeof(*print));

	if (!print)
		return NULL;
	print->json = json;
	print->shape = shape;
	print->root = json_array();
	print->failed = !print->root;
	return print;
}

void azvpn_print_record(struct azvpn_print *print)
{
	json_t *record = json_object();

	print->records++;
	print->open[0] = record;	/* the root owns it */
	print->depth = 1;
	if (json_array_append_new(print->root, record))
		print->failed = true;
}

static void add_json(struct azvpn_print *print, const char *key, json_t *value)
{
	if (!key)
		json_decref(value);
	else if (json_object_set_new(print->open[print->depth - 1], key, value))
		print->failed = true;
}

/* Takes over @text */
static void add_cell(struct azvpn_print *print, const char *heading, char *text)
{
	struct cell *cells;

	if (!heading) {
		free(text);
		return;
	}
	cells = reallocarray(print->cells, print->n_cells + 1, sizeof(*cells));
	if (!cells || !text) {
		print->failed = true;
		free(text);
		if (cells)
			print->cells = cells;
		return;
	}
	cells[print->n_cells++] = (struct cell){ print->records, heading, text };
	print->cells = cells;
}

void azvpn_print_string(struct azvpn_print *print, const char *key, const char *heading,
			const char *value)
{
	add_json(print, key, json_string(value));
	add_cell(print, heading, strdup(value));
}

void azvpn_print_number(struct azvpn_print *print, const char *key, const char *heading,
			uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	/* JSON numbers are signed here; counters do not get that far */
	add_json(print, key, json_integer(value));
	add_cell(print, heading, strdup(text));
}

void azvpn_print_bool(struct azvpn_print *print, const char *key, const char *heading,
		      bool value)
{
	add_json(print, key, json_boolean(value));
	add_cell(print, heading, strdup(value ? "yes" : "no"));
}

void azvpn_print_null(struct azvpn_print *print, const char *key)
{
	add_json(print, key, json_null());
}

void azvpn_print_addr(struct azvpn_print *print, const char *key, const char *heading,
		      const struct azvpn_addr *addr)
{
	char text[AZVPN_ADDR_SIZE];

	azvpn_print_string(print, key, heading, azvpn_addr_format(addr, text));
}

void azvpn_print_prefix(struct azvpn_print *print, const char *key, const char *heading,
			const struct azvpn_prefix *prefix)
{
	char text[AZVPN_PREFIX_SIZE];

	azvpn_print_string(print, key, heading, azvpn_prefix_format(prefix, text));
}

static char *text_of(const json_t *value)
{
	char *text = NULL;
	json_t *item;
	size_t size, i;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	if (json_is_integer(value))
		fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_string(value))
		fputs(json_string_value(value), stream);
	json_array_foreach(value, i, item)
		fprintf(stream, "%s%s", i ? "," : "", json_string_value(item));
	if (!fclose(stream))
		return text;
	free(text);
	return NULL;
}

void azvpn_print_json(struct azvpn_print *print, const char *key, const char *heading,
		      json_t *value)
{
	add_cell(print, heading, text_of(value));
	if (value)
		add_json(print, key, value);
}

static void descend(struct azvpn_print *print, json_t *object)
{
	if (!object || print->depth == DEPTH)
		abort();	/* a mistake in the caller, or no memory for a few bytes */
	print->open[print->depth++] = object;
}

void azvpn_print_begin(struct azvpn_print *print, const char *key)
{
	json_t *object = json_object_get(print->open[print->depth - 1], key);

	if (!object) {
		object = json_object();
		add_json(print, key, object);
	}
	descend(print, object);
}

void azvpn_print_array(struct azvpn_print *print, const char *key)
{
	add_json(print, key, json_array());
}

void azvpn_print_begin_item(struct azvpn_print *print, const char *key)
{
	json_t *list = json_object_get(print->open[print->depth - 1], key);
	json_t *object = json_object();

	if (json_array_append_new(list, object))
		print->failed = true;
	descend(print, object);
}

void azvpn_print_end(struct azvpn_print *print)
{
	print->depth--;
}

static size_t max(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void write_object(const struct azvpn_print *print, FILE *out)
{
	size_t width = 0, i;

	for (i = 0; i < print->n_cells; i++)
		width = max(width, strlen(print->cells[i].heading));
	for (i = 0; i < print->n_cells; i++) {
		fprintf(out, "%s:", print->cells[i].heading);
		if (*print->cells[i].text)	/* no spaces at the end of a line */
			fprintf(out, "%*s %s",
				(int)(width - strlen(print->cells[i].heading)), "",
				print->cells[i].text);
		fputc('\n', out);
	}
}

/* Columns are the headings in the order in which they first came */
static size_t column_of(const struct cell **columns, size_t n_columns, const char *heading)
{
	size_t i;

	for (i = 0; i < n_columns; i++)
		if (!strcmp(columns[i]->heading, heading))
			break;
	return i;
}

static void write_row(FILE *out, const char **texts, const size_t *widths, size_t n)
{
	size_t i;

	/* Empty cells at the right are left out, with the spaces before them */
	while (n && !*texts[n - 1])
		n--;
	for (i = 0; i + 1 < n; i++)
		fprintf(out, "%-*s  ", (int)widths[i], texts[i]);
	fprintf(out, "%s\n", n ? texts[n - 1] : "");
}

static void write_table(struct azvpn_print *print, FILE *out)
{
	const struct cell **columns = calloc(print->n_cells, sizeof(*columns));
	const char **texts = calloc(print->n_cells, sizeof(*texts));
	size_t *widths = calloc(print->n_cells, sizeof(*widths));
	size_t n = 0, i, column, record;

	if (!columns || !texts || !widths) {
		print->failed = true;
		goto out;
	}
	for (i = 0; i < print->n_cells; i++) {
		column = column_of(columns, n, print->cells[i].heading);
		if (column == n)
			columns[n++] = &print->cells[i];
		widths[column] = max(widths[column], max(strlen(print->cells[i].text),
							 strlen(print->cells[i].heading)));
	}
	for (column = 0; column < n; column++)
		texts[column] = columns[column]->heading;
	write_row(out, texts, widths, n);
	for (i = 0, record = 1; record <= print->records; record++) {
		for (column = 0; column < n; column++)
			texts[column] = "";
		for (; i < print->n_cells && print->cells[i].record == record; i++)
			texts[column_of(columns, n, print->cells[i].heading)] =
				print->cells[i].text;
		write_row(out, texts, widths, n);
	}
out:
	free(columns);
	free(texts);
	free(widths);
}

static void write_json(struct azvpn_print *print, FILE *out)
{
	const json_t *document = print->root;

	if (print->shape == AZVPN_PRINT_OBJECT)
		document = json_array_get(print->root, 0);
	if (json_dumpf(document, out, JSON_INDENT(2)))
		print->failed = true;
	fputc('\n', out);
}

void azvpn_print_discard(struct azvpn_print *print)
{
	size_t i;

	for (i = 0; i < print->n_cells; i++) {
		/* It may be a key */
		explicit_bzero(print->cells[i].text, strlen(print->cells[i].text));
		free(print->cells[i].text);
	}
	free(print->cells);
	json_decref(print->root);
	free(print);
}

int azvpn_print_finish(struct azvpn_print *print, FILE *out)
{
	int ret = 0;

	if (print->json)
		write_json(print, out);
	else if (print->shape == AZVPN_PRINT_OBJECT)
		write_object(print, out);
	else if (print->n_cells)
		write_table(print, out);
	if (print->failed)
		ret = -ENOMEM;
	if (fflush(out) || ferror(out))
		ret = -EIO;
	azvpn_print_discard(print);
	return ret;
}
