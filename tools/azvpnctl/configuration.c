// SPDX-License-Identifier: GPL-2.0
/* Opening the configuration, and what follows a change of it. */
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

int open_to_write(struct azvpn_config *config)
{
	struct azvpn_error error;

	return azvpn_config_open(config, AZVPN_STORE_WRITE, &error) ? refused(&error) : STATUS_OK;
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

	if (scope->none || (scope->gateway && strcmp(scope->gateway, gateway->name)))
		return false;
	if (!scope->local_gateway)
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

int change_end(const struct args *args, struct azvpn_config *config, int ret,
	       struct azvpn_error *error, const struct scope *scope)
{
	if (!ret)
		ret = azvpn_config_commit(config, error);
	azvpn_config_close(config);
	if (ret)
		return refused(error);
	if (args_value(args, "no-apply") || scope->none)
		return STATUS_OK;
	return apply_saved(scope, NULL);
}
