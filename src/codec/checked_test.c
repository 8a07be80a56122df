/* Parts come back, and every changed byte is found: at once in the directory, with the part else.
 */
#include "codec/checked.h"

#include "tap.h"

/* Bytes whose end is the end of memory for the sanitizer. */
static char *exactly(struct str bytes) {
	char *copy = malloc(bytes.len + (bytes.len == 0));
	memcpy(copy, bytes.len == 0 ? "" : bytes.ptr, bytes.len);
	return copy;
}

TEST(parts_come_back_and_have_slack_behind_them) {
	struct checked_writer writer = {0};
	struct buf out = {0};
	checked_part(&writer, STR("first"));
	checked_part(&writer, STR(""));
	checked_part(&writer, STR("third"));
	checked_put(&writer, &out);
	checked_writer_deinit(&writer);
	char *bytes = exactly(buf_str(&out));
	struct checked *checked;
	REQUIRE(checked_open(str_make(bytes, out.len), &checked) == ERR_OK);
	CHECK_EQ(checked_count(checked), 3);
	struct str part;
	for (unsigned again = 0; again < 2; again++) {
		CHECK_EQ(checked_get(checked, 0, &part), ERR_OK);
		CHECK_STR(part, "first");
		CHECK_EQ(checked_get(checked, 1, &part), ERR_OK);
		CHECK_STR(part, "");
		CHECK_EQ(checked_get(checked, 2, &part), ERR_OK);
		CHECK_STR(part, "third");
	}
	for (size_t i = 0; i < CHECKED_SLACK; i++) {
		CHECK_EQ(part.ptr[part.len + i], 0);
	}
	CHECK(checked_holds(checked));
	checked_free(checked);
	free(bytes);
	buf_deinit(&out);
}

TEST(no_parts_at_all_are_fine) {
	struct checked_writer writer = {0};
	struct buf out = {0};
	checked_put(&writer, &out);
	CHECK_EQ(out.len, 4 + 1 + 4 + CHECKED_SLACK);
	struct checked *checked;
	REQUIRE(checked_open(buf_str(&out), &checked) == ERR_OK);
	CHECK_EQ(checked_count(checked), 0);
	checked_free(checked);
	CHECK_EQ(checked_open(STR(""), &checked), ERR_CORRUPT);
	buf_deinit(&out);
}

/* True when something is wrong, and found. */
static bool is_found(struct str bytes, size_t parts) {
	struct checked *checked;
	if (checked_open(bytes, &checked) != ERR_OK) {
		return true;
	}
	CHECK_EQ(checked_count(checked), parts);
	bool all = true;
	for (size_t i = 0; i < parts; i++) {
		struct str part = STR("");
		struct str peeked = checked_peek(checked, i);
		bool well = checked_get(checked, i, &part) == ERR_OK;
		CHECK(!well || (part.ptr == peeked.ptr && part.len == peeked.len));
		all = all && well;
	}
	bool holds = checked_holds(checked); /* it looks at the slack, too */
	CHECK(all || !holds);
	checked_free(checked);
	return !holds;
}

TEST(every_changed_bit_and_every_cut_is_found) {
	struct checked_writer writer = {0};
	struct buf out = {0};
	checked_part(&writer, STR("some text"));
	checked_part(&writer, STR(""));
	checked_part(&writer, STR("x"));
	checked_put(&writer, &out);
	checked_writer_deinit(&writer);
	CHECK(!is_found(buf_str(&out), 3));
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		out.ptr[bit / 8] = (char)(out.ptr[bit / 8] ^ 1 << bit % 8);
		CHECK(is_found(buf_str(&out), 3));
		out.ptr[bit / 8] = (char)(out.ptr[bit / 8] ^ 1 << bit % 8);
	}
	for (size_t len = 0; len < out.len; len++) {
		char *bytes = exactly(str_make(out.ptr, len));
		struct checked *checked;
		CHECK_EQ(checked_open(str_make(bytes, len), &checked), ERR_CORRUPT);
		free(bytes);
	}
	buf_append_char(&out, 0);
	struct checked *checked;
	CHECK_EQ(checked_open(buf_str(&out), &checked), ERR_CORRUPT);
	buf_deinit(&out);
}

