// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"
#include "wipe.h"

#define VERSION	"azvpnctl 0.1"

static const struct group groups[] = {
	{ "vnet", "virtual networks", vnet_commands },
	{ "subnet", "subnets of virtual networks", subnet_commands },
	{ "gateway", "VPN gateways", gateway_commands },
	{ "local-gateway", "sites: local network gateways", local_gateway_commands },
	{ "connection", "connections of gateways and sites", connection_commands },
	{ "status", "how the connections are", status_commands },
	{ "apply", "make the system be what the configuration says", apply_commands },
	{ "export", "write the configuration as JSON", export_commands },
	{ "import", "replace the configuration by JSON", import_commands },
	{ "tunnel", "tunnels of the kernel module", tunnel_commands },
	{ "sa", "security associations of the kernel module", sa_commands },
	{ "policy", "policies of the kernel module", policy_commands },
	{ "ike", "the IKE daemon of a gateway", ike_commands },
	{ NULL, NULL, NULL },
};

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

/* How many words of the command line name the command, or -1 */
static int match(const struct command *command, int argc, char **argv)
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

static int execute(const struct args *args)
{
	const struct command *command = args->command;
	int status;

	if (command->run)
		status = command->run(args);
	else if (command->change)
		status = change_config(args, command->change, NULL);
	else
		return query_config(args);
	return !status && args->json && command->query ? query_config(args) : status;
}

static int run_command(const struct group *group, const struct command *command, bool json,
		       int argc, char **argv)
{
	struct args args;
	int status;

	if (args_parse(group, command, argc, argv, &args, &status)) {
		args.json |= json;
		status = execute(&args);
	}
	args_clear(&args);
	return status;
}

static int run_group(const struct group *group, bool json, int argc, char **argv)
{
	const struct command *command;
	int words;

	for (command = group->commands; command->name; command++) {
		words = match(command, argc, argv);
		if (words >= 0)
			/* getopt() takes the word before the options for the program's name */
			return run_command(group, command, json, argc - words + 1,
					   argv + words - 1);
	}
	if (argc && asks_for_help(argv[0])) {
		help_group(stdout, group);
		return STATUS_OK;
	}
	if (argc)
		refuse("%s: \"%s\" is not a command", group->name, argv[0]);
	help_group(stderr, group);
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
		help_program(stdout, groups);
		return STATUS_OK;
	}
	if (argc && !strcmp(argv[0], "--version")) {
		puts(VERSION);
		return STATUS_OK;
	}
	group = argc ? find_group(argv[0]) : NULL;
	if (group)
		return run_group(group, json, argc - 1, argv + 1);
	if (argc)
		refuse("\"%s\" is not a command", argv[0]);
	help_program(stderr, groups);
	return STATUS_USAGE;
}
