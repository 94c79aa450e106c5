// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns.h"
#include "path.h"

#define NETNS_DIR	"/run/netns"
/* Of this thread, not of the process: libraries may run threads of their own */
#define CURRENT		"/proc/thread-self/ns/net"

int azvpn_netns_enter(const char *name, int *home, struct azvpn_error *error)
{
	char path[sizeof(NETNS_DIR) + 256];
	int fd, ret;

	*home = -1;
	if (!*name)
		return 0;
	ret = azvpn_path(path, sizeof(path), NETNS_DIR, name, NULL, error);
	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return azvpn_error_set(error, -ENOENT,
				       "there is no network namespace \"%s\"; \"ip netns add %s\" makes it",
				       name, name);
	if (fd < 0)
		return azvpn_error_set(error, -errno, "network namespace \"%s\": %s", name,
				       strerror(errno));
	*home = open(CURRENT, O_RDONLY | O_CLOEXEC);
	if (*home < 0 || setns(fd, CLONE_NEWNET)) {
		ret = azvpn_error_set(error, -errno, "network namespace \"%s\": %s", name,
				      strerror(errno));
		if (*home >= 0)
			close(*home);
		*home = -1;
	}
	close(fd);
	return ret;
}

bool azvpn_netns_has(int pid)
{
	struct stat here, there;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return !stat(CURRENT, &here) && !stat(path, &there) && here.st_ino == there.st_ino &&
	       here.st_dev == there.st_dev;
}

void azvpn_netns_leave(int home)
{
	if (home < 0)
		return;
	/* Going on in the wrong namespace would change the wrong routes */
	if (setns(home, CLONE_NEWNET))
		abort();
	close(home);
}
