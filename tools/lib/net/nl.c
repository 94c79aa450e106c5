// SPDX-License-Identifier: GPL-2.0
/* Handles and requests of the netlink client: the part that knows no object. */
#include "nl_internal.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "netns.h"

/**
 * struct azvpn_nl - a connection to the module in one network namespace
 * @sock: the generic netlink socket
 * @cb: callbacks of requests, with the handle as their argument
 * @family: number of the family
 * @error: reason of the last failure
 * @command: what the request under way is, for messages
 * @sequence: its sequence number
 * @reply: takes the replies of the request under way
 * @data: argument of @reply
 * @result: result of the request under way
 * @done: the last message of the answer has come
 */
struct azvpn_nl {
	struct nl_sock *sock;
	struct nl_cb *cb;
	int family;
	char error[AZVPN_NL_ERROR_SIZE];

	int command;
	uint32_t sequence;
	azvpn_nl_reply_fn reply;
	void *data;
	int result;
	bool done;
};

static const char *const command_names[] = {
	[AZVPN_CMD_TUNNEL_GET] = "tunnel-get",
	[AZVPN_CMD_SA_ALLOC_SPI] = "sa-alloc-spi",
	[AZVPN_CMD_SA_ADD] = "sa-add",
	[AZVPN_CMD_SA_UPDATE] = "sa-update",
	[AZVPN_CMD_SA_GET] = "sa-get",
	[AZVPN_CMD_SA_DEL] = "sa-del",
	[AZVPN_CMD_SA_FLUSH] = "sa-flush",
	[AZVPN_CMD_POLICY_ADD] = "policy-add",
	[AZVPN_CMD_POLICY_GET] = "policy-get",
	[AZVPN_CMD_POLICY_DEL] = "policy-del",
	[AZVPN_CMD_POLICY_FLUSH] = "policy-flush",
	[AZVPN_CMD_NET_GET] = "net-get",
};

int azvpn_nl_fail(struct azvpn_nl *nl, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(nl->error, sizeof(nl->error), format, args);
	va_end(args);
	return err;
}

const char *azvpn_nl_error(const struct azvpn_nl *nl)
{
	return nl->error;
}

struct nl_sock *azvpn_nl_sock(const struct azvpn_nl *nl)
{
	return nl->sock;
}

int azvpn_nl_family(const struct azvpn_nl *nl)
{
	return nl->family;
}

int azvpn_nl_set_timeout(int fd, int seconds)
{
	const struct timeval limit = { .tv_sec = seconds };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ? -errno : 0;
}

/* They follow the error number and, unless the kernel left it out, the rest of the request */
const char *azvpn_nl_extack(struct nlmsgerr *err)
{
	struct nlmsghdr *nlh = (void *)((char *)err - NLMSG_HDRLEN);
	size_t skip = sizeof(*err);
	struct nlattr *text;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (nlh->nlmsg_len <= NLMSG_HDRLEN + skip)
		return NULL;
	text = nla_find((void *)((char *)err + skip), nlh->nlmsg_len - NLMSG_HDRLEN - skip,
			NLMSGERR_ATTR_MSG);
	if (!text || !memchr(nla_data(text), '\0', nla_len(text)))
		return NULL;
	return nla_get_string(text);
}

static void refused(struct azvpn_nl *nl, int err, const char *text)
{
	nl->result = err;
	nl->done = true;
	azvpn_nl_fail(nl, err, "%s: %s", command_names[nl->command], text ?: strerror(-err));
}

static int on_error(struct sockaddr_nl *addr, struct nlmsgerr *err, void *arg)
{
	(void)addr;
	refused(arg, err->error, azvpn_nl_extack(err));
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct azvpn_nl *nl = arg;

	(void)msg;
	nl->done = true;
	return NL_STOP;
}

/* A dump that failed halfway says so in its last message */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct azvpn_nl *nl = arg;

	nl->done = true;
	if (!nl->result && nlmsg_datalen(nlh) >= (int)sizeof(int)) {
		int err = *(int *)nlmsg_data(nlh);

		if (err < 0)
			refused(nl, err, NULL);
	}
	return NL_STOP;
}

