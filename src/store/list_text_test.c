/* Lists are found as arrays in a text, and come back of it to the byte. */
#include "store/list_text.h"

#include "tap.h"

static void add(struct buf *list, enum value_kind kind, const char *text) {
	value_list_append(list, (struct value){kind, str_from(text)});
}

TEST(arrays_as_programs_write_them_are_read) {
	struct buf list CLEANUP(buf_deinit) = {0};
	struct buf expected CLEANUP(buf_deinit) = {0};
	add(&expected, VALUE_STRING, "a b");
	add(&expected, VALUE_NUMBER, "-1.5e3");
	add(&expected, VALUE_BOOL, "true");
	add(&expected, VALUE_JSON, "null");
	add(&expected, VALUE_STRING, "");
	CHECK(list_text_read(STR("[\"a b\",-1.5e3,true,null,\"\"]"), &list));
	CHECK(str_eq(buf_str(&list), buf_str(&expected)));
	CHECK(list_text_read(STR("[]"), &list));
	CHECK_EQ(list.len, 0);
}

TEST(other_texts_are_none) {
	static const char *const texts[] = {"",     "[",      "]",          "[1",       "[1,]",
	                                    "[,1]", "[1 ,2]", "[1]x",       "[\"a]",    "[\"a\\n\"]",
	                                    "[{}]", "[[1]]",  "[yes]",      "[\"a\"1]", "[\"a\",\"b",
	                                    "1",    "[]]",    "[\"a\x01\"]"};
	struct buf list CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CHECK(!list_text_read(str_from(texts[i]), &list));
	}
}

TEST(a_list_is_found_in_its_text) {
	struct buf list CLEANUP(buf_deinit) = {0};
	struct buf scratch CLEANUP(buf_deinit) = {0};
	size_t offset;
	size_t len;
	add(&list, VALUE_STRING, "10.0.0.1");
	add(&list, VALUE_NUMBER, "60");
	CHECK(list_text_find(STR("{\"x\":1,\"a\":[\"10.0.0.1\",60]}"), buf_str(&list), &scratch,
	                     &offset, &len));
	CHECK_EQ(offset, 11);
	CHECK_EQ(len, 15);
	CHECK(!list_text_find(STR("{\"a\":[\"10.0.0.1\", 60]}"), buf_str(&list), &scratch, &offset,
	                      &len));
	CHECK(!list_text_find(STR("{\"a\":[\"10.0.0.1\",\"60\"]}"), buf_str(&list), &scratch, &offset,
	                      &len));
	CHECK(!list_text_find(STR(""), buf_str(&list), &scratch, &offset, &len));
}

/* Two elements that look like more when they are written: what is read is compared. */
TEST(what_would_be_another_list_is_not_taken) {
	struct buf list CLEANUP(buf_deinit) = {0};
	struct buf scratch CLEANUP(buf_deinit) = {0};
	size_t offset;
	size_t len;
	add(&list, VALUE_STRING, "a\",\"b");
	CHECK(!list_text_find(STR("[\"a\",\"b\"]"), buf_str(&list), &scratch, &offset, &len));
}
