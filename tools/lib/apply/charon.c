// SPDX-License-Identifier: GPL-2.0
/* Applying a gateway: its charon and what that has loaded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply_internal.h"
#include "ike_connection.h"
#include "netns.h"
#include "vici.h"

static int no_memory(int ret, struct azvpn_error *error)
{
	return ret ? azvpn_error_set(error, ret, "out of memory") : 0;
}

static int ensure_charon(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	int ret;

	if (azvpn_ike_running(&run->ike, run->process)) {
		if (azvpn_netns_has(atoi(run->process)))
			return 0;
		ret = azvpn_ike_stop(&run->ike, error);
		if (ret)
			return ret;
		azvpn_apply_note(run, "charon stopped, it was in another namespace");
	}
	ret = azvpn_ike_configure(&run->ike, error);
	if (!ret)
		ret = azvpn_ike_start(&run->ike, error);
	if (ret)
		return ret;
	azvpn_apply_note(run, "charon started");
	json_object_clear(run->applied.connections);
	azvpn_ike_running(&run->ike, run->process);
	return 0;
}

static bool in_list(const json_t *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (!strcmp(json_string_value(item), name))
			return true;
	return false;
}

static bool configured(const struct azvpn_apply_run *run, const char *name)
{
	const struct azvpn_connection *connection = azvpn_connection_find(run->apply->model, name);

	return connection && !strcmp(connection->gateway, run->gateway->name);
}

/* This charon is the gateway's alone: what is not configured does not belong there */
static int unload_superfluous(struct azvpn_apply_run *run, struct azvpn_vici *vici,
			      const json_t *loaded, const json_t *keys,
			      struct azvpn_error *error)
{
	const char *name;
	json_t *item;
	int ret = 0;
	size_t i;

	json_array_foreach(loaded, i, item) {
		name = json_string_value(item);
		if (ret || configured(run, name))
			continue;
		ret = azvpn_vici_unload(vici, name, error);
		if (!ret)
			ret = azvpn_vici_terminate(vici, name, error);
		json_object_del(run->applied.connections, name);
		azvpn_apply_note(run, "connection %s ended and unloaded", name);
	}
	json_array_foreach(keys, i, item) {
		name = json_string_value(item);
		if (!ret && !configured(run, name))
			ret = azvpn_vici_key_unload(vici, name, error);
	}
	return ret;
}

static int load_key(struct azvpn_apply_run *run, struct azvpn_vici *vici,
		    const struct azvpn_connection *connection,
		    const struct azvpn_addr *remote, struct azvpn_error *error)
{
	int ret;

	ret = azvpn_vici_key_load(vici, connection->name, &connection->key,
				  &run->gateway->public_ip, remote, error);
	if (ret)
		return ret;
	azvpn_apply_note(run, "shared key of connection %s loaded", connection->name);
	return no_memory(azvpn_applied_note_key(&run->applied, connection->name,
						connection->key.tag), error);
}

static int load_definition(struct azvpn_apply_run *run, struct azvpn_vici *vici,
			   const struct azvpn_connection *connection, json_t *definition,
			   struct azvpn_error *error)
{
	int ret;

	ret = azvpn_vici_load(vici, connection->name, definition, error);
	if (ret)
		return ret;
	azvpn_apply_note(run, "connection %s loaded", connection->name);
	return no_memory(azvpn_applied_note_definition(&run->applied, connection->name,
						       definition), error);
}

/*
 * Somebody deleted the device, and its SAs went with it; charon does not know,
 * and would be content until it rekeys.
 */
static int begin_anew(struct azvpn_apply_run *run, struct azvpn_vici *vici, const char *name,
		      struct azvpn_error *error)
{
	int ret;

	ret = azvpn_vici_terminate(vici, name, error);
	if (!ret)
		ret = azvpn_vici_initiate(vici, name, error);
	if (!ret)
		azvpn_apply_note(run, "connection %s begun anew on its new device", name);
	return ret;
}

/* The key comes first: loading the connection makes charon use it */
static int load_connection(struct azvpn_apply_run *run, struct azvpn_vici *vici,
			   const struct azvpn_connection *connection, const json_t *loaded,
			   const json_t *keys, bool here, struct azvpn_error *error)
{
	const char *name = connection->name;
	const struct azvpn_local_gateway *local;
	const struct azvpn_device *device;
	bool has_key, has_definition;
	json_t *definition;
	int ret = 0;

	device = azvpn_devices_find(&run->devices, connection->tunnel_id);
	if (!device)	/* could not be made, and its SAs would find no tunnel */
		return 0;
	local = azvpn_local_gateway_find(run->apply->model, connection->local_gateway);
	definition = azvpn_ike_connection(connection, run->gateway, local, here);
	if (!definition)
		return no_memory(-ENOMEM, error);
	has_definition = in_list(loaded, name) &&
			 azvpn_applied_has_definition(&run->applied, name, definition);
	/* The key's owners are in the definition */
	has_key = has_definition && in_list(keys, name) &&
		  azvpn_applied_has_key(&run->applied, name, connection->key.tag);
	if (!has_key)
		ret = load_key(run, vici, connection, &local->gateway_ip, error);
	if (!ret && !has_definition)
		ret = load_definition(run, vici, connection, definition, error);
	json_decref(definition);
	if (ret || azvpn_applied_has_device(&run->applied, name, device->index))
		return ret;
	if (has_definition)
		ret = begin_anew(run, vici, name, error);
	return ret ? ret : no_memory(azvpn_applied_note_device(&run->applied, name, device->index),
				     error);
}

static int load_all(struct azvpn_apply_run *run, struct azvpn_vici *vici, bool here,
		    struct azvpn_error *error)
{
	json_t *loaded = azvpn_vici_connections(vici, error);
	json_t *keys = loaded ? azvpn_vici_keys(vici, error) : NULL;
	const struct azvpn_connection *connection = NULL;
	int ret = keys ? 0 : -EIO;

	if (!ret)
		ret = unload_superfluous(run, vici, loaded, keys, error);
	while (!ret && (connection = azvpn_apply_next(run, connection)))
		ret = load_connection(run, vici, connection, loaded, keys, here, error);
	json_decref(loaded);
	json_decref(keys);
	return ret;
}

int azvpn_apply_charon(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	struct azvpn_vici *vici;
	int ret, here, saved;

	ret = ensure_charon(run, error);
	if (ret)
		return ret;
	here = azvpn_net_has_address(&run->rtnl, &run->gateway->public_ip, error);
	if (here < 0)
		return here;
	ret = azvpn_vici_open(run->ike.socket, &vici, error);
	if (ret)
		return ret;
	ret = load_all(run, vici, here, error);
	azvpn_vici_close(vici);
	saved = azvpn_applied_save(&run->ike, run->process, &run->applied, ret ? NULL : error);
	return ret ? ret : saved;
}
