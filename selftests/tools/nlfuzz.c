// SPDX-License-Identifier: GPL-2.0
/*
 * Sends the module what it must refuse.
 *
 *   nlfuzz refusals TUNNEL
 *	Each operation with each of its attributes missing, short, long and out
 *	of range. Every refusal must come with a message.
 *   nlfuzz random TUNNEL SEED COUNT
 *	COUNT messages of random attributes; each one must be answered.
 *   nlfuzz eperm TUNNEL
 *	To be run without CAP_NET_ADMIN: every operation, and joining the group
 *	of events, must be refused with EPERM.
 *
 * All three also look for the key in everything that comes back. TUNNEL is the
 * id of a tunnel that exists and has no SA or policy. The result is one line of
 * NAME=VALUE words; exit status 1 if a check failed.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common.h"
#include "nlfuzz.h"

enum { MAX_EXTRA = 300, MAX_SIZE = 64 };

static struct nl_sock *sock;
static int family;
static unsigned int checks, failed;

/* What came back for one message */
static struct answer {
	int error;
	unsigned int objects;
	bool finished, leaked;
	char message[256];
} answer;

static void __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	failed++;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void find_key(const void *data, size_t size)
{
	unsigned int i;

	/* any run of eight bytes of it */
	for (i = 0; i + 8 <= sizeof(test_key); i++)
		if (memmem(data, size, test_key + i, 8))
			answer.leaked = true;
}

static int on_any(struct nl_msg *message, void *data)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	(void)data;
	find_key(header, header->nlmsg_len);
	return NL_OK;
}

static int on_object(struct nl_msg *message, void *data)
{
	(void)message;
	(void)data;
	answer.objects++;
	return NL_OK;
}

static int on_end(struct nl_msg *message, void *data)
{
	(void)message;
	(void)data;
	answer.finished = true;
	return NL_STOP;
}

static void take_text(struct nlmsghdr *header, size_t skip)
{
	struct nlattr *text = NULL;

	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		text = nlmsg_find_attr(header, skip, NLMSGERR_ATTR_MSG);
	if (text)
		nla_strlcpy(answer.message, text, sizeof(answer.message));
}

/* The end of a dump, which may be a failure */
static int on_done(struct nl_msg *message, void *data)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	(void)data;
	answer.finished = true;
	if (nlmsg_datalen(header) >= (int)sizeof(int))
		memcpy(&answer.error, nlmsg_data(header), sizeof(int));
	take_text(header, sizeof(int));
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
	/* the header stands right before, libnl passes a pointer into the message */
	struct nlmsghdr *header = (struct nlmsghdr *)((char *)error - NLMSG_HDRLEN);
	size_t skip = sizeof(*error);

	(void)from;
	(void)data;
	answer.finished = true;
	answer.error = error->error;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - NLMSG_HDRLEN;
	take_text(header, skip);
	return NL_STOP;
}

static void set_option(int option, int value)
{
	if (setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, option, &value, sizeof(value)))
		die_errno("netlink option %d", option);
}

static void connect_family(void)
{
	struct timeval limit = { .tv_sec = 10 };

	sock = nl_socket_alloc();
	if (!sock || genl_connect(sock))
		die_errno("generic netlink");
	family = genl_ctrl_resolve(sock, AZVPN_GENL_NAME);
	if (family < 0)
		die("family %s: %s", AZVPN_GENL_NAME, nl_geterror(family));
	set_option(NETLINK_EXT_ACK, 1);
	/* an error otherwise carries the whole request, with the key, back to its sender */
	set_option(NETLINK_CAP_ACK, 1);
	setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	nl_socket_disable_auto_ack(sock);
	nl_socket_modify_cb(sock, NL_CB_MSG_IN, NL_CB_CUSTOM, on_any, NULL);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_object, NULL);
	nl_socket_modify_cb(sock, NL_CB_ACK, NL_CB_CUSTOM, on_end, NULL);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, on_done, NULL);
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, on_error, NULL);
}

