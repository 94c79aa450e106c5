// SPDX-License-Identifier: GPL-2.0
/*
 * Encryption by the kernel's crypto API, without an allocation per packet.
 *
 * Of combined modes the plain one is used with our own nonce, gcm(aes) and not
 * rfc4106() or seqiv(): these want the IV copied into the associated data and
 * bring another request each. The associated data lies in the slot, apart from
 * the packet, so that extended sequence numbers cost no shuffling of the header.
 *
 * A cipher and a hash go through authenc(), with extended sequence numbers
 * through authencesn(), which authenticates the high half behind the packet as
 * RFC 4303 section 2.2.1 has it. To these the IV is associated data.
 *
 * CRYPTO_ALG_ASYNC is not masked out: until 6.15 x86 has its fast drivers
 * behind a wrapper with that flag, and without it would fall to generic C.
 * In our contexts the wrapper works synchronously, unless its queue is in use.
 */
#include <crypto/authenc.h>
#include <linux/local_lock.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "crypto.h"

/* More than any AEAD driver in the kernel asks for; checked for each SA */
#define REQUEST_ROOM 1024

/**
 * struct slot - Room to encrypt or decrypt one packet
 * @skb: the packet
 * @done: whom to tell when a driver that works asynchronously has finished
 * @aad: associated data: SPI and sequence number (RFC 4106 section 5)
 * @nonce: salt and IV; drivers write to it
 * @sg: @aad, then the pieces of the packet
 * @request: the request, followed by room for any driver's context
 */
struct slot {
	struct sk_buff *skb;
	void (*done)(struct sk_buff *skb, int err);
	__be32 aad[3];
	u8 nonce[AZVPN_ESP_IV_MAX];
	struct scatterlist sg[1 + AZVPN_MAX_PIECES];
	struct aead_request request __aligned(CRYPTO_MINALIGN);
};

/**
 * struct slots - The slot of a CPU
 * @lock: covers @slot and what is in it. Softirqs off are enough where they
 *	serialise; on real-time kernels, where tasks on one CPU may preempt each
 *	other in them, this is a lock: two packets in one slot were two packets
 *	under one nonce
 * @slot: used for one packet after the other. Should a driver work
 *	asynchronously, it goes with the packet and the CPU gets itself a new one
 */
struct slots {
	local_lock_t lock;
	struct slot *slot;
};

static DEFINE_PER_CPU(struct slots, slots) = {
	.lock = INIT_LOCAL_LOCK(lock),
};

static struct slot *alloc_slot(int node, gfp_t gfp)
{
	struct slot *slot = kzalloc_node(sizeof(*slot) + REQUEST_ROOM, gfp, node);

	if (slot)
		sg_init_table(slot->sg, ARRAY_SIZE(slot->sg));
	return slot;
}

/* The form of key that authenc() wants: a header, the hash's key, the cipher's key */
static int set_pair_key(struct crypto_aead *aead, const struct azvpn_keys *keys)
{
	const unsigned int header = RTA_SPACE(sizeof(struct crypto_authenc_key_param));
	const unsigned int size = header + keys->integrity_size + keys->cipher_size;
	struct crypto_authenc_key_param *param;
	struct rtattr *rta;
	u8 *key;
	int err;

	key = kmalloc(size, GFP_KERNEL);
	if (!key)
		return -ENOMEM;
	rta = (struct rtattr *)key;
	rta->rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	rta->rta_len = RTA_LENGTH(sizeof(*param));
	param = RTA_DATA(rta);
	param->enckeylen = cpu_to_be32(keys->cipher_size);
	memcpy(key + header, keys->integrity, keys->integrity_size);
	memcpy(key + header + keys->integrity_size, keys->cipher, keys->cipher_size);
	err = crypto_aead_setkey(aead, key, size);
	kfree_sensitive(key);
	return err;
}

static struct crypto_aead *alloc_aead(const struct azvpn_algorithm *algorithm, bool esn,
				      struct netlink_ext_ack *extack)
{
	char pair[CRYPTO_MAX_ALG_NAME];
	const char *name = algorithm->cipher->crypto;
	struct crypto_aead *aead;

