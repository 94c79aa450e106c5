// SPDX-License-Identifier: GPL-2.0
/*
 * link_azvpn.so: teaches ip(8) the devices of type "azvpn".
 *
 * "ip link add ... type azvpn" makes ip open link_azvpn.so in $IP_LIB_DIR, or in
 * the folder that it was built with, and look up azvpn_link_util in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/types.h>

#include <linux/azvpn.h>

#include "ip_abi.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_DSCP = 63 };

static const char *const df_names[] = {
	[AZVPN_DF_SA] = "sa",
	[AZVPN_DF_COPY] = "copy",
	[AZVPN_DF_SET] = "set",
	[AZVPN_DF_CLEAR] = "clear",
};

static void usage(FILE *f)
{
	fputs("Usage: ip link add NAME type azvpn id ID\n"
	      "               [ underlay DEV | nounderlay ] [ mark MARK ]\n"
	      "               [ df { sa | copy | set | clear } ] [ dscp DSCP ] [ mss MSS ]\n"
	      "       ip link set NAME type azvpn ..., the same without id\n"
	      "\n"
	      "Where: ID   := 1..4294967295, the number of the tunnel: one device of each\n"
	      "               number in a network namespace\n"
	      "       DEV  := the device or VRF that outer packets leave by\n"
	      "       MARK := 0..4294967295, of outer packets, for routing too; 0: none\n"
	      "       df   :  the DF bit of outer packets; sa, the default: as the SA says\n"
	      "       DSCP := 0..63, of outer packets unless the SA copies the inner one\n"
	      "       MSS  := 0..65535, TCP's through the tunnel is at most this; 0: any\n", f);
}

static void print_help(struct link_util *util, int argc, char **argv, FILE *f)
{
	(void)util;
	(void)argc;
	(void)argv;
	usage(f);
}

/* These take the word after their name; ip ends in invarg() and its like. */
static void put_id(struct nlmsghdr *n, const char *arg)
{
	__u32 id;

	if (get_u32(&id, arg, 0) || !id)
		invarg("the id of an azvpn device is a number from 1 to 4294967295", arg);
	addattr32(n, REQUEST_SIZE, IFLA_AZVPN_ID, id);
}

static void put_underlay(struct nlmsghdr *n, const char *arg)
{
	__u32 index = ll_name_to_index(arg);

	if (!index)
		exit(nodev(arg));
	addattr32(n, REQUEST_SIZE, IFLA_AZVPN_LINK, index);
}

/* This one takes none */
static void put_no_underlay(struct nlmsghdr *n, const char *arg)
{
	(void)arg;
	addattr32(n, REQUEST_SIZE, IFLA_AZVPN_LINK, 0);
}

static void put_mark(struct nlmsghdr *n, const char *arg)
{
	__u32 mark;

	if (get_u32(&mark, arg, 0))
		invarg("mark is a number from 0 to 4294967295", arg);
	addattr32(n, REQUEST_SIZE, IFLA_AZVPN_MARK, mark);
}

static void put_df(struct nlmsghdr *n, const char *arg)
{
	__u8 df;

	for (df = 0; df < ARRAY_SIZE(df_names) && strcmp(arg, df_names[df]);)
		df++;
	if (df == ARRAY_SIZE(df_names))
		invarg("df is one of sa, copy, set, clear", arg);
	addattr8(n, REQUEST_SIZE, IFLA_AZVPN_DF, df);
}

static void put_dscp(struct nlmsghdr *n, const char *arg)
{
	__u8 dscp;

	if (get_u8(&dscp, arg, 0) || dscp > MAX_DSCP)
		invarg("dscp is a number from 0 to 63", arg);
	addattr8(n, REQUEST_SIZE, IFLA_AZVPN_DSCP, dscp);
}

static void put_mss(struct nlmsghdr *n, const char *arg)
{
	__u16 mss;

	if (get_u16(&mss, arg, 0))
		invarg("mss is a number from 0 to 65535", arg);
	addattr16(n, REQUEST_SIZE, IFLA_AZVPN_MSS, mss);
}

