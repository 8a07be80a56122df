/* Any bytes in any character set: decoding gives valid UTF-8 and ends. */
#include "base/utf8.h"
#include "codec/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str text = str_make((const char *)data, size);
	struct buf out = {0};
	ASSERT(charset_detect(text) < CHARSET_ID_COUNT);
	for (enum charset_id charset = 0; charset < CHARSET_ID_COUNT; charset++) {
		buf_clear(&out);
		bool ok = charset_decode(charset, text, &out);
		ASSERT(utf8_valid(buf_str(&out)));
		ASSERT(charset != CHARSET_ID_UTF8 || ok == utf8_valid(text));
		ASSERT(out.len <= size * 3);
	}
	buf_deinit(&out);
	return 0;
}