TEST(only_pieces_that_are_asked_for_are_looked_at) {
	struct checked_writer writer = {0};
	struct buf out = {0};
	struct buf part = {0};
	memset(buf_reserve(&part, 3 * CHECKED_PIECE), 'x', 3 * CHECKED_PIECE);
	part.len = 3 * CHECKED_PIECE;
	checked_part(&writer, STR("head"));
	checked_part(&writer, buf_str(&part));
	checked_put(&writer, &out);
	checked_writer_deinit(&writer);
	struct checked *checked;
	REQUIRE(checked_open(buf_str(&out), &checked) == ERR_OK);
	struct str peeked = checked_peek(checked, 1);
	size_t second = CHECKED_PIECE - strlen("head"); /* where the second piece begins in it */
	out.ptr[(size_t)(peeked.ptr - out.ptr) + second] = 'y';
	CHECK_EQ(checked_hold(checked, str_slice(peeked, 0, second)), ERR_OK);
	CHECK_EQ(checked_hold(checked, str_slice(peeked, 0, second + 1)), ERR_CORRUPT);
	CHECK_EQ(checked_hold(checked, str_slice(peeked, second + CHECKED_PIECE, peeked.len)), ERR_OK);
	CHECK_EQ(checked_hold(checked, str_slice(peeked, second, second)), ERR_OK);
	CHECK_EQ(checked_get(checked, 1, &peeked), ERR_CORRUPT);
	CHECK(!checked_holds(checked));
	out.ptr[(size_t)(peeked.ptr - out.ptr) + second] = 'x';
	CHECK_EQ(checked_get(checked, 1, &peeked), ERR_OK);
	out.ptr[(size_t)(peeked.ptr - out.ptr)] = 'y';
	CHECK_EQ(checked_get(checked, 1, &peeked), ERR_OK); /* was well when it was looked at */
	CHECK(!checked_holds(checked));
	CHECK_EQ(checked_hold(NULL, peeked), ERR_OK);
	checked_free(checked);
	buf_deinit(&part);
	buf_deinit(&out);
}

TEST(of_a_front_only_what_is_there_can_be_asked_for) {
	struct checked_writer writer = {0};
	struct buf out = {0};
	struct buf part = {0};
	memset(buf_reserve(&part, 3 * CHECKED_PIECE), 'x', 3 * CHECKED_PIECE);
	part.len = 3 * CHECKED_PIECE;
	checked_part(&writer, STR("head"));
	checked_part(&writer, buf_str(&part));
	checked_put(&writer, &out);
	checked_writer_deinit(&writer);
	size_t before = out.len - 3 * CHECKED_PIECE - strlen("head") - CHECKED_SLACK;
	for (size_t have = 0; have < before + CHECKED_SLACK; have++) {
		char *front = exactly(str_make(out.ptr, have));
		struct checked *checked;
		CHECK_EQ(checked_open_front(str_make(front, out.len), have, &checked), ERR_LIMIT);
		free(front);
	}
	for (size_t pieces = 0; pieces < 3; pieces++) {
		size_t have = before + pieces * CHECKED_PIECE + CHECKED_SLACK;
		char *front = exactly(str_make(out.ptr, have));
		struct checked *checked;
		struct str got;
		REQUIRE(checked_open_front(str_make(front, out.len), have, &checked) == ERR_OK);
		CHECK_EQ(checked_get(checked, 0, &got), pieces > 0 ? ERR_OK : ERR_LIMIT);
		CHECK_EQ(checked_get(checked, 1, &got), ERR_LIMIT);
		struct str peeked = checked_peek(checked, 1);
		size_t second = CHECKED_PIECE - strlen("head"); /* where the second piece begins in it */
		CHECK_EQ(checked_hold(checked, str_slice(peeked, second, second + 1)),
		         pieces > 1 ? ERR_OK : ERR_LIMIT);
		checked_free(checked);
		front[before] = 'y';
		REQUIRE(checked_open_front(str_make(front, out.len), have, &checked) == ERR_OK);
		CHECK_EQ(checked_get(checked, 0, &got), pieces > 0 ? ERR_CORRUPT : ERR_LIMIT);
		checked_free(checked);
		free(front);
	}
	buf_deinit(&part);
	buf_deinit(&out);
}
