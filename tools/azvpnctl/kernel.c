// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

#define PREFIX_SIZE	(INET6_ADDRSTRLEN + sizeof("/128"))

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

void kernel_print_name(struct azvpn_print *print, const char *key, const char *heading,
		       const char *name)
{
	if (*name) {
		azvpn_print_string(print, key, heading, name);
		return;
	}
	azvpn_print_null(print, key);
	/* or the column would come after those of the first row */
	azvpn_print_string(print, NULL, heading, "-");
}

/* Empty if there is none. Return: @text */
static const char *addr_text(const struct azvpn_addr *addr, char text[INET6_ADDRSTRLEN])
{
	if (!addr->family || !inet_ntop(addr->family, addr->bytes, text, INET6_ADDRSTRLEN))
		*text = '\0';
	return text;
}

void kernel_print_addr(struct azvpn_print *print, const char *key, const char *heading,
		       const struct azvpn_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	kernel_print_name(print, key, heading, addr_text(addr, text));
}

void kernel_print_network(struct azvpn_print *print, const char *key, const char *heading,
			  const struct azvpn_addr *addr, uint32_t prefix)
{
	char first[INET6_ADDRSTRLEN], text[PREFIX_SIZE] = "";

	if (*addr_text(addr, first))
		snprintf(text, sizeof(text), "%s/%" PRIu32, first, prefix);
	kernel_print_name(print, key, heading, text);
}

static uint64_t seconds_since(uint64_t when)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec > when ? now.tv_sec - when : 0;
}

/* A newer module may know more reasons */
static const char *reason_text(uint32_t reason, char text[16])
{
	snprintf(text, 16, "%" PRIu32, reason);
	return azvpn_nl_drop_name(reason) ?: text;
}

static void print_last_drop_text(struct azvpn_print *print, const struct azvpn_nl_last_drop *drop,
				 const char *reason, uint64_t ago)
{
	char text[128], spi[sizeof(", SPI 0x01234567")] = "";

	if (drop->spi)
		snprintf(spi, sizeof(spi), ", SPI 0x%08x", ntohl(drop->spi));
	snprintf(text, sizeof(text), "%s, %" PRIu64 " s ago%s, sequence %" PRIu64, reason, ago, spi,
		 drop->sequence);
	azvpn_print_string(print, NULL, "LastDrop", text);
}

void kernel_print_last_drop(struct azvpn_print *print, const struct azvpn_nl_last_drop *drop)
{
	uint64_t ago = seconds_since(drop->time);
	const char *reason;
	char number[16];

	if (!drop->reason) {
		azvpn_print_null(print, "lastDrop");
		return;
	}
	reason = reason_text(drop->reason, number);
	print_last_drop_text(print, drop, reason, ago);
	azvpn_print_begin(print, "lastDrop");
	azvpn_print_string(print, "reason", NULL, reason);
	azvpn_print_number(print, "secondsAgo", NULL, ago);
	if (drop->spi)
		kernel_print_spi(print, "spi", NULL, drop->spi);
	else
		azvpn_print_null(print, "spi");
	azvpn_print_number(print, "sequence", NULL, drop->sequence);
	azvpn_print_end(print);
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
	uint64_t seconds = seconds_since(when);
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 " s ago", seconds);
	azvpn_print_string(print, NULL, heading, when ? text : "never");
	if (when)
		azvpn_print_number(print, key, NULL, seconds);
	else
		azvpn_print_null(print, key);
}
