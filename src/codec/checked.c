/* A directory of lengths and checksums in front of the parts, a few zeros behind them. */
#include "codec/checked.h"

#include <stdlib.h>

#include "base/hash.h"
#include "codec/wire.h"

void checked_writer_deinit(struct checked_writer *writer) {
	buf_deinit(&writer->bytes);
	buf_deinit(&writer->parts);
	*writer = (struct checked_writer){0};
}

void checked_part(struct checked_writer *writer, struct str bytes) {
	ASSERT(writer->count < CHECKED_PARTS_MAX);
	writer->count++;
	wire_put_varint(&writer->parts, bytes.len);
	wire_put_u32(&writer->parts, crc32c(0, bytes.ptr, bytes.len));
	buf_append_str(&writer->bytes, bytes);
}

void checked_put(const struct checked_writer *writer, struct buf *out) {
	static const char slack[CHECKED_SLACK];
	size_t start = out->len;
	struct buf count = {0};
	wire_put_varint(&count, writer->count);
	wire_put_u32(out, (uint32_t)(count.len + writer->parts.len));
	buf_append_str(out, buf_str(&count));
	buf_append_str(out, buf_str(&writer->parts));
	wire_put_u32(out, crc32c(0, out->ptr + start, out->len - start));
	buf_append_str(out, buf_str(&writer->bytes));
	buf_append(out, slack, sizeof(slack));
	buf_deinit(&count);
}

struct part {
	struct str bytes;
	uint32_t crc;
	bool seen; /* was compared, and was well */
};

struct checked {
	size_t count;
	struct part parts[];
};

static bool holds(struct str bytes, uint32_t crc) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)bytes;
	(void)crc;
	return true;
#else
	return crc32c(0, bytes.ptr, bytes.len) == crc;
#endif
}

static bool is_slack(struct str bytes) {
	static const char slack[CHECKED_SLACK];
	return str_eq(bytes, str_make(slack, sizeof(slack)));
}

enum err checked_open(struct str bytes, struct checked **out_checked) {
	struct wire in = wire_from(bytes);
	struct str directory = wire_bytes(&in, wire_u32(&in));
	struct str covered = str_make(bytes.ptr, bytes.len - wire_left(&in));
	uint32_t crc = wire_u32(&in);
	if (in.bad || !holds(covered, crc)) {
		return ERR_CORRUPT;
	}
	struct wire entries = wire_from(directory);
	size_t max = MIN_OF(wire_left(&entries) / 5, (size_t)CHECKED_PARTS_MAX);
	size_t count = (size_t)wire_varint_max(&entries, max);
	struct checked *checked = calloc(1, sizeof(*checked) + count * sizeof(struct part));
	ASSERT(checked != NULL);
	for (size_t i = 0; i < count; i++) {
		checked->parts[i].bytes = wire_bytes(&in, wire_varint(&entries));
		checked->parts[i].crc = wire_u32(&entries);
	}
	checked->count = count;
	bool slack = is_slack(wire_bytes(&in, CHECKED_SLACK));
	if (!slack || !wire_done(&in) || !wire_done(&entries)) {
		free(checked);
		return ERR_CORRUPT;
	}
	*out_checked = checked;
	return ERR_OK;
}

void checked_free(struct checked *checked) {
	free(checked);
}

size_t checked_count(const struct checked *checked) {
	return checked->count;
}

enum err checked_get(struct checked *checked, size_t part, struct str *out_bytes) {
	ASSERT(part < checked->count);
	struct part *at = &checked->parts[part];
	if (!at->seen && !holds(at->bytes, at->crc)) {
		return ERR_CORRUPT;
	}
	at->seen = true;
	*out_bytes = at->bytes;
	return ERR_OK;
}

size_t checked_damaged(const struct checked *checked, size_t from) {
	size_t part = from;
	while (part < checked->count && holds(checked->parts[part].bytes, checked->parts[part].crc)) {
		part++;
	}
	return MIN_OF(part, checked->count);
}
