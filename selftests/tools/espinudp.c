// SPDX-License-Identifier: GPL-2.0
/*
 * espinudp ADDRESS PORT
 *
 * Holds the UDP socket on which the kernel takes ESP in UDP (RFC 3948), as the
 * key daemon does, until it is told to stop.
 */
#include "common.h"

#include <linux/udp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int type = UDP_ENCAP_ESPINUDP;
	struct sockaddr_in local;
	char buffer[2048];
	int fd;

	if (argc != 3)
		die("usage: espinudp ADDRESS PORT");
	local = parse_address(argv[1], argv[2]);

	stop_on_signal();
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die_errno("socket");
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)))
		die_errno("bind to %s port %s", argv[1], argv[2]);
	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)))
		die_errno("UDP_ENCAP");
	say_ready();

	/* what is not ESP (key exchange, keepalives) ends here */
	while (!stopped)
		recv(fd, buffer, sizeof(buffer), 0);
	return 0;
}
