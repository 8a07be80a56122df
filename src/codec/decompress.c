/* See decompress.h. One state machine over four decoders: each decoder runs one member; between
 * members the machine looks whether another begins, padding follows, or the end.
 */
#include "codec/decompress.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/macros.h"

enum { MEMORY_MAX = 256 << 20, WINDOW_LOG_MAX = 28, MAGIC_MAX = 6 };

struct decompressor {
	enum compression compression;
	bool inside;      /* a member is being decoded */
	uint64_t members; /* ended well */
	z_stream gzip;
	bz_stream bzip2;
	lzma_stream xz;
	ZSTD_DStream *zstd;
};

/* What one step of a decoder has to say. */
enum step { STEP_MORE, STEP_MEMBER_END, STEP_DAMAGED, STEP_TOO_LARGE };

static bool has_magic(enum compression compression, struct str head) {
	switch (compression) {
	case COMPRESSION_GZIP:
		return str_starts(head, STR("\x1f\x8b\x08"));
	case COMPRESSION_ZSTD:
		return str_starts(head, STR("\x28\xb5\x2f\xfd")) ||
		       (head.len >= 4 && ((uint8_t)head.ptr[0] & 0xf0) == 0x50 &&
		        memcmp(head.ptr + 1, "\x2a\x4d\x18", 3) == 0);
	case COMPRESSION_XZ:
		return head.len >= 6 && memcmp(head.ptr,
		                               "\xfd"
		                               "7zXZ\0",
		                               6) == 0;
	case COMPRESSION_BZIP2:
		return head.len >= 4 && memcmp(head.ptr, "BZh", 3) == 0 && head.ptr[3] >= '1' &&
		       head.ptr[3] <= '9';
	case COMPRESSION_NONE:
	case COMPRESSION_COUNT:
	default:
		return false;
	}
}

enum compression compression_detect(struct str head) {
	if (has_magic(COMPRESSION_BZIP2, head)) {
		/* "BZh1" may begin a text: the block's or the end's own magic must follow. */
		struct str rest = str_slice(head, 4, 10);
		return str_eq(rest, STR("\x31\x41\x59\x26\x53\x59")) ||
		               str_eq(rest, STR("\x17\x72\x45\x38\x50\x90"))
		           ? COMPRESSION_BZIP2
		           : COMPRESSION_NONE;
	}
	for (enum compression c = COMPRESSION_GZIP; c < COMPRESSION_COUNT; c++) {
		if (c != COMPRESSION_BZIP2 && has_magic(c, head)) {
			return c;
		}
	}
	return COMPRESSION_NONE;
}

struct str compression_name(enum compression compression) {
	static const struct str names[COMPRESSION_COUNT] = {
	    [COMPRESSION_NONE] = STR_INIT("none"),   [COMPRESSION_GZIP] = STR_INIT("gzip"),
	    [COMPRESSION_ZSTD] = STR_INIT("zstd"),   [COMPRESSION_XZ] = STR_INIT("xz"),
	    [COMPRESSION_BZIP2] = STR_INIT("bzip2"),
	};
	ASSERT(compression < COMPRESSION_COUNT);
	return names[compression];
}

struct str compression_strip(enum compression compression, struct str name, struct str *out_added) {
	static const struct {
		enum compression compression;
		struct str suffix, added;
	} suffixes[] = {
	    {COMPRESSION_GZIP, STR_INIT(".gz"), STR_INIT("")},
	    {COMPRESSION_GZIP, STR_INIT(".tgz"), STR_INIT(".tar")},
	    {COMPRESSION_GZIP, STR_INIT(".z"), STR_INIT("")},
	    {COMPRESSION_ZSTD, STR_INIT(".zst"), STR_INIT("")},
	    {COMPRESSION_ZSTD, STR_INIT(".zstd"), STR_INIT("")},
	    {COMPRESSION_ZSTD, STR_INIT(".tzst"), STR_INIT(".tar")},
	    {COMPRESSION_XZ, STR_INIT(".xz"), STR_INIT("")},
	    {COMPRESSION_XZ, STR_INIT(".txz"), STR_INIT(".tar")},
	    {COMPRESSION_BZIP2, STR_INIT(".bz2"), STR_INIT("")},
	    {COMPRESSION_BZIP2, STR_INIT(".tbz2"), STR_INIT(".tar")},
	    {COMPRESSION_BZIP2, STR_INIT(".tbz"), STR_INIT(".tar")},
	};
	*out_added = STR("");
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		struct str suffix = suffixes[i].suffix;
		if (suffixes[i].compression == compression && name.len > suffix.len &&
		    str_eq_nocase(str_slice(name, name.len - suffix.len, name.len), suffix)) {
			*out_added = suffixes[i].added;
			return str_slice(name, 0, name.len - suffix.len);
		}
	}
	return name;
}

