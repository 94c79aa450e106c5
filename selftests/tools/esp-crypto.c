// SPDX-License-Identifier: GPL-2.0
#include "esp-crypto.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "common.h"

enum { SALT = 4, NONCE_IV = 8, DES_KEY = 8 };

enum mode {
	MODE_GCM,		/* RFC 4106 */
	MODE_CHACHA,		/* RFC 7634 */
	MODE_AES_CBC,		/* RFC 3602 */
	MODE_3DES_CBC,		/* RFC 2451 */
	MODE_DES_CBC,		/* RFC 2405 */
	MODE_NULL,		/* RFC 2410 */
};

struct esp_cipher {
	const char *name;
	enum mode mode;
	unsigned int iv, icv, align;
};

/* RFC 4303 section 2.4: blocks, and four bytes at least */
static const struct esp_cipher ciphers[] = {
	{ "aes-gcm-16", MODE_GCM, NONCE_IV, 16, 4 },
	{ "aes-gcm-12", MODE_GCM, NONCE_IV, 12, 4 },
	{ "aes-gcm-8", MODE_GCM, NONCE_IV, 8, 4 },
	{ "chacha20-poly1305", MODE_CHACHA, NONCE_IV, 16, 4 },
	{ "aes-cbc", MODE_AES_CBC, 16, 0, 16 },
	{ "3des-cbc", MODE_3DES_CBC, 8, 0, 8 },
	{ "des-cbc", MODE_DES_CBC, 8, 0, 8 },
	{ "null", MODE_NULL, 0, 0, 4 },
};

struct esp_hash {
	const char *name;
	const EVP_MD *(*digest)(void);
	unsigned int key, icv;
};

static const struct esp_hash hashes[] = {
	{ "hmac-sha1-96", EVP_sha1, 20, 12 },		/* RFC 2404 */
	{ "hmac-sha256-128", EVP_sha256, 32, 16 },	/* RFC 4868 */
	{ "hmac-sha384-192", EVP_sha384, 48, 24 },
	{ "hmac-sha512-256", EVP_sha512, 64, 32 },
	{ "hmac-md5-96", EVP_md5, 16, 12 },		/* RFC 2403 */
};

static void must(int ok)
{
	if (ok != 1)
		die("OpenSSL failed");
}

static const struct esp_cipher *find_cipher(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++)
		if (!strcmp(ciphers[i].name, name))
			return &ciphers[i];
	die("there is no cipher \"%s\"", name);
}

static const struct esp_hash *find_hash(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(hashes) / sizeof(*hashes); i++)
		if (!strcmp(hashes[i].name, name))
			return &hashes[i];
	die("there is no integrity algorithm \"%s\"", name);
}

bool esp_has_nonce(const struct esp_crypto *crypto)
{
	return crypto->cipher->mode == MODE_GCM || crypto->cipher->mode == MODE_CHACHA;
}

static const EVP_CIPHER *aes(unsigned int size, const EVP_CIPHER *aes128, const EVP_CIPHER *aes192,
			     const EVP_CIPHER *aes256)
{
	switch (size) {
	case 16:
		return aes128;
	case 24:
		return aes192;
	case 32:
		return aes256;
	}
	return NULL;
}

/* NULL if the key has the wrong size, or if there is no cipher at all */
static const EVP_CIPHER *evp_cipher(const struct esp_crypto *crypto)
{
	const unsigned int size = crypto->key_size;

	switch (crypto->cipher->mode) {
	case MODE_GCM:
		return aes(size - SALT, EVP_aes_128_gcm(), EVP_aes_192_gcm(), EVP_aes_256_gcm());
	case MODE_CHACHA:
		return size == 32 + SALT ? EVP_chacha20_poly1305() : NULL;
	case MODE_AES_CBC:
		return aes(size, EVP_aes_128_cbc(), EVP_aes_192_cbc(), EVP_aes_256_cbc());
	case MODE_3DES_CBC:
	case MODE_DES_CBC:
		return size == 3 * DES_KEY ? EVP_des_ede3_cbc() : NULL;
	default:
		return NULL;
	}
}

