/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where files live.
 */
#ifndef AZVPN_PATH_H
#define AZVPN_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/* What lasts: $AZVPN_STATE_DIR or /var/lib/azvpn */
const char *azvpn_state_dir(void);
/* What a reboot empties: $AZVPN_RUN_DIR or /run/azvpn */
const char *azvpn_run_dir(void);
/* Whether both are the ones that systemd's units use */
bool azvpn_dirs_are_standard(void);

/**
 * azvpn_path() - "dir/name" or "dir/name/file"
 * @buf: takes it
 * @size: of @buf
 * @dir: a directory
 * @name: a file or directory in it
 * @file: a file in that, or NULL
 * @error: takes the reason
 *
 * Return: 0, or -ENAMETOOLONG if it does not fit.
 */
int azvpn_path(char *buf, size_t size, const char *dir, const char *name, const char *file,
	       struct azvpn_error *error);

/* Make a directory that only its owner may enter, if it is not there yet */
int azvpn_dir_make(const char *path, struct azvpn_error *error);

/* Write a file of mode 0600 so that a reader sees the old text or the new one */
int azvpn_file_replace(const char *path, const void *text, size_t size,
		       struct azvpn_error *error);

#endif /* AZVPN_PATH_H */