	if (algorithm->integrity) {
		snprintf(pair, sizeof(pair), "%s(%s,%s)", esn ? "authencesn" : "authenc",
			 algorithm->integrity->crypto, name);
		name = pair;
	}
	aead = crypto_alloc_aead(name, 0, 0);
	if (PTR_ERR(aead) == -ENOENT)
		NL_SET_ERR_MSG(extack, "the kernel does not have this algorithm");
	else if (IS_ERR(aead))
		NL_SET_ERR_MSG(extack, "the kernel's driver of this algorithm does not start");
	return aead;
}

/* What is left to do with a fresh transform; -errno and extack told if it refuses */
static int set_up(struct crypto_aead *aead, const struct azvpn_algorithm *algorithm,
		  const struct azvpn_keys *keys, struct netlink_ext_ack *extack)
{
	const unsigned int salt = algorithm->cipher->salt;
	int err;

	if (crypto_aead_reqsize(aead) > REQUEST_ROOM) {
		NL_SET_ERR_MSG(extack, "the crypto driver wants too large a request");
		return -EOPNOTSUPP;
	}
	if (algorithm->integrity)
		err = set_pair_key(aead, keys);
	else
		err = crypto_aead_setkey(aead, keys->cipher, keys->cipher_size - salt);
	if (err) {
		NL_SET_ERR_MSG(extack, "the crypto driver refuses the key");
		return err;
	}
	err = crypto_aead_setauthsize(aead, azvpn_algorithm_geometry(algorithm).icv);
	if (err)
		NL_SET_ERR_MSG(extack, "the crypto driver refuses this size of ICV");
	return err;
}

/**
 * azvpn_transform_init() - Make a transform
 * @transform: what to fill in
 * @algorithm: the algorithm
 * @keys: its keys, of the right sizes, not kept
 * @esn: whether sequence numbers are extended
 * @extack: told what is wrong
 *
 * Context: process; may load a module.
 * Return: 0, -ENOMEM, or what the crypto API says; then @transform has no aead.
 */
int azvpn_transform_init(struct azvpn_transform *transform,
			 const struct azvpn_algorithm *algorithm, const struct azvpn_keys *keys,
			 bool esn, struct netlink_ext_ack *extack)
{
	const struct azvpn_cipher *cipher = algorithm->cipher;
	struct crypto_aead *aead = alloc_aead(algorithm, esn, extack);
	int err;

	if (IS_ERR(aead))
		return PTR_ERR(aead);
	err = set_up(aead, algorithm, keys, extack);
	if (err) {
		crypto_free_aead(aead);
		return err;
	}
	*transform = (struct azvpn_transform) {
		.aead		= aead,
		.geometry	= azvpn_algorithm_geometry(algorithm),
		.iv_kind	= cipher->iv_kind,
		.esn		= esn,
		.iv_is_aad	= algorithm->integrity,
		.salt_size	= cipher->salt,
	};
	if (cipher->salt)
		memcpy(transform->salt, keys->cipher + keys->cipher_size - cipher->salt,
		       cipher->salt);
	return 0;
}

/**
 * azvpn_transform_free() - Free what azvpn_transform_init() has made
 * @transform: a transform, or all zero
 */
void azvpn_transform_free(struct azvpn_transform *transform)
{
	if (transform->aead)
		crypto_free_aead(transform->aead);
	memzero_explicit(transform, sizeof(*transform));
}

/* A slot that was lent to a packet ends here; its CPU has another one by now */
static void finish(struct slot *slot, int err)
{
	struct sk_buff *skb = slot->skb;
	void (*done)(struct sk_buff *skb, int err) = slot->done;

	kfree_sensitive(slot);
	local_bh_disable();
	done(skb, err);
	local_bh_enable();
}

static void request_done(void *data, int err)
{
	/* It was queued by a driver and is now begun: the real end follows */
	if (err != -EINPROGRESS)
		finish(data, err);
}

COMPAT_COMPLETION(compat_request_done, request_done)

/* Lay the bytes from @skip on out as pieces behind the associated data */
static int map_packet(struct slot *slot, struct sk_buff *skb, unsigned int skip)
{
	int pieces;

	/*
	 * Marks of the end stay in a scatter list, hence the table is made anew
	 * but for the common case, which knows where its end is.
	 */
	if (likely(!skb_is_nonlinear(skb))) {
		sg_set_buf(&slot->sg[1], skb->data + skip, skb->len - skip);
		sg_mark_end(&slot->sg[1]);
		return 0;
	}
	sg_init_table(slot->sg, 2 + skb_shinfo(skb)->nr_frags);
	pieces = skb_to_sgvec(skb, &slot->sg[1], skip, skb->len - skip);
	return min(pieces, 0);
}

