/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands of azvpnctl share. A command is an entry of a table: from
 * it come the parsing of its command line and its help. Commands that are the
 * same for every kind of objects are put together by object.c.
 */
#ifndef AZVPNCTL_CMD_H
#define AZVPNCTL_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "change.h"
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

#define MAX_OPTIONS	48

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
	struct list {
		char **texts;
		size_t count;
	} lists[MAX_OPTIONS];
};

/**
 * struct command - an entry of a group's table
 * @name: one word or two; empty if the group is a command itself; NULL ends a table
 * @operand: "NAME" (also given by --name), another word, in brackets if it may
 *	     be left out; NULL if there is none
 * @options: its own, beside --json and --help
 * @run: does it. Return: an exit status.
 * @summary: one line
 * @details: more, for its help; may be NULL
 * @kind: of the objects that it is about, if it is one of object.c's
 */
struct command {
	const char *name;
	const char *operand;
	const struct command_option *options;
	int (*run)(const struct args *args);
	const char *summary;
	const char *details;
	const struct azvpn_kind *kind;
};

/* What is the same for every kind of objects */
enum verb {
	VERB_CREATE,
	VERB_UPDATE,
	VERB_SHOW,
	VERB_LIST,
	VERB_DELETE,
	VERBS,
};

/* A command put together from the fields of a kind; what it points to is inside */
struct object_command {
	struct command command;
	struct command_option options[MAX_OPTIONS + 1];
	char summary[80];
};

/* Return: false if the kind has no such command */
bool object_command(const struct azvpn_kind *kind, enum verb verb, struct object_command *result);

/**
 * struct group - commands with the same first word
 * @name: that word
 * @summary: one line
 * @commands: special ones; may be NULL
 * @kind: of objects that it has the verbs for; may be NULL
 */
struct group {
	const char *name;
	const char *summary;
	const struct command *commands;
	const struct azvpn_kind *kind;
};

extern const struct group groups[];
extern const struct command connection_commands[];
extern const struct command status_commands[];
extern const struct command why_commands[];
extern const struct command apply_commands[];
extern const struct command export_commands[];
extern const struct command import_commands[];
extern const struct command schema_commands[];
extern const struct command reference_commands[];
extern const struct command tunnel_commands[];
extern const struct command sa_commands[];
extern const struct command policy_commands[];
extern const struct command ike_commands[];

#define OPTION_NO_APPLY	{ "no-apply", OPTION_FLAG, false, NULL,			\
			  "only save; \"azvpnctl apply\" does the rest" }
#define OPTION_END	{ NULL, OPTION_FLAG, false, NULL, NULL }

/**
 * group_command() - the commands of a group, one after the other
 * @group: the group
 * @index: from 0 on; one that has no command is passed over
 * @storage: for a command that is put together
 *
 * Return: the command, or NULL after the last.
 */
const struct command *group_command(const struct group *group, int *index,
				    struct object_command *storage);

/* How many words of the command line name the command, or -1 */
int command_words(const struct command *command, int argc, char **argv);
/* Tell what may follow these words. Return: an exit status. */
int complete(int argc, char **argv);

/* Parse; on an error or --help it is answered, and the exit status put in @status */
bool args_parse(const struct group *group, const struct command *command, int argc, char **argv,
		struct args *args, int *status);
void args_clear(struct args *args);
/* Does the command's operand name one object? */
bool takes_name(const struct command *command);
/* Of the option: its value or NULL; "" for a flag that is given */
const char *args_value(const struct args *args, const char *option);
/* The values given to an option that takes a list */
const struct list *args_list(const struct args *args, const char *option);

void help_program(FILE *out);
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
/* Print an object that azvpn_model_find() found; what is only told of it is filled in */
void print_object(struct azvpn_print *print, const struct azvpn_model *model, void *object);

/* Open the configuration to read. Return: STATUS_OK, or STATUS_REFUSED with a message given. */
int open_to_read(struct azvpn_config *config);
/* Take a copy of a gateway. Return: the same. */
int find_gateway(const char *name, struct azvpn_gateway *gateway);

/* Does some of a change; 0, or a negative errno to have none of it */
typedef int (*change_fn)(struct azvpn_change *change, const struct args *args, void *data,
			 struct azvpn_error *error);

/*
 * Change the configuration as @fn does, and apply that unless --no-apply is given.
 * Return: an exit status.
 */
int change_config(const struct args *args, change_fn fn, void *data);

/*
 * Apply the saved configuration. @print takes what was done, NULL: standard
 * error does. Return: STATUS_OK or STATUS_NOT_APPLIED, with a message given.
 */
int apply_saved(const struct azvpn_scope *scope, struct azvpn_print *print);

#endif /* AZVPNCTL_CMD_H */
