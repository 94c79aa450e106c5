// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* Options of every command have letters, the command's own ones their index from here on */
#define OWN	256

static size_t count_options(const struct command *command)
{
	size_t n = 0;

	while (command->options && command->options[n].name)
		n++;
	return n;
}

bool takes_name(const struct command *command)
{
	return command->operand && !strcmp(command->operand, "NAME");
}

static void add_option(struct option *table, size_t *n, const char *name, int has_arg, int value)
{
	table[(*n)++] = (struct option){ name, has_arg, NULL, value };
}

static void make_table(const struct command *command, struct option table[MAX_OPTIONS + 4])
{
	size_t n = 0, i, own = count_options(command);

	for (i = 0; i < own; i++)
		add_option(table, &n, command->options[i].name,
			   command->options[i].kind == OPTION_FLAG ? no_argument :
			   required_argument, OWN + i);
	add_option(table, &n, "json", no_argument, 'j');
	add_option(table, &n, "help", no_argument, 'h');
	if (takes_name(command))
		add_option(table, &n, "name", required_argument, 'n');
	add_option(table, &n, NULL, 0, 0);
}

/* Each piece between commas; the command line itself is cut up */
static void add_pieces(struct args *args, size_t option, char *text)
{
	char *piece, *rest = NULL, **texts;

	for (piece = strtok_r(text, ",", &rest); piece; piece = strtok_r(NULL, ",", &rest)) {
		texts = reallocarray(args->lists[option].texts, args->lists[option].count + 1,
				     sizeof(*texts));
		if (!texts) {
			refuse("out of memory");
			exit(STATUS_REFUSED);
		}
		texts[args->lists[option].count++] = piece;
		args->lists[option].texts = texts;
	}
}

/* A list goes on up to the next option. Return: false with a message given. */
static bool take(struct args *args, size_t option, int argc, char **argv)
{
	const struct command_option *described = &args->command->options[option];

	if (args->values[option] && described->kind == OPTION_VALUE) {
		refuse("--%s is given twice", described->name);
		return false;
	}
	args->values[option] = optarg ? optarg : "";
	if (described->kind != OPTION_LIST)
		return true;
	add_pieces(args, option, optarg);
	while (optind < argc && argv[optind][0] != '-')
		add_pieces(args, option, argv[optind++]);
	return true;
}

/*
 * getopt_long() takes any beginning of an option for the option: one that is not
 * ours might be that of another program, and what follows it a key. Nothing of it
 * is repeated but its name. Return: whether all are known.
 */
static bool check_names(const struct option *table, int argc, char **argv)
{
	const struct option *option;
	size_t size;
	int i;

	for (i = 1; i < argc; i++) {
		size = strcspn(argv[i], "=");
		if (strncmp(argv[i], "--", 2) || size == 2)
			continue;
		for (option = table; option->name; option++)
			if (strlen(option->name) == size - 2 &&
			    !strncmp(option->name, argv[i] + 2, size - 2))
				break;
		if (!option->name) {
			refuse("unrecognized option '%.*s'", (int)size, argv[i]);
			return false;
		}
	}
	return true;
}

static int usage_error(const struct group *group, const struct command *command)
{
	fprintf(stderr, "Try \"azvpnctl %s%s%s --help\".\n", group->name,
		*command->name ? " " : "", command->name);
	return STATUS_USAGE;
}

/* What is missing, or too much. Return: STATUS_OK if nothing is. */
static int check(const struct args *args, int argc, char **argv)
{
	const struct command *command = args->command;
	size_t i, own = count_options(command);

	if (optind < argc) {
		refuse("\"%s\" is one word too many", argv[optind]);
		return STATUS_USAGE;
	}
	if (!args->operand && command->operand && command->operand[0] != '[') {
		refuse("%s is missing", command->operand);
		return STATUS_USAGE;
	}
	for (i = 0; i < own; i++)
		if (command->options[i].required && !args->values[i]) {
			refuse("--%s is missing: %s", command->options[i].name,
			       command->options[i].help);
			return STATUS_USAGE;
		}
	return STATUS_OK;
}

bool args_parse(const struct group *group, const struct command *command, int argc, char **argv,
		struct args *args, int *status)
{
	struct option table[MAX_OPTIONS + 4];
	int c;

	*args = (struct args){ .command = command };
	make_table(command, table);
	if (!check_names(table, argc, argv)) {
		*status = usage_error(group, command);
		return false;
	}
	optind = 1;
	/* Its messages are to begin with the program's name, like ours */
	argv[0] = "azvpnctl";
	while ((c = getopt_long(argc, argv, takes_name(command) ? "jhn:" : "jh", table,
				NULL)) != -1) {
		if (c >= OWN && take(args, c - OWN, argc, argv)) {
			continue;
		} else if (c == 'j') {
			args->json = true;
		} else if (c == 'n') {
			args->operand = optarg;
		} else if (c == 'h') {
			help_command(stdout, group, command);
			*status = STATUS_OK;
			return false;
		} else {
			*status = usage_error(group, command);
			return false;
		}
	}
	if (command->operand && !args->operand && optind < argc)
		args->operand = argv[optind++];
	*status = check(args, argc, argv);
	if (*status)
		usage_error(group, command);
	return !*status;
}

void args_clear(struct args *args)
{
	size_t i;

	for (i = 0; i < MAX_OPTIONS; i++)
		free(args->lists[i].texts);
}

/* A name that the command does not have is a mistake in azvpnctl */
static size_t find_option(const struct args *args, const char *name)
{
	size_t i, own = count_options(args->command);

	for (i = 0; i < own; i++)
		if (!strcmp(args->command->options[i].name, name))
			return i;
	abort();
}

const char *args_value(const struct args *args, const char *option)
{
	return args->values[find_option(args, option)];
}

const struct list *args_list(const struct args *args, const char *option)
{
	return &args->lists[find_option(args, option)];
}