static struct nl_msg *new_message(unsigned int command, int flags)
{
	struct nl_msg *message = nlmsg_alloc_size(8192);

	if (!message || !genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
				     NLM_F_REQUEST | NLM_F_ACK | flags, command,
				     AZVPN_GENL_VERSION))
		die("out of memory");
	return message;
}

/* Sends the message and takes what comes back; frees it. */
static void ask(struct nl_msg *message)
{
	int ret;

	memset(&answer, 0, sizeof(answer));
	ret = nl_send_auto(sock, message);
	nlmsg_free(message);
	if (ret < 0)
		die("send: %s", nl_geterror(ret));
	while (!answer.finished) {
		ret = nl_recvmsgs_default(sock);
		if (ret < 0 && !answer.finished)
			die("receive: %s", nl_geterror(ret));
	}
	checks++;
	if (answer.leaked)
		fail("an answer holds bytes of the key");
}

static void put_value(struct nl_msg *message, const struct argument *argument, uint64_t value,
		      int surplus)
{
	uint8_t bytes[MAX_EXTRA + MAX_SIZE] = { 0 };
	int size = (int)size_of(argument) + surplus;

	encode(argument, value, bytes);
	nla_put(message, argument->type, size > 0 ? size : 0, bytes);
}

static void put_valid(struct nl_msg *message, const struct argument *argument)
{
	put_value(message, argument, argument->valid, 0);
}

/* The valid arguments of @operation but @without (or all, if that is NULL). */
static struct nl_msg *fill(const struct operation *operation, const struct argument *without)
{
	struct nl_msg *message = new_message(operation->command, operation->flags);
	const struct argument *argument;

	for (argument = operation->arguments; argument->type; argument++)
		if (argument != without)
			put_valid(message, argument);
	return message;
}

static void ask_command(const struct operation *operation)
{
	ask(fill(operation, NULL));
}

/* What the operation needs to find, and what it may leave behind. */
static void prepare(const struct operation *operation)
{
	if (operation->needs)
		ask_command(operation->needs);
	if (answer.error)
		fail("%s: what it needs was refused: %s", operation->name, answer.message);
}

static void clean_up(const struct operation *operation)
{
	if (operation->undo)
		ask_command(operation->undo);
	if (operation->needs && operation->needs->undo)
		ask_command(operation->needs->undo);
}

static void expect_refusal(const struct operation *operation, const struct argument *argument,
			   const char *how, struct nl_msg *message)
{
	ask(message);
	if (!answer.error) {
		fail("%s: %s %s was accepted", operation->name, argument->name, how);
		clean_up(operation);
		prepare(operation);
	} else if (answer.error == -EPERM) {
		fail("%s: %s %s: EPERM, run this as root", operation->name, argument->name, how);
	} else if (!answer.message[0]) {
		fail("%s: %s %s: refused (%s) without a message", operation->name, argument->name,
		     how, strerror(-answer.error));
	}
}

static void refuse_value(const struct operation *operation, const struct argument *argument,
			  uint64_t value)
{
	struct nl_msg *message = fill(operation, argument);
	char how[40];

	put_value(message, argument, value, 0);
	snprintf(how, sizeof(how), "%#llx", (unsigned long long)value);
	expect_refusal(operation, argument, how, message);
}

static void refuse_length(const struct operation *operation, const struct argument *argument,
			  int surplus)
{
	struct nl_msg *message = fill(operation, argument);
	char how[40];

	put_value(message, argument, argument->valid, surplus);
	snprintf(how, sizeof(how), "with %+d bytes", surplus);
	expect_refusal(operation, argument, how, message);
}

static bool is_key_size(const struct argument *argument, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < MAX_SIZES && argument->sizes[i]; i++)
		if (argument->sizes[i] == size)
			return true;
	return false;
}

