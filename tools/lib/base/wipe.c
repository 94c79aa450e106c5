// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wipe.h"

/* In front of every block, as large as the strictest alignment */
union head {
	size_t size;
	max_align_t align;
};

void *azvpn_wipe_malloc(size_t size)
{
	union head *head;

	if (size > SIZE_MAX - sizeof(*head))
		return NULL;
	head = malloc(sizeof(*head) + size);
	if (!head)
		return NULL;
	head->size = size;
	return head + 1;
}

size_t azvpn_wipe_size(const void *memory)
{
	return memory ? ((const union head *)memory)[-1].size : 0;
}

void azvpn_wipe_free(void *memory)
{
	if (!memory)
		return;
	explicit_bzero(memory, azvpn_wipe_size(memory));
	free((union head *)memory - 1);
}

/* Always moves: realloc() would leave what it moves away from as it is */
void *azvpn_wipe_realloc(void *memory, size_t size)
{
	size_t old = azvpn_wipe_size(memory);
	void *new = azvpn_wipe_malloc(size);

	if (!new)
		return NULL;
	if (memory)
		memcpy(new, memory, old < size ? old : size);
	azvpn_wipe_free(memory);
	return new;
}

static void *sqlite_malloc(int size)
{
	return azvpn_wipe_malloc(size);
}

static void *sqlite_realloc(void *memory, int size)
{
	return azvpn_wipe_realloc(memory, size);
}

static int sqlite_size(void *memory)
{
	return azvpn_wipe_size(memory);
}

static int sqlite_roundup(int size)
{
	return (size + 7) & ~7;
}

static int sqlite_start(void *data)
{
	(void)data;
	return SQLITE_OK;
}

static void sqlite_stop(void *data)
{
	(void)data;
}

void azvpn_wipe_init(void)
{
	static const struct sqlite3_mem_methods methods = {
		.xMalloc = sqlite_malloc,
		.xFree = azvpn_wipe_free,
		.xRealloc = sqlite_realloc,
		.xSize = sqlite_size,
		.xRoundup = sqlite_roundup,
		.xInit = sqlite_start,
		.xShutdown = sqlite_stop,
	};
	static bool done;

	if (done)
		return;
	done = true;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	/* The page cache and lookaside memory are cut out of such blocks */
	json_set_alloc_funcs(azvpn_wipe_malloc, azvpn_wipe_free);
}
