/* Any bytes, cut anywhere while they come, as lines; and as a container if they are one. The sink
 * checks each body against its place.
 */
#include "ingest/content.h"
#include "ingest/lines.h"
#include "ingest/memory_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_lines(struct reading *reading, struct str bytes, size_t step) {
	struct reading_file file = {.path = STR("lines")};
	struct sink_file about = {.path = file.path, .source = file.path};
	struct sink_resume resume;
	enum sink_verdict verdict;
	struct lines lines;
	uint8_t hash[SHA256_SIZE];
	ASSERT(reading_file_begin(reading, &file, &about, true, &verdict, &resume) == ERR_OK);
	lines_init(&lines, reading, &file);
	for (size_t at = 0; at < bytes.len; at += step) {
		ASSERT(lines_push(&lines, str_slice(bytes, at, at + step)) == ERR_OK);
	}
	ASSERT(lines_end(&lines) == ERR_OK);
	sha256_digest(&file.sha, hash);
	ASSERT(reading_file_end(reading, &file, hash, file.position) == ERR_OK);
	lines_deinit(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	struct memory_sink sink;
	struct reading reading;
	struct str bytes = str_make((const char *)data, size);
	memory_sink_init(&sink);
	reading_init(&reading, &options, &sink.sink, &totals);
	as_lines(&reading, bytes, 1 + size % 7);
	enum carrier carrier = carrier_recognise(&options, bytes);
	if (carrier == CARRIER_JSON_ARRAY || carrier == CARRIER_UTF16 || carrier == CARRIER_EVTX ||
	    carrier == CARRIER_UTMP || carrier == CARRIER_LASTLOG || carrier == CARRIER_EVENT_XML ||
	    carrier == CARRIER_CSV) {
		struct content content = {.path = STR("object")};
		ASSERT(content_take_object(&reading, &content, bytes) == ERR_OK);
	}
	ASSERT(reading_finish(&reading, ERR_OK) == ERR_OK);
	ASSERT(!sink.broken);
	ASSERT(str_eq(buf_str(&sink.files[0]->bytes), bytes));
	memory_sink_deinit(&sink);
	return 0;
}
