// SPDX-License-Identifier: GPL-2.0
/* The module's notifications. */
#include "nl_internal.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>

/* All SAs of a big gateway may expire within one second */
#define RECEIVE_BUFFER	(8 << 20)
/* The kernel sends each event in a small message of its own */
#define MESSAGE_SIZE	8192

#define SA_FIELD(attr, type, member, kind) \
	AZVPN_NL_FIELD(AZVPN_A_SA_##attr, type, member, AZVPN_NL_##kind)
#define EXPIRE(attr, member, kind)	SA_FIELD(attr, azvpn_nl_expire, member, kind)
#define MAPPING(attr, member, kind)	SA_FIELD(attr, azvpn_nl_mapping, member, kind)
#define ACQUIRE(attr, member, kind) \
	AZVPN_NL_FIELD(AZVPN_A_POLICY_##attr, azvpn_nl_acquire, member, AZVPN_NL_##kind)

static const struct azvpn_nl_field expire_fields[] = {
	EXPIRE(SPI, name.spi, U32),
	EXPIRE(DST, name.dst, ADDRESS),
	EXPIRE(ENCAP_DPORT, name.dport, U16),
	EXPIRE(DIRECTION, direction, U32),
	EXPIRE(TUNNEL_ID, tunnel_id, U32),
	EXPIRE(REQID, reqid, U32),
	EXPIRE(HARD, hard, FLAG),
};

static const struct azvpn_nl_field acquire_fields[] = {
	ACQUIRE(TUNNEL_ID, tunnel_id, U32),
	ACQUIRE(REQID, reqid, U32),
	ACQUIRE(SRC, src, ADDRESS),
	ACQUIRE(SRC_PREFIX, src_prefix, U32),
	ACQUIRE(DST, dst, ADDRESS),
	ACQUIRE(DST_PREFIX, dst_prefix, U32),
	ACQUIRE(PROTOCOL, protocol, U32),
	ACQUIRE(PACKET_SRC, packet_src, ADDRESS),
	ACQUIRE(PACKET_DST, packet_dst, ADDRESS),
	ACQUIRE(PACKET_SPORT, packet_sport, U16),
	ACQUIRE(PACKET_DPORT, packet_dport, U16),
};

static const struct azvpn_nl_field mapping_fields[] = {
	MAPPING(SPI, spi, U32),
	MAPPING(DST, dst, ADDRESS),
	MAPPING(TUNNEL_ID, tunnel_id, U32),
	MAPPING(REQID, reqid, U32),
	MAPPING(SRC, src, ADDRESS),
	MAPPING(ENCAP_SPORT, encap_sport, U16),
};

/* The port is part of the names of outbound SAs alone */
static int parse_expire(struct nlmsghdr *nlh, struct azvpn_nl_expire *expire)
{
	int ret = azvpn_nl_fields_parse(nlh, expire_fields, ARRAY_SIZE(expire_fields),
					AZVPN_A_SA_MAX, expire);

	if (expire->direction == AZVPN_DIRECTION_IN)
		expire->name.dport = 0;
	return ret;
}

static int parse_event(struct nlmsghdr *nlh, struct azvpn_nl_event *event)
{
	*event = (struct azvpn_nl_event){
		.command = genlmsg_hdr(nlh)->cmd,
	};
	switch (event->command) {
	case AZVPN_CMD_EXPIRE_NTF:
		return parse_expire(nlh, &event->expire);
	case AZVPN_CMD_ACQUIRE_NTF:
		return azvpn_nl_fields_parse(nlh, acquire_fields, ARRAY_SIZE(acquire_fields),
					     AZVPN_A_POLICY_MAX, &event->acquire);
	case AZVPN_CMD_MAPPING_NTF:
		return azvpn_nl_fields_parse(nlh, mapping_fields, ARRAY_SIZE(mapping_fields),
					     AZVPN_A_SA_MAX, &event->mapping);
	default:
		return -ENOTSUP;
	}
}

int azvpn_nl_events_subscribe(struct azvpn_nl *nl)
{
	struct nl_sock *sock = azvpn_nl_sock(nl);
	int err, group, size = RECEIVE_BUFFER;

	/* More than net.core.rmem_max allows, which is meant for other users */
	if (setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return azvpn_nl_fail(nl, -errno, "receive buffer for events: %s",
				     strerror(errno));
	group = genl_ctrl_resolve_grp(sock, AZVPN_GENL_NAME, AZVPN_MCGRP_EVENTS);
	if (group < 0)
		return azvpn_nl_fail(nl, -EIO, "multicast group \"%s\": %s", AZVPN_MCGRP_EVENTS,
				     nl_geterror(group));
	/* For hours nothing may happen */
	err = azvpn_nl_set_timeout(nl_socket_get_fd(sock), 0);
	if (err)
		return azvpn_nl_fail(nl, err, "netlink socket: %s", strerror(-err));
	err = nl_socket_add_membership(sock, group);
	if (err)
		return azvpn_nl_fail(nl, -EIO, "multicast group \"%s\": %s", AZVPN_MCGRP_EVENTS,
				     nl_geterror(err));
	return 0;
}

int azvpn_nl_events_fd(const struct azvpn_nl *nl)
{
	return nl_socket_get_fd(azvpn_nl_sock(nl));
}

/*
 * Not by libnl, which has one word for both a lack of memory and lost events.
 * Return: the size of the message, 0 if it is not the kernel's, or a negative
 * errno.
 */
static int receive(int fd, void *buffer, size_t size)
{
	struct sockaddr_nl from = { };
	socklen_t length = sizeof(from);
	ssize_t n;

	do
		n = recvfrom(fd, buffer, size, 0, (struct sockaddr *)&from, &length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return from.nl_pid ? 0 : n;
}

int azvpn_nl_events_receive(struct azvpn_nl *nl, azvpn_nl_event_fn fn, void *data)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_SIZE];
	struct nlmsghdr *nlh = (struct nlmsghdr *)buffer;
	struct azvpn_nl_event event;
	int left;

	left = receive(azvpn_nl_events_fd(nl), buffer, sizeof(buffer));
	if (left == -EAGAIN)
		return 0;
	if (left == -ENOBUFS || left == -ENOMEM)
		return azvpn_nl_fail(nl, -ENOBUFS, "events were lost");
	if (left < 0)
		return azvpn_nl_fail(nl, left, "receiving events: %s", strerror(-left));
	/* What cannot be read is left alone: a newer module may say more */
	for (; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left))
		if (nlh->nlmsg_type == azvpn_nl_family(nl) && genlmsg_valid_hdr(nlh, 0) &&
		    !parse_event(nlh, &event))
			fn(&event, data);
	return 0;
}
