// SPDX-License-Identifier: GPL-2.0
/*
 * UDP traffic of which every datagram is accounted for.
 *
 *   udp-probe echo ADDRESS PORT
 *	Sends everything back, with the TOS byte it came with.
 *   udp-probe sweep [-t TOS] [-d] ADDRESS PORT FROM TO
 *	One datagram of each payload size, the echo compared byte by byte.
 *   udp-probe sum ADDRESS PORT
 *	Answers each datagram with its length and a sum of its bytes.
 *   udp-probe reach [-t TOS] [-d] ADDRESS PORT FROM TO
 *	One datagram of each payload size to "sum". Each has to be answered, and
 *	is "whole", or its sender has to be "told" that it is too big; others are
 *	"lost". Also says which was the "largest" to arrive, the "least" refused,
 *	and what MTUs were told, from "low" to "high". With -d no MTU that was
 *	learned before is minded.
 *   udp-probe flow [-t TOS] [-d] [-s SIZE] [-g GAP] [-n COUNT] [-w WAIT] ADDRESS PORT
 *	COUNT numbered datagrams (0: until SIGTERM), GAP microseconds apart;
 *	counts the echoes by number, and waits WAIT milliseconds for the last ones.
 *   udp-probe send [-t TOS] [-d] [-s SIZE] [-g GAP] [-n COUNT] ADDRESS PORT
 *	The same without looking at answers.
 *
 * ADDRESS is of either family. -d sets DF (IPv6: the sender does not fragment), -b
 * ADDRESS binds to a source address. The result is one line of NAME=VALUE words
 * on standard output.
 */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_PAYLOAD = 65507,
	MAX_NUMBERED = 1 << 22,	/* datagrams a flow can account for */
	ECHO_WAIT_MS = 30000,	/* for an echo that is to come */
};

static struct {
	unsigned int tos;
	bool df;
	unsigned int size;
	unsigned int gap_us;
	unsigned int count;
	unsigned int wait_ms;
	const char *source;
} option = { .size = 64, .gap_us = 1000, .count = 1000, .wait_ms = ECHO_WAIT_MS };

static struct {
	unsigned long sent, refused, received, bad, duplicate, reordered;
	int tos;
} result = { .tos = -1 };

static uint8_t sent_buffer[MAX_PAYLOAD];
static uint8_t received_buffer[MAX_PAYLOAD];

/* Options that the two families have under different names */
static const struct names {
	int level, tos, receive_tos, discover, do_discover, do_not, probe, errors;
} names[] = {
	{ IPPROTO_IP, IP_TOS, IP_RECVTOS, IP_MTU_DISCOVER,
	  IP_PMTUDISC_DO, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE, IP_RECVERR },
	{ IPPROTO_IPV6, IPV6_TCLASS, IPV6_RECVTCLASS, IPV6_MTU_DISCOVER,
	  IPV6_PMTUDISC_DO, IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_PROBE, IPV6_RECVERR },
};

static const struct names *names_of(const struct endpoint *endpoint)
{
	return &names[endpoint->any.sa_family == AF_INET6];
}

static int open_socket(const struct endpoint *endpoint)
{
	int fd = socket(endpoint->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct names *name = names_of(endpoint);
	int on = 1, big = 4 << 20;

	if (fd < 0)
		die_errno("socket");
	setsockopt(fd, name->level, name->receive_tos, &on, sizeof(on));
	/* a burst must not be lost in the socket: the test blames the tunnel for it */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	return fd;
}

/* To a source address, any port. */
static void bind_source(int fd)
{
	struct endpoint local = parse_endpoint(option.source, "1");

	local.v4.sin_port = 0;	/* in the same place for IPv6 */
	if (bind(fd, &local.any, local.length))
		die_errno("bind to %s", option.source);
}

static int open_connection(const struct endpoint *peer, bool probe)
{
	const struct names *name = names_of(peer);
	int discover = !option.df ? name->do_not : probe ? name->probe : name->do_discover;
	int fd = open_socket(peer);

	setsockopt(fd, name->level, name->tos, &option.tos, sizeof(option.tos));
	setsockopt(fd, name->level, name->discover, &discover, sizeof(discover));
	if (option.source)
		bind_source(fd);
	if (connect(fd, &peer->any, peer->length))
		die_errno("connect");
	return fd;
}

static void take_tos(const struct cmsghdr *cmsg, int *tos)
{
	if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_TOS)
		*tos = *(uint8_t *)CMSG_DATA(cmsg);
	if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_TCLASS)
		memcpy(tos, CMSG_DATA(cmsg), sizeof(*tos));
}

