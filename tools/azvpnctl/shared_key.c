// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

int shared_key_show(struct query *query)
{
	const char *name = query->args->operand;
	const struct azvpn_connection *connection = azvpn_connection_find(query->model, name);

	if (!connection)
		return azvpn_config_missing("connection", name, query->error);
	azvpn_print_record(query->print);
	azvpn_print_string(query->print, "value", "Value", connection->key.text);
	return 0;
}

/* With the key in change->data */
static int replace(struct change *change)
{
	const char *name = change->args->operand;
	const struct azvpn_connection *old;
	struct azvpn_connection new;
	int ret;

	old = azvpn_connection_find(&change->config.model, name);
	if (!old)
		return azvpn_config_missing("connection", name, &change->error);
	new = *old;
	new.key = *(struct azvpn_key *)change->data;
	ret = azvpn_config_put_connection(&change->config, &new, &change->error);
	memcpy(change->scope.gateway, new.gateway, sizeof(change->scope.gateway));
	azvpn_key_wipe(&new.key);
	return ret;
}

static int replace_key(const struct args *args, struct azvpn_key *key)
{
	int status;

	status = change_config(args, replace, key);
	azvpn_key_wipe(key);
	return status;
}

int shared_key_set(const struct args *args)
{
	struct azvpn_error error;
	struct azvpn_key key;

	if (read_key(args, &key, &error))
		return refused(&error);
	return replace_key(args, &key);
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
	return replace_key(args, &key);
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
