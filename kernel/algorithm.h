/* SPDX-License-Identifier: GPL-2.0 */
/* The algorithms of SAs, described once. */
#ifndef _AZVPN_ALGORITHM_H
#define _AZVPN_ALGORITHM_H

#include "esp.h"

struct netlink_ext_ack;

/**
 * enum azvpn_iv - Where the explicit IV of a packet comes from
 * @AZVPN_IV_NONE: there is none
 * @AZVPN_IV_COUNTER: it is the sequence number, never used twice, and the nonce with the salt
 * @AZVPN_IV_RANDOM: it cannot be predicted
 */
enum azvpn_iv {
	AZVPN_IV_NONE,
	AZVPN_IV_COUNTER,
	AZVPN_IV_RANDOM,
};

/**
 * struct azvpn_cipher - A row of the table of ciphers
 * @name: as netlink has it
 * @crypto: the kernel's name: of the whole if it is a combined mode, else of the cipher alone
 * @key_sizes: possible sizes of the key in bytes, without the salt; 0 after the last
 * @has_no_key: the key is empty
 * @salt: bytes of salt behind the key
 * @iv: bytes of the explicit IV
 * @icv: bytes of the ICV if it is a combined mode, else 0
 * @align: alignment of what is encrypted, 4 at least (RFC 4303 section 2.4)
 * @iv_kind: where the IV comes from
 */
struct azvpn_cipher {
	const char *name;
	const char *crypto;
	u8 key_sizes[3];
	bool has_no_key;
	u8 salt;
	u8 iv;
	u8 icv;
	u8 align;
	enum azvpn_iv iv_kind;
};

/**
 * struct azvpn_integrity - A row of the table of integrity algorithms
 * @name: as netlink has it
 * @crypto: the kernel's name
 * @key: bytes of the key
 * @icv: bytes of the ICV
 */
struct azvpn_integrity {
	const char *name;
	const char *crypto;
	u8 key;
	u8 icv;
};

/**
 * struct azvpn_algorithm - What protects the packets of an SA
 * @cipher: its cipher
 * @integrity: its integrity algorithm, NULL with a combined mode
 */
struct azvpn_algorithm {
	const struct azvpn_cipher *cipher;
	const struct azvpn_integrity *integrity;
};

/* The most that key and salt of a cipher, or the key of an integrity algorithm, take */
#define AZVPN_KEY_MAX 64

static inline struct azvpn_geometry
azvpn_algorithm_geometry(const struct azvpn_algorithm *algorithm)
{
	const struct azvpn_cipher *cipher = algorithm->cipher;

	return (struct azvpn_geometry) {
		.iv	= cipher->iv,
		.icv	= algorithm->integrity ? algorithm->integrity->icv : cipher->icv,
		.align	= cipher->align,
	};
}

int azvpn_algorithm_find(struct azvpn_algorithm *algorithm, const char *cipher,
			 const char *integrity, struct netlink_ext_ack *extack);
int azvpn_algorithm_check_keys(const struct azvpn_algorithm *algorithm, unsigned int cipher_key,
			       unsigned int integrity_key, struct netlink_ext_ack *extack);

#endif /* _AZVPN_ALGORITHM_H */