/* DES is triple DES whose three keys are the same, which needs no provider of old ciphers */
static void triple_key(struct esp_crypto *crypto)
{
	if (crypto->key_size != DES_KEY)
		die("a DES key has 8 bytes, not %u", crypto->key_size);
	memcpy(crypto->key + DES_KEY, crypto->key, DES_KEY);
	memcpy(crypto->key + 2 * DES_KEY, crypto->key, DES_KEY);
	crypto->key_size = 3 * DES_KEY;
}

void esp_crypto_init(struct esp_crypto *crypto, const char *cipher, const uint8_t *key,
		     unsigned int key_size, const char *hash, const uint8_t *hash_key,
		     unsigned int hash_key_size)
{
	crypto->cipher = find_cipher(cipher);
	crypto->iv = crypto->cipher->iv;
	crypto->icv = crypto->cipher->icv;
	crypto->align = crypto->cipher->align;
	if (key_size > ESP_MAX_KEY)
		die("%s: a key of %u bytes", cipher, key_size);
	if (key_size)
		memcpy(crypto->key, key, key_size);
	crypto->key_size = key_size;
	if (crypto->cipher->mode == MODE_DES_CBC)
		triple_key(crypto);
	if (crypto->cipher->mode != MODE_NULL && !evp_cipher(crypto))
		die("%s: a key of %u bytes", cipher, key_size);
	if (crypto->icv)
		return;

	crypto->hash = find_hash(hash ?: "");
	if (hash_key_size != crypto->hash->key)
		die("%s: a key of %u bytes", hash, hash_key_size);
	memcpy(crypto->hash_key, hash_key, hash_key_size);
	crypto->hash_key_size = hash_key_size;
	crypto->icv = crypto->hash->icv;
}

/* Salt and IV (RFC 4106 section 4, RFC 7634 section 2) */
static void put_nonce(const struct esp_crypto *crypto, const uint8_t *iv, uint8_t *nonce)
{
	memcpy(nonce, crypto->key + crypto->key_size - SALT, SALT);
	memcpy(nonce + SALT, iv, NONCE_IV);
}

/* SPI and sequence number, all of it if it is extended (RFC 4106 section 5) */
static void add_aad(EVP_CIPHER_CTX *context, const struct esp_crypto *crypto, uint32_t high,
		    const uint8_t *packet)
{
	uint8_t aad[12];
	unsigned int length = 0;
	int ignored;

	memcpy(aad, packet, 4);
	length += 4;
	if (crypto->esn) {
		high = htonl(high);
		memcpy(aad + length, &high, 4);
		length += 4;
	}
	memcpy(aad + length, packet + 4, 4);
	length += 4;
	must(EVP_CipherUpdate(context, NULL, &ignored, aad, length));
}

static EVP_CIPHER_CTX *begin(const struct esp_crypto *crypto, const uint8_t *iv, int encrypt)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

	must(context && EVP_CipherInit_ex(context, evp_cipher(crypto), NULL, crypto->key, iv,
					  encrypt));
	must(EVP_CIPHER_CTX_set_padding(context, 0));
	return context;
}

static void seal_combined(const struct esp_crypto *crypto, uint32_t high, const uint8_t *plain,
			  unsigned int length, uint8_t *packet)
{
	uint8_t nonce[SALT + NONCE_IV], *data = packet + ESP_HEADER + crypto->iv;
	EVP_CIPHER_CTX *context;
	int done;

	put_nonce(crypto, packet + ESP_HEADER, nonce);
	context = begin(crypto, nonce, 1);
	add_aad(context, crypto, high, packet);
	must(EVP_EncryptUpdate(context, data, &done, plain, length));
	must(EVP_EncryptFinal_ex(context, data + done, &done));
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, crypto->icv, data + length));
	EVP_CIPHER_CTX_free(context);
}

