// SPDX-License-Identifier: GPL-2.0
/*
 * preload-fail.so: lets one memory allocation of the kernel fail while a program
 * makes a netlink request, whatever program that is:
 *
 *   FAIL_NTH=N FAIL_RESULT=FILE LD_PRELOAD=preload-fail.so COMMAND...
 *
 * The N-th allocation after the request was sent fails, in sending or while the
 * answer is received. A request is one of the azvpn family, or one of rtnetlink to
 * add or delete a link. FILE then holds "1", and without so many allocations "0".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int control = -1;
/* How many allocations are still to succeed, and one; 0 when there is nothing to do */
static unsigned int left;
static bool fired;
/* The socket of the request */
static int armed = -1;

static void set(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(control, text, len, 0) != len)
		abort();
}

static unsigned int get(void)
{
	char text[16] = "";

	if (pread(control, text, sizeof(text) - 1, 0) <= 0)
		abort();
	return strtoul(text, NULL, 10);
}

static void __attribute__((constructor)) begin(void)
{
	const char *nth = getenv("FAIL_NTH");

	if (!nth)
		return;
	left = strtoul(nth, NULL, 10);
	control = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	/* faults of this program's own pages are not meant */
	if (control < 0 || mlockall(MCL_CURRENT | MCL_FUTURE)) {
		perror("preload-fail");
		exit(2);
	}
}

static void __attribute__((destructor)) end(void)
{
	const char *path = getenv("FAIL_RESULT");
	FILE *file = path && control >= 0 ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%d\n", fired);
	fclose(file);
}

static bool is_request(int fd, const struct msghdr *message)
{
	const struct nlmsghdr *header;
	int domain = 0, protocol = 0;
	socklen_t size = sizeof(int);

	if (!left || !message->msg_iovlen ||
	    message->msg_iov[0].iov_len < sizeof(struct nlmsghdr) ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) || domain != AF_NETLINK ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size))
		return false;
	header = message->msg_iov[0].iov_base;
	if (protocol == NETLINK_GENERIC)
		return header->nlmsg_type > GENL_ID_CTRL;
	return protocol == NETLINK_ROUTE &&
	       (header->nlmsg_type == RTM_DELLINK ||
		(header->nlmsg_type == RTM_NEWLINK && header->nlmsg_flags & NLM_F_CREATE));
}

static void take_result(void)
{
	int error = errno;

	left = get();
	fired = !left;
	set(0);
	errno = error;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*real)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");
	ssize_t ret;

	if (!is_request(fd, message))
		return real(fd, message, flags);
	armed = fd;
	set(left);
	ret = real(fd, message, flags);
	take_result();
	return ret;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int) = dlsym(RTLD_NEXT, "recvmsg");
	ssize_t ret;

	if (fd != armed || !left)
		return real(fd, message, flags);
	set(left);
	ret = real(fd, message, flags);
	take_result();
	return ret;
}
