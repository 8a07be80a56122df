/* The same places as a loop finds, whatever stands around, up to the last byte. */
#include "codec/masked.h"

#include "tap.h"

static size_t find_slowly(struct str text, size_t from, struct str needle, const char *mask) {
	for (size_t at = from; at + needle.len <= text.len; at++) {
		size_t i = 0;
		while (i < needle.len &&
		       (char)(text.ptr[at + i] | (mask == NULL ? 0 : mask[i])) == needle.ptr[i]) {
			i++;
		}
		if (i == needle.len) {
			return at;
		}
	}
	return MASKED_NONE;
}

TEST(every_place_is_found_at_every_length) {
	size_t found = 0;
	for (size_t round = 0; round < tap_rounds(3000); round++) {
		size_t len = tap_random() % 100;
		size_t needle_len = 1 + tap_random() % 5;
		char *text = malloc(len + 1); /* its end is the end of memory for the sanitizer */
		char *exact = realloc(text, MAX_OF(len, (size_t)1));
		char needle[5];
		char mask[5];
		for (size_t i = 0; i < len; i++) {
			exact[i] = "aAbB"[tap_random() % 4];
		}
		for (size_t i = 0; i < needle_len; i++) {
			mask[i] = tap_random() % 2 == 0 ? 0x20 : 0;
			needle[i] = (char)("aAbB"[tap_random() % 4] | mask[i]);
		}
		const char *asked = tap_random() % 4 == 0 ? NULL : mask;
		for (size_t from = 0; from <= len + 1; from++) {
			size_t place =
			    find_slowly(str_make(exact, len), from, str_make(needle, needle_len), asked);
			found += place != MASKED_NONE;
			CHECK_EQ(masked_find(str_make(exact, len), from, str_make(needle, needle_len), asked),
			         place);
			size_t next = MIN_OF(from, len);
			while (next < len && exact[next] != 'b') {
				next++;
			}
			CHECK_EQ(masked_next(str_make(exact, len), from, 'b'), next);
		}
		free(exact);
	}
	CHECK(found > 1000);
}
