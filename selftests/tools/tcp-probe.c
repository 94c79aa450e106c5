// SPDX-License-Identifier: GPL-2.0
/*
 * TCP in bulk, every byte of it checked.
 *
 *   tcp-probe serve ADDRESS PORT
 *	Takes connections one after the other; checks each byte against the
 *	stream it must be and answers with the number of good ones.
 *   tcp-probe send ADDRESS PORT BYTES
 *	Sends that stream, or as much as it can until SIGTERM; prints sent=N good=N,
 *	exits with 1 if they differ.
 *
 * ADDRESS is of either family.
 */
#include "common.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A prime, so that a chunk lost, doubled or swapped never lines up with the stream again. */
enum { PERIOD = 65521 };

static uint8_t stream[2 * PERIOD];

static void make_stream(void)
{
	unsigned int i, state = 1;

	for (i = 0; i < PERIOD; i++) {
		state = state * 1664525u + 1013904223u;
		stream[i] = state >> 24;
	}
	memcpy(stream + PERIOD, stream, PERIOD);
}

static int open_tcp(const struct endpoint *endpoint)
{
	struct timeval limit = { .tv_sec = 180 };
	int fd = socket(endpoint->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		die_errno("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

/* Number of bytes received before the first wrong one. */
static uint64_t check_stream(int fd)
{
	uint8_t buffer[32768];
	uint64_t good = 0;
	ssize_t length;

	while ((length = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		if (memcmp(buffer, stream + good % PERIOD, length))
			return good;
		good += length;
	}
	return good;
}

static void serve(const struct endpoint *local)
{
	int fd = open_tcp(local), connection;
	uint64_t good;

	if (bind(fd, &local->any, local->length) || listen(fd, 8))
		die_errno("listen");
	say_ready();
	while (!stopped) {
		connection = accept(fd, NULL, NULL);
		if (connection < 0)
			continue;
		good = htobe64(check_stream(connection));
		send(connection, &good, sizeof(good), MSG_NOSIGNAL);
		close(connection);
	}
}

static int send_stream(const struct endpoint *peer, uint64_t total)
{
	struct timeval limit = { .tv_sec = 180 };
	uint64_t sent = 0, good = 0;
	int fd = open_tcp(peer);
	ssize_t length;

	if (connect(fd, &peer->any, peer->length))
		die_errno("connect");
	while (sent < total && !stopped) {
		size_t chunk = total - sent < PERIOD ? total - sent : PERIOD;

		length = send(fd, stream + sent % PERIOD, chunk, MSG_NOSIGNAL);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			die_errno("send, after %llu bytes", (unsigned long long)sent);
		sent += length;
	}
	shutdown(fd, SHUT_WR);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (recv(fd, &good, sizeof(good), MSG_WAITALL) != sizeof(good))
		die("the server did not say how much was good");
	good = be64toh(good);
	printf("sent=%llu good=%llu\n", (unsigned long long)sent,
	       (unsigned long long)good);
	return sent != good;
}

int main(int argc, char **argv)
{
	struct endpoint address;

	if (argc < 4)
		die("usage: tcp-probe serve ADDRESS PORT | send ADDRESS PORT BYTES");
	address = parse_endpoint(argv[2], argv[3]);
	make_stream();
	stop_on_signal();
	if (!strcmp(argv[1], "send") && argc == 5)
		return send_stream(&address, parse_number("bytes", argv[4], 1, 1ULL << 40));
	if (strcmp(argv[1], "serve"))
		die("\"%s\" is neither serve nor send with a number of bytes", argv[1]);
	serve(&address);
	return 0;
}
