/* What a stop may leave behind and nobody needs: the temporary names of this store's own files.
 * Private to src/store.
 */
#pragma once

#include "os/os.h"

/* where: relative to the store's folder. Only names that a writer makes; any other is a stranger.
 */
bool is_leftover(struct str where);
/* Removes them all; the caller holds the lock. One that stays, or comes back after a power cut,
 * counts nothing and is removed the next time. Returns how many were removed. */
size_t leftovers_remove(const struct os *os, const char *folder);
/* Only those in segments/CLASS and tree/CLASS. */
size_t leftovers_remove_class(const struct os *os, const char *folder, struct str class_name);
