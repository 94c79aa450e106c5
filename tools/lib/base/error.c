// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "error.h"

int azvpn_error_vset(struct azvpn_error *error, int code, const char *fmt, va_list args)
{
	if (!error)
		return code;
	error->code = code;
	error->kind = NULL;
	error->object[0] = '\0';
	error->field = NULL;
	vsnprintf(error->text, sizeof(error->text), fmt, args);
	return code;
}

int azvpn_error_set(struct azvpn_error *error, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	azvpn_error_vset(error, code, fmt, args);
	va_end(args);
	return code;
}

void azvpn_error_about(struct azvpn_error *error, const char *kind, const char *object,
		       const char *field)
{
	if (!error)
		return;
	if (!error->field)
		error->field = field;
	if (error->kind)
		return;
	error->kind = kind;
	snprintf(error->object, sizeof(error->object), "%s", object);
}
