// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

/* A list that changed while it was read is read again, but not for ever */
#define TRIES	5

const struct command_option kernel_options[] = {
	{ "gateway", OPTION_VALUE, false, "NAME", "where this gateway runs" },
	{ "netns", OPTION_VALUE, false, "NAME", "in this network namespace" },
	OPTION_END
};

/* Return: STATUS_OK, or another with a message given */
static int find_netns(const struct args *args, char netns[AZVPN_NETNS_SIZE])
{
	const char *name = args_value(args, "netns"), *wanted = args_value(args, "gateway");
	struct azvpn_gateway gateway;
	struct azvpn_error error;
	int status;

	*netns = '\0';
	if (name && wanted)
		return refuse("--gateway and --netns both say where to look; give one");
	if (name)
		return azvpn_netns_parse(name, "--netns", netns, &error) ? refused(&error) : STATUS_OK;
	if (!wanted)
		return STATUS_OK;
	status = find_gateway(wanted, &gateway);
	if (!status)
		memcpy(netns, gateway.netns, AZVPN_NETNS_SIZE);
	return status;
}

static int list_once(const struct args *args, kernel_list_fn fn, struct azvpn_nl *nl, int *status)
{
	struct azvpn_print *print = print_new(args, AZVPN_PRINT_LIST);
	int ret;

	ret = fn(nl, print);
	if (!ret)
		*status = print_done(print);
	else
		azvpn_print_discard(print);
	return ret;
}

int kernel_list(const struct args *args, kernel_list_fn fn)
{
	char netns[AZVPN_NETNS_SIZE], reason[AZVPN_NL_ERROR_SIZE];
	struct azvpn_nl *nl;
	int status, ret, i;

	status = find_netns(args, netns);
	if (status)
		return status;
	nl = azvpn_nl_open(*netns ? netns : NULL, reason);
	if (!nl)
		return refuse("%s", reason);
	for (i = 0; i < TRIES; i++) {
		ret = list_once(args, fn, nl, &status);
		if (ret != -EINTR)
			break;
	}
	if (ret)
		status = refuse("%s", azvpn_nl_error(nl));
	azvpn_nl_close(nl);
	return status;
}

void kernel_print_drops(struct azvpn_print *print, const uint64_t drops[AZVPN_NL_DROPS])
{
	uint64_t sum = 0;
	unsigned int i;

	azvpn_print_begin(print, "drops");
	for (i = 0; i < AZVPN_NL_DROPS; i++) {
		if (!azvpn_nl_drop_name(i))
			continue;
		azvpn_print_number(print, azvpn_nl_drop_name(i),
				   drops[i] ? azvpn_nl_drop_name(i) : NULL, drops[i]);
		sum += drops[i];
	}
	azvpn_print_end(print);
	azvpn_print_number(print, "dropped", NULL, sum);
}

void kernel_print_spi(struct azvpn_print *print, const char *key, const char *heading,
		      uint32_t spi)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08x", ntohl(spi));
	azvpn_print_string(print, key, heading, text);
}

void kernel_print_direction(struct azvpn_print *print, uint32_t direction)
{
	azvpn_print_string(print, "direction", "Direction",
			   direction == AZVPN_DIRECTION_IN ? "in" : "out");
}

void kernel_print_ago(struct azvpn_print *print, const char *key, const char *heading,
		      uint64_t when)
{
	struct timespec now;
	char text[32];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "%llu s ago",
		 (unsigned long long)((uint64_t)now.tv_sec > when ? now.tv_sec - when : 0));
	azvpn_print_string(print, NULL, heading, when ? text : "never");
	if (when)
		azvpn_print_number(print, key, NULL, now.tv_sec - when);
	else
		azvpn_print_null(print, key);
}
