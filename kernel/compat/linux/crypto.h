/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AZVPN_COMPAT_LINUX_CRYPTO_H
#define _AZVPN_COMPAT_LINUX_CRYPTO_H

#include_next <linux/crypto.h>

/* COMPAT_COMPLETION(name, done): a crypto_completion_t, from done(data, err) */
#ifdef COMPAT_COMPLETION_TAKES_REQUEST
#define COMPAT_COMPLETION(name, done)					\
static void name(struct crypto_async_request *request, int err)		\
{									\
	done(request->data, err);					\
}
#else
#define COMPAT_COMPLETION(name, done)					\
static void name(void *data, int err)					\
{									\
	done(data, err);						\
}
#endif

#endif /* _AZVPN_COMPAT_LINUX_CRYPTO_H */
