/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_CRYPTO_AEAD_H
#define SHIM_CRYPTO_AEAD_H

struct crypto_aead;

#endif
