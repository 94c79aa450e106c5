// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#define ALPHABET_SIZE	(sizeof(alphabet) - 1)

static int draw(void *buf, size_t size, struct azvpn_error *error)
{
	/* Up to 256 bytes come whole or not at all */
	if (getrandom(buf, size, 0) != (ssize_t)size)
		return azvpn_error_set(error, -EIO, "no random numbers from the kernel: %s",
				       strerror(errno));
	return 0;
}

int azvpn_key_tag(struct azvpn_key *key, struct azvpn_error *error)
{
	uint64_t tag;
	int ret;

	ret = draw(&tag, sizeof(tag), error);
	if (!ret)
		snprintf(key->tag, sizeof(key->tag), "%016llx", (unsigned long long)tag);
	return ret;
}

static bool acceptable(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (!text[i] || !strchr(alphabet, text[i]))
			return false;
	return size >= 1 && size <= AZVPN_KEY_MAX;
}

static int refused(size_t size, struct azvpn_error *error)
{
	if (size < 1 || size > AZVPN_KEY_MAX)
		return azvpn_error_set(error, -EINVAL,
				       "the shared key has %s%d characters; 1 to %d letters and digits are accepted",
				       size ? "more than " : "", size ? AZVPN_KEY_MAX : 0,
				       AZVPN_KEY_MAX);
	return azvpn_error_set(error, -EINVAL,
			       "the shared key has a character that is not accepted; use 1 to %d letters A-Z, a-z and digits",
			       AZVPN_KEY_MAX);
}

int azvpn_key_check(const char *text, size_t size, struct azvpn_error *error)
{
	return acceptable(text, size) ? 0 : refused(size, error);
}

int azvpn_key_set(struct azvpn_key *key, const char *text, size_t size,
		  struct azvpn_error *error)
{
	int ret;

	azvpn_key_wipe(key);
	if (!acceptable(text, size))
		return refused(size, error);
	ret = azvpn_key_tag(key, error);
	if (!ret)
		memcpy(key->text, text, size);
	return ret;
}

int azvpn_key_generate(struct azvpn_key *key, size_t length, struct azvpn_error *error)
{
	uint8_t pool[64];
	size_t i = 0, used;
	int ret = 0;

	azvpn_key_wipe(key);
	if (length < 1 || length > AZVPN_KEY_MAX)
		return azvpn_error_set(error, -EINVAL, "key length %zu: 1 to %d is accepted",
				       length, AZVPN_KEY_MAX);
	while (i < length && !ret) {
		ret = draw(pool, sizeof(pool), error);
		/* A remainder would favour the first letters: take 248 = 4 * 62 values only */
		for (used = 0; !ret && used < sizeof(pool) && i < length; used++)
			if (pool[used] < 4 * ALPHABET_SIZE)
				key->text[i++] = alphabet[pool[used] % ALPHABET_SIZE];
	}
	explicit_bzero(pool, sizeof(pool));
	if (!ret)
		ret = azvpn_key_tag(key, error);
	if (ret)
		azvpn_key_wipe(key);
	return ret;
}

/* Read up to size bytes: a pipe may give them in pieces */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t have = 0;
	ssize_t got;

	while (have < size) {
		got = read(fd, buf + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		have += got;
	}
	return have;
}

static size_t without_line_end(const char *buf, size_t size)
{
	if (size && buf[size - 1] == '\n')
		size--;
	if (size && buf[size - 1] == '\r')
		size--;
	return size;
}

int azvpn_key_read(struct azvpn_key *key, const char *path, bool *exposed,
		   struct azvpn_error *error)
{
	bool is_stdin = !strcmp(path, "-");
	char buf[AZVPN_KEY_MAX + 3];	/* room for a line end and one byte too many */
	struct stat st;
	ssize_t got;
	int fd, ret;

	*exposed = false;
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return azvpn_error_set(error, -errno, "shared key file %s: %s", path,
				       strerror(errno));
	if (!is_stdin && !fstat(fd, &st))
		*exposed = S_ISREG(st.st_mode) && (st.st_mode & 0077);
	got = read_all(fd, buf, sizeof(buf));
	if (!is_stdin)
		close(fd);
	if (got < 0)
		ret = azvpn_error_set(error, got, "shared key file %s: %s", path,
				      strerror(-got));
	else
		ret = azvpn_key_set(key, buf, without_line_end(buf, got), error);
	explicit_bzero(buf, sizeof(buf));
	return ret;
}

void azvpn_key_wipe(struct azvpn_key *key)
{
	explicit_bzero(key, sizeof(*key));
}
