/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why something was refused or failed, in words for the administrator.
 */
#ifndef AZVPN_ERROR_H
#define AZVPN_ERROR_H

struct azvpn_error {
	char text[768];
};

/**
 * azvpn_error_set() - note why something fails
 * @error: takes the text; may be NULL
 * @code: negative errno
 * @fmt: one sentence without a full stop, naming the object, the value and
 *	 what would be accepted; never a key
 *
 * Return: @code, so that "return azvpn_error_set(...)" reads well.
 */
int azvpn_error_set(struct azvpn_error *error, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* AZVPN_ERROR_H */