static bool open_combined(const struct esp_crypto *crypto, uint32_t high, const uint8_t *packet,
			  unsigned int length, uint8_t *plain)
{
	const uint8_t *data = packet + ESP_HEADER + crypto->iv;
	uint8_t nonce[SALT + NONCE_IV], icv[ESP_MAX_ICV];
	EVP_CIPHER_CTX *context;
	bool right;
	int done;

	put_nonce(crypto, packet + ESP_HEADER, nonce);
	memcpy(icv, data + length, crypto->icv);
	context = begin(crypto, nonce, 0);
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, crypto->icv, icv));
	add_aad(context, crypto, high, packet);
	must(EVP_DecryptUpdate(context, plain, &done, data, length));
	right = EVP_DecryptFinal_ex(context, plain + done, &done) == 1;
	EVP_CIPHER_CTX_free(context);
	return right;
}

static void crypt_blocks(const struct esp_crypto *crypto, const uint8_t *iv, const uint8_t *from,
			 unsigned int length, uint8_t *to, int encrypt)
{
	const unsigned int whole = length - length % crypto->align;
	EVP_CIPHER_CTX *context;
	int done;

	memcpy(to, from, length);
	if (crypto->cipher->mode == MODE_NULL)
		return;
	context = begin(crypto, iv, encrypt);
	must(EVP_CipherUpdate(context, to, &done, from, whole));
	must(EVP_CipherFinal_ex(context, to + done, &done));
	EVP_CIPHER_CTX_free(context);
}

/*
 * The ICV of @length bytes from the SPI on. Behind them the high half of the
 * sequence number is authenticated though not sent (RFC 4303 section 2.2.1).
 */
static void get_icv(const struct esp_crypto *crypto, uint32_t high, const uint8_t *packet,
		    unsigned int length, uint8_t *icv)
{
	uint8_t bytes[ESP_MAX_PACKET + sizeof(high)], full[EVP_MAX_MD_SIZE];

	memcpy(bytes, packet, length);
	if (crypto->esn) {
		high = htonl(high);
		memcpy(bytes + length, &high, sizeof(high));
		length += sizeof(high);
	}
	must(!!HMAC(crypto->hash->digest(), crypto->hash_key, crypto->hash_key_size, bytes, length,
		    full, NULL));
	memcpy(icv, full, crypto->icv);
}

unsigned int esp_seal(const struct esp_crypto *crypto, uint64_t sequence, const uint8_t *plain,
		      unsigned int length, uint8_t *packet)
{
	const uint32_t spi = htonl(crypto->spi), high = sequence >> 32, low = htonl(sequence);
	uint8_t *iv = packet + ESP_HEADER, *data = iv + crypto->iv;

	memcpy(packet, &spi, sizeof(spi));
	memcpy(packet + sizeof(spi), &low, sizeof(low));
	if (crypto->iv)
		must(RAND_bytes(iv, crypto->iv));
	if (esp_has_nonce(crypto)) {
		seal_combined(crypto, high, plain, length, packet);
	} else {
		crypt_blocks(crypto, iv, plain, length, data, 1);
		get_icv(crypto, high, packet, data + length - packet, data + length);
	}
	return data + length + crypto->icv - packet;
}

int esp_open(const struct esp_crypto *crypto, uint32_t high, const uint8_t *packet,
	     unsigned int length, uint8_t *plain)
{
	const uint8_t *iv = packet + ESP_HEADER, *data = iv + crypto->iv;
	uint8_t icv[ESP_MAX_ICV];

	if (length > ESP_MAX_PACKET || length < ESP_HEADER + crypto->iv + crypto->icv)
		return -1;
	length -= ESP_HEADER + crypto->iv + crypto->icv;
	if (length % crypto->align)
		return -1;
	if (esp_has_nonce(crypto))
		return open_combined(crypto, high, packet, length, plain) ? (int)length : -1;
	get_icv(crypto, high, packet, data + length - packet, icv);
	if (memcmp(icv, data + length, crypto->icv))
		return -1;
	crypt_blocks(crypto, iv, data, length, plain, 0);
	return length;
}
