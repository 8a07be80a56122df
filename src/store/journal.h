/* Small files of the seal: the journal of all checkpoints (append-only, framed) and the intent that
 * is durable before anything is signed. Reading them is pure; docs/formats/store.md has the bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

enum { JOURNAL_FRAME_SIZE = 16, NOTE_MAX = 65536, INTENT_MAX = 4096 };

void journal_append(struct buf *out, struct str note);
/* The frame at *at: true and moves behind it. False: at the end (*at == bytes.len) or damaged. */
bool journal_next(struct str bytes, size_t *at, struct str *out_note);
/* The next valid frame behind a damaged place, or bytes.len. */
size_t journal_resync(struct str bytes, size_t from);

struct intent {
	uint64_t size;
	uint8_t root[SHA256_SIZE];
};
void intent_format(const struct intent *intent, struct buf *out);
/* ERR_CORRUPT unless it is what intent_format writes. */
MUST_USE enum err intent_parse(struct str text, struct intent *out_intent);
