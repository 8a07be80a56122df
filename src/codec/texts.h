/* A pool of strings in the order they were added (a stand-in until the real one is merged). */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/wire.h"

enum { TEXTS_LEN_MAX = 32 << 20 };

struct texts_writer *texts_writer_new(void);
void texts_writer_free(struct texts_writer *writer);                 /* NULL is fine */
void texts_writer_add(struct texts_writer *writer, struct str text); /* copied */
size_t texts_writer_count(const struct texts_writer *writer);
size_t texts_writer_bytes(const struct texts_writer *writer);
void texts_writer_put(struct texts_writer *writer, struct buf *out);

struct texts;
MUST_USE enum err texts_open(struct wire *in, struct texts **out_texts); /* borrows the bytes */
void texts_free(struct texts *texts);
size_t texts_count(const struct texts *texts);
size_t texts_len(const struct texts *texts, size_t i);
/* Writes strings first to first + count - 1 one behind the other into out, lens[k] their lengths.
 */
MUST_USE enum err texts_get_many(struct texts *texts, size_t first, size_t count, struct buf *out,
                                 uint32_t *lens);
