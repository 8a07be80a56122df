/* Any lines through every text format that is built in; what is put must print. */
#include "ingest/formats_table.h"
#include "ingest/line_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct line_testing t;
	struct str text = str_make((const char *)data, size);
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	if (t.parser == NULL) {
		t = line_testing_new();
	}
	for (uint32_t i = 0; i < t.formats->count; i++) {
		if (t.formats->list[i].text != NULL) {
			source.format = t.formats->list[i].name;
			line_testing_parse(&t, &source, text, &out);
		}
	}
	buf_deinit(&out);
	return 0;
}
