// SPDX-License-Identifier: GPL-2.0
/* What commands do with the configuration: print from it, change it, apply it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "cmd.h"

int open_to_read(struct azvpn_config *config)
{
	struct azvpn_error error;

	return azvpn_config_open(config, AZVPN_STORE_READ, &error) ? refused(&error) : STATUS_OK;
}

int find_gateway(const char *name, struct azvpn_gateway *gateway)
{
	const struct azvpn_gateway *found;
	struct azvpn_config config;
	struct azvpn_error error;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	found = azvpn_gateway_find(&config.model, name);
	if (found) {
		*gateway = *found;
	} else {
		azvpn_config_missing("gateway", name, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

int query_config(const struct args *args)
{
	struct azvpn_config config;
	struct azvpn_error error;
	struct query query = { .args = args, .model = &config.model, .error = &error };
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	query.print = print_new(args, takes_name(args->command) ? AZVPN_PRINT_OBJECT :
								   AZVPN_PRINT_LIST);
	if (args->command->query(&query)) {
		azvpn_print_discard(query.print);
		status = refused(&error);
	} else {
		status = print_done(query.print);
	}
	azvpn_config_close(&config);
	return status;
}

static void note(const char *gateway, const char *what, void *data)
{
	if (!data) {
		fprintf(stderr, "%s: %s\n", gateway, what);
		return;
	}
	azvpn_print_record(data);
	azvpn_print_string(data, "gateway", "Gateway", gateway);
	azvpn_print_string(data, "change", "Change", what);
}

static bool in_scope(const struct scope *scope, const struct azvpn_model *model,
		     const struct azvpn_gateway *gateway)
{
	const struct azvpn_connection *connection = NULL;

	if (scope->none || (*scope->gateway && strcmp(scope->gateway, gateway->name)))
		return false;
	if (!*scope->local_gateway)
		return true;
	while ((connection = azvpn_gateway_connection(model, gateway->name, connection)))
		if (!strcmp(connection->local_gateway, scope->local_gateway))
			return true;
	return false;
}

/* Of a gateway, or in general if the name is empty */
static int not_applied(const char *gateway, const struct azvpn_error *error)
{
	fprintf(stderr,
		"azvpnctl: %s%sthe configuration is saved, but not applied: %s\n"
		"azvpnctl: when that is mended, \"azvpnctl apply\" does the rest\n",
		gateway, *gateway ? ": " : "", error->text);
	return STATUS_NOT_APPLIED;
}

/* One gateway that fails does not keep the others from being applied */
static int apply_all(const struct azvpn_apply *apply, const struct scope *scope)
{
	const struct azvpn_gateway *gateway;
	struct azvpn_error error;
	int status = STATUS_OK;

	if (azvpn_apply_gone(apply, &error))
		status = not_applied("", &error);
	TAILQ_FOREACH(gateway, &apply->model->gateways, entry)
		if (in_scope(scope, apply->model, gateway) &&
		    azvpn_apply_gateway(apply, gateway, &error))
			status = not_applied(gateway->name, &error);
	return status;
}

int apply_saved(const struct scope *scope, struct azvpn_print *print)
{
	struct azvpn_config config;
	struct azvpn_apply apply = { .model = &config.model, .note = note, .data = print };
	struct azvpn_error error;
	int lock, status;

	lock = azvpn_apply_lock(&error);
	if (lock < 0)
		return not_applied("", &error);
	if (azvpn_config_open(&config, AZVPN_STORE_READ, &error)) {
		status = not_applied("", &error);
	} else {
		status = apply_all(&apply, scope);
		azvpn_config_close(&config);
	}
	close(lock);
	return status;
}

int change_config(const struct args *args, int (*fn)(struct change *change), void *data)
{
	struct change change = { .args = args, .data = data };
	int ret;

	if (azvpn_config_open(&change.config, AZVPN_STORE_WRITE, &change.error))
		return refused(&change.error);
	ret = fn(&change);
	if (!ret)
		ret = azvpn_config_commit(&change.config, &change.error);
	azvpn_config_close(&change.config);
	if (ret)
		return refused(&change.error);
	if (args_value(args, "no-apply") || change.scope.none)
		return STATUS_OK;
	return apply_saved(&change.scope, NULL);
}
