/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands of azvpnctl share. A command is an entry of a table: from
 * it come the parsing of its command line and its help.
 */
#ifndef AZVPNCTL_CMD_H
#define AZVPNCTL_CMD_H

#include <stdbool.h>

#include "config.h"
#include "print.h"

/* Exit statuses; azvpnctl(8) has them too */
enum {
	STATUS_OK = 0,
	STATUS_REFUSED = 1,	/* against a rule, not found, or failed; nothing was changed */
	STATUS_USAGE = 2,	/* the command line makes no sense */
	STATUS_NOT_APPLIED = 3,	/* the configuration is saved, the system is not all as it says */
};

enum option_kind {
	OPTION_VALUE,
	OPTION_LIST,		/* one or more values, separated by spaces or commas */
	OPTION_FLAG,
};

/**
 * struct command_option - an option of a command
 * @name: without the dashes; NULL ends a table
 * @kind: what follows it
 * @required: the command does nothing without it
 * @argument: what it takes, for the help
 * @help: what it is, for the help
 */
struct command_option {
	const char *name;
	enum option_kind kind;
	bool required;
	const char *argument;
	const char *help;
};

#define MAX_OPTIONS	12

/**
 * struct args - a parsed command line
 * @command: the command
 * @operand: the word that is no option, or NULL
 * @json: JSON is wanted
 * @values: of the command's options; NULL if not given
 * @lists: of those that take lists; the texts are pieces of the command line
 */
struct args {
	const struct command *command;
	const char *operand;
	bool json;
	const char *values[MAX_OPTIONS];
	struct {
		char **texts;
		size_t count;
	} lists[MAX_OPTIONS];
};

struct query;
struct change;

/**
 * struct command - an entry of a group's table
 * @name: one word or two; empty if the group is a command itself; NULL ends a table
 * @operand: "NAME" (also given by --name), another word, in brackets if it may
 *	     be left out; NULL if there is none
 * @options: its own, beside --json and --help
 * @run: does it. Return: an exit status.
 * @change: without @run, what it changes in the configuration
 * @query: what it prints from the configuration; only with --json if there is
 *	   something to run or to change first. One object if the operand is
 *	   "NAME", a list otherwise.
 * @summary: one line
 * @details: more, for its help; may be NULL
 */
struct command {
	const char *name;
	const char *operand;
	const struct command_option *options;
	int (*run)(const struct args *args);
	int (*change)(struct change *change);
	int (*query)(struct query *query);
	const char *summary;
	const char *details;
};

struct group {
	const char *name;
	const char *summary;
	const struct command *commands;
};

extern const struct command vnet_commands[];
extern const struct command subnet_commands[];
extern const struct command gateway_commands[];
extern const struct command local_gateway_commands[];
extern const struct command connection_commands[];
extern const struct command status_commands[];
extern const struct command apply_commands[];
extern const struct command export_commands[];
extern const struct command import_commands[];
extern const struct command tunnel_commands[];
extern const struct command sa_commands[];
extern const struct command policy_commands[];
extern const struct command ike_commands[];

#define OPTION_NO_APPLY	{ "no-apply", OPTION_FLAG, false, NULL,			\
			  "only save; \"azvpnctl apply\" does the rest" }
#define OPTION_END	{ NULL, OPTION_FLAG, false, NULL, NULL }

/* Parse; on an error or --help it is answered, and the exit status put in @status */
bool args_parse(const struct group *group, const struct command *command, int argc, char **argv,
		struct args *args, int *status);
void args_clear(struct args *args);
/* Does the command's operand name one object? */
bool takes_name(const struct command *command);
/* Of the option: its value or NULL; "" for a flag that is given */
const char *args_value(const struct args *args, const char *option);
/* The prefixes given to an option; 0 or a negative errno */
int args_prefixes(const struct args *args, const char *option, struct azvpn_prefixes *prefixes,
		  struct azvpn_error *error);

void help_program(FILE *out, const struct group *groups);
void help_group(FILE *out, const struct group *group);
void help_command(FILE *out, const struct group *group, const struct command *command);

/* "azvpnctl: TEXT" on standard error. Return: STATUS_REFUSED. */
int refused(const struct azvpn_error *error);
/* The same without a struct */
int refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A printer; ends the program if there is no memory */
struct azvpn_print *print_new(const struct args *args, enum azvpn_print_shape shape);
/* Finish it. Return: an exit status. */
int print_done(struct azvpn_print *print);

/* Open the configuration to read. Return: STATUS_OK, or STATUS_REFUSED with a message given. */
int open_to_read(struct azvpn_config *config);
/* Take a copy of a gateway. Return: the same. */
int find_gateway(const char *name, struct azvpn_gateway *gateway);

/**
 * struct query - a command that prints from the configuration
 * @args: its command line
 * @model: what is configured
 * @print: takes the answer
 * @error: takes the reason if there is none
 *
 * The command's function returns 0, or another value for an error.
 */
struct query {
	const struct args *args;
	const struct azvpn_model *model;
	struct azvpn_print *print;
	struct azvpn_error *error;
};

/* Print what the command's @query does. Return: an exit status. */
int query_config(const struct args *args);

/* Which gateways are concerned */
struct scope {
	bool none;					/* no gateway at all */
	char gateway[AZVPN_NAME_SIZE];			/* only this one; empty: any */
	char local_gateway[AZVPN_NAME_SIZE];		/* only those joined to this one; empty: any */
};

/**
 * struct change - a command that changes the configuration
 * @args: its command line; the command has the option --no-apply
 * @config: opened for writing
 * @scope: what to apply afterwards; everything unless that is narrowed
 * @data: the command's own
 * @error: takes the reason of a failure
 *
 * The command's function returns 0 to have all that it did committed and
 * applied, another value to have none of it.
 */
struct change {
	const struct args *args;
	struct azvpn_config config;
	struct scope scope;
	void *data;
	struct azvpn_error error;
};

/* Change the configuration as @fn does, and apply that. Return: an exit status. */
int change_config(const struct args *args, int (*fn)(struct change *change), void *data);

/*
 * Apply the saved configuration. @print takes what was done, NULL: standard
 * error does. Return: STATUS_OK or STATUS_NOT_APPLIED, with a message given.
 */
int apply_saved(const struct scope *scope, struct azvpn_print *print);

#endif /* AZVPNCTL_CMD_H */
