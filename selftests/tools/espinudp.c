// SPDX-License-Identifier: GPL-2.0
/*
 * espinudp ADDRESS PORT
 *
 * Holds the UDP socket on which the kernel takes ESP in UDP (RFC 3948), as the
 * key daemon does, until it is told to stop. ADDRESS is of either family.
 */
#include "common.h"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A UDP socket bound to an address of either family */
static int open_socket(const char *address, const char *port)
{
	struct sockaddr_in6 local6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in local4;
	bool is6 = inet_pton(AF_INET6, address, &local6.sin6_addr) == 1;
	int fd = socket(is6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		die_errno("socket");
	if (is6) {
		local6.sin6_port = htons(parse_number("port", port, 1, 65535));
		err = bind(fd, (struct sockaddr *)&local6, sizeof(local6));
	} else {
		local4 = parse_address(address, port);
		err = bind(fd, (struct sockaddr *)&local4, sizeof(local4));
	}
	if (err)
		die_errno("bind to %s port %s", address, port);
	return fd;
}

int main(int argc, char **argv)
{
	int type = UDP_ENCAP_ESPINUDP;
	char buffer[2048];
	int fd;

	if (argc != 3)
		die("usage: espinudp ADDRESS PORT");
	stop_on_signal();
	fd = open_socket(argv[1], argv[2]);
	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)))
		die_errno("UDP_ENCAP");
	say_ready();

	/* what is not ESP (key exchange, keepalives) ends here */
	while (!stopped)
		recv(fd, buffer, sizeof(buffer), 0);
	return 0;
}
