/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to rtnetlink that keep the kernel's own words about a refusal.
 */
#ifndef AZVPN_RTNL_H
#define AZVPN_RTNL_H

#include <netlink/msg.h>
#include <netlink/socket.h>

#include "error.h"

struct azvpn_rtnl {
	struct nl_sock *sock;
};

/* In the namespace @netns, empty for the current one. Return: 0 or a negative errno. */
int azvpn_rtnl_open(struct azvpn_rtnl *rtnl, const char *netns, struct azvpn_error *error);
void azvpn_rtnl_close(struct azvpn_rtnl *rtnl);

/**
 * azvpn_rtnl_request() - send a request and wait for its acknowledgment
 * @rtnl: where
 * @msg: the request, which is freed; NULL stands for one that no memory was left for
 * @error: takes "<what>: <reason>"
 * @what: what the request does, for the message
 *
 * Return: 0 or the kernel's negative errno.
 */
int azvpn_rtnl_request(struct azvpn_rtnl *rtnl, struct nl_msg *msg, struct azvpn_error *error,
		       const char *what, ...) __attribute__((format(printf, 4, 5)));

typedef int (*azvpn_rtnl_fn)(struct nlmsghdr *message, void *data);

/* Call @fn for every link. A result below zero ends it and is returned. */
int azvpn_rtnl_links(struct azvpn_rtnl *rtnl, azvpn_rtnl_fn fn, void *data,
		     struct azvpn_error *error);

#endif /* AZVPN_RTNL_H */