/* The associated data but for the IV, RFC 4106 section 5; returns its length */
static unsigned int fill_aad(__be32 *aad, const struct azvpn_job *job)
{
	const bool esn = job->transform->esn;

	*aad++ = job->spi;
	if (esn)
		*aad++ = htonl(upper_32_bits(job->sequence));
	*aad = htonl(lower_32_bits(job->sequence));
	return esn ? 12 : 8;
}

/* Softirqs are off and the lock of the slots is held */
static struct slot *prepare(const struct azvpn_job *job)
{
	const struct azvpn_transform *transform = job->transform;
	const unsigned int iv = transform->geometry.iv;
	const unsigned int skip = job->offset + AZVPN_ESP_HDR;
	struct slot *slot = this_cpu_read(slots.slot);
	unsigned int aad;
	int err;

	if (unlikely(!slot)) {
		slot = alloc_slot(NUMA_NO_NODE, GFP_ATOMIC | __GFP_NOWARN);
		this_cpu_write(slots.slot, slot);
		if (!slot)
			return ERR_PTR(-ENOMEM);
	}
	err = map_packet(slot, job->skb, transform->iv_is_aad ? skip : skip + iv);
	if (unlikely(err))
		return ERR_PTR(err);

	aad = fill_aad(slot->aad, job);
	sg_set_buf(&slot->sg[0], slot->aad, aad);
	memcpy(slot->nonce, transform->salt, transform->salt_size);
	memcpy(slot->nonce + transform->salt_size, job->skb->data + skip, iv);
	slot->skb = job->skb;
	slot->done = job->done;

	aead_request_set_tfm(&slot->request, transform->aead);
	aead_request_set_callback(&slot->request, 0, compat_request_done, slot);
	aead_request_set_ad(&slot->request, transform->iv_is_aad ? aad + iv : aad);
	return slot;
}

/* Bytes between the IV and the end of the packet */
static unsigned int payload(const struct azvpn_job *job)
{
	return job->skb->len - job->offset - azvpn_esp_header(&job->transform->geometry);
}

/* Encrypt or decrypt @len bytes behind the IV */
static __always_inline int run(const struct azvpn_job *job, unsigned int len,
			       int (*crypt)(struct aead_request *request))
{
	struct aead_request *request;
	struct slot *slot;
	int err;

	local_lock_nested_bh(&slots.lock);
	slot = prepare(job);
	if (IS_ERR(slot)) {
		err = PTR_ERR(slot);
	} else {
		request = &slot->request;
		aead_request_set_crypt(request, slot->sg, slot->sg, len, slot->nonce);
		err = crypt(request);
		/* Without MAY_BACKLOG a full queue says so and forgets the request */
		if (unlikely(err == -EINPROGRESS))
			this_cpu_write(slots.slot, NULL);
	}
	local_unlock_nested_bh(&slots.lock);
	return err;
}

/**
 * azvpn_crypto_encrypt() - Encrypt a packet in place and put its ICV
 * @job: what to encrypt; ESP header, IV and trailer are filled in
 *
 * Context: softirqs off.
 * Return: 0, -EINPROGRESS if @job->done will be called, or another error.
 */
int azvpn_crypto_encrypt(const struct azvpn_job *job)
{
	return run(job, payload(job) - job->transform->geometry.icv, crypto_aead_encrypt);
}

/**
 * azvpn_crypto_decrypt() - Check the ICV of a packet and decrypt it in place
 * @job: what to decrypt; its IV is in the linear part
 *
 * Context: softirqs off.
 * Return: 0, -EINPROGRESS if @job->done will be called, -EBADMSG if the packet
 *	is not authentic, or another error.
 */
int azvpn_crypto_decrypt(const struct azvpn_job *job)
{
	return run(job, payload(job), crypto_aead_decrypt);
}

int __init azvpn_crypto_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct slot *slot = alloc_slot(cpu_to_node(cpu), GFP_KERNEL);

		if (!slot) {
			azvpn_crypto_exit();
			return -ENOMEM;
		}
		per_cpu(slots.slot, cpu) = slot;
	}
	return 0;
}

/* Called when no SA is left, hence no request under way */
void azvpn_crypto_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree_sensitive(per_cpu(slots.slot, cpu));
		per_cpu(slots.slot, cpu) = NULL;
	}
}
