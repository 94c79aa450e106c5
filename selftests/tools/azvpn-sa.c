// SPDX-License-Identifier: GPL-2.0
/*
 * Hands SAs and policies to the module by hand, and asks for them.
 *
 * azvpn-sa [-n NETNS] COMMAND: in that namespace (see ip-netns(8)) or this one.
 *
 *   azvpn-sa sa add spi= src= dst= dir=in|out tunnel= reqid= [cipher=aes-gcm-16] key=FILE
 *	[integrity= ikey=FILE] [flags=esn,copy-df,copy-ecn,copy-dscp] [window=] [sport= dport=]
 *	[tfc=] [soft-|hard-{bytes,packets,seconds}=]
 *   azvpn-sa sa alloc src= dst= [min= max=]
 *   azvpn-sa sa update spi= dst= [dport=] [new-src=] [new-dst=] [new-sport= new-dport=]
 *   azvpn-sa sa get|del spi= dst= [dport=]
 *   azvpn-sa policy add tunnel= dir= from=NET to=NET [proto= sport=MIN-MAX dport=MIN-MAX]
 *	[priority=] [action=protect|drop] [reqid=] [sa=SPI sa-dst= [sa-dport=]] [replace=1]
 *   azvpn-sa policy get|del tunnel= dir= from= to= [proto= sport= dport=]
 *   azvpn-sa sa|policy dump|flush [tunnel=]
 *   azvpn-sa tunnel get tunnel= | tunnel dump | net get
 *   azvpn-sa monitor [BYTES]
 *	Prints "ready", then one line for each event until SIGTERM. BYTES is the size of
 *	its receive buffer.
 *   azvpn-sa batch
 *	Commands from standard input, one a line; stops at the first that fails.
 *   azvpn-sa try
 *	The same, but goes on, and says at the end how many were refused.
 *
 * Addresses are of either family. The dport of a name is that of an outbound SA
 * in UDP; MIN-MAX may be one number. Answers are lines of NAME=VALUE words, an
 * object a line. A refusal is told in the module's words; exit status 1.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common.h"
#include "sa-fields.h"

enum { MAX_WORDS = 40 };

static struct azvpn_nl *nl;

static int sa_add(struct request *request)
{
	return azvpn_nl_sa_add(nl, &request->sa);
}

static int sa_alloc(struct request *request)
{
	uint32_t spi;
	int ret = azvpn_nl_sa_alloc_spi(nl, &request->sa.src, &request->sa.dst,
					request->spi_min, request->spi_max, &spi);

	if (!ret) {
		print_spi(spi);
		putchar('\n');
	}
	return ret;
}

static int sa_update(struct request *request)
{
	/* sport= is part of no name: who gives it means a new one */
	if (request->sa.encap_sport)
		die("sa update: the new ports are new-sport= and new-dport=");
	request->update.name = request->name;
	return azvpn_nl_sa_update(nl, &request->update);
}

static int sa_get(struct request *request)
{
	struct azvpn_nl_sa sa;
	int ret = azvpn_nl_sa_get(nl, &request->name, &sa);

	if (!ret)
		print_sa(&sa);
	return ret;
}

static int sa_del(struct request *request)
{
	return azvpn_nl_sa_del(nl, &request->name);
}

static int on_sa(const struct azvpn_nl_sa *sa, void *data)
{
	(void)data;
	print_sa(sa);
	return 0;
}

static int sa_dump(struct request *request)
{
	return azvpn_nl_sa_dump(nl, request->tunnel, on_sa, NULL);
}

static int sa_flush(struct request *request)
{
	return azvpn_nl_sa_flush(nl, request->tunnel);
}

static int policy_add(struct request *request)
{
	return azvpn_nl_policy_add(nl, &request->policy, request->replace);
}

static int policy_get(struct request *request)
{
	int ret = azvpn_nl_policy_get(nl, &request->policy, &request->policy);

	if (!ret)
		print_policy(&request->policy);
	return ret;
}

static int policy_del(struct request *request)
{
	return azvpn_nl_policy_del(nl, &request->policy);
}

static int on_policy(const struct azvpn_nl_policy *policy, void *data)
{
	(void)data;
	print_policy(policy);
	return 0;
}

static int policy_dump(struct request *request)
{
	return azvpn_nl_policy_dump(nl, request->tunnel, on_policy, NULL);
}

static int policy_flush(struct request *request)
{
	return azvpn_nl_policy_flush(nl, request->tunnel);
}

