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

/* One that is smaller than this never becomes smaller: a frame has ten bytes of its own. */
enum { WORTH_TRYING = 16 };

/* Keeps a frame of frame_len bytes that was written behind out->len, if it is one. */
static bool keep_smaller(struct buf *out, size_t frame_len, size_t bytes_len) {
	ASSERT(ZSTD_isError(frame_len) == 0);
	if (frame_len >= bytes_len) {
		return false;
	}
	out->len += frame_len;
	return true;
}

bool compress_append(struct buf *out, struct str bytes, int level) {
	if (bytes.len < WORTH_TRYING) {
		return false;
	}
	size_t bound = ZSTD_compressBound(bytes.len);
	char *at = buf_reserve(out, bound);
	size_t len =
	    ZSTD_compressCCtx(get_contexts()->compress, at, bound, bytes.ptr, bytes.len, level);
	return keep_smaller(out, len, bytes.len);
}

enum err compress_decode(struct str frame, void *out_bytes, size_t out_len) {
	return compress_decode_behind(frame, STR(""), out_bytes, out_len);
}

bool compress_may_be(uint64_t stored_len, uint64_t decoded_len) {
	return decoded_len / FRAME_RATIO_MAX <= stored_len;
}

struct compress_prefix {
	ZSTD_CDict *tables;
};

/* zstd takes bytes that begin with this number (RFC 8878 section 5) for a dictionary of its own
 * form and not for content. Where they lie is counted from the end, so the first one may be left
 * out without telling the decoder. */
static const uint32_t dictionary_magic = 0xec30a437;

struct compress_prefix *compress_prefix_new(struct str bytes, int level) {
	if (bytes.len >= 4 && le32_load(bytes.ptr) == dictionary_magic) {
		bytes = str_slice(bytes, 1, bytes.len);
	}
	struct compress_prefix *prefix = calloc(1, sizeof(*prefix));
	ASSERT(prefix != NULL);
	prefix->tables = ZSTD_createCDict(bytes.ptr, bytes.len, level);
	ASSERT(prefix->tables != NULL);
	return prefix;
}

void compress_prefix_free(struct compress_prefix *prefix) {
	if (prefix != NULL) {
		ZSTD_freeCDict(prefix->tables);
		free(prefix);
	}
}

bool compress_append_behind(struct buf *out, struct str bytes,
                            const struct compress_prefix *prefix) {
	if (bytes.len < WORTH_TRYING) {
		return false;
	}
	size_t bound = ZSTD_compressBound(bytes.len);
	char *at = buf_reserve(out, bound);
	size_t len = ZSTD_compress_usingCDict(get_contexts()->compress, at, bound, bytes.ptr, bytes.len,
	                                      prefix->tables);
	return keep_smaller(out, len, bytes.len);
}

enum err compress_decode_behind(struct str frame, struct str prefix, void *out_bytes,
                                size_t out_len) {
	if (ZSTD_findFrameCompressedSize(frame.ptr, frame.len) != frame.len) {
		return ERR_CORRUPT;
	}
	ZSTD_DCtx *context = get_contexts()->decompress;
	if (prefix.len > 0) { /* holds for the next frame only, whether it decodes or not */
		ASSERT(ZSTD_isError(ZSTD_DCtx_refPrefix(context, prefix.ptr, prefix.len)) == 0);
	}
	size_t len = ZSTD_decompressDCtx(context, out_bytes, out_len, frame.ptr, frame.len);
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

void blob_put_plain(struct buf *out, struct str bytes) {
	wire_put_varint(out, bytes.len);
	if (bytes.len > 0) {
		buf_append_char(out, 0);
		buf_append_str(out, bytes);
	}
}

struct blob blob_get(struct wire *in, size_t len_max) {
	struct blob blob = {.len = (size_t)wire_varint_max(in, len_max), .stored = STR("")};
	if (blob.len == 0) {
		return blob;
	}
	uint8_t mode = wire_u8(in);
	blob.compressed = mode == 1;
	blob.stored = blob.compressed ? wire_str(in, blob.len - 1) : wire_bytes(in, blob.len);
	bool bomb = blob.compressed && !compress_may_be(blob.stored.len, blob.len);
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
