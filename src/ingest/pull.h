/* Bytes that are read from front to back, whatever stands behind them: memory, a file, a
 * decompressor over another pull. Private to this folder.
 */
#pragma once

#include "base/err.h"
#include "codec/decompress.h"
#include "os/os.h"

struct pull {
	void *ctx;
	/* Fills buffer with up to len bytes; *out_len 0 only at the end. On failure no bytes are given
	 * and the stream is over; diag says what is wrong. All bytes before the failure came first. The
	 * end and a failure come again when asked again. */
	enum err (*read)(void *ctx, char *buffer, size_t len, size_t *out_len, struct diag *diag);
	/* Goes back to the first byte; false when it failed. NULL: cannot. */
	bool (*rewind)(void *ctx);
};

static inline bool pull_rewind(const struct pull *pull) {
	return pull->rewind != NULL && pull->rewind(pull->ctx);
}

static inline enum err pull_read(const struct pull *pull, char *buffer, size_t len, size_t *out_len,
                                 struct diag *diag) {
	return pull->read(pull->ctx, buffer, len, out_len, diag);
}
/* Reads until buffer is full or the end; *out_len is set also on failure. */
enum err pull_fill(const struct pull *pull, char *buffer, size_t len, size_t *out_len,
                   struct diag *diag);

/* Over bytes in memory. */
struct pull_memory {
	struct str all, left;
};
struct pull pull_memory(struct pull_memory *memory, struct str bytes);

/* Over [position, end) of an open file; a shorter file ends earlier. A failing read is tried again
 * in small steps, so that everything before a bad block is had. */
struct pull_file {
	const struct os *os;
	int fd;
	uint64_t position, end;
};
struct pull pull_file(struct pull_file *file, const struct os *os, int fd, uint64_t end);

/* First some bytes that were read ahead, then another pull. Goes back when that one can. */
struct pull_ahead {
	struct str head;
	const struct pull *rest;
};
struct pull pull_ahead(struct pull_ahead *ahead, struct str head, const struct pull *rest);

/* All that a pull gave, held, with its end or failure behind. Can always go back. */
struct pull_held {
	struct str all, left;
	const struct pull *rest;
};
struct pull pull_held(struct pull_held *held, struct str bytes, const struct pull *rest);

/* What a decompressor makes of another pull. */
struct pull_decoded {
	const struct pull *from;
	enum compression compression;
	struct decompressor *decompressor;
	char *input; /* PULL_BLOCK bytes */
	struct str left;
	bool from_ended, done;
	enum err failed; /* told on the next call, after the bytes before it */
	enum err from_failed;
	struct diag diag;
};
struct pull pull_decoded(struct pull_decoded *decoded, enum compression compression,
                         const struct pull *from);
void pull_decoded_deinit(struct pull_decoded *decoded);

#define PULL_BLOCK ((size_t)256 << 10)
