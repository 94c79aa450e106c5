/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pre-shared keys: where they come from and how they leave memory.
 */
#ifndef AZVPN_SECRET_H
#define AZVPN_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define AZVPN_KEY_MAX		128
#define AZVPN_KEY_DEFAULT	32

/**
 * struct azvpn_key - a pre-shared key
 * @text: 1 to 128 alphanumeric characters; empty means none
 * @tag: 16 hexadecimal digits drawn anew for each key: tells whether charon has
 *	 this key, and says nothing about it
 */
struct azvpn_key {
	char text[AZVPN_KEY_MAX + 1];
	char tag[16 + 1];
};

/* Whether the text, of @size characters, may be a key; the error never shows it */
int azvpn_key_check(const char *text, size_t size, struct azvpn_error *error);

/**
 * azvpn_key_set() - take over a key that came from outside
 * @key: takes it and a new tag, or is empty if it is refused
 * @text: the characters, not terminated by a zero byte
 * @size: how many
 * @error: says what is accepted
 *
 * Return: 0 or a negative errno.
 */
int azvpn_key_set(struct azvpn_key *key, const char *text, size_t size,
		  struct azvpn_error *error);

/* Draw a new tag for a key whose text is another now */
int azvpn_key_tag(struct azvpn_key *key, struct azvpn_error *error);

/* Draw a key of @length characters, each of the 62 equally likely */
int azvpn_key_generate(struct azvpn_key *key, size_t length, struct azvpn_error *error);

/**
 * azvpn_key_read() - read a key from a file
 * @key: takes it
 * @path: the file, "-" for standard input; one line end after the key is dropped
 * @exposed: set if others than the file's owner may read it
 * @error: says why not
 *
 * Return: 0 or a negative errno.
 */
int azvpn_key_read(struct azvpn_key *key, const char *path, bool *exposed,
		   struct azvpn_error *error);

void azvpn_key_wipe(struct azvpn_key *key);

#endif /* AZVPN_SECRET_H */
