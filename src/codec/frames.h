/* A run of bytes in zstd frames, of which few are decoded to read a stretch. The first frame is the
 * head; later ones are FRAMES_SIZE long and refer to it (compress.h: a prefix). Private to
 * src/codec/texts*.c; what is written: docs/formats/texts.md.
 */
#pragma once

#include "codec/checked.h"
#include "codec/compress.h"

enum {
	FRAMES_SIZE = 64 << 10,    /* decoded bytes of a frame behind the head, but for the last */
	FRAMES_HEAD_MAX = 2 << 20, /* decoded bytes of the head */
	FRAMES_KEPT = 32,          /* decoded frames that are kept beside the head */
};

/* Takes the run piece by piece and compresses as it comes: memory is the head's, a frame's and what
 * is to be written. */
struct frames_writer {
	int level;
	uint64_t len;                   /* of the whole run */
	uint64_t head_len;              /* of the first frame; 0: not yet known */
	struct buf pending;             /* not yet compressed */
	struct compress_prefix *prefix; /* of the head, when other frames follow */
	struct buf sizes;               /* of the frames, as written */
	struct buf frames;
};

void frames_writer_init(struct frames_writer *writer, uint64_t len, int level);
void frames_writer_deinit(struct frames_writer *writer);
void frames_writer_add(struct frames_writer *writer, struct str bytes);
/* Bytes that frames_writer_put will append, but for at most four. All of the run must have been
 * added. */
size_t frames_writer_size(struct frames_writer *writer);
/* Appends the frames. */
void frames_writer_put(struct frames_writer *writer, struct buf *out);

struct frames; /* opened; one thread at a time */

/* len: of the run, as it was written; ERR_CORRUPT when it cannot be. A frame is compared with its
 * checksums in checked (borrowed, may be NULL) when it is decoded; what stands before the first one
 * is left to the caller. Borrows the bytes until
 * frames_free. Memory: FRAMES_HEAD_MAX + FRAMES_KEPT * FRAMES_SIZE (4 MiB, or len if that is
 * less), 24 bytes a frame, and the longest stretch that frames_view gave. */
MUST_USE enum err frames_open(struct wire *in, uint64_t len, struct checked *checked,
                              struct frames **out_frames);
/* Where the first frame lies in what was read, of which in is behind. */
const char *frames_start(const struct frames *frames, const struct wire *in);
void frames_free(struct frames *frames); /* NULL is fine */
/* Bytes from at (below len of the run) to the end of its frame. */
size_t frames_rest(const struct frames *frames, uint64_t at);
/* Bytes at to at + len - 1 of the run, valid until the next call. ERR_CORRUPT: also when they are
 * not within it. */
MUST_USE enum err frames_view(struct frames *frames, uint64_t at, size_t len, struct str *out);
