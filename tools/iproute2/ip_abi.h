/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ip(8) expects of a plug-in for a type of devices, and offers to it: the
 * functions resolve from ip itself, which exports them.
 *
 * No header is installed for this. It was last extended, at the end, in iproute2
 * 4.17 and is the same up to 6.1, and ip does not check it: a field of another
 * size or place is a crash.
 */
#ifndef AZVPN_IP_ABI_H
#define AZVPN_IP_ABI_H

#include <stdio.h>
#include <stdnoreturn.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/types.h>

struct link_util {
	struct link_util *next;
	const char *id;
	int maxattr;
	int (*parse_opt)(struct link_util *util, int argc, char **argv, struct nlmsghdr *n);
	void (*print_opt)(struct link_util *util, FILE *f, struct rtattr *tb[]);
	void (*print_xstats)(struct link_util *util, FILE *f, struct rtattr *xstats);
	void (*print_help)(struct link_util *util, int argc, char **argv, FILE *f);
	int (*parse_ifla_xstats)(struct link_util *util, int argc, char **argv);
	int (*print_ifla_xstats)(struct nlmsghdr *n, void *arg);
};

enum output_type { PRINT_ANY = 4 };	/* text, or JSON with "ip -j" */
enum color_attr { COLOR_NONE = 6 };
enum { REQUEST_SIZE = 1024 };		/* room after the header of ip's request */

int addattr32(struct nlmsghdr *n, int maxlen, int type, __u32 data);
int get_u32(__u32 *value, const char *arg, int base);
noreturn void invarg(const char *message, const char *arg);
noreturn void duparg(const char *key, const char *arg);
noreturn void missarg(const char *key);
int print_color_uint(enum output_type type, enum color_attr color, const char *key,
		     const char *format, unsigned int value);

#endif /* AZVPN_IP_ABI_H */
