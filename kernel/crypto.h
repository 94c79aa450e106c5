/* SPDX-License-Identifier: GPL-2.0 */
/* AES-GCM by the kernel's crypto API, without an allocation per packet. */
#ifndef _AZVPN_CRYPTO_H
#define _AZVPN_CRYPTO_H

#include <crypto/aead.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>

#include "esp.h"

/*
 * Most pieces of a packet that are decrypted in place: the linear part and
 * every page fragment. A packet in more pieces is made linear first.
 */
#define AZVPN_MAX_PIECES (MAX_SKB_FRAGS + 1)

/**
 * struct azvpn_slot - Room to encrypt or decrypt one packet
 * @skb: the packet
 * @done: whom to tell when a driver that works asynchronously has finished
 * @aad: additional authenticated data: SPI and sequence number (RFC 4106 section 5)
 * @nonce: salt and IV (RFC 4106 section 4)
 * @sg: @aad, then the pieces of the packet
 * @request: the request, followed by room for any driver's context
 *
 * Every CPU has one and uses it with softirqs off, for one packet after the
 * other. Should a driver work asynchronously, the slot goes with the packet
 * and the CPU gets itself a new one.
 */
struct azvpn_slot {
	struct sk_buff *skb;
	void (*done)(struct sk_buff *skb, int err);
	__be32 aad[3];
	u8 nonce[AZVPN_ESP_SALT + AZVPN_ESP_IV];
	struct scatterlist sg[1 + AZVPN_MAX_PIECES];
	struct aead_request request __aligned(CRYPTO_MINALIGN);
};

/**
 * struct azvpn_job - One packet to encrypt or decrypt
 * @aead: the transform
 * @done: called when a driver that works asynchronously has finished, with softirqs off
 * @skb: the packet; ends with the ICV; its ESP header and IV are in the linear part
 * @offset: where in the packet the ESP header begins, in bytes
 * @sequence: 64-bit sequence number
 * @spi: SPI, in network byte order
 * @salt: the 4 bytes of salt
 * @esn: whether the high half of the sequence number is authenticated
 */
struct azvpn_job {
	struct crypto_aead *aead;
	void (*done)(struct sk_buff *skb, int err);
	struct sk_buff *skb;
	unsigned int offset;
	u64 sequence;
	__be32 spi;
	const u8 *salt;
	bool esn;
};

struct netlink_ext_ack;

struct crypto_aead *azvpn_crypto_alloc(const u8 *key, unsigned int len,
				       struct netlink_ext_ack *extack);
int azvpn_crypto_encrypt(const struct azvpn_job *job);
int azvpn_crypto_decrypt(const struct azvpn_job *job);

int azvpn_crypto_init(void);
void azvpn_crypto_exit(void);

#endif /* _AZVPN_CRYPTO_H */
