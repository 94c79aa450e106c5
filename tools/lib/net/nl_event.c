// SPDX-License-Identifier: GPL-2.0
/* The module's notifications. */
#include "nl_internal.h"

#include <errno.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/socket.h>

/* All SAs of a big gateway may expire within one second */
#define RECEIVE_BUFFER	(8 << 20)

#define SA_FIELD(attr, type, member, kind) \
	AZVPN_NL_FIELD(AZVPN_A_SA_##attr, type, member, AZVPN_NL_##kind)
#define EXPIRE(attr, member, kind)	SA_FIELD(attr, azvpn_nl_expire, member, kind)
#define MAPPING(attr, member, kind)	SA_FIELD(attr, azvpn_nl_mapping, member, kind)
#define ACQUIRE(attr, member, kind) \
	AZVPN_NL_FIELD(AZVPN_A_POLICY_##attr, azvpn_nl_acquire, member, AZVPN_NL_##kind)

static const struct azvpn_nl_field expire_fields[] = {
	EXPIRE(SPI, spi, U32),
	EXPIRE(DST_IPV4, dst, U32),
	EXPIRE(DIRECTION, direction, U32),
	EXPIRE(TUNNEL_ID, tunnel_id, U32),
	EXPIRE(REQID, reqid, U32),
	EXPIRE(HARD, hard, FLAG),
};

static const struct azvpn_nl_field acquire_fields[] = {
	ACQUIRE(TUNNEL_ID, tunnel_id, U32),
	ACQUIRE(REQID, reqid, U32),
	ACQUIRE(SRC_IPV4, src, U32),
	ACQUIRE(SRC_PREFIX, src_prefix, U32),
	ACQUIRE(DST_IPV4, dst, U32),
	ACQUIRE(DST_PREFIX, dst_prefix, U32),
	ACQUIRE(PROTOCOL, protocol, U32),
	ACQUIRE(PACKET_SRC_IPV4, packet_src, U32),
	ACQUIRE(PACKET_DST_IPV4, packet_dst, U32),
};

static const struct azvpn_nl_field mapping_fields[] = {
	MAPPING(SPI, spi, U32),
	MAPPING(DST_IPV4, dst, U32),
	MAPPING(TUNNEL_ID, tunnel_id, U32),
	MAPPING(REQID, reqid, U32),
	MAPPING(SRC_IPV4, src, U32),
	MAPPING(ENCAP_SPORT, encap_sport, U16),
};

struct receiver {
	azvpn_nl_event_fn fn;
	void *data;
};

static int parse_event(struct nlmsghdr *nlh, struct azvpn_nl_event *event)
{
	*event = (struct azvpn_nl_event){
		.command = genlmsg_hdr(nlh)->cmd,
	};
	switch (event->command) {
	case AZVPN_CMD_EXPIRE_NTF:
		return azvpn_nl_fields_parse(nlh, expire_fields, ARRAY_SIZE(expire_fields),
					     AZVPN_A_SA_MAX, &event->expire);
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

/* What cannot be read is left alone: a newer module may say more */
static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	const struct receiver *receiver = arg;
	struct azvpn_nl_event event;

	if (genlmsg_valid_hdr(nlh, 0) && !parse_event(nlh, &event))
		receiver->fn(&event, receiver->data);
	return NL_OK;
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
	nl_socket_disable_seq_check(sock);
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

int azvpn_nl_events_receive(struct azvpn_nl *nl, azvpn_nl_event_fn fn, void *data)
{
	struct receiver receiver = { .fn = fn, .data = data };
	int err;

	nl_socket_modify_cb(azvpn_nl_sock(nl), NL_CB_VALID, NL_CB_CUSTOM, on_event, &receiver);
	err = nl_recvmsgs_default(azvpn_nl_sock(nl));
	if (err == -NLE_NOMEM)	/* libnl's word for ENOBUFS, too */
		return azvpn_nl_fail(nl, -ENOBUFS, "events were lost");
	if (err < 0)
		return azvpn_nl_fail(nl, -EIO, "receiving events: %s", nl_geterror(err));
	return 0;
}
