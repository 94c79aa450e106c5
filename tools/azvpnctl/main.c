// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"
#include "wipe.h"

#define VERSION	"azvpnctl 0.1"

const struct group groups[] = {
	{ "vnet", "virtual networks", NULL, &azvpn_vnet_kind },
	{ "subnet", "subnets of virtual networks", NULL, &azvpn_subnet_kind },
	{ "gateway", "VPN gateways", NULL, &azvpn_gateway_kind },
	{ "local-gateway", "sites: local network gateways", NULL, &azvpn_local_gateway_kind },
	{ "connection", "connections of gateways and sites", connection_commands,
	  &azvpn_connection_kind },
	{ "status", "how the connections are", status_commands, NULL },
	{ "why", "why a connection passes nothing", why_commands, NULL },
	{ "apply", "make the system be what the configuration says", apply_commands, NULL },
	{ "export", "write the configuration as JSON", export_commands, NULL },
	{ "import", "replace the configuration by JSON", import_commands, NULL },
	{ "schema", "write the JSON Schema of the configuration", schema_commands, NULL },
	{ "reference", "write the reference part of the manual page", reference_commands, NULL },
	{ "tunnel", "tunnels of the kernel module", tunnel_commands, NULL },
	{ "sa", "security associations of the kernel module", sa_commands, NULL },
	{ "policy", "policies of the kernel module", policy_commands, NULL },
	{ "ike", "the IKE daemon of a gateway", ike_commands, NULL },
	{},
};

const struct command *group_command(const struct group *group, int *index,
				    struct object_command *storage)
{
	const struct command *command;

	for (; group->kind && *index < VERBS; (*index)++)
		if (object_command(group->kind, *index, storage)) {
			(*index)++;
			return &storage->command;
		}
	if (!group->commands)
		return NULL;
	command = &group->commands[*index - (group->kind ? VERBS : 0)];
	(*index)++;
	return command->name ? command : NULL;
}

int refused(const struct azvpn_error *error)
{
	fprintf(stderr, "azvpnctl: %s\n", error->text);
	return STATUS_REFUSED;
}

int refuse(const char *fmt, ...)
{
	va_list args;

	fputs("azvpnctl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return STATUS_REFUSED;
}

struct azvpn_print *print_new(const struct args *args, enum azvpn_print_shape shape)
{
	struct azvpn_print *print = azvpn_print_new(args->json, shape);

	if (print)
		return print;
	refuse("out of memory");
	exit(STATUS_REFUSED);
}

int print_done(struct azvpn_print *print)
{
	if (azvpn_print_finish(print, stdout))
		return refuse("the output could not be written");
	return STATUS_OK;
}

static bool asks_for_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static const struct group *find_group(const char *name)
{
	const struct group *group;

	for (group = groups; group->name; group++)
		if (!strcmp(group->name, name))
			return group;
	return NULL;
}

int command_words(const struct command *command, int argc, char **argv)
{
	const char *name = command->name;
	int words = 0;
	size_t size;

	while (*name) {
		size = strcspn(name, " ");
		if (words >= argc || strlen(argv[words]) != size ||
		    strncmp(argv[words], name, size))
			return -1;
		words++;
		name += size + (name[size] == ' ');
	}
	return words;
}

static int run_command(const struct group *group, const struct command *command, bool json,
		       int argc, char **argv)
{
	struct args args;
	int status;

	if (args_parse(group, command, argc, argv, &args, &status)) {
		args.json |= json;
		status = command->run(&args);
	}
	args_clear(&args);
	return status;
}

static int run_group(const struct group *group, bool json, int argc, char **argv)
{
	struct object_command storage;
	const struct command *command;
	int words, index = 0;

	while ((command = group_command(group, &index, &storage))) {
		words = command_words(command, argc, argv);
		if (words >= 0)
			/* getopt() takes the word before the options for the program's name */
			return run_command(group, command, json, argc - words + 1,
					   argv + words - 1);
	}
	if (argc && asks_for_help(argv[0])) {
		help_group(stdout, group);
		return STATUS_OK;
	}
	if (argc) {
		refuse("%s: \"%s\" is not a command", group->name, argv[0]);
		fprintf(stderr, "Try \"azvpnctl %s --help\".\n", group->name);
	} else {
		help_group(stderr, group);
	}
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	const struct group *group;
	bool json = false;

	azvpn_wipe_init();
	umask(0077);
	argv++;
	argc--;
	if (argc && (!strcmp(argv[0], "-j") || !strcmp(argv[0], "--json"))) {
		json = true;
		argv++;
		argc--;
	}
	if (argc && asks_for_help(argv[0])) {
		help_program(stdout);
		return STATUS_OK;
	}
	if (argc && !strcmp(argv[0], "--version")) {
		puts(VERSION);
		return STATUS_OK;
	}
	if (argc && !strcmp(argv[0], "--complete"))
		return complete(argc - 1, argv + 1);
	group = argc ? find_group(argv[0]) : NULL;
	if (group)
		return run_group(group, json, argc - 1, argv + 1);
	if (argc)
		refuse("\"%s\" is not a command; \"azvpnctl --help\" lists them", argv[0]);
	else
		help_program(stderr);
	return STATUS_USAGE;
}
