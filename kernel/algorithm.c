// SPDX-License-Identifier: GPL-2.0
/*
 * The algorithms of SAs, described once.
 *
 * Crypto, send, receive, MTU and netlink know no algorithm but by these tables:
 * to add one is to add a row.
 */
#include <linux/netlink.h>
#include <linux/string.h>

#include "algorithm.h"

#define GCM(_icv) {				\
	.name		= "aes-gcm-" #_icv,	\
	.crypto		= "gcm(aes)",		\
	.key_sizes	= { 16, 24, 32 },	\
	.salt		= 4,			\
	.iv		= 8,			\
	.icv		= (_icv),		\
	.align		= 4,			\
	.iv_kind	= AZVPN_IV_COUNTER,	\
}

static const struct azvpn_cipher ciphers[] = {
	GCM(16), GCM(12), GCM(8),	/* RFC 4106 */
	{	/* RFC 7634 */
		.name		= "chacha20-poly1305",
		.crypto		= "rfc7539(chacha20,poly1305)",
		.key_sizes	= { 32 },
		.salt		= 4,
		.iv		= 8,
		.icv		= 16,
		.align		= 4,
		.iv_kind	= AZVPN_IV_COUNTER,
	}, {	/* RFC 3602 */
		.name		= "aes-cbc",
		.crypto		= "cbc(aes)",
		.key_sizes	= { 16, 24, 32 },
		.iv		= 16,
		.align		= 16,
		.iv_kind	= AZVPN_IV_RANDOM,
	}, {	/* RFC 2451 */
		.name		= "3des-cbc",
		.crypto		= "cbc(des3_ede)",
		.key_sizes	= { 24 },
		.iv		= 8,
		.align		= 8,
		.iv_kind	= AZVPN_IV_RANDOM,
	}, {	/* RFC 2405 */
		.name		= "des-cbc",
		.crypto		= "cbc(des)",
		.key_sizes	= { 8 },
		.iv		= 8,
		.align		= 8,
		.iv_kind	= AZVPN_IV_RANDOM,
	}, {	/* RFC 2410 */
		.name		= "null",
		.crypto		= "ecb(cipher_null)",
		.has_no_key	= true,
		.align		= 4,
		.iv_kind	= AZVPN_IV_NONE,
	},
};

static const struct azvpn_integrity integrities[] = {
	{ "hmac-sha1-96",	"hmac(sha1)",	20, 12 },	/* RFC 2404 */
	{ "hmac-sha256-128",	"hmac(sha256)",	32, 16 },	/* RFC 4868 */
	{ "hmac-sha384-192",	"hmac(sha384)",	48, 24 },
	{ "hmac-sha512-256",	"hmac(sha512)",	64, 32 },
	{ "hmac-md5-96",	"hmac(md5)",	16, 12 },	/* RFC 2403 */
};

static const struct azvpn_cipher *find_cipher(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (!strcmp(ciphers[i].name, name))
			return &ciphers[i];
	return NULL;
}

static const struct azvpn_integrity *find_integrity(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(integrities); i++)
		if (!strcmp(integrities[i].name, name))
			return &integrities[i];
	return NULL;
}

/**
 * azvpn_algorithm_find() - Find what two names stand for
 * @algorithm: where to put it
 * @cipher: name of the cipher
 * @integrity: name of the integrity algorithm, NULL for none
 * @extack: told what is wrong
 *
 * Return: 0; -EOPNOTSUPP for an unknown name, -EINVAL if the two do not go together.
 */
int azvpn_algorithm_find(struct azvpn_algorithm *algorithm, const char *cipher,
			 const char *integrity, struct netlink_ext_ack *extack)
{
	algorithm->cipher = find_cipher(cipher);
	algorithm->integrity = integrity ? find_integrity(integrity) : NULL;
	if (!algorithm->cipher) {
		NL_SET_ERR_MSG(extack,
			       "unknown cipher: there are aes-gcm-16, -12 and -8, chacha20-poly1305, aes-cbc, 3des-cbc, des-cbc and null");
		return -EOPNOTSUPP;
	}
	if (integrity && !algorithm->integrity) {
		NL_SET_ERR_MSG(extack,
			       "unknown integrity algorithm: there are hmac-sha1-96, hmac-sha256-128, hmac-sha384-192, hmac-sha512-256 and hmac-md5-96");
		return -EOPNOTSUPP;
	}
	if (algorithm->cipher->icv && integrity) {
		NL_SET_ERR_MSG(extack, "the cipher brings its own integrity, leave the other out");
		return -EINVAL;
	}
	if (!algorithm->cipher->icv && !integrity) {
		NL_SET_ERR_MSG(extack, "the cipher needs an integrity algorithm beside it");
		return -EINVAL;
	}
	return 0;
}

static bool is_key_size(const struct azvpn_cipher *cipher, unsigned int size)
{
	unsigned int i;

	if (cipher->has_no_key)
		return !size;
	for (i = 0; i < ARRAY_SIZE(cipher->key_sizes); i++)
		if (cipher->key_sizes[i] && size == cipher->key_sizes[i] + cipher->salt)
			return true;
	return false;
}

/**
 * azvpn_algorithm_check_keys() - Tell whether keys have the right sizes
 * @algorithm: the algorithm
 * @cipher_key: bytes of key and salt of the cipher
 * @integrity_key: bytes of the key of the integrity algorithm, 0 for none
 * @extack: told what is wrong
 *
 * Return: 0 or -EINVAL.
 */
int azvpn_algorithm_check_keys(const struct azvpn_algorithm *algorithm, unsigned int cipher_key,
			       unsigned int integrity_key, struct netlink_ext_ack *extack)
{
	const struct azvpn_integrity *integrity = algorithm->integrity;

	if (!is_key_size(algorithm->cipher, cipher_key)) {
		NL_SET_ERR_MSG(extack,
			       "the cipher key has to be 16, 24 or 32 bytes for AES, 32 for ChaCha20, 24 for 3DES, 8 for DES, none for null, and 4 bytes of salt for AES-GCM and ChaCha20");
		return -EINVAL;
	}
	if (integrity_key != (integrity ? integrity->key : 0)) {
		NL_SET_ERR_MSG(extack,
			       "the integrity key has to be 20 bytes for SHA1, 32 for SHA256, 48 for SHA384, 64 for SHA512, 16 for MD5, none without");
		return -EINVAL;
	}
	return 0;
}
