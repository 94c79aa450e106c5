// SPDX-License-Identifier: GPL-2.0
/*
 * espinudp ADDRESS PORT
 *
 * Holds the UDP socket on which the kernel takes ESP in UDP (RFC 3948), as the
 * key daemon does, until it is told to stop. The address is of either family.
 */
#include "common.h"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_socket(const char *address, const char *port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in;
	const bool is_ip6 = strchr(address, ':');
	int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die_errno("socket");
	if (!is_ip6) {
		in = parse_address(address, port);
		if (!bind(fd, (struct sockaddr *)&in, sizeof(in)))
			return fd;
	} else if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1) {
		in6.sin6_port = htons(parse_number("port", port, 1, 65535));
		if (!bind(fd, (struct sockaddr *)&in6, sizeof(in6)))
			return fd;
	}
	die_errno("bind to %s port %s", address, port);
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
