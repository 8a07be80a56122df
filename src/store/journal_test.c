/* The journal's frames and the intent: one form, every change noticed. */
#include "store/journal.h"

#include "tap.h"

TEST(notes_come_back_in_order_and_damage_is_skipped) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct str note;
	size_t at = 0;
	journal_append(&bytes, STR("first note\n"));
	size_t second = bytes.len;
	journal_append(&bytes, STR("second note\n"));
	REQUIRE(journal_next(buf_str(&bytes), &at, &note));
	CHECK_STR(note, "first note\n");
	CHECK_EQ(at, second);
	REQUIRE(journal_next(buf_str(&bytes), &at, &note));
	CHECK_STR(note, "second note\n");
	CHECK(!journal_next(buf_str(&bytes), &at, &note));
	for (size_t i = 0; i < second; i++) {
		at = 0;
		bytes.ptr[i] = (char)(bytes.ptr[i] ^ 2);
		CHECK(!journal_next(buf_str(&bytes), &at, &note));
		CHECK_EQ(at, 0);
		CHECK_EQ(journal_resync(buf_str(&bytes), 0), second);
		bytes.ptr[i] = (char)(bytes.ptr[i] ^ 2);
	}
	at = second;
	CHECK(!journal_next(str_make(bytes.ptr, bytes.len - 1), &at, &note));
}

TEST(an_intent_is_read_as_it_was_written_and_in_no_other_form) {
	struct intent intent = {.size = 1234567, .root = {1, 2, 3}};
	struct intent again;
	struct buf text CLEANUP(buf_deinit) = {0};
	intent_format(&intent, &text);
	REQUIRE(intent_parse(buf_str(&text), &again) == ERR_OK);
	CHECK_EQ(again.size, 1234567);
	CHECK(memcmp(again.root, intent.root, sizeof(again.root)) == 0);
	for (size_t bit = 0; bit < text.len * 8; bit++) {
		text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ (1 << (bit % 8)));
		CHECK(intent_parse(buf_str(&text), &again) == ERR_CORRUPT);
		text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ (1 << (bit % 8)));
	}
	CHECK(intent_parse(str_make(text.ptr, text.len - 1), &again) == ERR_CORRUPT);
}
