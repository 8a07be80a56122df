/* Memory for secrets. Private to src/seal. */
#pragma once

#include "base/buf.h"
#include "os/os.h"

/* Guarded pages from libsodium, zeroed, locked and left out of dumps where the system permits,
 * wiped when they are freed. */
void *secret_new(size_t size);
void secret_free(void *secret); /* NULL is fine */

/* An empty text in such memory, with room for a key file. It must not grow beyond that: what fills
 * it has limits (a key's name) that keep it below. Freed by secret_text_deinit alone. */
enum { SECRET_TEXT_ROOM = 1024 };
struct buf secret_text_new(void);
void secret_text_deinit(struct buf *text); /* zero-initialised is fine */
/* Reads a whole file into such a text, which is the caller's also after an error. ERR_LIMIT: it is
 * longer than any key file; ERR_CORRUPT: it is no regular file. */
MUST_USE enum err secret_read_file(const struct os *os, const char *path, struct buf *out_text);
/* Overwrites what functions that worked on a secret have left on the stack below the caller. */
void secret_wipe_stack(void);