struct decompressor *decompressor_new(enum compression compression) {
	ASSERT(compression > COMPRESSION_NONE);
	ASSERT(compression < COMPRESSION_COUNT);
	struct decompressor *d = calloc(1, sizeof(*d));
	ASSERT(d != NULL);
	d->compression = compression;
	d->xz = (lzma_stream)LZMA_STREAM_INIT;
	return d;
}

static void end_member(struct decompressor *d) {
	if (!d->inside) {
		return;
	}
	switch (d->compression) {
	case COMPRESSION_GZIP:
		(void)inflateEnd(&d->gzip); /* frees; its complaints concern nobody any more */
		break;
	case COMPRESSION_BZIP2:
		(void)BZ2_bzDecompressEnd(&d->bzip2); /* as above */
		break;
	case COMPRESSION_XZ:
		lzma_end(&d->xz);
		break;
	case COMPRESSION_ZSTD:
	case COMPRESSION_NONE:
	case COMPRESSION_COUNT:
	default:
		break;
	}
	d->inside = false;
}

void decompressor_free(struct decompressor *decompressor) {
	if (decompressor == NULL) {
		return;
	}
	end_member(decompressor);
	(void)ZSTD_freeDStream(decompressor->zstd); /* NULL is fine */
	free(decompressor);
}

static void begin_member(struct decompressor *d) {
	switch (d->compression) {
	case COMPRESSION_GZIP:
		d->gzip = (z_stream){0};
		ASSERT(inflateInit2(&d->gzip, 16 + MAX_WBITS) == Z_OK);
		break;
	case COMPRESSION_BZIP2:
		d->bzip2 = (bz_stream){0};
		ASSERT(BZ2_bzDecompressInit(&d->bzip2, 0, 0) == BZ_OK);
		break;
	case COMPRESSION_XZ:
		d->xz = (lzma_stream)LZMA_STREAM_INIT;
		ASSERT(lzma_stream_decoder(&d->xz, MEMORY_MAX, 0) == LZMA_OK);
		break;
	case COMPRESSION_ZSTD:
		if (d->zstd == NULL) {
			d->zstd = ZSTD_createDStream();
			ASSERT(d->zstd != NULL);
		}
		ASSERT(!ZSTD_isError(ZSTD_initDStream(d->zstd)));
		ASSERT(!ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)));
		break;
	case COMPRESSION_NONE:
	case COMPRESSION_COUNT:
	default:
		ASSERT(false);
	}
	d->inside = true;
}

static enum step step_gzip(struct decompressor *d, struct str *in, char *out, size_t cap,
                           size_t *out_len) {
	z_stream *z = &d->gzip;
	uInt given = (uInt)MIN_OF(in->len, (size_t)1 << 30);
	z->next_in = (Bytef *)(uintptr_t)in->ptr; /* zlib only reads it */
	z->avail_in = given;
	z->next_out = (Bytef *)out;
	z->avail_out = (uInt)MIN_OF(cap, (size_t)1 << 30);
	int result = inflate(z, Z_NO_FLUSH);
	*out_len = (size_t)(z->next_out - (Bytef *)out);
	*in = str_slice(*in, given - z->avail_in, in->len);
	return result == Z_STREAM_END                    ? STEP_MEMBER_END
	       : result == Z_OK || result == Z_BUF_ERROR ? STEP_MORE
	                                                 : STEP_DAMAGED;
}

static enum step step_bzip2(struct decompressor *d, struct str *in, char *out, size_t cap,
                            size_t *out_len) {
	bz_stream *b = &d->bzip2;
	unsigned given = (unsigned)MIN_OF(in->len, (size_t)1 << 30);
	b->next_in = (char *)(uintptr_t)in->ptr; /* only read */
	b->avail_in = given;
	b->next_out = out;
	b->avail_out = (unsigned)MIN_OF(cap, (size_t)1 << 30);
	int result = BZ2_bzDecompress(b);
	*out_len = (size_t)(b->next_out - out);
	*in = str_slice(*in, given - b->avail_in, in->len);
	return result == BZ_STREAM_END ? STEP_MEMBER_END : result == BZ_OK ? STEP_MORE : STEP_DAMAGED;
}

