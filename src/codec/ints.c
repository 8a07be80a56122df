/* Frame of reference or differences, a common divisor, byte planes. */
#include "codec/ints.h"

enum { FORM_WIDTH = 0x0f, FORM_DELTA = 0x10, FORM_DIVISOR = 0x20, FORM_ALL = 0x3f };
enum { PLANE_CONST, PLANE_RAW, PLANE_ZSTD };

/* Values or differences, less the least of them and divided by what they have in common. */
struct frame {
	int64_t least;
	uint64_t largest;
	uint64_t divisor;
};

static uint64_t gcd(uint64_t a, uint64_t b) {
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static void range_of(const int64_t *values, size_t count, struct frame *out_frame) {
	int64_t least = values[0];
	int64_t most = values[0];
	bool same = memcmp(values, values + 1, (count - 1) * sizeof(*values)) == 0; /* often */
	for (size_t i = 1; i < count && !same; i++) {
		least = MIN_OF(least, values[i]);
		most = MAX_OF(most, values[i]);
	}
	*out_frame = (struct frame){least, (uint64_t)most - (uint64_t)least, 1};
}

static unsigned width_of(uint64_t largest) {
	return largest == 0 ? 0 : (71 - (unsigned)__builtin_clzll(largest)) / 8;
}

/* Only where it can save a byte plane: dividing is slow. */
static void find_divisor(const int64_t *values, size_t count, struct frame *frame) {
	uint64_t common = 0;
	for (size_t i = 0; i < count && common != 1 && frame->largest > UINT8_MAX; i++) {
		uint64_t offset = (uint64_t)values[i] - (uint64_t)frame->least;
		common = common != 0 && offset % common == 0 ? common : gcd(offset, common);
	}
	if (common > 1) {
		frame->divisor = common;
		frame->largest /= common;
	}
}

static void put_plane(struct buf *out, const uint8_t *plane, size_t count) {
	struct buf packed = {0};
	if (memcmp(plane, plane + 1, count - 1) == 0) {
		buf_append_char(out, PLANE_CONST);
		buf_append_char(out, (char)plane[0]);
	} else if (compress_append(&packed, str_make((const char *)plane, count), COMPRESS_FAST)) {
		buf_append_char(out, PLANE_ZSTD);
		wire_put_str(out, buf_str(&packed));
	} else {
		buf_append_char(out, PLANE_RAW);
		buf_append(out, plane, count);
	}
	buf_deinit(&packed);
}

static void put_frame(struct buf *out, const int64_t *values, size_t count,
                      const struct frame *frame) {
	uint64_t offsets[LIMIT_BATCH_ROWS];
	uint8_t plane[LIMIT_BATCH_ROWS];
	for (size_t i = 0; i < count && frame->largest > 0; i++) {
		offsets[i] = (uint64_t)values[i] - (uint64_t)frame->least;
	}
	if (frame->divisor > 1) {
		for (size_t i = 0; i < count; i++) {
			offsets[i] /= frame->divisor;
		}
	}
	for (unsigned p = 0; p < width_of(frame->largest); p++) {
		for (size_t i = 0; i < count; i++) {
			plane[i] = (uint8_t)(offsets[i] >> 8 * p);
		}
		put_plane(out, plane, count);
	}
}

void ints_put(struct buf *out, const int64_t *values, size_t count) {
	ASSERT(count <= LIMIT_BATCH_ROWS);
	if (count == 0) {
		return;
	}
	int64_t deltas[LIMIT_BATCH_ROWS];
	struct frame plain;
	struct frame delta = {.largest = UINT64_MAX};
	range_of(values, count, &plain);
	find_divisor(values, count, &plain);
	if (plain.largest > 0 && count > 1) {
		for (size_t i = 1; i < count; i++) {
			deltas[i - 1] = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
		}
		range_of(deltas, count - 1, &delta);
		find_divisor(deltas, count - 1, &delta);
	}
	bool use_delta = width_of(delta.largest) < width_of(plain.largest);
	const struct frame *frame = use_delta ? &delta : &plain;
	unsigned form = width_of(frame->largest) | (use_delta ? FORM_DELTA : 0u) |
	                (frame->divisor > 1 ? FORM_DIVISOR : 0u);
	buf_append_char(out, (char)form);
	if (use_delta) {
		wire_put_zigzag(out, values[0]);
	}
	wire_put_zigzag(out, frame->least);
	if (frame->divisor > 1) {
		wire_put_varint(out, frame->divisor);
	}
	put_frame(out, use_delta ? deltas : values, use_delta ? count - 1 : count, frame);
}

static enum err get_plane(struct wire *in, size_t count, uint8_t *out_plane) {
	switch (wire_u8(in)) {
	case PLANE_CONST:
		memset(out_plane, wire_u8(in), count);
		break;
	case PLANE_RAW: {
		struct str raw = wire_bytes(in, count);
		memcpy(out_plane, raw.ptr, raw.len);
		break;
	}
	case PLANE_ZSTD:
		TRY(compress_decode(wire_str(in, count), out_plane, count));
		break;
	default:
		return ERR_CORRUPT;
	}
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

static enum err get_planes(struct wire *in, unsigned width, size_t count, uint64_t *out_offsets) {
	uint8_t plane[LIMIT_BATCH_ROWS];
	memset(out_offsets, 0, count * sizeof(*out_offsets));
	for (unsigned p = 0; p < width; p++) {
		TRY(get_plane(in, count, plane));
		for (size_t i = 0; i < count; i++) {
			out_offsets[i] |= (uint64_t)plane[i] << 8 * p;
		}
	}
	return ERR_OK;
}

bool ints_get_same(struct wire *in, size_t count, int64_t *out_value) {
	struct wire at = *in;
	if (count == 0 || wire_u8(&at) != 0) {
		return false;
	}
	int64_t value = wire_zigzag(&at);
	if (at.bad) {
		return false; /* ints_get says so */
	}
	*in = at;
	*out_value = value;
	return true;
}

enum err ints_get(struct wire *in, size_t count, int64_t *out_values) {
	ASSERT(count <= LIMIT_BATCH_ROWS);
	if (count == 0) {
		return ERR_OK;
	}
	uint64_t offsets[LIMIT_BATCH_ROWS];
	unsigned form = wire_u8(in);
	unsigned width = form & FORM_WIDTH;
	bool delta = (form & FORM_DELTA) != 0;
	uint64_t value = delta ? (uint64_t)wire_zigzag(in) : 0;
	uint64_t least = (uint64_t)wire_zigzag(in);
	uint64_t divisor = (form & FORM_DIVISOR) != 0 ? wire_varint(in) : 1;
	if (in->bad || width > 8 || (form & ~(unsigned)FORM_ALL) != 0) {
		return ERR_CORRUPT;
	}
	size_t coded = delta ? count - 1 : count;
	TRY(get_planes(in, width, coded, offsets));
	if (delta) {
		out_values[0] = (int64_t)value;
		out_values++;
	}
	for (size_t i = 0; i < coded; i++) {
		value = least + offsets[i] * divisor + (delta ? value : 0);
		out_values[i] = (int64_t)value;
	}
	return ERR_OK;
}
