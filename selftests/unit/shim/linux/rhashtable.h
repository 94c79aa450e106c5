/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_RHASHTABLE_H
#define SHIM_LINUX_RHASHTABLE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>

/*
 * A table of few buckets with the calls of the kernel's. Objects of one key
 * hang together, by the next of their heads; the first of them is in the bucket.
 */
enum { SHIM_BUCKETS = 4, SHIM_SEED = 12345 };

struct rhash_head {
	struct rhash_head *next;
};

struct rhlist_head {
	struct rhash_head rhead;
	struct rhlist_head *next;
};

struct rhashtable {
	struct rhash_head *bucket[SHIM_BUCKETS];
};

struct rhltable {
	struct rhashtable ht;
};

struct rhashtable_params {
	u32 (*hashfn)(const void *data, u32 len, u32 seed);
	size_t key_len;
	size_t key_offset;
	size_t head_offset;
	bool automatic_shrinking;
};

static inline const void *shim_key(const struct rhash_head *head,
				   const struct rhashtable_params *params)
{
	return (const char *)head - params->head_offset + params->key_offset;
}

/* Where the pointer to the first object of a key is, or would be */
static inline struct rhash_head **shim_slot(struct rhltable *table, const void *key,
					    const struct rhashtable_params *params)
{
	u32 hash = params->hashfn(key, params->key_len, SHIM_SEED);
	struct rhash_head **slot = &table->ht.bucket[hash % SHIM_BUCKETS];

	while (*slot && memcmp(shim_key(*slot, params), key, params->key_len))
		slot = &(*slot)->next;
	return slot;
}

static inline int rhltable_init(struct rhltable *table, const struct rhashtable_params *params)
{
	(void)params;
	memset(table, 0, sizeof(*table));
	return 0;
}

static inline void rhltable_destroy(struct rhltable *table)
{
	unsigned int i;

	for (i = 0; i < SHIM_BUCKETS; i++)
		if (table->ht.bucket[i])
			abort();
}

static inline struct rhlist_head *rhltable_lookup(struct rhltable *table, const void *key,
						  const struct rhashtable_params params)
{
	return (struct rhlist_head *)*shim_slot(table, key, &params);
}

static inline int rhltable_insert(struct rhltable *table, struct rhlist_head *list,
				  const struct rhashtable_params params)
{
	struct rhash_head **slot = shim_slot(table, shim_key(&list->rhead, &params), &params);
	struct rhlist_head *first = (struct rhlist_head *)*slot;

	if (shim_no_memory)
		return -ENOMEM;
	list->next = first;
	list->rhead.next = first ? first->rhead.next : NULL;
	*slot = &list->rhead;
	return 0;
}

static inline int rhltable_remove(struct rhltable *table, struct rhlist_head *list,
				  const struct rhashtable_params params)
{
	struct rhash_head **slot = shim_slot(table, shim_key(&list->rhead, &params), &params);
	struct rhlist_head *first = (struct rhlist_head *)*slot, *pos = first;

	if (first == list) {
		if (list->next)
			list->next->rhead.next = first->rhead.next;
		*slot = list->next ? &list->next->rhead : first->rhead.next;
		return 0;
	}
	while (pos && pos->next != list)
		pos = pos->next;
	if (!pos)
		return -ENOENT;
	pos->next = list->next;
	return 0;
}

#define rhl_for_each_entry_rcu(object, pos, list, member)				\
	for (pos = (list);								\
	     pos && (object = (void *)((char *)pos -					\
				       offsetof(__typeof__(*object), member)), true);	\
	     pos = pos->next)

#endif
