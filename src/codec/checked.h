/* Bytes as parts, with a directory of their lengths and of the CRC32C of each piece of 16 KiB of
 * them; the directory itself has a checksum. A piece is compared with its checksum when something
 * in it is first asked for, then never again: who needs little of a large part reads little. Behind
 * the last part lie CHECKED_SLACK zero bytes, so that readers of a part may load whole words beyond
 * its end. What is written: docs/formats/texts.md.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/packed.h"

enum { CHECKED_SLACK = PACKED_SLACK, CHECKED_PARTS_MAX = 1 << 20, CHECKED_PIECE = 16 << 10 };

struct checked_writer { /* zero-initialise */
	struct buf bytes;   /* the parts, one behind the other */
	struct buf lens;    /* of the parts, for the directory */
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
 * most sixteen times the directory. */
MUST_USE enum err checked_open(struct str bytes, struct checked **out_checked);
/* The same when only the first bytes are there: bytes is as long as all of it, of which have can be
 * read. Whoever asks (checked_hold, checked_get) for more than that gets ERR_LIMIT; so does the
 * opening when the directory is longer. */
MUST_USE enum err checked_open_front(struct str bytes, size_t have, struct checked **out_checked);
void checked_free(struct checked *checked); /* NULL is fine */
size_t checked_count(const struct checked *checked);
/* The bytes of a part, borrowed; part < checked_count. At least CHECKED_SLACK bytes behind them are
 * readable. ERR_CORRUPT: not as written (never said in fuzzing builds). */
MUST_USE enum err checked_get(struct checked *checked, size_t part, struct str *out_bytes);
/* The same without a comparison: before any of it is believed, checked_hold is asked. */
struct str checked_peek(const struct checked *checked, size_t part);
/* Compares the pieces in which bytes lie, a stretch of the parts, with their checksums, unless that
 * was done before. checked may be NULL: bytes are somebody else's, who has looked at them.
 * ERR_CORRUPT. */
MUST_USE enum err checked_hold(struct checked *checked, struct str bytes);
/* Whether every byte is as written: for verification. All are read again, whether they were found
 * well before or not. */
bool checked_holds(const struct checked *checked);
