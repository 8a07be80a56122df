/* Syslog streams: the first byte says in how large pieces the rest arrives. No byte may be lost,
 * and what comes out lies in the stream where it says.
 */
#include "ingest/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str stream, const struct frame *frame) {
	ASSERT(frame->offset + frame->bytes.len <= stream.len);
	ASSERT(frame->bytes.len == 0 ||
	       memcmp(stream.ptr + frame->offset, frame->bytes.ptr, frame->bytes.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct framing framing = {0};
	struct frame frame;
	size_t given = 0;
	if (size < 2) {
		return 0;
	}
	size_t step = data[0] % 16 + 1;
	size_t piece_max = data[0] / 16 + 1;
	struct str stream = str_make((const char *)data + 1, size - 1);
	for (size_t at = 0; at < stream.len; at += step) {
		framing_push(&framing, str_slice(stream, at, at + step));
		while (framing_next(&framing, piece_max, &frame)) {
			check(stream, &frame);
			ASSERT(frame.offset >= given && frame.offset - given <= stream.len);
			for (size_t i = given; i < frame.offset; i++) { /* only framing lies between */
				ASSERT(strchr("0123456789 \n", stream.ptr[i]) != NULL);
			}
			given = frame.offset + frame.bytes.len;
		}
	}
	while (framing_rest(&framing, &frame)) {
		check(stream, &frame);
		given = frame.offset + frame.bytes.len;
	}
	ASSERT(framing_held(&framing) == 0);
	framing_deinit(&framing);
	return 0;
}
