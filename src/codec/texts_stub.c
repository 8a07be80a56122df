/* Strings in one blob, their lengths before them: a stand-in until the real pool is merged. */
#include "codec/texts.h"

#include <stdlib.h>

#include "base/limits.h"
#include "codec/compress.h"

struct texts_writer {
	struct buf bytes, lens;
	size_t count;
};

struct texts_writer *texts_writer_new(void) {
	struct texts_writer *writer = calloc(1, sizeof(*writer));
	ASSERT(writer != NULL);
	return writer;
}

void texts_writer_free(struct texts_writer *writer) {
	if (writer != NULL) {
		buf_deinit(&writer->bytes);
		buf_deinit(&writer->lens);
		free(writer);
	}
}

void texts_writer_add(struct texts_writer *writer, struct str text) {
	buf_append_str(&writer->bytes, text);
	wire_put_varint(&writer->lens, text.len);
	writer->count++;
}

size_t texts_writer_count(const struct texts_writer *writer) {
	return writer->count;
}

size_t texts_writer_bytes(const struct texts_writer *writer) {
	return writer->bytes.len;
}

void texts_writer_put(struct texts_writer *writer, struct buf *out) {
	wire_put_varint(out, writer->count);
	blob_put(out, buf_str(&writer->lens), COMPRESS_FAST);
	blob_put(out, buf_str(&writer->bytes), COMPRESS_FAST);
}

struct texts {
	size_t count;
	uint32_t *starts; /* count + 1 */
	char *bytes;
};

static enum err decode(struct wire *in, char **out_bytes, size_t *out_len) {
	struct blob blob = blob_get(in, LIMIT_VIEW_BYTES);
	if (in->bad || (blob.compressed && !compress_may_be(blob.stored.len, blob.len))) {
		return ERR_CORRUPT;
	}
	char *bytes = malloc(blob.len + 1);
	ASSERT(bytes != NULL);
	if (blob_decode(&blob, bytes) != ERR_OK) {
		free(bytes);
		return ERR_CORRUPT;
	}
	*out_bytes = bytes;
	*out_len = blob.len;
	return ERR_OK;
}

static enum err read_starts(struct texts *texts, struct str lens, size_t len) {
	struct wire in = wire_from(lens);
	if (texts->count > lens.len) {
		return ERR_CORRUPT;
	}
	texts->starts = calloc(texts->count + 1, sizeof(*texts->starts));
	ASSERT(texts->starts != NULL);
	for (size_t i = 0; i < texts->count; i++) {
		texts->starts[i + 1] =
		    texts->starts[i] + (uint32_t)wire_varint_max(&in, len - texts->starts[i]);
	}
	return wire_done(&in) && texts->starts[texts->count] == len ? ERR_OK : ERR_CORRUPT;
}

enum err texts_open(struct wire *in, struct texts **out_texts) {
	char *lens = NULL;
	size_t lens_len = 0;
	size_t len = 0;
	struct texts *texts = calloc(1, sizeof(*texts));
	ASSERT(texts != NULL);
	texts->count = wire_varint_max(in, UINT32_MAX);
	enum err err = decode(in, &lens, &lens_len);
	err = err == ERR_OK ? decode(in, &texts->bytes, &len) : err;
	err = err == ERR_OK ? read_starts(texts, str_make(lens, lens_len), len) : err;
	free(lens);
	if (err != ERR_OK) {
		texts_free(texts);
		return err;
	}
	*out_texts = texts;
	return ERR_OK;
}

void texts_free(struct texts *texts) {
	if (texts != NULL) {
		free(texts->starts);
		free(texts->bytes);
		free(texts);
	}
}

size_t texts_count(const struct texts *texts) {
	return texts->count;
}

size_t texts_len(const struct texts *texts, size_t i) {
	return texts->starts[i + 1] - texts->starts[i];
}

enum err texts_get_many(struct texts *texts, size_t first, size_t count, struct buf *out,
                        uint32_t *lens) {
	ASSERT(first <= texts->count && count <= texts->count - first);
	for (size_t i = 0; i < count; i++) {
		lens[i] = (uint32_t)texts_len(texts, first + i);
	}
	buf_append(out, texts->bytes + texts->starts[first],
	           texts->starts[first + count] - texts->starts[first]);
	return ERR_OK;
}
