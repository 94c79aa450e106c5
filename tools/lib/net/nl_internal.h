/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the netlink client share; nl.h is the rest. */
#ifndef AZVPN_NL_INTERNAL_H
#define AZVPN_NL_INTERNAL_H

#include "nl.h"

#include <netlink/attr.h>
#include <netlink/msg.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum azvpn_nl_kind {
	AZVPN_NL_U16,
	AZVPN_NL_U32,
	AZVPN_NL_U64,
	AZVPN_NL_FLAG,
	AZVPN_NL_STRING,	/* not sent when empty */
	AZVPN_NL_ADDRESS,	/* struct azvpn_addr; not sent when there is none */
	AZVPN_NL_LAST_PORT,	/* u16, the end of a range of ports; 65535 is not sent */
	AZVPN_NL_COUNTERS,	/* nest of drop counters */
	AZVPN_NL_LAST_DROP,	/* nest */
};

/* Where an attribute lives in a struct of nl.h */
struct azvpn_nl_field {
	uint16_t attr;
	uint16_t offset;
	uint16_t size;
	enum azvpn_nl_kind kind;
	bool optional;		/* not sent when zero */
};

#define AZVPN_NL_FIELD(_attr, _struct, _member, _kind, ...)		\
	{								\
		.attr = (_attr),					\
		.offset = offsetof(struct _struct, _member),		\
		.size = sizeof(((struct _struct *)0)->_member),		\
		.kind = (_kind),					\
		__VA_ARGS__						\
	}

/* How long the kernel has for each message of an answer */
#define AZVPN_NL_TIMEOUT	30	/* seconds */

/* Called for each reply; anything but 0 ends the request with that result */
typedef int (*azvpn_nl_reply_fn)(struct nlmsghdr *nlh, void *data);

/* NULL, with the error noted, if there is no memory */
struct nl_msg *azvpn_nl_msg_new(struct azvpn_nl *nl, int command, int flags);
/* Sends the message, takes the replies to the last; wipes and frees the message */
int azvpn_nl_call(struct azvpn_nl *nl, struct nl_msg *msg, azvpn_nl_reply_fn fn, void *data);
/* The same for a message that could not be filled: wipes, frees, notes the error */
int azvpn_nl_msg_too_big(struct azvpn_nl *nl, struct nl_msg *msg);
/* Notes the formatted text as the error of the handle; returns @err */
int azvpn_nl_fail(struct azvpn_nl *nl, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The kernel's words about an error that a message of it holds, or NULL */
const char *azvpn_nl_extack(struct nlmsgerr *err);

/* Both return 0 or a negative errno; absent attributes leave what is not sent for them */
int azvpn_nl_fields_put(struct nl_msg *msg, const struct azvpn_nl_field *fields, size_t n,
			const void *object);
int azvpn_nl_fields_parse(struct nlmsghdr *nlh, const struct azvpn_nl_field *fields, size_t n,
			  int max_attr, void *object);

/* A request whose only attribute is a u32 that is left out when zero */
int azvpn_nl_call_u32(struct azvpn_nl *nl, int command, int flags, int attr, uint32_t value,
		      azvpn_nl_reply_fn fn, void *data);

/* For nl_event.c: the socket, and the number of the family */
struct nl_sock *azvpn_nl_sock(const struct azvpn_nl *nl);
int azvpn_nl_family(const struct azvpn_nl *nl);

/* How long a socket waits for a message; 0: for ever. Return: 0 or a negative errno. */
int azvpn_nl_set_timeout(int fd, int seconds);

#endif /* AZVPN_NL_INTERNAL_H */
