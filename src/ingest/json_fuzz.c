/* Any text as JSON: the two ways of reading a value agree on what is JSON, arrays as containers
 * end, and what the line gives must print.
 */
#include "base/utf8.h"
#include "ingest/json_scan.h"
#include "ingest/line_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_object(struct str text) {
	struct json_scan scan = json_scan_of(text);
	struct str value;
	scan.at = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
	return json_peek(&scan) == JSON_OBJECT && json_skip_value(&scan, 0, &value) &&
	       json_at_end(&scan);
}

static void walk_array(struct str text) {
	struct str element;
	size_t at;
	if (json_holder_begin(text, &at) == JSON_HOLDS_NONE) {
		return;
	}
	for (;;) {
		size_t before = at;
		enum json_element got = json_array_next(text, &at, &element);
		ASSERT(at <= text.len);
		if (got != JSON_ELEMENT) {
			break;
		}
		ASSERT(at > before && element.len > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct line_testing t;
	struct str text = str_make((const char *)data, size);
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	if (t.parser == NULL) {
		t = line_testing_new();
	}
	source.format = STR("json");
	line_testing_parse(&t, &source, text, &out);
	if (utf8_valid(text)) {
		ASSERT(is_object(text) == str_starts(buf_str(&out), STR("json ")));
		walk_array(text);
	}
	buf_deinit(&out);
	return 0;
}
