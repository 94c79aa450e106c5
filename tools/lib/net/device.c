// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/azvpn.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

/* A list that changed while it was read is read again, but not for ever */
#define TRIES	5

#define KIND		"azvpn"
#define FORWARDING	"/proc/sys/net/ipv4/ip_forward"

static void device_name(uint32_t id, char name[IF_NAMESIZE])
{
	snprintf(name, IF_NAMESIZE, KIND "%u", id);
}

static void read_kind(struct nlattr *info, struct azvpn_device *device)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1], *data[IFLA_AZVPN_MAX + 1];

	if (nla_parse_nested(tb, IFLA_INFO_MAX, info, NULL) || !tb[IFLA_INFO_KIND] ||
	    nla_strcmp(tb[IFLA_INFO_KIND], KIND))
		return;
	device->is_tunnel = true;
	if (!tb[IFLA_INFO_DATA] ||
	    nla_parse_nested(data, IFLA_AZVPN_MAX, tb[IFLA_INFO_DATA], NULL))
		return;
	if (data[IFLA_AZVPN_ID])
		device->id = nla_get_u32(data[IFLA_AZVPN_ID]);
	if (data[IFLA_AZVPN_UPS])
		device->ups = nla_get_u32(data[IFLA_AZVPN_UPS]);
}

static void read_device(const struct ifinfomsg *info, struct nlattr *tb[],
			struct azvpn_device *device)
{
	struct rtnl_link_stats64 stats = {};
	char name[IF_NAMESIZE];

	device->index = info->ifi_index;
	device->up = info->ifi_flags & IFF_UP;
	/* Up, and not dormant for want of an SA */
	device->ready = info->ifi_flags & IFF_RUNNING;
	nla_strlcpy(device->name, tb[IFLA_IFNAME], sizeof(device->name));
	if (tb[IFLA_IFALIAS])
		nla_strlcpy(device->alias, tb[IFLA_IFALIAS], sizeof(device->alias));
	if (tb[IFLA_STATS64])
		nla_memcpy(&stats, tb[IFLA_STATS64], sizeof(stats));
	device->rx_bytes = stats.rx_bytes;
	device->tx_bytes = stats.tx_bytes;
	if (tb[IFLA_LINKINFO])
		read_kind(tb[IFLA_LINKINFO], device);
	device_name(device->id, name);
	device->ours = device->is_tunnel && !strcmp(device->name, name) && tb[IFLA_GROUP] &&
		       nla_get_u32(tb[IFLA_GROUP]) == AZVPN_NET_MARK;
}

static int add_device(struct nlmsghdr *message, void *data)
{
	struct azvpn_devices *devices = data;
	struct nlattr *tb[IFLA_MAX + 1];
	struct azvpn_device *list;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(message, sizeof(struct ifinfomsg), tb, IFLA_MAX, NULL) ||
	    !tb[IFLA_IFNAME])
		return 0;
	list = reallocarray(devices->list, devices->count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	devices->list = list;
	list[devices->count] = (struct azvpn_device){};
	read_device(nlmsg_data(message), tb, &list[devices->count++]);
	return 0;
}

int azvpn_devices_load(struct azvpn_rtnl *rtnl, struct azvpn_devices *devices,
		       struct azvpn_error *error)
{
	int tries = TRIES, ret;

	*devices = (struct azvpn_devices){};
	do {
		ret = azvpn_rtnl_links(rtnl, add_device, devices, error);
		if (ret)
			azvpn_devices_clear(devices);
	} while (ret == -EINTR && --tries);
	return ret;
}

void azvpn_devices_clear(struct azvpn_devices *devices)
{
	free(devices->list);
	*devices = (struct azvpn_devices){};
}

const struct azvpn_device *azvpn_devices_find(const struct azvpn_devices *devices, uint32_t id)
{
	size_t i;

	for (i = 0; i < devices->count; i++)
		if (devices->list[i].ours && devices->list[i].id == id)
			return &devices->list[i];
	return NULL;
}

static struct nl_msg *link_message(int type, int flags, const struct ifinfomsg *info)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg && nlmsg_append(msg, (void *)info, sizeof(*info), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* 0 or 1 as the number of changes made */
static int changed(int ret)
{
	return ret ? ret : 1;
}

/* libnl knows no such device type, so the request is put together here */
static bool put_link_info(struct nl_msg *msg, uint32_t id)
{
	struct nlattr *info, *data;

	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info || nla_put_string(msg, IFLA_INFO_KIND, KIND))
		return false;
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data || nla_put_u32(msg, IFLA_AZVPN_ID, id))
		return false;
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return true;
}

int azvpn_device_make(struct azvpn_rtnl *rtnl, uint32_t id, struct azvpn_error *error)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info);
	char name[IF_NAMESIZE];

	device_name(id, name);
	if (msg && (nla_put_string(msg, IFLA_IFNAME, name) ||
		    nla_put_u32(msg, IFLA_GROUP, AZVPN_NET_MARK) || !put_link_info(msg, id))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return changed(azvpn_rtnl_request(rtnl, msg, error,
					  "cannot make tunnel device %s (is the kernel module azvpn loaded?)",
					  name));
}

int azvpn_device_delete(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
			struct azvpn_error *error)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = device->index };

	return changed(azvpn_rtnl_request(rtnl, link_message(RTM_DELLINK, 0, &info), error,
					  "cannot delete device %s", device->name));
}

int azvpn_device_set(struct azvpn_rtnl *rtnl, const struct azvpn_device *device,
		     const char *alias, struct azvpn_error *error)
{
	const struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = device->index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct nl_msg *msg;

	if (device->up && !strcmp(device->alias, alias))
		return 0;
	msg = link_message(RTM_NEWLINK, 0, &info);
	if (msg && nla_put_string(msg, IFLA_IFALIAS, alias)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return changed(azvpn_rtnl_request(rtnl, msg, error, "cannot set device %s up",
					  device->name));
}

int azvpn_net_forward(struct azvpn_error *error)
{
	int fd = open(FORWARDING, O_RDWR | O_CLOEXEC), ret = 0;
	char value = 0;

	if (fd < 0 || read(fd, &value, 1) != 1)
		ret = -errno;
	else if (value == '0' && pwrite(fd, "1", 1, 0) != 1)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	if (ret)
		return azvpn_error_set(error, ret, "cannot switch on " FORWARDING ": %s",
				       strerror(-ret));
	return value == '0';
}
