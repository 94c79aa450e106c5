// SPDX-License-Identifier: GPL-2.0
/*
 * What may come next on a command line, for a shell's completion: words of
 * commands, options, and names of objects, a line each. It never fails and says
 * nothing else, as somebody is typing.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static void names(const struct azvpn_kind *kind)
{
	struct azvpn_config config;
	const void *object = NULL;
	char buf[AZVPN_VALUE_SIZE];

	if (azvpn_config_open(&config, AZVPN_STORE_READ, NULL))
		return;
	while ((object = azvpn_model_next(&config.model, kind, object)))
		puts(azvpn_field_format(azvpn_kind_name_field(kind), object, 0, buf));
	azvpn_config_close(&config);
}

/* The value of an option. Return: false if the word before is none that has one. */
static bool complete_value(const struct command *command, const char *before)
{
	const struct command_option *option = command->options;
	const struct azvpn_field *field = NULL;
	const char *const *choice;

	for (; option && option->name; option++)
		if (!strncmp(before, "--", 2) && !strcmp(before + 2, option->name))
			break;
	if (!option || !option->name || option->kind == OPTION_FLAG)
		return false;
	if (command->kind)
		field = azvpn_kind_option(command->kind, option->name);
	if (field && field->target)
		names(field->target);
	for (choice = field ? field->choices : NULL; choice && *choice; choice++)
		puts(*choice);
	if (!field && !strcmp(option->name, "gateway"))
		names(&azvpn_gateway_kind);
	return true;
}

static void complete_command(const struct group *group, const struct command *command,
			     const char *before, bool first)
{
	const struct command_option *option;

	if (complete_value(command, before))
		return;
	if (first && takes_name(command) && group->kind && strcmp(command->name, "create"))
		names(group->kind);
	if (first && command->operand && strstr(command->operand, "GATEWAY"))
		names(&azvpn_gateway_kind);
	for (option = command->options; option && option->name; option++)
		printf("--%s\n", option->name);
	puts("--json\n--help");
}

/* The word of the command's name that follows those given, if they begin it */
static void complete_name(const struct command *command, int argc, char **argv)
{
	const char *name = command->name;
	size_t size;
	int i;

	for (i = 0; i < argc; i++) {
		size = strlen(argv[i]);
		if (strncmp(name, argv[i], size) || name[size] != ' ')
			return;
		name += size + 1;
	}
	if (*name)
		printf("%.*s\n", (int)strcspn(name, " "), name);
}

static void complete_group(const struct group *group, int argc, char **argv)
{
	struct object_command storage;
	const struct command *command;
	int index = 0, words;

	while ((command = group_command(group, &index, &storage))) {
		words = command_words(command, argc, argv);
		if (words >= 0)
			complete_command(group, command, argc ? argv[argc - 1] : "",
					 argc == words);
		else
			complete_name(command, argc, argv);
	}
}

int complete(int argc, char **argv)
{
	const struct group *group;

	for (group = groups; group->name; group++)
		if (!argc)
			puts(group->name);
		else if (!strcmp(group->name, argv[0]))
			complete_group(group, argc - 1, argv + 1);
	return STATUS_OK;
}
