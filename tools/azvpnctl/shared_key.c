// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

int shared_key_show(const struct args *args)
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
		azvpn_config_missing("connection", args->operand, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

/* Give a connection a key, which is wiped */
static int replace(const struct args *args, struct azvpn_key *key)
{
	struct azvpn_connection new = {};
	const struct azvpn_connection *old;
	const struct scope scope = { .gateway = new.gateway };
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status) {
		azvpn_key_wipe(key);
		return status;
	}
	old = azvpn_connection_find(&config.model, args->operand);
	if (old) {
		new = *old;
		new.key = *key;
		ret = azvpn_config_put_connection(&config, &new, &error);
	} else {
		ret = azvpn_config_missing("connection", args->operand, &error);
	}
	azvpn_key_wipe(key);
	azvpn_key_wipe(&new.key);
	return change_end(args, &config, ret, &error, &scope);
}

int shared_key_set(const struct args *args)
{
	struct azvpn_error error;
	struct azvpn_key key;

	if (read_key(args, &key, &error))
		return refused(&error);
	return replace(args, &key);
}

int shared_key_reset(const struct args *args)
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
	return replace(args, &key);
}

const struct command_option shared_key_set_options[] = {
	{ "shared-key-file", OPTION_VALUE, true, "FILE",
	  "has the new key; - is standard input" },
	OPTION_NO_APPLY,
	OPTION_END
};

const struct command_option shared_key_reset_options[] = {
	{ "key-length", OPTION_VALUE, false, "N", "of the new key, 1 to 128; 32 if not given" },
	OPTION_NO_APPLY,
	OPTION_END
};