static enum step step_xz(struct decompressor *d, struct str *in, char *out, size_t cap,
                         size_t *out_len) {
	lzma_stream *x = &d->xz;
	x->next_in = (const uint8_t *)in->ptr;
	x->avail_in = in->len;
	x->next_out = (uint8_t *)out;
	x->avail_out = cap;
	lzma_ret result = lzma_code(x, LZMA_RUN);
	*out_len = cap - x->avail_out;
	*in = str_slice(*in, in->len - x->avail_in, in->len);
	return result == LZMA_STREAM_END                       ? STEP_MEMBER_END
	       : result == LZMA_MEMLIMIT_ERROR                 ? STEP_TOO_LARGE
	       : result == LZMA_OK || result == LZMA_BUF_ERROR ? STEP_MORE
	                                                       : STEP_DAMAGED;
}

static enum step step_zstd(struct decompressor *d, struct str *in, char *out, size_t cap,
                           size_t *out_len) {
	ZSTD_inBuffer from = {in->ptr, in->len, 0};
	ZSTD_outBuffer to = {out, cap, 0};
	size_t result = ZSTD_decompressStream(d->zstd, &to, &from);
	*out_len = to.pos;
	*in = str_slice(*in, from.pos, in->len);
	if (ZSTD_isError(result)) {
		return ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
		           ? STEP_TOO_LARGE
		           : STEP_DAMAGED;
	}
	return result == 0 ? STEP_MEMBER_END : STEP_MORE;
}

static enum step step(struct decompressor *d, struct str *in, char *out, size_t cap,
                      size_t *out_len) {
	switch (d->compression) {
	case COMPRESSION_GZIP:
		return step_gzip(d, in, out, cap, out_len);
	case COMPRESSION_BZIP2:
		return step_bzip2(d, in, out, cap, out_len);
	case COMPRESSION_XZ:
		return step_xz(d, in, out, cap, out_len);
	case COMPRESSION_ZSTD:
	case COMPRESSION_NONE:
	case COMPRESSION_COUNT:
	default:
		return step_zstd(d, in, out, cap, out_len);
	}
}

/* Zero bytes that may stand behind a member: tapes and xz pad with them. */
static void skip_padding(struct decompressor *d, struct str *in) {
	bool may =
	    d->members > 0 && (d->compression == COMPRESSION_GZIP || d->compression == COMPRESSION_XZ);
	while (may && in->len > 0 && in->ptr[0] == 0) {
		*in = str_slice(*in, 1, in->len);
	}
}

/* Between members: begins the next, or says that the end has come, or waits for more bytes. */
static enum err next_member(struct decompressor *d, struct str *in, bool in_ended, bool *out_wait,
                            bool *out_done, struct diag *diag) {
	skip_padding(d, in);
	*out_wait = false;
	if (in->len < MAGIC_MAX && !in_ended) {
		*out_wait = true;
		return ERR_OK;
	}
	if (in->len == 0 && d->members > 0) {
		*out_done = true;
		return ERR_OK;
	}
	if (!has_magic(d->compression, *in)) {
		return diag_set(diag, ERR_INVALID, "other bytes follow the end of the %.*s data",
		                STR_ARG(compression_name(d->compression)));
	}
	begin_member(d);
	return ERR_OK;
}

enum err decompressor_run(struct decompressor *d, struct str *in, bool in_ended, char *out,
                          size_t out_cap, size_t *out_len, bool *out_done, struct diag *diag) {
	size_t total = 0;
	enum err err = ERR_OK;
	*out_done = false;
	while (err == ERR_OK && !*out_done && total < out_cap) {
		if (!d->inside) {
			bool wait;
			err = next_member(d, in, in_ended, &wait, out_done, diag);
			if (err != ERR_OK || wait || *out_done) {
				break;
			}
		}
		size_t got;
		size_t before = in->len;
		enum step result = step(d, in, out + total, out_cap - total, &got);
		total += got;
		if (result == STEP_MEMBER_END) {
			end_member(d);
			d->members++;
		} else if (result == STEP_DAMAGED) {
			err = diag_set(diag, ERR_INVALID, "the %.*s data is damaged",
			               STR_ARG(compression_name(d->compression)));
		} else if (result == STEP_TOO_LARGE) {
			err = diag_set(diag, ERR_LIMIT, "the %.*s data asks for too much memory",
			               STR_ARG(compression_name(d->compression)));
		} else if (got == 0 && in->len == before && (in->len > 0 || in_ended)) {
			err = diag_set(diag, ERR_INVALID, "the %.*s data is cut off",
			               STR_ARG(compression_name(d->compression)));
		} else if (got == 0 && in->len == 0 && !in_ended) {
			break;
		}
	}
	*out_len = total;
	return err;
}
