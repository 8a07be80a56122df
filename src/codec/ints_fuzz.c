/* Arbitrary bytes as a column of integers and as blobs. What decodes must survive a round trip. */
#include "codec/ints.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const int64_t *values, size_t count) {
	int64_t back[LIMIT_BATCH_ROWS];
	struct buf out = {0};
	ints_put(&out, values, count);
	struct wire in = wire_from(buf_str(&out));
	ASSERT(ints_get(&in, count, back) == ERR_OK);
	ASSERT(wire_done(&in));
	ASSERT(count == 0 || memcmp(values, back, count * sizeof(*back)) == 0);
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	int64_t values[LIMIT_BATCH_ROWS];
	struct wire in = wire_from(str_make((const char *)data, size));
	size_t count = (size_t)wire_varint_max(&in, LIMIT_BATCH_ROWS);
	while (!in.bad && in.at < in.end) {
		if (ints_get(&in, count, values) == ERR_OK) {
			check_again(values, count);
		}
		struct blob blob = blob_get(&in, 1 << 16);
		char *bytes = malloc(blob.len + 1);
		if (blob_decode(&blob, bytes) != ERR_OK) {
			in.bad = true;
		}
		free(bytes);
	}
	return 0;
}
