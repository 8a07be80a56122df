/* Bodies that come compressed, unpacked within limits. */
#include "codec/decompress.h"
#include "server/http_request.h"

enum { STEP = 64 << 10 };

static enum err unpack(struct decompressor *decompressor, struct str in, struct buf *out,
                       struct diag *diag) {
	bool done = false;
	while (!done) {
		size_t got = 0;
		struct diag inner = {0};
		enum err err = decompressor_run(decompressor, &in, true, buf_reserve(out, STEP), STEP, &got,
		                                &done, &inner);
		out->len += got;
		if (err == ERR_OK && out->len > LIMIT_SERVER_BODY) {
			return diag_set(diag, ERR_LIMIT, "the body has more than %zu bytes when unpacked",
			                LIMIT_SERVER_BODY);
		}
		if (err != ERR_OK || (got == 0 && !done)) {
			return diag_set(diag, err != ERR_OK ? err : ERR_INVALID, "the body is damaged: %s",
			                inner.message);
		}
	}
	return ERR_OK;
}

enum err http_unpack(struct str encoding, struct buf *body, struct diag *diag) {
	static const struct {
		struct str name;
		enum compression compression;
	} known[] = {{STR_INIT("gzip"), COMPRESSION_GZIP},
	             {STR_INIT("x-gzip"), COMPRESSION_GZIP},
	             {STR_INIT("zstd"), COMPRESSION_ZSTD}};
	if (encoding.len == 0 || str_eq_nocase(encoding, STR("identity")) || body->len == 0) {
		return ERR_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (str_eq_nocase(encoding, known[i].name)) {
			struct buf out = {0};
			struct decompressor *decompressor = decompressor_new(known[i].compression);
			enum err err = unpack(decompressor, buf_str(body), &out, diag);
			decompressor_free(decompressor);
			buf_deinit(body);
			*body = out;
			return err;
		}
	}
	return diag_set(diag, ERR_UNSUPPORTED, "the body may come as gzip, zstd or as it is");
}
