/* Any lines as syslog: each through both carriers and through the parser; what is put must print.
 */
#include "ingest/line_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct line_testing *t, struct str text, struct str format) {
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	source.format = format;
	source.host = STR("given");
	(void)batch_add_source(batch, &source);
	for (int lines = 0; lines < 8 && (text.len > 0 || lines == 0); lines++) {
		line_testing_add(batch, str_cut(&text, '\n'));
	}
	parser_run(t->parser, batch);
	for (uint32_t row = 0; row < batch->count; row++) {
		line_testing_print(batch, row, &out);
	}
	parser_explain(t->parser, batch, 0, &out);
	buf_deinit(&out);
	batch_free(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct line_testing t;
	struct str text = str_make((const char *)data, size);
	if (t.parser == NULL) {
		t = line_testing_new();
	}
	parse(&t, text, STR("syslog-rfc3164"));
	parse(&t, text, STR("syslog-rfc5424"));
	return 0;
}