/* Receives one datagram and its TOS byte; -1 as recvmsg(). */
static ssize_t receive(int fd, struct endpoint *from, int *tos, int flags)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec vector = { received_buffer, sizeof(received_buffer) };
	struct msghdr message = {
		.msg_name = from ? &from->any : NULL, .msg_namelen = from ? sizeof(from->v6) : 0,
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, flags);
	struct cmsghdr *cmsg;

	if (length < 0)
		return length;
	if (from)
		from->length = message.msg_namelen;
	for (cmsg = CMSG_FIRSTHDR(&message); cmsg; cmsg = CMSG_NXTHDR(&message, cmsg))
		take_tos(cmsg, tos);
	return length;
}

/* What "sum" answers */
struct summary {
	uint32_t length, sum;
};

static struct summary sum_up(const uint8_t *bytes, size_t length)
{
	struct summary summary = { .length = length };
	size_t i;

	for (i = 0; i < length; i++)
		summary.sum = summary.sum * 31 + bytes[i];
	return summary;
}

static void answer(int fd, const struct endpoint *peer, size_t length, bool in_short)
{
	struct summary summary = sum_up(received_buffer, in_short ? length : 0);

	if (in_short)
		sendto(fd, &summary, sizeof(summary), 0, &peer->any, peer->length);
	else
		sendto(fd, received_buffer, length, 0, &peer->any, peer->length);
}

static void echo(const struct endpoint *local, bool in_short)
{
	const struct names *name = names_of(local);
	int fd = open_socket(local), tos = 0, last_tos = 0, discover = name->do_not;
	struct endpoint peer;
	ssize_t length;

	/* an echo must not be lost to learn the MTU of the way back */
	setsockopt(fd, name->level, name->discover, &discover, sizeof(discover));
	if (bind(fd, &local->any, local->length))
		die_errno("bind");
	say_ready();
	while (!stopped) {
		length = receive(fd, &peer, &tos, 0);
		if (length < 0)
			continue;
		if (tos != last_tos) {
			setsockopt(fd, name->level, name->tos, &tos, sizeof(tos));
			last_tos = tos;
		}
		answer(fd, &peer, length, in_short);
	}
}

/* True when an echo is there to read within @ms. */
static bool readable(int fd, int ms)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };

	return poll(&event, 1, ms) > 0;
}

/* No two sizes share their bytes, so that an echo of another one is noticed. */
static void fill(unsigned int size)
{
	unsigned int i, state = size * 2654435761u + 1;

	for (i = 0; i < size; i++) {
		state = state * 1664525u + 1013904223u;
		sent_buffer[i] = state >> 24;
	}
}

static bool sweep_one(int fd, unsigned int size)
{
	ssize_t length;

	fill(size);
	if (send(fd, sent_buffer, size, 0) != (ssize_t)size) {
		result.refused++;
		return false;
	}
	result.sent++;
	/* an ICMP error shows up as a failed receive, which is no echo either */
	if (!readable(fd, ECHO_WAIT_MS))
		return false;
	length = receive(fd, NULL, &result.tos, MSG_DONTWAIT);
	return length == (ssize_t)size && !memcmp(sent_buffer, received_buffer, size);
}