/* The rest is still read, so that the next request does not find it */
static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct azvpn_nl *nl = arg;

	(void)msg;
	if (!nl->result)
		nl->result = azvpn_nl_fail(nl, -EINTR, "%s: the list changed while it was read",
					   command_names[nl->command]);
	return NL_OK;
}

static int on_reply(struct nl_msg *msg, void *arg)
{
	struct azvpn_nl *nl = arg;
	int ret;

	if (!nl->reply || (nl->result && nl->result != -EINTR))
		return NL_OK;
	ret = nl->reply(nlmsg_hdr(msg), nl->data);
	if (ret)
		nl->result = azvpn_nl_fail(nl, ret, "%s: %s", command_names[nl->command],
					   ret < 0 ? strerror(-ret) : "ended by the caller");
	return NL_OK;
}

/*
 * Only what answers the request under way. libnl's own check counts, and would
 * never agree again after an answer that was lost for want of memory.
 */
static int check_sequence(struct nl_msg *msg, void *arg)
{
	struct azvpn_nl *nl = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == nl->sequence ? NL_OK : NL_SKIP;
}

struct nl_msg *azvpn_nl_msg_new(struct azvpn_nl *nl, int command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	nl->command = command;
	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, flags, command,
				 AZVPN_GENL_VERSION)) {
		nlmsg_free(msg);
		azvpn_nl_fail(nl, -ENOMEM, "%s: out of memory", command_names[command]);
		return NULL;
	}
	return msg;
}