static int tunnel_get(struct request *request)
{
	struct azvpn_nl_tunnel tunnel;
	int ret = azvpn_nl_tunnel_get(nl, request->tunnel, &tunnel);

	if (!ret)
		print_tunnel(&tunnel);
	return ret;
}

static int on_tunnel(const struct azvpn_nl_tunnel *tunnel, void *data)
{
	(void)data;
	print_tunnel(tunnel);
	return 0;
}

static int tunnel_dump(struct request *request)
{
	(void)request;
	return azvpn_nl_tunnel_dump(nl, on_tunnel, NULL);
}

static int net_get(struct request *request)
{
	struct azvpn_nl_net net;
	int ret = azvpn_nl_net_get(nl, &net);

	(void)request;
	if (!ret)
		print_net(&net);
	return ret;
}

static const struct verb {
	const char *object, *name;
	int (*run)(struct request *request);
} verbs[] = {
	{ "sa", "add", sa_add },
	{ "sa", "alloc", sa_alloc },
	{ "sa", "update", sa_update },
	{ "sa", "get", sa_get },
	{ "sa", "del", sa_del },
	{ "sa", "dump", sa_dump },
	{ "sa", "flush", sa_flush },
	{ "policy", "add", policy_add },
	{ "policy", "get", policy_get },
	{ "policy", "del", policy_del },
	{ "policy", "dump", policy_dump },
	{ "policy", "flush", policy_flush },
	{ "tunnel", "get", tunnel_get },
	{ "tunnel", "dump", tunnel_dump },
	{ "net", "get", net_get },
};

/* 0, or 1 after the refusal was told */
static int run_words(char **words, unsigned int nr)
{
	struct request request;
	unsigned int i;
	int ret;

	for (i = 0; nr >= 2 && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(words[0], verbs[i].object) || strcmp(words[1], verbs[i].name))
			continue;
		request_parse(&request, words + 2, nr - 2);
		ret = verbs[i].run(&request);
		explicit_bzero(request.key, sizeof(request.key));
		explicit_bzero(request.integrity_key, sizeof(request.integrity_key));
		if (ret)
			fprintf(stderr, "azvpn-sa: %s %s: %s (%s)\n", words[0], words[1],
				azvpn_nl_error(nl), strerrorname_np(-ret));
		return !!ret;
	}
	die("\"%s %s\" is no command; see the head of the source", nr ? words[0] : "",
	    nr > 1 ? words[1] : "");
}

static int batch(bool go_on)
{
	char *line = NULL, *words[MAX_WORDS];
	unsigned int nr, number = 0, refused = 0;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		number++;
		words[0] = strtok(line, " \t\n");
		for (nr = 0; words[nr] && nr < MAX_WORDS - 1;)
			words[++nr] = strtok(NULL, " \t\n");
		if (!nr || !run_words(words, nr))
			continue;
		refused++;
		if (!go_on) {
			fprintf(stderr, "azvpn-sa: that was line %u\n", number);
			return 1;
		}
	}
	free(line);
	if (go_on)
		printf("tried=%u refused=%u\n", number, refused);
	return 0;
}

static void on_event(const struct azvpn_nl_event *event, void *data)
{
	(void)data;
	print_event(event);
}

static int monitor(const char *bytes)
{
	struct pollfd event = { .events = POLLIN };
	int ret = azvpn_nl_events_subscribe(nl), size;

	event.fd = azvpn_nl_events_fd(nl);
	if (bytes) {
		size = parse_number("size", bytes, 1, 1 << 20);
		setsockopt(event.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	}
	if (!ret)
		say_ready();
	while (!ret && !stopped)
		if (poll(&event, 1, 100) > 0)
			ret = azvpn_nl_events_receive(nl, on_event, NULL);
	if (ret)
		fprintf(stderr, "azvpn-sa: no more events: %s\n", azvpn_nl_error(nl));
	return !!ret;
}

int main(int argc, char **argv)
{
	char error[AZVPN_NL_ERROR_SIZE];
	const char *netns = NULL;
	int status;

	if (argc > 2 && !strcmp(argv[1], "-n")) {
		netns = argv[2];
		argc -= 2;
		argv += 2;
	}
	stop_on_signal();
	nl = azvpn_nl_open(netns, error);
	if (!nl)
		die("%s", error);
	if ((argc == 2 || argc == 3) && !strcmp(argv[1], "monitor"))
		status = monitor(argv[2]);
	else if (argc == 2 && !strcmp(argv[1], "batch"))
		status = batch(false);
	else if (argc == 2 && !strcmp(argv[1], "try"))
		status = batch(true);
	else
		status = run_words(argv + 1, argc - 1);
	azvpn_nl_close(nl);
	return status;
}
