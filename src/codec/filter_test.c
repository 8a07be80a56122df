/* No false negatives, and few false positives. */
#include "codec/filter.h"

#include "tap.h"

TEST(every_token_that_went_in_is_found) {
	for (size_t count = 0; count < 60000; count = count * 3 + 1) {
		struct token_set *set = token_set_new();
		struct buf filter = {0};
		uint64_t *hashes = malloc((count + 2) * sizeof(*hashes));
		for (size_t i = 0; i < count; i++) {
			hashes[i] = tap_random();
		}
		hashes[count] = 0;
		hashes[count + 1] = UINT64_MAX;
		for (size_t i = 0; i < 2 * (count + 2); i++) {
			token_set_add(set, hashes[i / 2]);
		}
		CHECK_EQ(token_set_count(set), count + 2);
		token_set_filter(set, &filter);
		CHECK_EQ(filter.len, filter_size(count + 2));
		for (size_t i = 0; i < count + 2; i++) {
			CHECK(filter_may_have((const uint8_t *)filter.ptr, filter.len, hashes[i]));
		}
		free(hashes);
		buf_deinit(&filter);
		token_set_free(set);
	}
}

TEST(about_one_percent_of_other_tokens_pass) {
	struct token_set *set = token_set_new();
	struct buf filter = {0};
	for (size_t i = 0; i < 10000; i++) {
		token_set_add(set, tap_random());
	}
	token_set_filter(set, &filter);
	size_t passed = 0;
	for (size_t i = 0; i < 100000; i++) {
		passed += filter_may_have((const uint8_t *)filter.ptr, filter.len, tap_random());
	}
	CHECK(passed < 2000);
	buf_deinit(&filter);
	token_set_free(set);
}

TEST(an_empty_set_has_a_filter_that_says_no) {
	struct token_set *set = token_set_new();
	struct buf filter = {0};
	token_set_filter(set, &filter);
	CHECK_EQ(filter.len, 32);
	CHECK(!filter_may_have((const uint8_t *)filter.ptr, filter.len, 0));
	CHECK(!filter_may_have((const uint8_t *)filter.ptr, filter.len, 12345));
	buf_deinit(&filter);
	token_set_free(set);
}
