/* Any text as every kind of time; the first bytes choose year and reference. A second reading with
 * a warm memory must agree.
 */
#include "ingest/timestamp.h"

#include "base/endian.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_twice(struct timestamp_reader *reader, struct str text) {
	struct timestamp first = {0}, second = {0};
	size_t used = timestamp_any(reader, text, &first);
	ASSERT(used <= text.len);
	ASSERT(timestamp_any(reader, text, &second) == used);
	ASSERT(used == 0 || (first.ns == second.ns && first.flags == second.flags));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct timestamp_reader reader = {0};
	struct timestamp time;
	size_t bad;
	if (size < 10) {
		return 0;
	}
	struct str text = str_make((const char *)data + 10, size - 10);
	struct zone *zone = NULL;
	if (zone_from_posix(STR("CET-1CEST,M3.5.0,M10.5.0/3"), &zone) != ERR_OK) {
		return 0;
	}
	timestamp_reader_set(&reader, zone, le16_load(data) % 4000, (int64_t)le64_load(data + 2));
	read_twice(&reader, text);
	size_t cut = str_find_char(text, '|', 0);
	if (timestamp_layout_valid(str_slice(text, 0, cut), &bad)) {
		(void)timestamp_layout(&reader, str_slice(text, 0, cut), str_slice(text, cut + 1, text.len),
		                       &time);
	}
	zone_free(zone);
	return 0;
}
