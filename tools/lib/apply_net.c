// SPDX-License-Identifier: GPL-2.0
/* Applying a gateway: its devices, their addresses and routes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply_internal.h"

static bool wanted(const struct azvpn_apply_run *run, uint32_t id)
{
	const struct azvpn_connection *connection = NULL;

	while ((connection = azvpn_apply_next(run, connection)))
		if (connection->tunnel_id == id)
			return true;
	return false;
}

static int delete_superfluous(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	const struct azvpn_device *device;
	size_t i;
	int ret;

	for (i = 0; i < run->devices.count; i++) {
		device = &run->devices.list[i];
		if (!device->ours || wanted(run, device->id))
			continue;
		ret = azvpn_device_delete(&run->rtnl, device, error);
		if (ret < 0)
			return ret;
		azvpn_apply_note(run, "device %s deleted", device->name);
	}
	return 0;
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

static int make_missing(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	const struct azvpn_connection *connection = NULL;
	int ret;

	while ((connection = azvpn_apply_next(run, connection))) {
		if (azvpn_devices_find(&run->devices, connection->tunnel_id))
			continue;
		ret = check_foreign(run, connection->tunnel_id, error);
		if (!ret)
			ret = azvpn_device_make(&run->rtnl, connection->tunnel_id, error);
		if (ret < 0)
			return ret;
		azvpn_apply_note(run, "device azvpn%u made for connection %s",
				 connection->tunnel_id, connection->name);
	}
	return 0;
}

static int set_device(struct azvpn_apply_run *run, const struct azvpn_connection *connection,
		      uint32_t bgp, struct azvpn_error *error)
{
	const struct azvpn_device *device;
	char addr[AZVPN_ADDR_SIZE], alias[sizeof("connection ") + AZVPN_NAME_SIZE];
	int ret;

	device = azvpn_devices_find(&run->devices, connection->tunnel_id);
	if (!device)
		return azvpn_error_set(error, -ENODEV,
				       "device azvpn%u went away while it was set up; run \"azvpnctl apply\" again",
				       connection->tunnel_id);
	snprintf(alias, sizeof(alias), "connection %s", connection->name);
	ret = azvpn_device_set(&run->rtnl, device, alias, error);
	if (ret > 0)
		azvpn_apply_note(run, "device %s set up", device->name);
	if (ret < 0)
		return ret;
	ret = azvpn_device_address(&run->rtnl, device, bgp, error);
	if (ret > 0)
		azvpn_apply_note(run, "device %s has address %s", device->name,
				 azvpn_addr_format(bgp, addr));
	return ret < 0 ? ret : 0;
}

static int set_routes(struct azvpn_apply_run *run, bool add, struct azvpn_error *error)
{
	const struct azvpn_connection *connection = NULL;
	const struct azvpn_local_gateway *local;
	const struct azvpn_device *device;
	int ret;

	while ((connection = azvpn_apply_next(run, connection))) {
		device = azvpn_devices_find(&run->devices, connection->tunnel_id);
		local = azvpn_local_gateway_find(run->apply->model, connection->local_gateway);
		ret = azvpn_device_routes(&run->rtnl, device, &local->prefixes, add, error);
		if (ret < 0)
			return ret;
		if (ret)
			azvpn_apply_note(run, "device %s: %d route%s %s", device->name, ret,
					 ret == 1 ? "" : "s", add ? "added" : "deleted");
	}
	return 0;
}

int azvpn_apply_net(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	const struct azvpn_connection *connection = NULL;
	uint32_t bgp;
	int ret;

	bgp = azvpn_addr_bgp(azvpn_gateway_subnet(run->apply->model, run->gateway));
	ret = azvpn_net_forward(error);
	if (ret > 0)
		azvpn_apply_note(run, "forwarding of IPv4 packets switched on");
	if (ret >= 0)
		ret = azvpn_devices_load(&run->rtnl, &run->devices, error);
	if (!ret)
		ret = delete_superfluous(run, error);
	if (!ret)
		ret = make_missing(run, error);
	if (ret)
		return ret;
	azvpn_devices_clear(&run->devices);
	ret = azvpn_devices_load(&run->rtnl, &run->devices, error);
	while (!ret && (connection = azvpn_apply_next(run, connection)))
		ret = set_device(run, connection, bgp, error);
	if (!ret)
		ret = set_routes(run, false, error);
	return ret ? ret : set_routes(run, true, error);
}
