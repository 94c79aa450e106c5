// SPDX-License-Identifier: GPL-2.0
/*
 *   link-add NAME [BYTE...]
 *
 * Asks for a device of type azvpn whose id is these bytes, however many, or
 * missing if there is none: what ip(8) is too careful to send. Prints the
 * message of a refusal; exit status 1 if it was refused.
 */
#include <linux/azvpn.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common.h"

enum { MAX_ID = 16 };

static int refusal;

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
	/* the header stands right before, libnl passes a pointer into the message */
	struct nlmsghdr *header = (struct nlmsghdr *)((char *)error - NLMSG_HDRLEN);
	struct nlattr *text = nlmsg_find_attr(header, sizeof(*error), NLMSGERR_ATTR_MSG);

	(void)from;
	(void)data;
	refusal = error->error;
	printf("%s: %s\n", strerror(-refusal), text ? nla_get_string(text) : "no message");
	return NL_STOP;
}

static struct nl_sock *connect_route(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	int on = 1;

	if (!sock || nl_connect(sock, NETLINK_ROUTE))
		die_errno("rtnetlink");
	/* the message, and not the request with it */
	if (setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		die_errno("netlink options");
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, on_error, NULL);
	return sock;
}

static struct nl_msg *new_link(const char *name, const uint8_t *id, int size)
{
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg info = {};
	struct nlattr *link, *data;

	if (!message || nlmsg_append(message, &info, sizeof(info), NLMSG_ALIGNTO))
		die("out of memory");
	nla_put_string(message, IFLA_IFNAME, name);
	link = nla_nest_start(message, IFLA_LINKINFO);
	nla_put_string(message, IFLA_INFO_KIND, "azvpn");
	data = nla_nest_start(message, IFLA_INFO_DATA);
	if (size)
		nla_put(message, IFLA_AZVPN_ID, size, id);
	nla_nest_end(message, data);
	nla_nest_end(message, link);
	return message;
}

int main(int argc, char **argv)
{
	struct nl_sock *sock;
	uint8_t id[MAX_ID];
	int i, ret;

	if (argc < 2 || argc > 2 + MAX_ID)
		die("usage: link-add NAME [BYTE...]");
	for (i = 2; i < argc; i++)
		id[i - 2] = parse_number("byte", argv[i], 0, UINT8_MAX);
	sock = connect_route();
	ret = nl_send_sync(sock, new_link(argv[1], id, argc - 2));
	nl_socket_free(sock);
	if (ret < 0 && !refusal)
		die("%s", nl_geterror(ret));
	return ret < 0;
}
