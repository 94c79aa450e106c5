// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "cmd.h"

void help_program(FILE *out)
{
	const struct group *group;

	fputs("Usage: azvpnctl [-j] COMMAND ...\n"
	      "Configures this host as a VPN gateway after the model of Azure's.\n\n"
	      "Commands:\n", out);
	for (group = groups; group->name; group++)
		fprintf(out, "  %-15s %s\n", group->name, group->summary);
	fputs("\nOptions:\n"
	      "  -j, --json      print JSON\n"
	      "  -h, --help      help, also after a command\n"
	      "  --version       print the version\n\n"
	      "azvpnctl(8) has it all.\n", out);
}

static void synopsis(FILE *out, const struct group *group, const struct command *command)
{
	const struct command_option *option;

	fprintf(out, "azvpnctl %s%s%s", group->name, *command->name ? " " : "", command->name);
	if (command->operand)
		fprintf(out, " %s", command->operand);
	for (option = command->options; option && option->name; option++)
		fprintf(out, " %s--%s%s%s%s", option->required ? "" : "[", option->name,
			option->argument ? " " : "", option->argument ? option->argument : "",
			option->required ? "" : "]");
	fputc('\n', out);
}

void help_group(FILE *out, const struct group *group)
{
	struct object_command storage;
	const struct command *command;
	int index = 0;

	while ((command = group_command(group, &index, &storage))) {
		fputs(index == 1 ? "Usage: " : "       ", out);
		synopsis(out, group, command);
	}
	fputc('\n', out);
	index = 0;
	while ((command = group_command(group, &index, &storage)))
		fprintf(out, "  %-15s %s\n", command->name, command->summary);
	fprintf(out, "\nTry \"azvpnctl %s COMMAND --help\".\n", group->name);
}

static void option_line(FILE *out, const struct command_option *option)
{
	char text[64];

	snprintf(text, sizeof(text), "--%s%s%s", option->name, option->argument ? " " : "",
		 option->argument ? option->argument : "");
	fprintf(out, "  %-32s %s\n", text, option->help);
}

void help_command(FILE *out, const struct group *group, const struct command *command)
{
	const struct command_option *option;

	fputs("Usage: ", out);
	synopsis(out, group, command);
	fprintf(out, "%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
	if (command->details)
		fprintf(out, "\n%s\n", command->details);
	fputs("\nOptions:\n", out);
	for (option = command->options; option && option->name; option++)
		option_line(out, option);
	if (command->operand && !strcmp(command->operand, "NAME"))
		fprintf(out, "  %-32s %s\n", "-n, --name NAME", "the name, as another way to give it");
	fprintf(out, "  %-32s %s\n", "-j, --json", "print JSON");
	fprintf(out, "  %-32s %s\n", "-h, --help", "this text");
}
