/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why something was refused or failed: in words for the administrator, and as a
 * code, an object and a field for programs.
 */
#ifndef AZVPN_ERROR_H
#define AZVPN_ERROR_H

#include <stdarg.h>

/**
 * struct azvpn_error - the reason of a refusal or failure
 * @code: the negative errno that the function returned
 * @kind: of the object that it is about, such as "local-gateway"; NULL: of none
 * @object: that object's name; empty if there is no kind
 * @field: its field, as it is called in JSON; NULL if it is about no field
 * @text: one sentence without a full stop
 */
struct azvpn_error {
	int code;
	const char *kind;
	char object[192];
	const char *field;
	char text[768];
};

/**
 * azvpn_error_set() - note why something fails
 * @error: takes it, and is about no object yet; may be NULL
 * @code: negative errno
 * @fmt: one sentence without a full stop, naming the object, the value and
 *	 what would be accepted; never a key
 *
 * Return: @code, so that "return azvpn_error_set(...)" reads well.
 */
int azvpn_error_set(struct azvpn_error *error, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int azvpn_error_vset(struct azvpn_error *error, int code, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

/**
 * azvpn_error_about() - say which object and field an error is about
 * @error: that was set; may be NULL. What it is about already stays: who sets
 *	   it first knows best.
 * @kind: of the object, a constant
 * @object: its name
 * @field: of the object, a constant, or NULL
 */
void azvpn_error_about(struct azvpn_error *error, const char *kind, const char *object,
		       const char *field);

#endif /* AZVPN_ERROR_H */
