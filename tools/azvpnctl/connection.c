// SPDX-License-Identifier: GPL-2.0
/* What connections have beside the commands of all kinds: their keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static int shared_key_show(const struct args *args)
{
	const struct azvpn_connection *connection;
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	connection = azvpn_connection_find(&config.model, args->operand);
	if (connection) {
		print = print_new(args, AZVPN_PRINT_OBJECT);
		azvpn_print_record(print);
		azvpn_print_string(print, "value", "Value", connection->key.text);
		status = print_done(print);
	} else {
		azvpn_object_missing(&azvpn_connection_kind, args->operand, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

/* With the key in @data */
static int replace(struct azvpn_change *change, const struct args *args, void *data,
		   struct azvpn_error *error)
{
	const struct azvpn_connection *old;
	struct azvpn_connection new;
	int ret;

	old = azvpn_connection_find(&change->config.model, args->operand);
	if (!old)
		return azvpn_object_missing(&azvpn_connection_kind, args->operand, error);
	ret = azvpn_object_copy(&new, old);
	if (ret)
		return azvpn_error_set(error, ret, "out of memory");
	new.key = *(struct azvpn_key *)data;
	ret = azvpn_change_put(change, &new, error);
	azvpn_object_clear(&new);
	return ret;
}

static int replace_key(const struct args *args, struct azvpn_key *key)
{
	int status;

	status = change_config(args, replace, key);
	azvpn_key_wipe(key);
	return status;
}

static int shared_key_set(const struct args *args)
{
	const char *path = args_value(args, "shared-key-file");
	struct azvpn_error error;
	struct azvpn_key key;
	bool exposed;

	/* Before the store is locked: somebody may have to type it */
	if (azvpn_key_read(&key, path, &exposed, &error))
		return refused(&error);
	if (exposed)
		fprintf(stderr, "azvpnctl: warning: others than its owner may read %s\n", path);
	return replace_key(args, &key);
}

static int shared_key_reset(const struct args *args)
{
	const char *length = args_value(args, "key-length");
	unsigned long size = AZVPN_KEY_DEFAULT;
	struct azvpn_error error;
	struct azvpn_key key;
	char *end;

	if (length) {
		errno = 0;
		size = strtoul(length, &end, 10);
		if (errno || *end || length[0] < '0' || length[0] > '9')
			return refuse("--key-length: \"%s\" is not a number; 1 to %d is accepted",
				      length, AZVPN_KEY_MAX);
	}
	if (azvpn_key_generate(&key, size, &error))
		return refused(&error);
	return replace_key(args, &key);
}

static const struct command_option set_options[] = {
	{ "shared-key-file", OPTION_VALUE, true, "FILE",
	  "has the new key; - is standard input" },
	OPTION_NO_APPLY,
	OPTION_END
};

static const struct command_option reset_options[] = {
	{ "key-length", OPTION_VALUE, false, "N", "of the new key, 1 to 128; 32 if not given" },
	OPTION_NO_APPLY,
	OPTION_END
};

const struct command connection_commands[] = {
	{
		.name = "shared-key show", .operand = "NAME",
		.run = shared_key_show,
		.summary = "tell the pre-shared key",
	},
	{
		.name = "shared-key set", .operand = "NAME",
		.options = set_options, .run = shared_key_set,
		.summary = "replace the pre-shared key by one of your own",
		.details = "1 to 128 letters and digits. A tunnel that is up stays up; the key counts from the\n"
			   "next negotiation on.",
	},
	{
		.name = "shared-key reset", .operand = "NAME",
		.options = reset_options, .run = shared_key_reset,
		.summary = "replace the pre-shared key by a random one",
		.details = "\"azvpnctl connection shared-key show\" then tells it. A tunnel that is up stays up;\n"
			   "the key counts from the next negotiation on.",
	},
	{}
};
