/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_SKBUFF_H
#define SHIM_LINUX_SKBUFF_H

#include <errno.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

/*
 * A packet in two pieces, as one with page fragments is: what lies from @data is
 * followed by @rest. Each is exactly as large as it has to be, and moves where a
 * packet of the kernel could move, so that the sanitizer sees every byte read
 * past a check and every pointer kept too long. shim_no_memory makes what has to
 * move fail.
 */
struct sk_buff {
	unsigned char *head;
	unsigned char *data;
	unsigned char *rest;
	unsigned int len;
	unsigned int data_len;	/* of @rest */
	unsigned int network_header;
	__be16 protocol;
};

struct sk_buff_head {
	int unused;
};

#define MAX_SKB_FRAGS	17
#define ETH_P_IP	0x0800
#define ETH_P_IPV6	0x86DD

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

/* Cut it anew: @head bytes from @data on in the first piece, @len in all */
static inline void shim_skb_cut(struct sk_buff *skb, unsigned int head, unsigned int len)
{
	unsigned int before = skb->data - skb->head, old = skb_headlen(skb), i;
	unsigned char *first = malloc(before + head), *rest = malloc(len - head);

	for (i = 0; i < before; i++)
		first[i] = skb->head[i];
	for (i = 0; i < len; i++)
		*(i < head ? first + before + i : rest + i - head) =
			i < old ? skb->data[i] : skb->rest[i - old];
	free(skb->head);
	free(skb->rest);
	skb->head = first;
	skb->data = first + before;
	skb->rest = rest;
	skb->len = len;
	skb->data_len = len - head;
}

/* A packet of these bytes, the first @head of them in its first piece */
static inline void shim_skb_init(struct sk_buff *skb, const void *bytes, unsigned int len,
				 unsigned int head)
{
	memset(skb, 0, sizeof(*skb));
	skb->head = malloc(len);
	if (len)
		memcpy(skb->head, bytes, len);
	skb->data = skb->head;
	skb->rest = NULL;
	skb->len = len;
	shim_skb_cut(skb, head < len ? head : len, len);
}

static inline void shim_skb_free(struct sk_buff *skb)
{
	free(skb->head);
	free(skb->rest);
}

static inline int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	unsigned int i;

	if (offset < 0 || len < 0 || offset > (int)skb->len - len)
		return -EFAULT;
	for (i = offset; i < (unsigned int)(offset + len); i++)
		((unsigned char *)to)[i - offset] = i < skb_headlen(skb) ?
						    skb->data[i] : skb->rest[i - skb_headlen(skb)];
	return 0;
}

static inline void *skb_header_pointer(const struct sk_buff *skb, int offset, int len,
				       void *buffer)
{
	if (offset >= 0 && (int)skb_headlen(skb) - offset >= len)
		return skb->data + offset;
	return skb_copy_bits(skb, offset, buffer, len) ? NULL : buffer;
}

static inline bool pskb_may_pull(struct sk_buff *skb, unsigned int len)
{
	if (len <= skb_headlen(skb))
		return true;
	if (len > skb->len || shim_no_memory)
		return false;
	shim_skb_cut(skb, len, skb->len);
	return true;
}

static inline int skb_ensure_writable(struct sk_buff *skb, unsigned int len)
{
	if (!pskb_may_pull(skb, len) || shim_no_memory)
		return -ENOMEM;
	shim_skb_cut(skb, skb_headlen(skb), skb->len);
	return 0;
}

static inline int pskb_trim(struct sk_buff *skb, unsigned int len)
{
	if (len >= skb->len)
		return 0;
	if (skb->data_len && shim_no_memory)
		return -ENOMEM;
	shim_skb_cut(skb, len < skb_headlen(skb) ? len : skb_headlen(skb), len);
	return 0;
}

static inline void *__skb_pull(struct sk_buff *skb, unsigned int len)
{
	if (len > skb_headlen(skb))
		abort();
	skb->len -= len;
	return skb->data += len;
}

static inline void skb_reset_network_header(struct sk_buff *skb)
{
	skb->network_header = skb->data - skb->head;
}

#endif
