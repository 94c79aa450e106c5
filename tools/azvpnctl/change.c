// SPDX-License-Identifier: GPL-2.0
/* What commands do with the configuration: read it, change it, apply it. */
#include <stdio.h>

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
	if (!found) {
		azvpn_object_missing(&azvpn_gateway_kind, name, &error);
		status = refused(&error);
	} else if (azvpn_object_copy(gateway, found)) {
		status = refuse("out of memory");
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

static void not_applied(const char *gateway, const struct azvpn_error *error, void *data)
{
	(void)data;
	fprintf(stderr,
		"azvpnctl: %s%sthe configuration is saved, but not applied: %s\n"
		"azvpnctl: when that is mended, \"azvpnctl apply\" does the rest\n",
		gateway, *gateway ? ": " : "", error->text);
}

int apply_saved(const struct azvpn_scope *scope, struct azvpn_print *print)
{
	const struct azvpn_report report = { .note = note, .failed = not_applied, .data = print };

	return azvpn_apply_saved(scope, &report) ? STATUS_NOT_APPLIED : STATUS_OK;
}

int change_config(const struct args *args, change_fn fn, void *data)
{
	struct azvpn_change change;
	struct azvpn_error error;
	int ret;

	if (azvpn_change_begin(&change, &error))
		return refused(&error);
	ret = fn(&change, args, data, &error);
	if (ret)
		azvpn_change_abort(&change);
	else
		ret = azvpn_change_commit(&change, &error);
	if (ret)
		return refused(&error);
	if (args_value(args, "no-apply") || !azvpn_scope_any(&change.scope))
		return STATUS_OK;
	return apply_saved(&change.scope, NULL);
}