static void sweep(const struct endpoint *peer, unsigned int from, unsigned int to)
{
	unsigned int size, failed = 0, good = 0;
	int fd = open_connection(peer, false);

	for (size = from; size <= to && failed < 3 && !stopped; size++) {
		if (sweep_one(fd, size)) {
			good++;
		} else {
			fprintf(stderr, "no good echo of a payload of %u bytes\n", size);
			failed++;
		}
	}
	printf("sent=%lu refused=%lu good=%u tos=%d\n",
	       result.sent, result.refused, good, result.tos);
}

/* What came of a datagram that may have been too big */
struct reach {
	unsigned int whole, told, lost, largest, least, low, high;
};

/* The MTU that an ICMP error in the queue of errors tells; 0 if there is none */
static unsigned int told_mtu(int fd)
{
	char control[512];
	struct iovec vector = { received_buffer, sizeof(received_buffer) };
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	const struct sock_extended_err *error;
	struct cmsghdr *cmsg;

	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return 0;
	for (cmsg = CMSG_FIRSTHDR(&message); cmsg; cmsg = CMSG_NXTHDR(&message, cmsg)) {
		error = (const struct sock_extended_err *)CMSG_DATA(cmsg);
		if (((cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR) ||
		     (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR)) &&
		    error->ee_errno == EMSGSIZE)
			return error->ee_info;
	}
	return 0;
}

static void note_told(struct reach *reach, unsigned int size, unsigned int mtu)
{
	if (!reach->told++)
		reach->least = size;
	if (!reach->low || mtu < reach->low)
		reach->low = mtu;
	if (mtu > reach->high)
		reach->high = mtu;
}

static void reach_one(int fd, unsigned int size, struct reach *reach)
{
	struct summary expected;
	unsigned int mtu, error = 0;
	socklen_t error_size = sizeof(error);
	ssize_t length;

	fill(size);
	expected = sum_up(sent_buffer, size);
	/* what became of an earlier datagram is no fault of this one */
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
	if (send(fd, sent_buffer, size, 0) != (ssize_t)size)
		die_errno("send of %u bytes", size);
	result.sent++;
	if (!readable(fd, ECHO_WAIT_MS)) {
		reach->lost++;
		return;
	}
	mtu = told_mtu(fd);
	if (mtu) {
		note_told(reach, size, mtu);
		return;
	}
	length = receive(fd, NULL, &result.tos, MSG_DONTWAIT);
	if (length == sizeof(expected) && !memcmp(&expected, received_buffer, sizeof(expected))) {
		reach->whole++;
		reach->largest = size;
	} else {
		reach->lost++;
	}
}

static void reach(const struct endpoint *peer, unsigned int from, unsigned int to)
{
	const struct names *name = names_of(peer);
	int fd = open_connection(peer, true), on = 1;
	struct reach reach = { 0 };
	unsigned int size;

	setsockopt(fd, name->level, name->errors, &on, sizeof(on));
	for (size = from; size <= to && reach.lost < 3 && !stopped; size++)
		reach_one(fd, size, &reach);
	printf("sent=%lu whole=%u told=%u lost=%u largest=%u least=%u low=%u high=%u\n",
	       result.sent, reach.whole, reach.told, reach.lost, reach.largest, reach.least,
	       reach.low, reach.high);
}

static void count_echo(uint8_t *seen, unsigned int *highest, size_t length)
{
	uint32_t number;

	if (length != option.size ||
	    memcmp(received_buffer + sizeof(number), sent_buffer + sizeof(number),
		   length - sizeof(number))) {
		result.bad++;
		return;
	}

	memcpy(&number, received_buffer, sizeof(number));
	if (number >= MAX_NUMBERED)
		die("an echo carries the number %u, which was never sent", number);
	if (seen[number]) {
		result.duplicate++;
		return;
	}
	seen[number] = 1;
	result.received++;
	if (number < *highest)
		result.reordered++;
	else
		*highest = number;
}

