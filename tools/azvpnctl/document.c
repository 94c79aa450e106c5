// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "document.h"

/* @document is freed; NULL: there was no memory for it */
static int write_document(json_t *document)
{
	int status = STATUS_OK;

	if (!document)
		return refuse("out of memory");
	if (json_dumpf(document, stdout, JSON_INDENT(2)) || putchar('\n') == EOF ||
	    fflush(stdout))
		status = refuse("the output could not be written: %s", strerror(errno));
	json_decref(document);
	return status;
}

static int export_run(const struct args *args)
{
	struct azvpn_config config;
	json_t *document;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	document = azvpn_document_export(&config.model, args_value(args, "with-keys"));
	azvpn_config_close(&config);
	return write_document(document);
}

static int schema_run(const struct args *args)
{
	(void)args;
	return write_document(azvpn_document_schema());
}

/* Return: the document, or NULL with a message given */
static json_t *read_document(const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	json_error_t reason;
	json_t *document;

	document = is_stdin ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &reason) :
			      json_load_file(path, JSON_REJECT_DUPLICATES, &reason);
	/* jansson shows the text around an error, and that may be a key */
	if (!document && reason.line > 0)
		refuse("%s: not JSON, line %d column %d", is_stdin ? "standard input" : path,
		       reason.line, reason.column);
	else if (!document)
		refuse("%s: %s", path, reason.text);
	return document;
}

/* With the document in @data */
static int import(struct azvpn_change *change, const struct args *args, void *data,
		  struct azvpn_error *error)
{
	(void)args;
	return azvpn_change_import(change, data, error);
}

static int import_run(const struct args *args)
{
	json_t *document;
	int status;

	document = read_document(args->operand);
	if (!document)
		return STATUS_REFUSED;
	status = change_config(args, import, document);
	json_decref(document);
	return status;
}

static const struct command_option export_options[] = {
	{ "with-keys", OPTION_FLAG, false, NULL, "the pre-shared keys too" },
	OPTION_END
};

static const struct command_option import_options[] = { OPTION_NO_APPLY, OPTION_END };

const struct command export_commands[] = {
	{
		.name = "",
		.options = export_options, .run = export_run,
		.summary = "write the configuration as one JSON document",
		.details = "With --with-keys the output is as secret as the keys are.",
	},
	{}
};

const struct command import_commands[] = {
	{
		.name = "", .operand = "FILE",
		.options = import_options, .run = import_run,
		.summary = "replace the whole configuration by that of a JSON document",
		.details = "FILE is what \"azvpnctl export\" wrote; - is standard input. All or nothing: if one\n"
			   "object breaks a rule, nothing is changed. A connection without a key in the document\n"
			   "keeps the one it has here.",
	},
	{}
};

const struct command schema_commands[] = {
	{
		.name = "",
		.run = schema_run,
		.summary = "write the JSON Schema of the configuration",
		.details = "Of what export writes, and in its definitions of what \"show -j\" does.",
	},
	{}
};
