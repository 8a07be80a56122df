/* What is there is always found; most of what is not there is known. */
#include "codec/trigrams.h"

#include "tap.h"

static struct str random_text(char *bytes, size_t len, unsigned letters) {
	for (size_t i = 0; i < len; i++) {
		bytes[i] = (char)('A' + tap_random() % letters + (tap_random() % 2) * 32);
	}
	return str_make(bytes, len);
}

TEST(what_was_added_is_found_in_any_case_and_at_every_size) {
	char bytes[200];
	for (size_t round = 0; round < tap_rounds(60); round++) {
		struct trigrams_writer writer = {0};
		struct buf out = {0};
		struct str texts[5];
		for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
			texts[i] = random_text(bytes + 40 * i, tap_random() % 40, 1 + (unsigned)(round % 26));
			trigrams_add(&writer, texts[i]);
		}
		trigrams_put(&writer, (size_t)1 << (4 + round % 10), &out);
		struct wire in = wire_from(buf_str(&out));
		struct trigrams trigrams = trigrams_get(&in);
		CHECK(wire_done(&in));
		for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
			size_t from = tap_random() % (texts[i].len + 1);
			char other_case[40];
			struct str part = str_slice(texts[i], from, from + tap_random() % 40);
			for (size_t k = 0; k < part.len; k++) {
				other_case[k] = (char)(part.ptr[k] ^ (tap_random() % 2 == 0 ? 0 : 32));
			}
			CHECK(trigrams_may_have(&trigrams, part));
			CHECK(trigrams_may_have(&trigrams, str_make(other_case, part.len)));
		}
		buf_deinit(&out);
	}
}

TEST(long_texts_are_added_whole) {
	struct trigrams_writer writer = {0};
	struct buf out = {0};
	char bytes[5000];
	struct str text = random_text(bytes, sizeof(bytes), 26);
	trigrams_add(&writer, text);
	trigrams_put(&writer, 1 << 13, &out);
	struct wire in = wire_from(buf_str(&out));
	struct trigrams trigrams = trigrams_get(&in);
	CHECK(trigrams.log > 0);
	CHECK(trigrams_may_have(&trigrams, text));
	CHECK(!trigrams_may_have(&trigrams, STR("0123456789")));
	buf_deinit(&out);
}

TEST(most_of_what_is_not_there_is_known) {
	struct trigrams_writer writer = {0};
	struct buf out = {0};
	char bytes[1000];
	trigrams_add(&writer, random_text(bytes, sizeof(bytes), 26));
	trigrams_put(&writer, 1 << 13, &out);
	CHECK(out.len <= 1 + 2048);
	struct wire in = wire_from(buf_str(&out));
	struct trigrams trigrams = trigrams_get(&in);
	size_t wrong = 0;
	for (size_t i = 0; i < 1000; i++) {
		char needle[6];
		wrong += trigrams_may_have(&trigrams, random_text(needle, sizeof(needle), 26));
	}
	CHECK(wrong < 20);
	buf_deinit(&out);
}

TEST(letters_fold_and_nothing_else_does) {
	struct trigrams_writer writer = {0};
	struct buf out = {0};
	trigrams_add(&writer, STR("@`[{AZaz\xc1\xe1"));
	trigrams_put(&writer, 1 << 13, &out);
	struct wire in = wire_from(buf_str(&out));
	struct trigrams trigrams = trigrams_get(&in);
	CHECK(trigrams_may_have(&trigrams, STR("{azAZ\xc1")));
	CHECK(!trigrams_may_have(&trigrams, STR("@@[")));
	CHECK(!trigrams_may_have(&trigrams, STR("AZ\xe1\xe1")));
	CHECK(trigrams_may_have(&trigrams, STR("xy")));
	buf_deinit(&out);
}

