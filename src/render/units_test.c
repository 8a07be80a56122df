#include "render/units.h"

#include "tap.h"

TEST(sizes_and_counts_are_written_for_people) {
	struct buf out = {0};
	render_bytes(&out, 0);
	buf_append_char(&out, '|');
	render_bytes(&out, 1023);
	buf_append_char(&out, '|');
	render_bytes(&out, 1536);
	buf_append_char(&out, '|');
	render_bytes(&out, (uint64_t)123 << 20);
	buf_append_char(&out, '|');
	render_count(&out, 1234567);
	buf_append_char(&out, '|');
	render_count(&out, 999);
	CHECK_STR(out, "0 B|1023 B|1.5 KiB|123 MiB|1,234,567|999");
	buf_deinit(&out);
}
