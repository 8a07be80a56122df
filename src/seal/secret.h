/* Memory for secrets. Private to src/seal. */
#pragma once

#include "base/buf.h"

/* Guarded pages from libsodium, zeroed, locked and left out of dumps where the system permits,
 * wiped when they are freed. */
void *secret_new(size_t size);
void secret_free(void *secret); /* NULL is fine */
/* Frees text that held a secret, wiped. Reserve all of its room beforehand: growing leaves a copy
 * behind in freed memory. */
void secret_text_deinit(struct buf *text);