TEST(a_map_that_would_be_full_or_too_large_is_left_out) {
	struct trigrams_writer writer;
	struct buf out = {0};
	memset(&writer, 1, sizeof(writer));
	trigrams_put(&writer, 1 << 13, &out);
	CHECK_EQ(out.len, 1);
	memset(&writer, 0, sizeof(writer));
	out.len = 0;
	trigrams_put(&writer, 31, &out);
	CHECK_EQ(out.len, 1);
	struct wire in = wire_from(buf_str(&out));
	struct trigrams trigrams = trigrams_get(&in);
	CHECK(trigrams_may_have(&trigrams, STR("anything")));
	buf_deinit(&out);
}

TEST(sizes_that_do_not_exist_and_cut_maps_are_refused) {
	for (unsigned log = 1; log < 256; log++) {
		char bytes[100] = {(char)log};
		struct wire in = wire_from(str_make(bytes, sizeof(bytes)));
		struct trigrams trigrams = trigrams_get(&in);
		CHECK(in.bad == (log < 8 || log > 9));
		CHECK(!in.bad || trigrams.log == 0);
	}
}

static struct trigrams words_of(const char *text, struct buf *out) {
	struct trigrams_writer writer = {0};
	trigrams_add_words(&writer, str_from(text));
	trigrams_put(&writer, 1 << 13, out);
	struct wire in = wire_from(buf_str(out));
	return trigrams_get(&in);
}

TEST(whole_words_are_told_from_parts_of_them) {
	struct buf out = {0};
	struct trigrams words = words_of("/usr/bin/Curl_7 -x needless", &out);
	REQUIRE(words.log > 0);
	CHECK(trigrams_may_have_words(&words, STR("curl_7"), true));
	CHECK(trigrams_may_have_words(&words, STR("USR"), true));
	CHECK(trigrams_may_have_words(&words, STR("bin/curl_7 "), true));
	CHECK(!trigrams_may_have_words(&words, STR("curl"), true));
	CHECK(!trigrams_may_have_words(&words, STR("needles"), true));
	CHECK(!trigrams_may_have_words(&words, STR("x/curl"), true));
	/* The ends of a needle may lie within words. */
	CHECK(trigrams_may_have_words(&words, STR("curl"), false));
	CHECK(trigrams_may_have_words(&words, STR("r/bin/cu"), false));
	CHECK(!trigrams_may_have_words(&words, STR("r/bi/cu"), false));
	CHECK(trigrams_may_have_words(&words, STR("-"), true));
	CHECK(trigrams_may_have_words(&words, STR(""), true));
	buf_deinit(&out);
}

TEST(long_words_are_hashed_to_their_end) {
	struct buf out = {0};
	char bytes[3001];
	memset(bytes, 'x', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = 0;
	struct trigrams words = words_of(bytes, &out);
	REQUIRE(words.log > 0);
	CHECK(trigrams_may_have_words(&words, str_make(bytes, 3000), true));
	CHECK(!trigrams_may_have_words(&words, str_make(bytes, 2999), true));
	bytes[2999] = 'y';
	CHECK(!trigrams_may_have_words(&words, str_make(bytes, 3000), true));
	buf_deinit(&out);
}

TEST(many_words_are_found_whole) {
	struct trigrams_writer writer = {0};
	struct buf out = {0};
	char bytes[8000];
	struct str text = random_text(bytes, sizeof(bytes), 26);
	for (size_t i = 3000; i < sizeof(bytes); i += 1 + tap_random() % 20) {
		bytes[i] = " .-/\xc3\x80"[tap_random() % 6];
	}
	trigrams_add_words(&writer, text);
	trigrams_put(&writer, 1 << 13, &out);
	struct wire in = wire_from(buf_str(&out));
	struct trigrams words = trigrams_get(&in);
	REQUIRE(words.log > 0);
	CHECK(trigrams_may_have_words(&words, text, true));
	CHECK(trigrams_may_have_words(&words, str_slice(text, 0, 3000), true));
	buf_deinit(&out);
}
