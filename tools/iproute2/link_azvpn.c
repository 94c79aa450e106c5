// SPDX-License-Identifier: GPL-2.0
/*
 * link_azvpn.so: teaches ip(8) the devices of type "azvpn".
 *
 * "ip link add ... type azvpn" makes ip open link_azvpn.so in $IP_LIB_DIR, or in
 * the folder that it was built with, and look up azvpn_link_util in it.
 */
#include <stdio.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/types.h>

#include <linux/azvpn.h>

#include "ip_abi.h"

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
