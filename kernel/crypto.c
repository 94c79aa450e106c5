// SPDX-License-Identifier: GPL-2.0
/*
 * AES-GCM by the kernel's crypto API, without an allocation per packet.
 *
 * The plain mode gcm(aes) is used with our own nonce and not rfc4106() or
 * seqiv(): these want the IV copied into the associated data and bring another
 * request each. The associated data lies in the slot, apart from the packet,
 * so that extended sequence numbers cost no shuffling of the header.
 *
 * CRYPTO_ALG_ASYNC is not masked out: until 6.15 x86 has its fast drivers
 * behind a wrapper with that flag, and without it would fall to generic C.
 * In our contexts the wrapper works synchronously, unless its queue is in use.
 */
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "crypto.h"

/* More than any AEAD driver in the kernel asks for; checked for each SA */
#define REQUEST_ROOM 1024

static DEFINE_PER_CPU(struct azvpn_slot *, slots);

static struct azvpn_slot *alloc_slot(int node, gfp_t gfp)
{
	struct azvpn_slot *slot = kzalloc_node(sizeof(*slot) + REQUEST_ROOM, gfp, node);

	if (slot)
		sg_init_table(slot->sg, ARRAY_SIZE(slot->sg));
	return slot;
}

/**
 * azvpn_crypto_alloc() - Make a transform
 * @key: AES key of 16, 24 or 32 bytes, not kept
 * @len: its length
 * @extack: told what is wrong
 *
 * Context: process; may load a module.
 * Return: the transform, or an ERR_PTR().
 */
struct crypto_aead *azvpn_crypto_alloc(const u8 *key, unsigned int len,
				       struct netlink_ext_ack *extack)
{
	struct crypto_aead *aead = crypto_alloc_aead("gcm(aes)", 0, 0);
	int err;

	if (IS_ERR(aead)) {
		if (PTR_ERR(aead) == -ENOENT)
			NL_SET_ERR_MSG(extack, "the kernel has no gcm(aes)");
		else
			NL_SET_ERR_MSG(extack, "the kernel's gcm(aes) does not start");
		return aead;
	}
	err = -EOPNOTSUPP;
	if (crypto_aead_reqsize(aead) > REQUEST_ROOM) {
		NL_SET_ERR_MSG(extack, "the crypto driver of gcm(aes) wants too large a request");
		goto free;
	}
	err = crypto_aead_setkey(aead, key, len);
	if (err) {
		NL_SET_ERR_MSG(extack, "the crypto driver refuses the key");
		goto free;
	}
	err = crypto_aead_setauthsize(aead, AZVPN_ESP_ICV);
	if (err) {
		NL_SET_ERR_MSG(extack, "the crypto driver refuses an ICV of 16 bytes");
		goto free;
	}
	return aead;

free:
	crypto_free_aead(aead);
	return ERR_PTR(err);
}

/* A slot that was lent to a packet ends here; its CPU has another one by now */
static void finish(struct azvpn_slot *slot, int err)
{
	struct sk_buff *skb = slot->skb;
	void (*done)(struct sk_buff *skb, int err) = slot->done;

	kfree_sensitive(slot);
	local_bh_disable();
	done(skb, err);
	local_bh_enable();
}

COMPAT_COMPLETION(request_done, finish)

static struct azvpn_slot *get_slot(void)
{
	struct azvpn_slot *slot = this_cpu_read(slots);

	if (unlikely(!slot)) {
		slot = alloc_slot(NUMA_NO_NODE, GFP_ATOMIC | __GFP_NOWARN);
		this_cpu_write(slots, slot);
	}
	return slot;
}

/*
 * Lay the bytes after the IV out as pieces behind the associated data. Marks
 * of the end stay in a scatter list, hence the table is made anew but for the
 * common case, which knows where its end is.
 */
static int map_packet(struct azvpn_slot *slot, const struct azvpn_job *job)
{
	const int skip = job->offset + AZVPN_ESP_HDR + AZVPN_ESP_IV;
	struct sk_buff *skb = job->skb;
	int pieces;

	if (likely(!skb_is_nonlinear(skb))) {
		sg_set_buf(&slot->sg[1], skb->data + skip, skb->len - skip);
		sg_mark_end(&slot->sg[1]);
		return 0;
	}
	sg_init_table(slot->sg, 2 + skb_shinfo(skb)->nr_frags);
	pieces = skb_to_sgvec(skb, &slot->sg[1], skip, skb->len - skip);
	return min(pieces, 0);
}

/* The associated data, RFC 4106 section 5; returns its length */
static unsigned int fill_aad(__be32 *aad, const struct azvpn_job *job)
{
	*aad++ = job->spi;
	if (job->esn)
		*aad++ = htonl(upper_32_bits(job->sequence));
	*aad = htonl(lower_32_bits(job->sequence));
	return job->esn ? 12 : 8;
}

static struct azvpn_slot *prepare(const struct azvpn_job *job)
{
	struct azvpn_slot *slot = get_slot();
	unsigned int aad;
	int err;

	if (unlikely(!slot))
		return ERR_PTR(-ENOMEM);
	err = map_packet(slot, job);
	if (unlikely(err))
		return ERR_PTR(err);

	aad = fill_aad(slot->aad, job);
	sg_set_buf(&slot->sg[0], slot->aad, aad);
	memcpy(slot->nonce, job->salt, AZVPN_ESP_SALT);
	memcpy(slot->nonce + AZVPN_ESP_SALT, job->skb->data + job->offset + AZVPN_ESP_HDR,
	       AZVPN_ESP_IV);
	slot->skb = job->skb;
	slot->done = job->done;

	aead_request_set_tfm(&slot->request, job->aead);
	aead_request_set_callback(&slot->request, 0, request_done, slot);
	aead_request_set_ad(&slot->request, aad);
	return slot;
}

/* Bytes between the IV and the end of the packet */
static unsigned int payload(const struct azvpn_job *job)
{
	return job->skb->len - job->offset - AZVPN_ESP_HDR - AZVPN_ESP_IV;
}

/* Without MAY_BACKLOG a driver whose queue is full says so and forgets the request */
static int conclude(int err)
{
	if (unlikely(err == -EINPROGRESS))
		this_cpu_write(slots, NULL);
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
	struct azvpn_slot *slot = prepare(job);
	struct aead_request *request;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	request = &slot->request;
	aead_request_set_crypt(request, slot->sg, slot->sg, payload(job) - AZVPN_ESP_ICV,
			       slot->nonce);
	return conclude(crypto_aead_encrypt(request));
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
	struct azvpn_slot *slot = prepare(job);
	struct aead_request *request;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	request = &slot->request;
	aead_request_set_crypt(request, slot->sg, slot->sg, payload(job), slot->nonce);
	return conclude(crypto_aead_decrypt(request));
}

int __init azvpn_crypto_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct azvpn_slot *slot = alloc_slot(cpu_to_node(cpu), GFP_KERNEL);

		if (!slot) {
			azvpn_crypto_exit();
			return -ENOMEM;
		}
		per_cpu(slots, cpu) = slot;
	}
	return 0;
}

/* Called when no SA is left, hence no request under way */
void azvpn_crypto_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree_sensitive(per_cpu(slots, cpu));
		per_cpu(slots, cpu) = NULL;
	}
}