static void refuse_key_lengths(const struct operation *operation, const struct argument *argument)
{
	uint8_t key[MAX_SIZE] = { 0 };
	unsigned int size;
	char how[40];

	memcpy(key, test_key, sizeof(test_key));
	for (size = 0; size <= sizeof(key); size++) {
		struct nl_msg *message;

		if (is_key_size(argument, size))
			continue;
		message = fill(operation, argument);
		nla_put(message, argument->type, size, key);
		snprintf(how, sizeof(how), "of %u bytes", size);
		expect_refusal(operation, argument, how, message);
	}
}

/* Names of no algorithm; one of them does not end, where a message does. */
static void refuse_texts(const struct operation *operation, const struct argument *argument)
{
	static const char *const texts[] = { "", "a", "aes", "AES-GCM-16", "aes-gcm-16 ", "hmac" };
	char endless[MAX_EXTRA];
	struct nl_msg *message;
	unsigned int i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		message = fill(operation, argument);
		nla_put_string(message, argument->type, texts[i]);
		expect_refusal(operation, argument, texts[i], message);
	}
	memset(endless, 'a', sizeof(endless));
	message = fill(operation, argument);
	nla_put(message, argument->type, sizeof(endless), endless);
	expect_refusal(operation, argument, "without an end", message);
	message = fill(operation, argument);
	nla_put(message, argument->type, 0, NULL);
	expect_refusal(operation, argument, "of no bytes", message);
}

static void refuse_lengths(const struct operation *operation, const struct argument *argument)
{
	int size = size_of(argument);

	refuse_length(operation, argument, -1);
	refuse_length(operation, argument, -size);
	refuse_length(operation, argument, 1);
	refuse_length(operation, argument, size);
	refuse_length(operation, argument, MAX_EXTRA);
	/* an address of the other family than the rest */
	if (argument->kind == ADDRESS)
		refuse_length(operation, argument, 12);
	if (argument->kind == ADDRESS6)
		refuse_length(operation, argument, -12);
}

static void refuse_argument(const struct operation *operation, const struct argument *argument)
{
	unsigned int i;

	if (argument->required)
		expect_refusal(operation, argument, "missing", fill(operation, argument));
	if (argument->kind == KEY)
		refuse_key_lengths(operation, argument);
	else if (argument->kind == TEXT)
		refuse_texts(operation, argument);
	else
		refuse_lengths(operation, argument);
	for (i = 0; i < argument->nr_bad; i++)
		refuse_value(operation, argument, argument->bad[i]);
}

static void refuse_unwanted(const struct operation *operation)
{
	const struct argument *argument;
	struct nl_msg *message;

	for (argument = operation->unwanted; argument && argument->type; argument++) {
		message = fill(operation, NULL);
		put_valid(message, argument);
		expect_refusal(operation, argument, "beside the others", message);
	}
}

static void refuse_unknown(const struct operation *operation)
{
	static const struct argument unknown = { .type = 1000, .name = "an attribute of type" };
	struct nl_msg *message = fill(operation, NULL);

	nla_put_u32(message, unknown.type, 1);
	expect_refusal(operation, &unknown, "1000", message);
}

static void refusals(void)
{
	const struct argument *argument;
	unsigned int i;

	for (i = 0; i < nr_operations; i++) {
		const struct operation *operation = operations[i];

		memset(&answer, 0, sizeof(answer));
		prepare(operation);
		for (argument = operation->arguments; argument->type; argument++)
			refuse_argument(operation, argument);
		refuse_unwanted(operation);
		refuse_unknown(operation);
		/* all of it was refused for the fault alone: without one it works */
		ask_command(operation);
		if (answer.error)
			fail("%s: without a fault, refused: %s", operation->name, answer.message);
		clean_up(operation);
	}
}

