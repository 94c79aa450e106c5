/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ESP as the RFCs have it, by OpenSSL: an implementation that shares nothing
 * with the one under test.
 */
#ifndef AZVPN_SELFTESTS_ESP_CRYPTO_H
#define AZVPN_SELFTESTS_ESP_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ESP_HEADER = 8,		/* SPI and the low half of the sequence number */
	ESP_TRAILER = 2,	/* pad length and next header */
	ESP_MAX_PADDING = 255,
	ESP_MAX_IV = 16,
	ESP_MAX_ICV = 32,
	ESP_MAX_KEY = 64,
	ESP_MAX_PLAIN = 8192,
	ESP_MAX_PACKET = ESP_HEADER + ESP_MAX_IV + ESP_MAX_PLAIN + ESP_MAX_ICV,
};

struct esp_cipher;
struct esp_hash;

/* Algorithms and keys of an SA; @iv, @icv and @align in bytes */
struct esp_crypto {
	uint32_t spi;
	bool esn;
	unsigned int iv, icv, align;
	const struct esp_cipher *cipher;
	const struct esp_hash *hash;
	uint8_t key[ESP_MAX_KEY], hash_key[ESP_MAX_KEY];
	unsigned int key_size, hash_key_size;
};

/*
 * Sets @crypto up but for @spi and @esn; @key has the salt behind it where there
 * is one. @hash is NULL or empty for a combined mode. Dies on what does not go together.
 */
void esp_crypto_init(struct esp_crypto *crypto, const char *cipher, const uint8_t *key,
		     unsigned int key_size, const char *hash, const uint8_t *hash_key,
		     unsigned int hash_key_size);

/* The IV counts up, as it must for a nonce; otherwise it cannot be predicted */
bool esp_has_nonce(const struct esp_crypto *crypto);

/*
 * Makes an ESP packet of @plain, all that is encrypted: @length bytes, the
 * trailer included. The IV is random. What is left over behind the last whole
 * block of a cipher goes as it is, and is authenticated. Returns the length.
 */
unsigned int esp_seal(const struct esp_crypto *crypto, uint64_t sequence, const uint8_t *plain,
		      unsigned int length, uint8_t *packet);

/*
 * Checks and decrypts a packet of @length bytes whose sequence number has this high
 * half. Returns the number of bytes put to @plain, -1 if the ICV or the length is wrong.
 */
int esp_open(const struct esp_crypto *crypto, uint32_t high, const uint8_t *packet,
	     unsigned int length, uint8_t *plain);

#endif
