// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

#define STATE_DIR	"/var/lib/azvpn"
#define RUN_DIR		"/run/azvpn"

const char *azvpn_state_dir(void)
{
	const char *dir = getenv("AZVPN_STATE_DIR");

	return dir && *dir ? dir : STATE_DIR;
}

const char *azvpn_run_dir(void)
{
	const char *dir = getenv("AZVPN_RUN_DIR");

	return dir && *dir ? dir : RUN_DIR;
}

bool azvpn_dirs_are_standard(void)
{
	return !strcmp(azvpn_state_dir(), STATE_DIR) && !strcmp(azvpn_run_dir(), RUN_DIR);
}

int azvpn_path(char *buf, size_t size, const char *dir, const char *name, const char *file,
	       struct azvpn_error *error)
{
	int length;

	length = snprintf(buf, size, "%s/%s%s%s", dir, name, file ? "/" : "", file ? file : "");
	if (length < 0 || (size_t)length >= size)
		return azvpn_error_set(error, -ENAMETOOLONG,
				       "path %s/%s%s%s is longer than the %zu characters there is room for",
				       dir, name, file ? "/" : "", file ? file : "", size - 1);
	return 0;
}

/* A new name is on disk only once the directory that holds it is */
static void sync_parent(const char *path)
{
	char parent[PATH_MAX];
	char *slash;
	int fd;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int azvpn_dir_make(const char *path, struct azvpn_error *error)
{
	struct stat st;

	if (!mkdir(path, 0700)) {
		sync_parent(path);
		return 0;
	}
	if (errno != EEXIST)
		return azvpn_error_set(error, -errno, "cannot make directory %s: %s", path,
				       strerror(errno));
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return azvpn_error_set(error, -ENOTDIR, "%s is not a directory", path);
	return 0;
}

static int write_all(int fd, const char *text, size_t size)
{
	ssize_t done;

	while (size) {
		done = write(fd, text, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		size -= done;
	}
	return fsync(fd) ? -errno : 0;
}

int azvpn_file_replace(const char *path, const void *text, size_t size,
		       struct azvpn_error *error)
{
	char temp[PATH_MAX];
	int fd, ret;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp))
		return azvpn_error_set(error, -ENAMETOOLONG, "path %s is too long", path);
	fd = mkostemp(temp, O_CLOEXEC);	/* mode 0600 */
	if (fd < 0)
		return azvpn_error_set(error, -errno, "cannot write in the directory of %s: %s",
				       path, strerror(errno));
	ret = write_all(fd, text, size);
	close(fd);
	if (!ret && rename(temp, path))
		ret = -errno;
	if (ret) {
		unlink(temp);
		return azvpn_error_set(error, ret, "cannot write %s: %s", path, strerror(-ret));
	}
	sync_parent(path);
	return 0;
}
