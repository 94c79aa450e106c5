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

int addattr8(struct nlmsghdr *n, int maxlen, int type, __u8 data);
int addattr16(struct nlmsghdr *n, int maxlen, int type, __u16 data);
int addattr32(struct nlmsghdr *n, int maxlen, int type, __u32 data);
int get_u8(__u8 *value, const char *arg, int base);
int get_u16(__u16 *value, const char *arg, int base);
int get_u32(__u32 *value, const char *arg, int base);
/* 0 if there is none of that name; nodev() says so, its result is an exit status */
unsigned int ll_name_to_index(const char *name);
int nodev(const char *name);
/* "ifN" if there is none of that index */
const char *ll_index_to_name(unsigned int index);
noreturn void invarg(const char *message, const char *arg);
noreturn void duparg(const char *key, const char *arg);
noreturn void missarg(const char *key);
int print_color_uint(enum output_type type, enum color_attr color, const char *key,
		     const char *format, unsigned int value);
int print_color_string(enum output_type type, enum color_attr color, const char *key,
		       const char *format, const char *value);
/* in JSON a string */
int print_color_0xhex(enum output_type type, enum color_attr color, const char *key,
		      const char *format, unsigned long long value);

#endif /* AZVPN_IP_ABI_H */
