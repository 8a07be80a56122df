/* Any bytes as entries of utmp and of lastlog: what is recognised never reads past the end, and
 * what is put must print.
 */
#include "ingest/utmp.h"

#include "ingest/line_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct line_testing *t, struct str bytes, struct str format, size_t entry) {
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	source.format = format;
	source.path = bytes.len % 2 == 0 ? STR("/var/log/btmp") : STR("wtmp");
	(void)batch_add_source(batch, &source);
	for (size_t at = 0; at < bytes.len && batch->count < 16; at += entry) {
		line_testing_add(batch, str_slice(bytes, at, at + entry));
		batch->records[batch->count - 1].log_offset = at;
	}
	parser_run(t->parser, batch);
	for (uint32_t row = 0; row < batch->count; row++) {
		line_testing_print(batch, row, &out);
	}
	buf_deinit(&out);
	batch_free(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct line_testing t;
	struct str bytes = str_make((const char *)data, size);
	if (t.parser == NULL) {
		t = line_testing_new();
	}
	(void)utmp_recognise(bytes);
	(void)lastlog_recognise(bytes);
	(void)lastlog_recognise_end(str_slice(bytes, 0, 16), str_slice(bytes, 16, bytes.len), size);
	parse(&t, bytes, STR("utmp"), UTMP_SIZE);
	parse(&t, bytes, STR("lastlog"), LASTLOG_SIZE);
	return 0;
}
