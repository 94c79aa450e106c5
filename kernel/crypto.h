/* SPDX-License-Identifier: GPL-2.0 */
/* Encryption by the kernel's crypto API, without an allocation per packet. */
#ifndef _AZVPN_CRYPTO_H
#define _AZVPN_CRYPTO_H

#include <crypto/aead.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>

#include "algorithm.h"

/*
 * Most pieces of a packet that are decrypted in place: the linear part and
 * every page fragment. A packet in more pieces is made linear first.
 */
#define AZVPN_MAX_PIECES (MAX_SKB_FRAGS + 1)

/**
 * struct azvpn_transform - What encrypts or decrypts the packets of an SA; immutable
 * @aead: the kernel's transform
 * @geometry: what it adds to a packet
 * @iv_kind: where the IV comes from
 * @esn: the high half of the sequence number is authenticated too
 * @iv_is_aad: the IV is authenticated as associated data: a cipher and a hash, not a combined mode
 * @salt_size: bytes of @salt
 * @salt: first bytes of the nonce
 */
struct azvpn_transform {
	struct crypto_aead *aead;
	struct azvpn_geometry geometry;
	u8 iv_kind;
	bool esn;
	bool iv_is_aad;
	u8 salt_size;
	u8 salt[AZVPN_ESP_SALT_MAX];
};

/**
 * struct azvpn_keys - The keys of an SA; belong to the caller, who wipes them
 * @cipher: key of the cipher, then its salt
 * @cipher_size: bytes of both
 * @integrity: key of the integrity algorithm
 * @integrity_size: its bytes
 */
struct azvpn_keys {
	const u8 *cipher;
	unsigned int cipher_size;
	const u8 *integrity;
	unsigned int integrity_size;
};

/**
 * struct azvpn_job - One packet to encrypt or decrypt
 * @transform: the transform
 * @done: called when a driver that works asynchronously has finished, with softirqs off
 * @skb: the packet; ends with the ICV; its ESP header and IV are in the linear part
 * @offset: where in the packet the ESP header begins, in bytes
 * @sequence: 64-bit sequence number
 * @spi: SPI, in network byte order
 */
struct azvpn_job {
	const struct azvpn_transform *transform;
	void (*done)(struct sk_buff *skb, int err);
	struct sk_buff *skb;
	unsigned int offset;
	u64 sequence;
	__be32 spi;
};

struct netlink_ext_ack;

int azvpn_transform_init(struct azvpn_transform *transform,
			 const struct azvpn_algorithm *algorithm, const struct azvpn_keys *keys,
			 bool esn, struct netlink_ext_ack *extack);
void azvpn_transform_free(struct azvpn_transform *transform);
int azvpn_crypto_encrypt(const struct azvpn_job *job);
int azvpn_crypto_decrypt(const struct azvpn_job *job);

int azvpn_crypto_init(void);
void azvpn_crypto_exit(void);

#endif /* _AZVPN_CRYPTO_H */
