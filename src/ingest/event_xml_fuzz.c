/* Any text as an event, and any bytes as a document of events: what is put must print, and what is
 * cut out of a document is all of it.
 */
#include "ingest/event_xml.h"

#include "ingest/line_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cut(struct str bytes, enum units units) {
	struct str gap;
	struct str event;
	bool whole;
	size_t at = 0;
	size_t sum = 0;
	while (event_xml_next(bytes, units, &at, &gap, &event, &whole)) {
		ASSERT(event.len > 0);
		sum += gap.len + event.len;
		ASSERT(at == sum);
		(void)event_xml_is_frame(gap);
	}
	ASSERT(sum + gap.len == bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct line_testing t;
	struct str text = str_make((const char *)data, size);
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	if (t.parser == NULL) {
		t = line_testing_new();
	}
	source.format = STR("evtx-xml");
	line_testing_parse(&t, &source, text, &out);
	(void)event_xml_recognise(text);
	cut(text, UNITS_BYTES);
	cut(text, UNITS_UTF16LE);
	cut(text, UNITS_UTF16BE);
	buf_deinit(&out);
	return 0;
}
