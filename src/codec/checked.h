/* Bytes as parts, each with its length and CRC32C in a directory that itself has a checksum. A part
 * is compared with its checksum when it is first asked for, then never again. Behind the last part
 * lie CHECKED_SLACK zero bytes, so that readers of a part may load whole words beyond its end. What
 * is written: docs/formats/texts.md.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/packed.h"

enum { CHECKED_SLACK = PACKED_SLACK, CHECKED_PARTS_MAX = 1 << 20 };

struct checked_writer { /* zero-initialise */
	struct buf bytes;   /* the parts, one behind the other */
	struct buf parts;   /* their entries of the directory */
	size_t count;
};

void checked_writer_deinit(struct checked_writer *writer);
/* Appends a part (copied). */
void checked_part(struct checked_writer *writer, struct str bytes);
/* Appends directory, parts and slack to out. */
void checked_put(const struct checked_writer *writer, struct buf *out);

struct checked; /* opened; one thread at a time */

/* bytes: exactly what checked_put appended, borrowed until checked_free. ERR_CORRUPT: the directory
 * is not as it was written, or the parts do not fill the rest. Parts are not looked at. Memory: at
 * most seven times the directory. */
MUST_USE enum err checked_open(struct str bytes, struct checked **out_checked);
void checked_free(struct checked *checked); /* NULL is fine */
size_t checked_count(const struct checked *checked);
/* The bytes of a part, borrowed; part < checked_count. At least CHECKED_SLACK bytes behind them are
 * readable. ERR_CORRUPT: not as written (never said in fuzzing builds). */
MUST_USE enum err checked_get(struct checked *checked, size_t part, struct str *out_bytes);
/* The first part from part from on that is not as written, or checked_count: for verification.
 * Every byte of these parts is read again, whether it was found well before or not. */
size_t checked_damaged(const struct checked *checked, size_t from);