/* A message may hold keys */
static void msg_wipe(struct nl_msg *msg)
{
	explicit_bzero(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
}

int azvpn_nl_msg_too_big(struct azvpn_nl *nl, struct nl_msg *msg)
{
	msg_wipe(msg);
	return azvpn_nl_fail(nl, -EMSGSIZE, "%s: the request does not fit into a message",
			     command_names[nl->command]);
}

/*
 * The answer did not come to its end; @err is libnl's, for which ENOMEM and ENOBUFS
 * are one. Once the request was @sent, nobody knows whether it was carried out.
 */
static int unanswered(struct azvpn_nl *nl, int err, bool sent)
{
	if (err == -NLE_NOMEM)
		return azvpn_nl_fail(nl, sent ? -ENOBUFS : -ENOMEM, "%s: no memory for %s",
				     command_names[nl->command],
				     sent ? "the answer" : "the request");
	if (err == -NLE_AGAIN)
		return azvpn_nl_fail(nl, -ETIMEDOUT,
				     "%s: the kernel has not answered for %d seconds",
				     command_names[nl->command], AZVPN_NL_TIMEOUT);
	return azvpn_nl_fail(nl, -EIO, "%s: %s", command_names[nl->command], nl_geterror(err));
}

int azvpn_nl_call(struct azvpn_nl *nl, struct nl_msg *msg, azvpn_nl_reply_fn fn, void *data)
{
	bool sent;
	int err;

	nl->reply = fn;
	nl->data = data;
	nl->result = 0;
	nl->done = false;
	err = nl_send_auto(nl->sock, msg);
	sent = err >= 0;
	nl->sequence = nlmsg_hdr(msg)->nlmsg_seq;
	msg_wipe(msg);
	while (err >= 0 && !nl->done)
		err = nl_recvmsgs(nl->sock, nl->cb);
	return nl->done ? nl->result : unanswered(nl, err, sent);
}

int azvpn_nl_call_u32(struct azvpn_nl *nl, int command, int flags, int attr, uint32_t value,
		      azvpn_nl_reply_fn fn, void *data)
{
	struct nl_msg *msg = azvpn_nl_msg_new(nl, command, flags);

	if (!msg)
		return -ENOMEM;
	if (value && nla_put_u32(msg, attr, value))
		return azvpn_nl_msg_too_big(nl, msg);
	return azvpn_nl_call(nl, msg, fn, data);
}

static int find_family(struct azvpn_nl *nl)
{
	struct genl_family *family;
	struct nl_cache *cache;
	int version;

	/* Asking by name is what makes the kernel load an installed module */
	nl->family = genl_ctrl_resolve(nl->sock, AZVPN_GENL_NAME);
	if (nl->family < 0)
		return azvpn_nl_fail(nl, -EPROTONOSUPPORT,
				     "the kernel module azvpn is not loaded (no netlink family \"%s\"): load it with modprobe or insmod",
				     AZVPN_GENL_NAME);
	if (genl_ctrl_alloc_cache(nl->sock, &cache))
		return azvpn_nl_fail(nl, -EIO, "the list of netlink families cannot be read");
	family = genl_ctrl_search_by_name(cache, AZVPN_GENL_NAME);
	version = family ? genl_family_get_version(family) : -1;
	if (family)
		genl_family_put(family);
	nl_cache_free(cache);
	if (version != AZVPN_GENL_VERSION)
		return azvpn_nl_fail(nl, -EPROTO,
				     "the loaded kernel module azvpn has version %d of the netlink family, this program needs %d: install both from one release",
				     version, AZVPN_GENL_VERSION);
	return 0;
}

static int open_socket(struct azvpn_nl *nl)
{
	int err, fd, on = 1;

	err = genl_connect(nl->sock);
	if (err)
		return azvpn_nl_fail(nl, -EIO, "netlink socket: %s", nl_geterror(err));
	/*
	 * With extended acknowledgements come the kernel's words. Capped ones
	 * leave the request out, so that no key comes back in an error.
	 */
	fd = nl_socket_get_fd(nl->sock);
	if (azvpn_nl_set_timeout(fd, AZVPN_NL_TIMEOUT) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		return azvpn_nl_fail(nl, -errno, "netlink socket: %s", strerror(errno));
	return find_family(nl);
}

/* A socket stays in the namespace it was made in, the thread goes back */
static int open_socket_in(struct azvpn_nl *nl, const char *netns)
{
	struct azvpn_error error;
	int home, ret;

	ret = azvpn_netns_enter(netns, &home, &error);
	if (ret)
		return azvpn_nl_fail(nl, ret, "%s", error.text);
	ret = open_socket(nl);
	azvpn_netns_leave(home);
	return ret;
}

static int set_callbacks(struct azvpn_nl *nl)
{
	nl->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!nl->cb)
		return azvpn_nl_fail(nl, -ENOMEM, "out of memory");
	nl_cb_err(nl->cb, NL_CB_CUSTOM, on_error, nl);
	nl_cb_set(nl->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, check_sequence, nl);
	nl_cb_set(nl->cb, NL_CB_VALID, NL_CB_CUSTOM, on_reply, nl);
	nl_cb_set(nl->cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, nl);
	nl_cb_set(nl->cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, nl);
	nl_cb_set(nl->cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, nl);
	return 0;
}

struct azvpn_nl *azvpn_nl_open(const char *netns, char error[AZVPN_NL_ERROR_SIZE])
{
	struct azvpn_nl *nl = calloc(1, sizeof(*nl));
	int ret = -ENOMEM;

	if (nl)
		nl->sock = nl_socket_alloc();
	if (!nl || !nl->sock) {
		if (error)
			snprintf(error, AZVPN_NL_ERROR_SIZE, "out of memory");
		goto free_nl;
	}
	ret = set_callbacks(nl);
	if (!ret)
		ret = netns ? open_socket_in(nl, netns) : open_socket(nl);
	if (!ret)
		return nl;
	if (error)
		snprintf(error, AZVPN_NL_ERROR_SIZE, "%s", nl->error);
free_nl:
	azvpn_nl_close(nl);
	errno = -ret;
	return NULL;
}

void azvpn_nl_close(struct azvpn_nl *nl)
{
	if (!nl)
		return;
	nl_cb_put(nl->cb);
	nl_socket_free(nl->sock);
	free(nl);
}
