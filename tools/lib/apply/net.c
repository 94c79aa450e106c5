// SPDX-License-Identifier: GPL-2.0
/* Applying a gateway: its devices, their addresses and routes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply_internal.h"

#define ALIAS		"connection "

/* What a connection's device says of itself */
static void alias_of(const struct azvpn_connection *connection,
		     char alias[sizeof(ALIAS) + AZVPN_NAME_SIZE])
{
	snprintf(alias, sizeof(ALIAS) + AZVPN_NAME_SIZE, ALIAS "%s", connection->name);
}

/*
 * A device that was another connection's has that one's SAs, by which packets
 * would go to the wrong site.
 */
static bool wanted(const struct azvpn_apply_run *run, const struct azvpn_device *device)
{
	const struct azvpn_connection *connection = NULL;
	char alias[sizeof(ALIAS) + AZVPN_NAME_SIZE];

	while ((connection = azvpn_apply_next(run, connection))) {
		if (connection->tunnel_id != device->id)
			continue;
		alias_of(connection, alias);
		return strncmp(device->alias, ALIAS, strlen(ALIAS)) ||
		       !strcmp(device->alias, alias);
	}
	return false;
}

static int load_devices(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	azvpn_devices_clear(&run->devices);
	return azvpn_devices_load(&run->rtnl, &run->devices, error);
}

static int delete_superfluous(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	const struct azvpn_device *device;
	size_t i;
	int ret;

	for (i = 0; i < run->devices.count; i++) {
		device = &run->devices.list[i];
		if (!device->ours || wanted(run, device))
			continue;
		ret = azvpn_device_delete(&run->rtnl, device, error);
		if (ret < 0)
			return ret;
		azvpn_apply_note(run, "device %s deleted", device->name);
	}
	return load_devices(run, error);
}

/* Better words than the kernel can have for a name or an id that somebody else took */
static int check_foreign(const struct azvpn_apply_run *run, uint32_t id,
			 struct azvpn_error *error)
{
	const struct azvpn_device *device;
	char name[IF_NAMESIZE];
	size_t i;

	snprintf(name, sizeof(name), "azvpn%u", id);
	for (i = 0; i < run->devices.count; i++) {
		device = &run->devices.list[i];
		if (!strcmp(device->name, name) || (device->is_tunnel && device->id == id))
			return azvpn_error_set(error, -EEXIST,
					       "device %s%s is in the way of azvpn%u and was not made by azvpnctl; delete it with \"ip link delete %s\"",
					       device->name,
					       device->is_tunnel ? ", a tunnel of the same id," : "",
					       id, device->name);
	}
	return 0;
}

static int make_device(struct azvpn_apply_run *run, const struct azvpn_connection *connection,
		       struct azvpn_error *error)
{
	int ret;

	if (azvpn_devices_find(&run->devices, connection->tunnel_id))
		return 0;
	ret = check_foreign(run, connection->tunnel_id, error);
	if (!ret)
		ret = azvpn_device_make(&run->rtnl, connection->tunnel_id, error);
	if (ret < 0)
		return ret;
	azvpn_apply_note(run, "device azvpn%u made for connection %s", connection->tunnel_id,
			 connection->name);
	return 0;
}

static int set_device(struct azvpn_apply_run *run, const struct azvpn_connection *connection,
		      struct azvpn_error *error)
{
	struct azvpn_addr bgp = azvpn_subnet_bgp(azvpn_gateway_subnet(run->apply->model,
								      run->gateway));
	char addr[AZVPN_ADDR_SIZE], alias[sizeof(ALIAS) + AZVPN_NAME_SIZE];
	const struct azvpn_device *device;
	int ret;

	device = azvpn_devices_find(&run->devices, connection->tunnel_id);
	if (!device)
		return azvpn_error_set(error, -ENODEV,
				       "device azvpn%u went away while it was set up; run \"azvpnctl apply\" again",
				       connection->tunnel_id);
	alias_of(connection, alias);
	ret = azvpn_device_set(&run->rtnl, device, alias, error);
	if (ret > 0)
		azvpn_apply_note(run, "device %s set up", device->name);
	if (ret < 0)
		return ret;
	ret = azvpn_device_address(&run->rtnl, device, &bgp, error);
	if (ret > 0)
		azvpn_apply_note(run, "device %s has address %s", device->name,
				 azvpn_addr_format(&bgp, addr));
	return ret < 0 ? ret : 0;
}

static int set_routes(struct azvpn_apply_run *run, const struct azvpn_connection *connection,
		      bool add, struct azvpn_error *error)
{
	const struct azvpn_local_gateway *local;
	const struct azvpn_device *device;
	int ret;

	device = azvpn_devices_find(&run->devices, connection->tunnel_id);
	if (!device)
		return 0;
	local = azvpn_local_gateway_find(run->apply->model, connection->local_gateway);
	ret = azvpn_device_routes(&run->rtnl, device, &local->prefixes, add, error);
	if (ret > 0)
		azvpn_apply_note(run, "device %s: %d route%s %s", device->name, ret,
				 ret == 1 ? "" : "s", add ? "added" : "deleted");
	return ret < 0 ? ret : 0;
}

static int delete_routes(struct azvpn_apply_run *run, const struct azvpn_connection *connection,
			 struct azvpn_error *error)
{
	return set_routes(run, connection, false, error);
}

static int add_routes(struct azvpn_apply_run *run, const struct azvpn_connection *connection,
		      struct azvpn_error *error)
{
	return set_routes(run, connection, true, error);
}

typedef int (*step_fn)(struct azvpn_apply_run *run, const struct azvpn_connection *connection,
		       struct azvpn_error *error);

/* One that fails does not keep the other connections from it. @ret: of before; the first counts. */
static int each(struct azvpn_apply_run *run, step_fn step, int ret, struct azvpn_error *error)
{
	const struct azvpn_connection *connection = NULL;
	int latest;

	while ((connection = azvpn_apply_next(run, connection))) {
		latest = step(run, connection, ret ? NULL : error);
		ret = ret ? ret : latest;
	}
	return ret;
}

int azvpn_apply_net(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	int ret, listed;

	ret = load_devices(run, error);
	if (!ret)
		ret = delete_superfluous(run, error);
	if (ret)
		return ret;
	ret = azvpn_net_forward(error);
	if (ret > 0) {
		azvpn_apply_note(run, "forwarding of IPv4 packets switched on");
		ret = 0;
	}
	ret = each(run, make_device, ret, error);
	listed = load_devices(run, ret ? NULL : error);
	ret = ret ? ret : listed;
	ret = each(run, set_device, ret, error);
	ret = each(run, delete_routes, ret, error);
	return each(run, add_routes, ret, error);
}
