// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

int azvpn_error_set(struct azvpn_error *error, int code, const char *fmt, ...)
{
	va_list args;

	if (!error)
		return code;
	va_start(args, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	return code;
}
