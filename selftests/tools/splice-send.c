// SPDX-License-Identifier: GPL-2.0
/*
 * splice-send sendfile|splice|vmsplice|zerocopy|copy FILE SRC DST PORT
 *
 * Sends the content of FILE, one ESP packet, to DST without copying it where that
 * can be had: what travels are the pages of the file themselves, so that a
 * receiver that decrypts in place writes to the file. In UDP from and to PORT, or
 * raw if that is 0. Prints "sent=BYTES".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>

#include "common.h"
#include "esp-packet.h"

static int file, out;
static size_t size;

static struct azvpn_addr parse(const char *text)
{
	struct azvpn_addr address = { .family = AF_INET };

	address.ip4 = parse_address(text, "1").sin_addr;
	return address;
}

static void open_socket(const char *src, const char *dst, uint16_t port)
{
	const struct azvpn_addr from = parse(src), to = parse(dst);
	struct sockaddr_in6 address;
	unsigned int length;
	int on = 1;

	out = port ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) :
		     socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
	if (out < 0)
		die_errno("socket");
	length = esp_sockaddr(&from, htons(port), &address);
	if (bind(out, (struct sockaddr *)&address, length))
		die_errno("bind to %s", src);
	length = esp_sockaddr(&to, htons(port), &address);
	if (connect(out, (struct sockaddr *)&address, length))
		die_errno("connect to %s", dst);
	/* kernels that cannot do it copy */
	setsockopt(out, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on));
}

static ssize_t by_sendfile(void)
{
	return sendfile(out, file, NULL, size);
}

static ssize_t by_pipe(int from_memory, void *memory)
{
	struct iovec piece = { .iov_base = memory, .iov_len = size };
	int ends[2];

	if (pipe(ends))
		die_errno("pipe");
	if (from_memory ? vmsplice(ends[1], &piece, 1, 0) != (ssize_t)size :
			  splice(file, NULL, ends[1], NULL, size, 0) != (ssize_t)size)
		die_errno("into the pipe");
	return splice(ends[0], NULL, out, NULL, size, 0);
}

/* Until the kernel says that it needs the pages no more, or the process would give them back */
static ssize_t by_zerocopy(void *memory)
{
	struct pollfd error = { .fd = out };
	struct msghdr message = { 0 };
	char control[128];
	ssize_t sent = send(out, memory, size, MSG_ZEROCOPY);

	if (sent < 0)
		return sent;
	while (poll(&error, 1, 30000) > 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		if (recvmsg(out, &message, MSG_ERRQUEUE) >= 0)
			return sent;
	}
	die("no word that the pages are free");
}

int main(int argc, char **argv)
{
	struct stat status;
	ssize_t sent = -1;
	void *memory;

	if (argc != 6)
		die("usage: splice-send sendfile|splice|vmsplice|zerocopy|copy FILE SRC DST PORT");
	file = open(argv[2], O_RDWR | O_CLOEXEC);
	if (file < 0 || fstat(file, &status))
		die_errno("%s", argv[2]);
	size = status.st_size;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (memory == MAP_FAILED)
		die_errno("mmap");
	open_socket(argv[3], argv[4], parse_number("port", argv[5], 0, UINT16_MAX));

	if (!strcmp(argv[1], "sendfile"))
		sent = by_sendfile();
	else if (!strcmp(argv[1], "splice"))
		sent = by_pipe(0, NULL);
	else if (!strcmp(argv[1], "vmsplice"))
		sent = by_pipe(1, memory);
	else if (!strcmp(argv[1], "zerocopy"))
		sent = by_zerocopy(memory);
	else if (!strcmp(argv[1], "copy"))
		sent = send(out, memory, size, 0);
	else
		die("\"%s\" is no way to send", argv[1]);
	if (sent != (ssize_t)size)
		die_errno("%zd of %zu bytes sent", sent, size);
	printf("sent=%zd\n", sent);
	return 0;
}
