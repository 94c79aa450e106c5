// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer: names and key sizes of algorithms, against what RFC 4106, 7634, 3602,
 * 2451, 2405, 2410, 4868, 2404 and 2403 say.
 *
 * The input is the size of a cipher key and of an integrity key (1 byte each),
 * then two names, each a number of the lists below (1 byte) or 255 and a text
 * with its zero. The number past the end of the second list is for no name.
 */
#include "fuzz.h"

#include <linux/netlink.h>
#include <string.h>

#include "algorithm.h"

enum { MAX_NAME = 40, ANY = 255 };

unsigned long jiffies;

static const struct cipher {
	const char *name;
	u8 keys[3], nr_keys;
	u8 iv, icv, align;
} ciphers[] = {
	{ "aes-gcm-16", { 20, 28, 36 }, 3, 8, 16, 4 },
	{ "aes-gcm-12", { 20, 28, 36 }, 3, 8, 12, 4 },
	{ "aes-gcm-8", { 20, 28, 36 }, 3, 8, 8, 4 },
	{ "chacha20-poly1305", { 36 }, 1, 8, 16, 4 },
	{ "aes-cbc", { 16, 24, 32 }, 3, 16, 0, 16 },
	{ "3des-cbc", { 24 }, 1, 8, 0, 8 },
	{ "des-cbc", { 8 }, 1, 8, 0, 8 },
	{ "null", { 0 }, 1, 0, 0, 4 },
};

static const struct hash {
	const char *name;
	u8 key, icv;
} hashes[] = {
	{ "hmac-md5-96", 16, 12 }, { "hmac-sha1-96", 20, 12 }, { "hmac-sha256-128", 32, 16 },
	{ "hmac-sha384-192", 48, 24 }, { "hmac-sha512-256", 64, 32 },
};

static const struct cipher *model_cipher(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++)
		if (!strcmp(ciphers[i].name, name))
			return ciphers + i;
	return NULL;
}

static const struct hash *model_hash(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hashes); i++)
		if (!strcmp(hashes[i].name, name))
			return hashes + i;
	return NULL;
}

static bool fits(const struct cipher *cipher, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < cipher->nr_keys; i++)
		if (cipher->keys[i] == size)
			return true;
	return false;
}

/* A name that is as long as it has to be, to be freed; NULL for number @nr and beyond */
static char *take_name(struct input *in, const char *(*name_of)(unsigned int i), unsigned int nr)
{
	char text[MAX_NAME] = "";
	unsigned int i = take(in), n = 0;

	if (i != ANY)
		return i < nr ? strdup(name_of(i)) : NULL;
	while (n < MAX_NAME - 1 && (text[n] = take(in)))
		n++;
	text[n] = '\0';
	return strdup(text);
}

static const char *cipher_name(unsigned int i)
{
	return ciphers[i].name;
}

static const char *hash_name(unsigned int i)
{
	return hashes[i].name;
}

static void check_keys(const struct azvpn_algorithm *algorithm, const struct cipher *cipher,
		       const struct hash *hash, unsigned int cipher_key, unsigned int integrity_key)
{
	const struct azvpn_geometry geometry = azvpn_algorithm_geometry(algorithm);
	bool right = fits(cipher, cipher_key) && integrity_key == (hash ? hash->key : 0);
	struct netlink_ext_ack extack = {};
	int err = azvpn_algorithm_check_keys(algorithm, cipher_key, integrity_key, &extack);

	require(err == (right ? 0 : -EINVAL) && !err == !extack.message);
	require(geometry.iv == cipher->iv && geometry.align == cipher->align);
	require(geometry.icv == (hash ? hash->icv : cipher->icv));
	require(!right || (cipher_key <= AZVPN_KEY_MAX && integrity_key <= AZVPN_KEY_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int cipher_key = take(&in), integrity_key = take(&in);
	char *name = take_name(&in, cipher_name, ARRAY_SIZE(ciphers));
	char *hash_or_none = take_name(&in, hash_name, ARRAY_SIZE(hashes));
	struct netlink_ext_ack extack = {};
	struct azvpn_algorithm algorithm;
	const struct cipher *cipher;
	const struct hash *hash;
	int err, expected = 0;

	if (name) {
		cipher = model_cipher(name);
		hash = hash_or_none ? model_hash(hash_or_none) : NULL;
		if (!cipher || (hash_or_none && !hash))
			expected = -EOPNOTSUPP;
		else if (!cipher->icv == !hash)
			expected = -EINVAL;
		err = azvpn_algorithm_find(&algorithm, name, hash_or_none, &extack);
		require(err == expected && !err == !extack.message);
		if (!err)
			check_keys(&algorithm, cipher, hash, cipher_key, integrity_key);
	}
	free(name);
	free(hash_or_none);
	return 0;
}
