/* Compressed bytes to bytes: gzip (RFC 1952), Zstandard (RFC 8878), xz and bzip2, recognised by
 * their magic numbers, several members or frames one after the other as one. Everything that can
 * be decoded before a damage is given out, to the byte: that is why the decoders are called
 * directly.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
	COMPRESSION_XZ,
	COMPRESSION_BZIP2,
	COMPRESSION_COUNT,
};

/* By the first bytes (16 are enough). */
enum compression compression_detect(struct str head);
/* "gzip", ... ; for messages. */
struct str compression_name(enum compression compression);
/* The name without the suffix of the compression ("x.log.gz" -> "x.log", "x.tgz" -> "x.tar"), or
 * the name itself when it has none. */
struct str compression_strip(enum compression compression, struct str name, struct str *out_added);

struct decompressor;

struct decompressor *decompressor_new(enum compression compression);
void decompressor_free(struct decompressor *decompressor); /* NULL is fine */

/* Decodes from *in (moved behind what was used) into out. in_ended: nothing comes after *in.
 * *out_len is set also on failure: these bytes are good. *out_done: the stream has ended well.
 * ERR_INVALID: damaged, cut off, or other bytes behind the end; ERR_LIMIT: asks for more memory
 * than we give (a window above 256 MiB). diag says which. *out_len 0 without *out_done: more input.
 */
MUST_USE enum err decompressor_run(struct decompressor *decompressor, struct str *in, bool in_ended,
                                   char *out, size_t out_cap, size_t *out_len, bool *out_done,
                                   struct diag *diag);
