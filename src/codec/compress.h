/* zstd (RFC 8878) for the parts of our files. Contexts are kept per thread inside; they are freed
 * when the thread ends. Frames carry no checksum of their own: our sections do.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/wire.h"

enum { COMPRESS_FAST = 1, COMPRESS_BEST = 3 }; /* zstd levels, chosen by bench/segment_bench */

/* Appends bytes as one frame when that is smaller than bytes; otherwise appends nothing and says
 * false. */
bool compress_append(struct buf *out, struct str bytes, int level);
/* Decodes one frame that must be exactly frame and give exactly out_len bytes. ERR_CORRUPT
 * otherwise; out_bytes may be written in part then. */
MUST_USE enum err compress_decode(struct str frame, void *out_bytes, size_t out_len);
/* False: no frame of stored_len bytes gives decoded_len bytes. To be asked before memory is. */
bool compress_may_be(uint64_t stored_len, uint64_t decoded_len);

/* What many frames begin behind: bytes to which each of them may refer (RFC 8878 section 5 calls
 * this a dictionary of raw content). Made once for many frames, used by one thread at a time. */
struct compress_prefix;
/* Copies bytes. Memory: bytes.len and the tables of the level, 2 MB at most for level 3. */
struct compress_prefix *compress_prefix_new(struct str bytes, int level);
void compress_prefix_free(struct compress_prefix *prefix); /* NULL is fine */
/* As compress_append, at the level of the prefix. */
bool compress_append_behind(struct buf *out, struct str bytes,
                            const struct compress_prefix *prefix);
/* As compress_decode; prefix: the same bytes of which the frame's compress_prefix was made. Nothing
 * is made from them, so a prefix costs nothing for each frame. */
MUST_USE enum err compress_decode_behind(struct str frame, struct str prefix, void *out_bytes,
                                         size_t out_len);

/* A blob: length as varint; then, if not empty, mode (0 as it is, 1 zstd) and the bytes, for zstd
 * with their stored length as varint before them. */
void blob_put(struct buf *out, struct str bytes, int level);
/* The same, not compressed. */
void blob_put_plain(struct buf *out, struct str bytes);

struct blob {
	size_t len;        /* decoded */
	bool compressed;   /* false: stored is what it is */
	struct str stored; /* borrowed from what it was read from */
};
/* Reads where a blob lies; len_max is the most that it may decode to. Failure marks in as bad. */
struct blob blob_get(struct wire *in, size_t len_max);
/* Writes blob->len bytes. */
MUST_USE enum err blob_decode(const struct blob *blob, void *out_bytes);