static void drain(int fd, uint8_t *seen, unsigned int *highest)
{
	ssize_t length;

	while ((length = receive(fd, NULL, &result.tos, MSG_DONTWAIT)) >=
	       (ssize_t)sizeof(uint32_t))
		count_echo(seen, highest, length);
}

static void send_numbered(int fd, uint32_t number)
{
	ssize_t length;

	memcpy(sent_buffer, &number, sizeof(number));
	/* that nobody listened to an earlier datagram is no fault of this one */
	do
		length = send(fd, sent_buffer, option.size, 0);
	while (length < 0 && errno == ECONNREFUSED);
	if (length == (ssize_t)option.size)
		result.sent++;
	else
		result.refused++;
}

static void pause_us(unsigned int us)
{
	struct timespec gap = { us / 1000000, us % 1000000 * 1000L };

	if (us)
		nanosleep(&gap, NULL);
}

static void flow(const struct endpoint *peer, bool look)
{
	unsigned int limit = option.count ? option.count : MAX_NUMBERED, highest = 0, number;
	uint8_t *seen = calloc(1, MAX_NUMBERED);
	int fd = open_connection(peer, false);
	uint64_t end;

	if (!seen)
		die_errno("calloc");
	fill(option.size);
	for (number = 0; number < limit && !stopped; number++) {
		send_numbered(fd, number);
		pause_us(option.gap_us);
		if (look)
			drain(fd, seen, &highest);
	}
	end = now_ms() + option.wait_ms;
	while (look && result.received < result.sent && now_ms() < end) {
		readable(fd, 50);
		drain(fd, seen, &highest);
	}
	printf("sent=%lu refused=%lu received=%lu duplicate=%lu ",
	       result.sent, result.refused, result.received, result.duplicate);
	printf("bad=%lu reordered=%lu tos=%d\n", result.bad, result.reordered, result.tos);
	free(seen);
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:ds:g:n:w:b:")) != -1) {
		switch (c) {
		case 't':
			option.tos = parse_number("TOS", optarg, 0, 255);
			break;
		case 'd':
			option.df = true;
			break;
		case 's':
			option.size = parse_number("size", optarg, 4, MAX_PAYLOAD);
			break;
		case 'g':
			option.gap_us = parse_number("gap", optarg, 0, 10000000);
			break;
		case 'n':
			option.count = parse_number("count", optarg, 0, MAX_NUMBERED);
			break;
		case 'b':
			option.source = optarg;
			break;
		case 'w':
			option.wait_ms = parse_number("wait", optarg, 0, 60000);
			break;
		default:
			die("unknown option; see the head of the source for usage");
		}
	}
}

int main(int argc, char **argv)
{
	struct endpoint address;
	const char *verb = argc > 1 ? argv[1] : "";

	argc--;
	argv++;
	parse_options(argc, argv);
	if (argc - optind < 2)
		die("usage: udp-probe echo|sum|sweep|reach|flow|send [OPTIONS] ADDRESS PORT [FROM TO]");
	address = parse_endpoint(argv[optind], argv[optind + 1]);
	stop_on_signal();

	if (!strcmp(verb, "echo"))
		echo(&address, false);
	else if (!strcmp(verb, "sum"))
		echo(&address, true);
	else if (!strcmp(verb, "reach") && argc - optind == 4)
		reach(&address, parse_number("from", argv[optind + 2], 1, MAX_PAYLOAD),
		      parse_number("to", argv[optind + 3], 1, MAX_PAYLOAD));
	else if (!strcmp(verb, "sweep") && argc - optind == 4)
		sweep(&address, parse_number("from", argv[optind + 2], 1, MAX_PAYLOAD),
		      parse_number("to", argv[optind + 3], 1, MAX_PAYLOAD));
	else if (!strcmp(verb, "flow"))
		flow(&address, true);
	else if (!strcmp(verb, "send"))
		flow(&address, false);
	else
		die("\"%s\" is none of echo, sum, sweep FROM TO, reach FROM TO, flow, send", verb);
	return 0;
}
