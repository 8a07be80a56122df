/* Any lines behind any header: through the parser as a source that has one already, and as one that
 * begins; what is put must print.
 */
#include "ingest/columns.h"

#include "ingest/columns_csv.h"
#include "ingest/columns_split.h"
#include "ingest/line_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct line_testing *t, struct str text, struct str format, uint64_t first) {
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	source.format = format;
	(void)batch_add_source(batch, &source);
	for (uint32_t lines = 0; lines < 12 && (text.len > 0 || lines == 0); lines++) {
		line_testing_add(batch, str_cut(&text, '\n'));
		batch->records[lines].number = first + lines;
	}
	parser_run(t->parser, batch);
	for (uint32_t row = 0; row < batch->count; row++) {
		line_testing_print(batch, row, &out);
	}
	parser_explain(t->parser, batch, batch->count - 1, &out);
	buf_deinit(&out);
	batch_free(batch);
}

static void cut(struct str bytes, enum units units) {
	struct csv_look look;
	struct str record;
	bool open;
	(void)csv_look_at(bytes, &look);
	struct csv_cut at = {.units = units, .separator = look.separator};
	size_t before = 0;
	while (csv_next(bytes, &at, &record, &open)) {
		ASSERT(at.at > before && record.ptr == bytes.ptr + before);
		before = at.at;
	}
	ASSERT(before == bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct line_testing t;
	struct str text = str_make((const char *)data, size);
	if (t.parser == NULL) {
		t = line_testing_new();
	}
	cut(text, UNITS_BYTES);
	cut(text, UNITS_UTF16LE);
	parse(&t, text, STR("csv"), 1);
	parse(&t, text, STR("csv\n#csv a,time,source.ip"), 7);
	parse(&t, text,
	      STR("zeek\n#separator \\x09\n#path\thttp\n#fields\tts\tid.orig_h\turi\ttags\tok\n"
	          "#types\ttime\taddr\tstring\tset[string]\tbool\n"),
	      7);
	parse(
	    &t, text,
	    STR("w3c\n#Software: Microsoft Internet Information Services 10.0\n"
	        "#Fields: date time c-ip cs-username cs-uri-stem cs-uri-query sc-status time-taken\n"),
	    7);
	struct buf out = {0};
	split_unescape(&out, text);
	ASSERT(out.len <= size);
	buf_deinit(&out);
	return 0;
}