static uint32_t random_number(void)
{
	static uint64_t state;

	/* seeded by srandom(), so that a run can be repeated */
	state = state * 6364136223846793005ULL + random();
	return state >> 32;
}

static void put_random(struct nl_msg *message, const struct argument *argument)
{
	uint8_t bytes[64];
	unsigned int i, size = random_number() % sizeof(bytes);

	switch (random_number() % 8) {
	case 0:
		return;
	case 1:
		for (i = 0; i < size; i++)
			bytes[i] = random_number();
		nla_put(message, random_number() % 64, size, bytes);
		return;
	case 2:
		put_value(message, argument, random_number(), random_number() % 8 - 3);
		return;
	case 3:
		if (argument->nr_bad)
			put_value(message, argument,
				  argument->bad[random_number() % argument->nr_bad], 0);
		return;
	default:
		put_valid(message, argument);
	}
}

static void random_message(void)
{
	static const int choices[] = { 0, 0, NLM_F_REPLACE, NLM_F_DUMP, NLM_F_CREATE, NLM_F_EXCL };
	int flags = choices[random_number() % 6];
	const struct operation *operation = operations[random_number() % nr_operations];
	const struct argument *argument;
	struct nl_msg *message;
	/* now and then one that the module does not have */
	unsigned int command = random_number() % 16 ? operation->command : random_number() % 32;

	message = new_message(command, flags);
	for (argument = operation->arguments; argument->type; argument++)
		put_random(message, argument);
	for (argument = operation->unwanted; argument && argument->type; argument++)
		put_random(message, argument);
	ask(message);
	/* for what the family does not have at all the netlink core finds no words */
	if (answer.error == -EOPNOTSUPP && (flags == NLM_F_DUMP || command != operation->command))
		return;
	if (answer.error && !answer.message[0])
		fail("%s: refused (%s) without a message", operation->name,
		     strerror(-answer.error));
}

static void expect_eperm(const char *name, const struct operation *operation, int flags)
{
	struct nl_msg *message = fill(operation, NULL);

	nlmsg_hdr(message)->nlmsg_flags |= flags;
	ask(message);
	if (answer.error != -EPERM)
		fail("%s%s: %s instead of EPERM", name, flags ? " (dump)" : "",
		     answer.error ? strerror(-answer.error) : "success");
}

static void eperm(void)
{
	unsigned int i;
	int group, ret;

	for (i = 0; i < nr_operations; i++) {
		expect_eperm(operations[i]->name, operations[i], 0);
		if (operations[i]->dumps)
			expect_eperm(operations[i]->name, operations[i], NLM_F_DUMP);
	}
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	group = genl_ctrl_resolve_grp(sock, AZVPN_GENL_NAME, AZVPN_MCGRP_EVENTS);
	ret = setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			 sizeof(group));
	checks++;
	if (group < 0 || !ret || errno != EPERM)
		fail("joining the group of events: %s instead of EPERM",
		     group < 0 ? nl_geterror(group) : ret ? strerror(errno) : "success");
}

int main(int argc, char **argv)
{
	unsigned int count;

	if (argc < 3)
		die("usage: nlfuzz refusals|eperm TUNNEL | random TUNNEL SEED COUNT");
	use_tunnel(parse_number("tunnel", argv[2], 1, UINT32_MAX));
	connect_family();
	if (!strcmp(argv[1], "refusals") && argc == 3) {
		refusals();
	} else if (!strcmp(argv[1], "random") && argc == 5) {
		srandom(parse_number("seed", argv[3], 0, UINT32_MAX));
		for (count = parse_number("count", argv[4], 1, UINT32_MAX); count; count--)
			random_message();
	} else if (!strcmp(argv[1], "eperm") && argc == 3) {
		eperm();
	} else {
		die("\"%s\" with %d arguments is not known", argv[1], argc - 2);
	}
	printf("checks=%u failed=%u\n", checks, failed);
	nl_socket_free(sock);
	return failed != 0;
}
