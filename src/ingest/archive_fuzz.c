/* Any bytes as a file: archives, compressed files and containers are opened, the rest is lines.
 * Whatever it is, the bodies give the same bytes again and every rule of the sink holds.
 */
#include "ingest/content.h"
#include "ingest/memory_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	struct memory_sink sink;
	struct reading reading;
	struct pull_memory memory;
	struct str bytes = str_make((const char *)data, size);
	struct content content = {.path = STR("x"), .pull = pull_memory(&memory, bytes)};
	memory_sink_init(&sink);
	sink.knows = size % 2 == 0;
	sink.stop_after = 400; /* a bomb is stopped early, by the user */
	reading_init(&reading, &options, &sink.sink, &totals);
	enum err err = reading_finish(&reading, content_take(&reading, &content));
	ASSERT(err == ERR_OK || err == ERR_CANCELED);
	ASSERT(!sink.broken);
	if (err == ERR_OK) {
		ASSERT(sink.count >= 1);
		ASSERT(str_eq(buf_str(&sink.files[0]->bytes), bytes));
	}
	memory_sink_deinit(&sink);
	return 0;
}
