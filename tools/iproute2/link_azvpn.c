// SPDX-License-Identifier: GPL-2.0
/*
 * link_azvpn.so: teaches ip(8) the devices of type "azvpn".
 *
 * "ip link add ... type azvpn" makes ip open link_azvpn.so in $IP_LIB_DIR, or in
 * the folder that it was built with, and look up azvpn_link_util in it. The
 * names that are only declared here resolve from ip itself, which exports them.
 */
#include <stdio.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/types.h>

#include <linux/azvpn.h>

/*
 * No header is installed for this interface of ip's. It was last extended, at
 * the end, in iproute2 4.17 and is the same up to 6.1, and ip does not check it:
 * a field of another size or place is a crash. The same holds for the functions.
 */
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
void invarg(const char *message, const char *arg) __attribute__((noreturn));
void duparg(const char *key, const char *arg) __attribute__((noreturn));
void missarg(const char *key) __attribute__((noreturn));
int print_color_uint(enum output_type type, enum color_attr color, const char *key,
		     const char *format, unsigned int value);

static void usage(FILE *f)
{
	fputs("Usage: ip link add NAME type azvpn id ID\n"
	      "\n"
	      "Where: ID := 1..4294967295, the number of the tunnel: one device of each\n"
	      "             number in a network namespace\n", f);
}

static void print_help(struct link_util *util, int argc, char **argv, FILE *f)
{
	(void)util;
	(void)argc;
	(void)argv;
	usage(f);
}

static __u32 parse_id(const char *arg)
{
	__u32 id;

	if (get_u32(&id, arg, 0) || !id)
		invarg("the id of an azvpn device is a number from 1 to 4294967295", arg);
	return id;
}

/* The words after "type azvpn". ip ends in invarg() and its like. */
static int parse_opt(struct link_util *util, int argc, char **argv, struct nlmsghdr *n)
{
	__u32 id = 0;

	(void)util;
	for (; argc > 0; argc--, argv++) {
		if (!strcmp(*argv, "help")) {
			usage(stderr);
			return -1;
		}
		if (strcmp(*argv, "id"))
			invarg("an azvpn device has only an \"id\"", *argv);
		if (argc == 1)
			missarg("id");
		if (id)
			duparg("id", argv[1]);
		argc--;
		argv++;
		id = parse_id(*argv);
	}
	if (id)
		addattr32(n, REQUEST_SIZE, IFLA_AZVPN_ID, id);
	return 0;
}

static void print_opt(struct link_util *util, FILE *f, struct rtattr *tb[])
{
	__u32 id;

	(void)util;
	(void)f;
	if (!tb || !tb[IFLA_AZVPN_ID])
		return;
	memcpy(&id, RTA_DATA(tb[IFLA_AZVPN_ID]), sizeof(id));
	print_color_uint(PRINT_ANY, COLOR_NONE, "id", "id %u ", id);
}

struct link_util azvpn_link_util = {
	.id = "azvpn",
	.maxattr = IFLA_AZVPN_MAX,
	.parse_opt = parse_opt,
	.print_opt = print_opt,
	.print_help = print_help,
};
