/* Sizes and counts as people read them. */
#include "render/units.h"

void render_bytes(struct buf *out, uint64_t bytes) {
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	size_t unit = 0;
	uint64_t tenths = bytes;
	while (unit + 1 < ARRAY_LEN(units) && bytes >= 1024) {
		tenths = (bytes * 10 + 512) / 1024;
		bytes /= 1024;
		unit++;
	}
	if (unit == 0) {
		buf_printf(out, "%llu B", (unsigned long long)tenths);
	} else if (tenths >= 1000) {
		buf_printf(out, "%llu %s", (unsigned long long)((tenths + 5) / 10), units[unit]);
	} else {
		buf_printf(out, "%llu.%llu %s", (unsigned long long)(tenths / 10),
		           (unsigned long long)(tenths % 10), units[unit]);
	}
}

void render_count(struct buf *out, uint64_t count) {
	struct buf digits = {0};
	buf_append_u64(&digits, count);
	for (size_t i = 0; i < digits.len; i++) {
		if (i > 0 && (digits.len - i) % 3 == 0) {
			buf_append_char(out, ',');
		}
		buf_append_char(out, digits.ptr[i]);
	}
	buf_deinit(&digits);
}
