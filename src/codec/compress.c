/* zstd with one pair of contexts per thread: making a context costs more than a small page part. */
#include "codec/compress.h"

#include <pthread.h>
#include <zstd.h>

/* No frame decodes to more per byte: a block gives at most 128 KiB and takes at least four bytes.
 * So a length that cannot be true is refused before memory is asked for. */
enum { FRAME_RATIO_MAX = 32 << 10 };

struct contexts {
	ZSTD_CCtx *compress;
	ZSTD_DCtx *decompress;
};

/* The only mutable state of this folder: the key under which each thread finds its contexts. A
 * thread-specific key and not thread_local, so that a thread's end frees them. */
static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void free_contexts(void *value) {
	struct contexts *contexts = value;
	ZSTD_freeCCtx(contexts->compress);
	ZSTD_freeDCtx(contexts->decompress);
	free(contexts);
}

static void make_key(void) {
	ASSERT(pthread_key_create(&contexts_key, free_contexts) == 0);
}

static struct contexts *get_contexts(void) {
	ASSERT(pthread_once(&contexts_once, make_key) == 0);
	struct contexts *contexts = pthread_getspecific(contexts_key);
	if (contexts == NULL) {
		contexts = calloc(1, sizeof(*contexts));
		ASSERT(contexts != NULL);
		contexts->compress = ZSTD_createCCtx();
		contexts->decompress = ZSTD_createDCtx();
		ASSERT(contexts->compress != NULL);
		ASSERT(contexts->decompress != NULL);
		ASSERT(pthread_setspecific(contexts_key, contexts) == 0);
	}
	return contexts;
}

bool compress_append(struct buf *out, struct str bytes, int level) {
	if (bytes.len < 16) { /* a frame has ten bytes of its own */
		return false;
	}
	size_t bound = ZSTD_compressBound(bytes.len);
	char *at = buf_reserve(out, bound);
	size_t len =
	    ZSTD_compressCCtx(get_contexts()->compress, at, bound, bytes.ptr, bytes.len, level);
	ASSERT(ZSTD_isError(len) == 0);
	if (len >= bytes.len) {
		return false;
	}
	out->len += len;
	return true;
}

enum err compress_decode(struct str frame, void *out_bytes, size_t out_len) {
	if (ZSTD_findFrameCompressedSize(frame.ptr, frame.len) != frame.len) {
		return ERR_CORRUPT;
	}
	size_t len =
	    ZSTD_decompressDCtx(get_contexts()->decompress, out_bytes, out_len, frame.ptr, frame.len);
	return ZSTD_isError(len) == 0 && len == out_len ? ERR_OK : ERR_CORRUPT;
}

void blob_put(struct buf *out, struct str bytes, int level) {
	wire_put_varint(out, bytes.len);
	if (bytes.len == 0) {
		return;
	}
	struct buf frame = {0};
	if (compress_append(&frame, bytes, level)) {
		buf_append_char(out, 1);
		wire_put_str(out, buf_str(&frame));
	} else {
		buf_append_char(out, 0);
		buf_append_str(out, bytes);
	}
	buf_deinit(&frame);
}

struct blob blob_get(struct wire *in, size_t len_max) {
	struct blob blob = {.len = (size_t)wire_varint_max(in, len_max), .stored = STR("")};
	if (blob.len == 0) {
		return blob;
	}
	uint8_t mode = wire_u8(in);
	blob.compressed = mode == 1;
	blob.stored = blob.compressed ? wire_str(in, blob.len - 1) : wire_bytes(in, blob.len);
	bool bomb = blob.compressed && blob.len / FRAME_RATIO_MAX > blob.stored.len;
	if (in->bad || mode > 1 || bomb) {
		in->bad = true;
		return (struct blob){.stored = STR("")};
	}
	return blob;
}

enum err blob_decode(const struct blob *blob, void *out_bytes) {
	if (blob->compressed) {
		return compress_decode(blob->stored, out_bytes, blob->len);
	}
	if (blob->len > 0) {
		memcpy(out_bytes, blob->stored.ptr, blob->len);
	}
	return ERR_OK;
}
