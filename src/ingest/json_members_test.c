/* Members by dotted names, and paths into arrays. */
#include "ingest/json_members.h"

#include "base/limits.h"
#include "tap.h"

static void append_value(struct buf *out, struct value value) {
	buf_append_char(out, '<');
	value_append_json(out, value);
	buf_append_char(out, '>');
}

static void append_member(void *ctx, struct str name, struct value value) {
	buf_append_str(ctx, name);
	append_value(ctx, value);
}

static void append_found(void *ctx, struct value value) {
	append_value(ctx, value);
}

static void check_members(const char *text, bool whole, const char *expected) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct buf out = {0};
	CHECK(json_members(str_from(text), arena, append_member, &out) == whole);
	CHECK(json_is_object(str_from(text)) == whole);
	CHECK_STR(out, expected);
	buf_deinit(&out);
	arena_free(arena);
}

TEST(members_are_named_by_their_path) {
	check_members("{}", true, "");
	check_members("{\"a\":1,\"b\":{\"c\":\"x\",\"d\":true}}", true, "a<1>b.c<\"x\">b.d<true>");
	check_members("{\"a\":null,\"b\":{},\"c\":[1,\"x\"],\"d\":[{\"e\":1}]}", true,
	              "a<null>b<{}>c<[1,\"x\"]>d<[{\"e\":1}]>");
	check_members("{\"a\\u0062\":\"x\\ny\"}", true, "ab<\"x\\ny\">");
	check_members("{\"a\":1} x", false, "a<1>");
	check_members("{\"a\":1,}", false, "a<1>");
	check_members("[1]", false, "");
	check_members("", false, "");
}

TEST(names_that_are_too_long_are_left_out) {
	struct buf text = {0};
	buf_append_str(&text, STR("{\""));
	for (size_t i = 0; i <= LIMIT_FIELD_NAME; i++) {
		buf_append_char(&text, 'n');
	}
	buf_append_str(&text, STR("\":{\"a\":1},\"b\":2}"));
	buf_append_char(&text, '\0');
	check_members(text.ptr, true, "b<2>");
	buf_deinit(&text);
}

static void check_path(const char *json, const char *path, const char *expected) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct buf out = {0};
	json_path(str_from(json), str_from(path), arena, append_found, &out);
	CHECK_STR(out, expected);
	buf_deinit(&out);
	arena_free(arena);
}

TEST(paths_go_into_arrays) {
	static const char list[] = "[{\"Name\":\"a\",\"Value\":1},{\"Name\":\"b\",\"Value\":{\"x\":[7,"
	                           "8]}},{\"Value\":\"\\u0041\"}]";
	check_path(list, "0.Value", "<1>");
	check_path(list, "2.Value", "<\"A\">");
	check_path(list, "3.Value", "");
	check_path(list, "*.Name", "<\"a\"><\"b\">");
	check_path(list, "Name=b.Value.x", "<[7,8]>");
	check_path(list, "Name=b.Value.x.1", "<8>");
	check_path(list, "Name=c.Value", "");
	check_path(list, "x.Value", "");
	check_path("{\"a\":[1,2]}", "a.1", "<2>");
	check_path("{\"a\":[1,2]}", "a", "<[1,2]>");
	check_path("{\"a\":1}", "a.b", "");
	check_path("broken", "a", "");
	check_path("[[[[[[[[[[[[1]]]]]]]]]]]]", "0.0.0.0.0.0.0.0.0.0.0.0", "");
}
