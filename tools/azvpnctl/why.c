// SPDX-License-Identifier: GPL-2.0
#include "cmd.h"
#include "why.h"

static void print_finding(const struct azvpn_finding *finding, void *data)
{
	struct azvpn_print *print = data;

	char count[48] = "", text[sizeof(finding->text) + sizeof(finding->advice) + sizeof(count) + 8];

	if (finding->packets)
		snprintf(count, sizeof(count), " (%llu packets)",
			 (unsigned long long)finding->packets);
	snprintf(text, sizeof(text), "%s%s%s%s", finding->text, count,
		 *finding->advice ? ": " : "", finding->advice);
	azvpn_print_record(print);
	azvpn_print_string(print, NULL, "Why", text);
	azvpn_print_string(print, "code", NULL, finding->code);
	azvpn_print_number(print, "packets", NULL, finding->packets);
	azvpn_print_string(print, "text", NULL, finding->text);
	azvpn_print_string(print, "advice", NULL, finding->advice);
}

static int explain(const struct args *args)
{
	struct azvpn_connection *connection;
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	connection = azvpn_connection_find(&config.model, args->operand);
	if (connection) {
		print = print_new(args, AZVPN_PRINT_LIST);
		azvpn_why(&config.model, connection, print_finding, print);
		status = print_done(print);
	} else {
		azvpn_object_missing(&azvpn_connection_kind, args->operand, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

const struct command why_commands[] = {
	{
		.name = "", .operand = "NAME",
		.run = explain,
		.summary = "say why a connection passes nothing",
		.details = "Each line is one thing that is not as it should be, causes first, with what to do about\n"
			   "it. Packets are those it has cost since the device was made. Nothing is changed.",
	},
	{}
};
