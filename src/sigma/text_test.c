/* Strings of rules: escapes, atoms, encodings, dashes, placeholders. */
#include "sigma/text.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tap.h"

static void check_atom(const char *raw, enum atom_kind kind, const char *text) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct atom atom = {0};
	text_to_atom(arena, text_pattern(arena, str_from(raw)), &atom);
	if (!CHECK_EQ(atom.kind, kind)) {
		printf("# %s\n", raw);
	}
	CHECK_STR(atom.text, text);
}

TEST(wildcards_at_the_ends_need_no_wildcard_matching) {
	check_atom("cmd.exe", ATOM_EQUALS, "cmd.exe");
	check_atom("*cmd.exe", ATOM_ENDS, "cmd.exe");
	check_atom("cmd*", ATOM_STARTS, "cmd");
	check_atom("**cmd**", ATOM_CONTAINS, "cmd");
	check_atom("*", ATOM_CONTAINS, "");
	check_atom("", ATOM_EQUALS, "");
	check_atom("a*b", ATOM_WILDCARD, "a*b");
	check_atom("?*", ATOM_WILDCARD, "?*");
	check_atom("a\\*", ATOM_EQUALS, "a*");
	check_atom("a\\\\*", ATOM_STARTS, "a\\");
	check_atom("a\\\\\\*", ATOM_EQUALS, "a\\*");
	check_atom("\\\\\\server\\share", ATOM_EQUALS, "\\\\server\\share");
	check_atom("\\\\\\\\server\\share", ATOM_EQUALS, "\\\\server\\share");
	check_atom("end\\", ATOM_EQUALS, "end\\");
	check_atom("a\\nb?", ATOM_WILDCARD, "a\\\\nb?");
}

TEST(anchors_keep_wildcards_that_are_there) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct str pattern = text_pattern(arena, STR("\\Temp\\"));
	CHECK_STR(text_anchor(arena, pattern, true, true), "*\\\\Temp\\\\*");
	CHECK_STR(text_anchor(arena, STR("*x"), false, false), "*x");
	CHECK_STR(text_anchor(arena, STR("*x"), true, false), "*x");
	CHECK_STR(text_anchor(arena, STR("*"), true, true), "**");
	CHECK_STR(text_quote(arena, STR("a*?\\")), "a\\*\\?\\\\");
}

TEST(base64_and_its_offsets_are_those_of_the_specification) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CHECK_STR(text_base64(arena, STR("foobar")), "Zm9vYmFy");
	CHECK_STR(text_base64_offset(arena, STR("http://"), 0), "aHR0cDovL");
	CHECK_STR(text_base64_offset(arena, STR("http://"), 1), "h0dHA6Ly");
	CHECK_STR(text_base64_offset(arena, STR("http://"), 2), "odHRwOi8v");
	CHECK_STR(text_base64_offset(arena, STR(""), 0), "");
	CHECK_STR(text_base64_offset(arena, STR("a"), 2), "h");
}

static void check_bytes(struct str actual, const char *expected, size_t len) {
	CHECK(str_eq(actual, str_make(expected, len)));
}

TEST(utf16_keeps_wildcards_and_pairs_surrogates) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	check_bytes(text_utf16(arena, STR("a*"), false, false), "a\0*", 3);
	check_bytes(text_utf16(arena, STR("a\\*"), true, false), "\0a\0\\*", 5);
	check_bytes(text_utf16(arena, STR("a"), false, true),
	            "\xff\xfe"
	            "a\0",
	            4);
	check_bytes(text_utf16(arena, STR("\xf0\x9f\x98\x80"), false, false), "\x3d\xd8\x00\xde", 4);
}

static uint32_t dashes(const char *raw, const char *wanted) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct texts out = {0};
	uint32_t found = 0;
	CHECK(text_windash(arena, text_pattern(arena, str_from(raw)), &out) == ERR_OK);
	for (uint32_t i = 0; i < out.count; i++) {
		found += str_eq(out.items[i], str_from(wanted));
	}
	CHECK_EQ(found, 1);
	return out.count;
}

TEST(dashes_before_words_take_five_forms) {
	CHECK_EQ(dashes(" -f ", " /f "), 5);
	CHECK_EQ(dashes(" /f ", " -f "), 5);
	CHECK_EQ(dashes("-a -b", "/a \xe2\x80\x93"
	                         "b"),
	         25);
	CHECK_EQ(dashes("*-a*", "*\xe2\x80\x95"
	                        "a*"),
	         5);
	CHECK_EQ(dashes("a-b", "a-b"), 1);
	CHECK_EQ(dashes("--x", "-/x"), 5);
	CHECK_EQ(dashes("- ", "- "), 1);
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct texts out = {0};
	CHECK_EQ(text_windash(arena, STR("-a -b -c -d -e -f -g"), &out), ERR_LIMIT);
}

static const struct texts *values_of(void *ctx, struct str name) {
	static struct str admins[] = {STR_INIT("root"), STR_INIT("adm*")};
	static const struct texts list = {admins, 2, 2};
	(void)ctx;
	return str_eq(name, STR("Admins")) ? &list : NULL;
}

static void check_expand(const char *raw, enum err err, const char *expected) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct texts out = {0};
	struct str missing = {0};
	struct buf joined = {0};
	CHECK_EQ(text_expand(arena, str_from(raw), values_of, NULL, &out, &missing), err);
	for (uint32_t i = 0; i < out.count; i++) {
		buf_append_str(&joined, i > 0 ? STR("|") : STR(""));
		buf_append_str(&joined, out.items[i]);
	}
	CHECK_STR(err == ERR_NOT_FOUND ? missing : buf_str(&joined), expected);
	buf_deinit(&joined);
}

TEST(placeholders_take_all_their_values) {
	check_expand("%Admins%", ERR_OK, "root|adm*");
	check_expand("a\\%Admins%-%Admins%?", ERR_OK, "a%Admins%-root?|a%Admins%-adm*?");
	check_expand("%Admins%%Admins%", ERR_OK, "rootroot|adm*root|rootadm*|adm*adm*");
	check_expand("100% and 50%", ERR_OK, "100% and 50%");
	check_expand("%%", ERR_OK, "%%");
	check_expand("", ERR_OK, "");
	check_expand("x%nosuch%", ERR_NOT_FOUND, "nosuch");
}

TEST(placeholders_do_not_multiply_without_end) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct texts out = {0};
	struct str missing;
	struct buf raw = {0};
	for (int i = 0; i < 30; i++) {
		buf_append_str(&raw, STR("%Admins%"));
	}
	CHECK_EQ(text_expand(arena, buf_str(&raw), values_of, NULL, &out, &missing), ERR_LIMIT);
	buf_deinit(&raw);
}
