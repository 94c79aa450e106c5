// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netns.h"
#include "nl_internal.h"
#include "rtnl.h"

/* The request under way, as the callbacks see it */
struct call {
	uint32_t sequence;
	int result;
	bool done;
	char text[256];
	azvpn_rtnl_fn fn;
	void *data;
};

int azvpn_rtnl_open(struct azvpn_rtnl *rtnl, const char *netns, struct azvpn_error *error)
{
	int home, ret, on = 1;

	rtnl->sock = nl_socket_alloc();
	if (!rtnl->sock)
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	ret = azvpn_netns_enter(netns, &home, error);
	if (!ret) {
		ret = nl_connect(rtnl->sock, NETLINK_ROUTE);
		azvpn_netns_leave(home);
		if (ret)
			ret = azvpn_error_set(error, -EIO, "rtnetlink socket: %s",
					      nl_geterror(ret));
	}
	if (ret) {
		azvpn_rtnl_close(rtnl);
		return ret;
	}
	azvpn_nl_set_timeout(nl_socket_get_fd(rtnl->sock), AZVPN_NL_TIMEOUT);
	/* An old kernel without these words is no reason to fail */
	setsockopt(nl_socket_get_fd(rtnl->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return 0;
}

void azvpn_rtnl_close(struct azvpn_rtnl *rtnl)
{
	nl_socket_free(rtnl->sock);
	rtnl->sock = NULL;
}

static int on_error(struct sockaddr_nl *address, struct nlmsgerr *refusal, void *data)
{
	const char *words = azvpn_nl_extack(refusal);
	struct call *call = data;

	(void)address;
	call->result = refusal->error;
	call->done = true;
	if (words)
		snprintf(call->text, sizeof(call->text), "%s", words);
	return NL_STOP;
}

static int on_end(struct nl_msg *msg, void *data)
{
	struct call *call = data;

	(void)msg;
	call->done = true;
	return NL_STOP;
}

/* The rest is still read, so that the next request does not find it */
static int on_interrupted(struct nl_msg *msg, void *data)
{
	struct call *call = data;

	(void)msg;
	if (!call->result)
		call->result = -EINTR;
	return NL_OK;
}

/* What comes too late for its own request is not for this one */
static int check_sequence(struct nl_msg *msg, void *data)
{
	const struct call *call = data;

	return nlmsg_hdr(msg)->nlmsg_seq == call->sequence ? NL_OK : NL_SKIP;
}

static int on_message(struct nl_msg *msg, void *data)
{
	struct call *call = data;

	if (call->fn && !call->result)
		call->result = call->fn(nlmsg_hdr(msg), call->data);
	return NL_OK;
}

/* Return: 0, the kernel's or the callback's negative errno */
static int exchange(struct azvpn_rtnl *rtnl, struct nl_msg *msg, struct call *call)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret;

	if (!msg || !cb) {
		nlmsg_free(msg);
		nl_cb_put(cb);
		return -ENOMEM;
	}
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, call);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, check_sequence, call);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, call);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, call);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, call);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, call);
	ret = nl_send_auto(rtnl->sock, msg);
	call->sequence = nlmsg_hdr(msg)->nlmsg_seq;
	nlmsg_free(msg);
	while (ret >= 0 && !call->done)
		ret = nl_recvmsgs(rtnl->sock, cb);
	nl_cb_put(cb);
	if (call->done)
		return call->result;
	return ret == -NLE_AGAIN ? -ETIMEDOUT : -EIO;
}

int azvpn_rtnl_request(struct azvpn_rtnl *rtnl, struct nl_msg *msg, struct azvpn_error *error,
		       const char *what, ...)
{
	struct call call = {};
	char doing[256];
	va_list args;
	int ret;

	ret = exchange(rtnl, msg, &call);
	if (!ret)
		return 0;
	va_start(args, what);
	vsnprintf(doing, sizeof(doing), what, args);
	va_end(args);
	return azvpn_error_set(error, ret, "%s: %s", doing,
			       *call.text ? call.text : strerror(-ret));
}

int azvpn_rtnl_links(struct azvpn_rtnl *rtnl, azvpn_rtnl_fn fn, void *data,
		     struct azvpn_error *error)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct call call = { .fn = fn, .data = data };
	int ret;

	if (msg && nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = exchange(rtnl, msg, &call);
	if (ret)
		return azvpn_error_set(error, ret, "list of network devices: %s", strerror(-ret));
	return 0;
}
