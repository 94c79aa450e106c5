// SPDX-License-Identifier: GPL-2.0
/* The reference part of the manual page, from the same descriptions as --help. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

/* What an option takes, in small letters, with a space before dots: "Ar prefix ..." */
static void argument(const char *text)
{
	if (!text)
		return;
	fputs(" Ar ", stdout);
	for (; *text && *text != '.'; text++)
		putchar(tolower(*text));
	if (*text)
		fputs(" ...", stdout);
}

static void synopsis(const struct group *group, const struct command *command)
{
	const struct command_option *option;

	printf(".It Xo\n.Cm %s %s", group->name, command->name);
	if (command->operand)
		argument(command->operand);
	putchar('\n');
	for (option = command->options; option && option->name; option++) {
		if (!strcmp(option->name, "no-apply"))	/* is said of all commands */
			continue;
		printf(".%sFl -%s", option->required ? "" : "Op ", option->name);
		argument(option->argument);
		putchar('\n');
	}
	puts(".Xc");
}

static void describe(const struct command *command)
{
	printf("%c%s.\n", toupper(command->summary[0]), command->summary + 1);
	if (command->details)
		puts(command->details);
}

/* Of what makes an object, as the others have the same or none */
static void list_options(const struct command *command)
{
	const struct command_option *option;

	puts(".Pp\n.Bl -tag -width Ds -compact");
	for (option = command->options; option->name; option++)
		if (strcmp(option->name, "no-apply"))
			printf(".It Fl -%s\n%s\n", option->name, option->help);
	puts(".El");
}

static void reference(const struct group *group)
{
	struct object_command storage;
	const struct command *command;
	int index = 0;

	printf(".Ss %c%s\n.Bl -tag -width Ds\n", toupper(group->summary[0]), group->summary + 1);
	while ((command = group_command(group, &index, &storage))) {
		synopsis(group, command);
		describe(command);
		if (!strcmp(command->name, "create"))
			list_options(command);
	}
	puts(".El");
}

static int reference_run(const struct args *args)
{
	const struct group *group;

	(void)args;
	for (group = groups; group->name; group++)
		if (group->kind)
			reference(group);
	return fflush(stdout) ? refuse("the output could not be written") : STATUS_OK;
}

const struct command reference_commands[] = {
	{
		.name = "",
		.run = reference_run,
		.summary = "write the part of azvpnctl(8) that follows from the tables of fields",
		.details = "For \"make docs\", which puts it there.",
	},
	{}
};
