// SPDX-License-Identifier: GPL-2.0
/* The file of the store: how it comes to be, and what is not taken for one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"
#include "path.h"
#include "sql.h"

/* "azvp": lets file(1) and us tell the file from other databases */
#define APPLICATION_ID	0x617a7670

/* Of an SQLite file: its first bytes, and where the application's number is */
#define MAGIC		"SQLite format 3"
#define HEADER_SIZE	100
#define ID_OFFSET	68

static bool is_ours(const unsigned char header[HEADER_SIZE])
{
	const unsigned char *id = header + ID_OFFSET;

	return !memcmp(header, MAGIC, sizeof(MAGIC)) &&
	       (id[0] << 24 | id[1] << 16 | id[2] << 8 | id[3]) == APPLICATION_ID;
}

/* Before SQLite opens it: that would recover and convert what is somebody else's */
static int check_header(const char *path, struct azvpn_error *error)
{
	unsigned char header[HEADER_SIZE] = {};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return azvpn_error_set(error, -errno, "%s: %s", path, strerror(errno));
	got = pread(fd, header, sizeof(header), 0);
	close(fd);
	if (got >= 0 && got < HEADER_SIZE)
		return azvpn_error_set(error, -EBADMSG,
				       "%s is %s, which no store is, and left alone; put back a copy of it, or remove it and import an export",
				       path, got ? "cut off" : "empty");
	if (!is_ours(header))
		return azvpn_error_set(error, -EINVAL,
				       "%s is not a database of azvpnctl, and left alone", path);
	return 0;
}

/* It holds keys, and must be ours alone */
int azvpn_file_check(const char *path, struct azvpn_error *error)
{
	struct stat st;

	if (lstat(path, &st))
		return azvpn_error_set(error, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return azvpn_error_set(error, -EINVAL, "%s is not a regular file", path);
	if (st.st_uid != geteuid())
		return azvpn_error_set(error, -EPERM,
				       "%s belongs to user %u, not to the user of this command (%u)",
				       path, st.st_uid, geteuid());
	if (st.st_mode & 0077)
		return azvpn_error_set(error, -EPERM,
				       "%s has mode %04o, so others can get at its keys; run \"chmod 600 %s\" and consider \"azvpnctl connection shared-key reset\"",
				       path, st.st_mode & 07777, path);
	return check_header(path, error);
}

/* The tables, and the marks by which it is known */
static int fill(struct azvpn_store *store, struct azvpn_error *error)
{
	sqlite3_str *sql = sqlite3_str_new(store->db);
	size_t i;

	sqlite3_str_appendf(sql, "BEGIN; PRAGMA application_id = %d; PRAGMA user_version = %d;",
			    APPLICATION_ID, AZVPN_SCHEMA_VERSION);
	for (i = 0; i < AZVPN_KINDS; i++)
		azvpn_sql_create(sql, azvpn_kinds[i]);
	sqlite3_str_appendall(sql, "COMMIT");
	return azvpn_db_exec_all(store, sql, error);
}

/* In memory first, as there is nothing to be half done then */
static int write_empty(const char *path, struct azvpn_error *error)
{
	struct azvpn_store store = { .path = (char *)path };
	unsigned char *image = NULL;
	sqlite3_int64 size;
	int ret;

	ret = sqlite3_open(":memory:", &store.db) == SQLITE_OK ? fill(&store, error) :
								azvpn_db_error(&store, error);
	if (!ret)
		image = sqlite3_serialize(store.db, "main", &size, 0);
	if (!ret)
		ret = image ? azvpn_file_replace(path, image, size, error) :
			      azvpn_error_set(error, -ENOMEM, "out of memory");
	sqlite3_free(image);
	sqlite3_close(store.db);
	return ret;
}

/* The directory is locked: the empty store of one must not replace the full one of another */
int azvpn_file_make(const char *dir, const char *path, struct azvpn_error *error)
{
	struct stat st;
	int fd, ret;

	if (!lstat(path, &st))
		return 0;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		ret = azvpn_error_set(error, -errno, "%s: %s", dir, strerror(errno));
	} else if (lstat(path, &st) && errno == ENOENT) {
		ret = write_empty(path, error);
	} else {
		ret = 0;
	}
	if (fd >= 0)
		close(fd);
	return ret;
}
