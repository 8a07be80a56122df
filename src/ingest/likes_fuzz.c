/* Any lines as one batch, with and without looking for rows that are alike: the same fields. The
 * lines come three times, so that those that are alike with themselves are met too. */
#include "ingest/likes_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct line_testing t;
	struct batch_source source = line_testing_source();
	struct buf text = {0};
	struct buf out[2] = {0};
	uint32_t differs;
	if (t.parser == NULL) {
		t = line_testing_new();
	}
	for (int i = 0; i < 3; i++) {
		buf_append(&text, data, size);
		buf_append_char(&text, '\n');
	}
	(void)likes_testing_compare(&t, &source, buf_str(&text), &differs, out);
	ASSERT(differs == UINT32_MAX);
	buf_deinit(&text);
	buf_deinit(&out[0]);
	buf_deinit(&out[1]);
	return 0;
}
