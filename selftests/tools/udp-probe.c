// SPDX-License-Identifier: GPL-2.0
/*
 * UDP traffic of which every datagram is accounted for.
 *
 *   udp-probe echo ADDRESS PORT
 *	Sends everything back, with the TOS byte it came with.
 *   udp-probe sweep [-t TOS] [-d] ADDRESS PORT FROM TO
 *	One datagram of each payload size, the echo compared byte by byte.
 *   udp-probe flow [-t TOS] [-d] [-s SIZE] [-g GAP] [-n COUNT] [-w WAIT] ADDRESS PORT
 *	COUNT numbered datagrams (0: until SIGTERM), GAP microseconds apart;
 *	counts the echoes by number, and waits WAIT milliseconds for the last ones.
 *   udp-probe send [-t TOS] [-d] [-s SIZE] [-g GAP] [-n COUNT] ADDRESS PORT
 *	The same without looking at answers.
 *
 * -d sets DF, -b ADDRESS binds to a source address. The result is one line of
 * NAME=VALUE words on standard output.
 */
#include "common.h"

#include <errno.h>
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
	unsigned long sent, refused, received, duplicate, reordered;
	int tos;
} result = { .tos = -1 };

static uint8_t sent_buffer[MAX_PAYLOAD];
static uint8_t received_buffer[MAX_PAYLOAD];

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int on = 1, big = 4 << 20;

	if (fd < 0)
		die_errno("socket");
	setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	/* a burst must not be lost in the socket: the test blames the tunnel for it */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	return fd;
}

/* To a source address, any port. */
static void bind_source(int fd)
{
	struct sockaddr_in local = parse_address(option.source, "1");

	local.sin_port = 0;
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)))
		die_errno("bind to %s", option.source);
}

static int open_connection(const struct sockaddr_in *peer)
{
	int fd = open_socket();
	int discover = option.df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;

	setsockopt(fd, IPPROTO_IP, IP_TOS, &option.tos, sizeof(option.tos));
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover));
	if (option.source)
		bind_source(fd);
	if (connect(fd, (const struct sockaddr *)peer, sizeof(*peer)))
		die_errno("connect");
	return fd;
}

/* Receives one datagram and its TOS byte; -1 as recvmsg(). */
static ssize_t receive(int fd, struct sockaddr_in *from, int *tos, int flags)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec vector = { received_buffer, sizeof(received_buffer) };
	struct msghdr message = {
		.msg_name = from, .msg_namelen = from ? sizeof(*from) : 0,
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, flags);
	struct cmsghdr *cmsg;

	if (length < 0)
		return length;
	for (cmsg = CMSG_FIRSTHDR(&message); cmsg; cmsg = CMSG_NXTHDR(&message, cmsg))
		if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_TOS)
			*tos = *(uint8_t *)CMSG_DATA(cmsg);
	return length;
}

static void echo(const struct sockaddr_in *local)
{
	int fd = open_socket(), tos = 0, last_tos = 0, discover = IP_PMTUDISC_DONT;
	struct sockaddr_in peer;
	ssize_t length;

	/* an echo must not be lost to learn the MTU of the way back */
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover));
	if (bind(fd, (const struct sockaddr *)local, sizeof(*local)))
		die_errno("bind");
	say_ready();
	while (!stopped) {
		length = receive(fd, &peer, &tos, 0);
		if (length < 0)
			continue;
		if (tos != last_tos) {
			setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
			last_tos = tos;
		}
		sendto(fd, received_buffer, length, 0, (struct sockaddr *)&peer, sizeof(peer));
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

static void sweep(const struct sockaddr_in *peer, unsigned int from, unsigned int to)
{
	unsigned int size, failed = 0, good = 0;
	int fd = open_connection(peer);

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

static void count_echo(uint8_t *seen, unsigned int *highest)
{
	uint32_t number;

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
	while (receive(fd, NULL, &result.tos, MSG_DONTWAIT) >= (ssize_t)sizeof(uint32_t))
		count_echo(seen, highest);
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

static void flow(const struct sockaddr_in *peer, bool look)
{
	unsigned int limit = option.count ? option.count : MAX_NUMBERED, highest = 0, number;
	uint8_t *seen = calloc(1, MAX_NUMBERED);
	int fd = open_connection(peer);
	uint64_t end;

	if (!seen)
		die_errno("calloc");
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
	printf("reordered=%lu tos=%d\n", result.reordered, result.tos);
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
	struct sockaddr_in address;
	const char *verb = argc > 1 ? argv[1] : "";

	argc--;
	argv++;
	parse_options(argc, argv);
	if (argc - optind < 2)
		die("usage: udp-probe echo|sweep|flow|send [OPTIONS] ADDRESS PORT [FROM TO]");
	address = parse_address(argv[optind], argv[optind + 1]);
	stop_on_signal();

	if (!strcmp(verb, "echo"))
		echo(&address);
	else if (!strcmp(verb, "sweep") && argc - optind == 4)
		sweep(&address, parse_number("from", argv[optind + 2], 1, MAX_PAYLOAD),
		      parse_number("to", argv[optind + 3], 1, MAX_PAYLOAD));
	else if (!strcmp(verb, "flow"))
		flow(&address, true);
	else if (!strcmp(verb, "send"))
		flow(&address, false);
	else
		die("\"%s\" is none of echo, sweep FROM TO, flow, send", verb);
	return 0;
}