/* An attribute is given once, by whichever word */
static const struct option {
	const char *name;
	int attr;
	int words;
	void (*put)(struct nlmsghdr *n, const char *arg);
} options[] = {
	{ "id", IFLA_AZVPN_ID, 1, put_id },
	{ "underlay", IFLA_AZVPN_LINK, 1, put_underlay },
	{ "nounderlay", IFLA_AZVPN_LINK, 0, put_no_underlay },
	{ "mark", IFLA_AZVPN_MARK, 1, put_mark },
	{ "df", IFLA_AZVPN_DF, 1, put_df },
	{ "dscp", IFLA_AZVPN_DSCP, 1, put_dscp },
	{ "mss", IFLA_AZVPN_MSS, 1, put_mss },
};

static const struct option *find_option(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(name, options[i].name))
			return &options[i];
	invarg("an azvpn device has id, underlay, nounderlay, mark, df, dscp and mss", name);
}

/* The words after "type azvpn" */
static int parse_opt(struct link_util *util, int argc, char **argv, struct nlmsghdr *n)
{
	char seen[IFLA_AZVPN_MAX + 1] = { 0 };
	const struct option *option;

	(void)util;
	for (; argc > 0; argc -= 1 + option->words, argv += 1 + option->words) {
		if (!strcmp(*argv, "help")) {
			usage(stderr);
			return -1;
		}
		option = find_option(*argv);
		if (argc <= option->words)
			missarg(option->name);
		if (seen[option->attr]++)
			duparg(option->name, argv[option->words]);
		option->put(n, argv[option->words]);
	}
	return 0;
}

/* Of whatever size: the value, 0 if there is none */
static __u32 value_of(const struct rtattr *attr)
{
	__u32 word = 0;
	__u16 half;
	__u8 byte;

	if (!attr)
		return 0;
	switch (RTA_PAYLOAD(attr)) {
	case sizeof(word):
		memcpy(&word, RTA_DATA(attr), sizeof(word));
		return word;
	case sizeof(half):
		memcpy(&half, RTA_DATA(attr), sizeof(half));
		return half;
	case sizeof(byte):
		memcpy(&byte, RTA_DATA(attr), sizeof(byte));
		return byte;
	default:
		return 0;
	}
}

static void print_number(const char *key, const char *format, const struct rtattr *attr)
{
	if (value_of(attr))
		print_color_uint(PRINT_ANY, COLOR_NONE, key, format, value_of(attr));
}

static void print_string(const char *key, const char *format, const char *value)
{
	print_color_string(PRINT_ANY, COLOR_NONE, key, format, value);
}

/* What is as it is by default is left out */
static void print_opt(struct link_util *util, FILE *f, struct rtattr *tb[])
{
	__u32 link, mark, df;

	(void)util;
	(void)f;
	if (!tb)
		return;
	link = value_of(tb[IFLA_AZVPN_LINK]);
	mark = value_of(tb[IFLA_AZVPN_MARK]);
	df = value_of(tb[IFLA_AZVPN_DF]);
	print_number("id", "id %u ", tb[IFLA_AZVPN_ID]);
	if (link)
		print_string("underlay", "underlay %s ", ll_index_to_name(link));
	if (mark)
		print_color_0xhex(PRINT_ANY, COLOR_NONE, "mark", "mark %#llx ", mark);
	if (df && df < ARRAY_SIZE(df_names))
		print_string("df", "df %s ", df_names[df]);
	print_number("dscp", "dscp %u ", tb[IFLA_AZVPN_DSCP]);
	print_number("mss", "mss %u ", tb[IFLA_AZVPN_MSS]);
}

struct link_util azvpn_link_util = {
	.id = "azvpn",
	.maxattr = IFLA_AZVPN_MAX,
	.parse_opt = parse_opt,
	.print_opt = print_opt,
	.print_help = print_help,
};
