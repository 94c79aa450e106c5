/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers of the module's pure logic share. */
#ifndef AZVPN_FUZZ_H
#define AZVPN_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,	\
			__LINE__, #condition);				\
		abort();						\
	}								\
} while (0)

/* What is left of an input; past its end there are zeros */
struct input {
	const uint8_t *data;
	size_t left;
};

static inline u8 take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static inline u16 take16(struct input *in)
{
	u8 high = take(in);

	return high << 8 | take(in);
}

/* Everything that is left, at most @max bytes; returns how many */
static inline unsigned int take_rest(struct input *in, u8 *bytes, unsigned int max)
{
	unsigned int n;

	for (n = 0; n < max && in->left; n++)
		bytes[n] = take(in);
	return n;
}

#endif
