// SPDX-License-Identifier: GPL-2.0
#include "algorithms.h"

#include "refuse.h"

/* As they are written in esp_proposals, for who has to choose another */
#define CIPHERS "aes256gcm16, aes256gcm12, aes256gcm8 and aes256, each with 192 or 128 bits, " \
	"too, chacha20poly1305, 3des, des and null"
#define INTEGRITY "sha256, sha384, sha512, sha1 and md5"

/**
 * struct algorithm - an algorithm that azvpn has
 * @id: charon's number of it
 * @name: the module's name of it
 * @combined: a cipher that protects the integrity, too
 */
struct algorithm {
	uint16_t id;
	const char *name;
	bool combined;
};

static const struct algorithm ciphers[] = {
	{ ENCR_AES_GCM_ICV16, "aes-gcm-16", TRUE },
	{ ENCR_AES_GCM_ICV12, "aes-gcm-12", TRUE },
	{ ENCR_AES_GCM_ICV8, "aes-gcm-8", TRUE },
	{ ENCR_CHACHA20_POLY1305, "chacha20-poly1305", TRUE },
	{ ENCR_AES_CBC, "aes-cbc", FALSE },
	{ ENCR_3DES, "3des-cbc", FALSE },
	{ ENCR_DES, "des-cbc", FALSE },
	{ ENCR_NULL, "null", FALSE },
};

static const struct algorithm integrities[] = {
	{ AUTH_HMAC_SHA1_96, "hmac-sha1-96", FALSE },
	{ AUTH_HMAC_SHA2_256_128, "hmac-sha256-128", FALSE },
	{ AUTH_HMAC_SHA2_384_192, "hmac-sha384-192", FALSE },
	{ AUTH_HMAC_SHA2_512_256, "hmac-sha512-256", FALSE },
	{ AUTH_HMAC_MD5_96, "hmac-md5-96", FALSE },
};

static const struct algorithm *find(const struct algorithm *list, size_t count, uint16_t id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].id == id)
			return &list[i];
	return NULL;
}

static void set_name(char name[AZVPN_NL_ALGORITHM_SIZE], const struct algorithm *algorithm)
{
	strncpy(name, algorithm->name, AZVPN_NL_ALGORITHM_SIZE - 1);
}

static bool set_integrity(level_t level, uint16_t id, struct azvpn_nl_sa *sa)
{
	const struct algorithm *integrity = find(integrities, countof(integrities), id);

	if (!integrity)
		return REFUSE(level, "esp_proposals: %N is not supported, " INTEGRITY " are",
			      integrity_algorithm_names, id);
	set_name(sa->integrity, integrity);
	return TRUE;
}

bool azvpn_algorithms(level_t level, kernel_ipsec_add_sa_t *data, struct azvpn_nl_sa *sa)
{
	const struct algorithm *cipher = find(ciphers, countof(ciphers), data->enc_alg);
	bool has_integrity = data->int_alg != AUTH_UNDEFINED;

	if (!cipher)
		return REFUSE(level, "esp_proposals: %N is not supported, " CIPHERS " are",
			      encryption_algorithm_names, data->enc_alg);
	set_name(sa->cipher, cipher);
	if (cipher->combined && has_integrity)
		return REFUSE(level,
			      "esp_proposals: %N besides %N is not supported, leave it out",
			      integrity_algorithm_names, data->int_alg,
			      encryption_algorithm_names, data->enc_alg);
	if (!cipher->combined && !has_integrity)
		return REFUSE(level,
			      "esp_proposals: %N alone is not supported, with one of " INTEGRITY
			      " it is", encryption_algorithm_names, data->enc_alg);
	return cipher->combined || set_integrity(level, data->int_alg, sa);
}
