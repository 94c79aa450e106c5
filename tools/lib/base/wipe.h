/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is wiped when it is freed, for libraries that hold keys for us.
 */
#ifndef AZVPN_WIPE_H
#define AZVPN_WIPE_H

#include <stddef.h>

void *azvpn_wipe_malloc(size_t size);
void *azvpn_wipe_realloc(void *memory, size_t size);
void azvpn_wipe_free(void *memory);
/* How much was asked for when @memory was allocated; 0 for NULL */
size_t azvpn_wipe_size(const void *memory);

/*
 * Have SQLite and jansson use these. To be called first in main(), before
 * either library is used; further calls do nothing.
 */
void azvpn_wipe_init(void);

#endif /* AZVPN_WIPE_H */
