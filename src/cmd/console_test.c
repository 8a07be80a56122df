#include "cmd/console.h"

#include "tap.h"

TEST(sizes_are_read_with_their_units) {
	size_t bytes = 0;
	CHECK(console_size("65536", &bytes, NULL) == ERR_OK && bytes == 65536);
	CHECK(console_size("512M", &bytes, NULL) == ERR_OK && bytes == (size_t)512 << 20);
	CHECK(console_size("2GiB", &bytes, NULL) == ERR_OK && bytes == (size_t)2 << 30);
	struct diag diag = {0};
	CHECK(console_size("0", &bytes, &diag) == ERR_INVALID);
	CHECK(console_size("lots", &bytes, &diag) == ERR_INVALID);
	CHECK(console_size("", &bytes, &diag) == ERR_INVALID);
	CHECK(console_size("99999999999T", &bytes, &diag) == ERR_INVALID);
	CHECK(diag.hint[0] != '\0');
}

TEST(paths_are_made_absolute_by_text) {
	struct arena *arena = arena_new(SIZE_MAX);
	CHECK_STR(str_from(console_absolute_path(arena, "/a/./b/../c//d/")), "/a/c/d");
	CHECK_STR(str_from(console_absolute_path(arena, "/..")), "/");
	CHECK_STR(str_from(console_absolute_path(arena, "-")), "-");
	struct str relative = str_from(console_absolute_path(arena, "x/y"));
	CHECK(relative.ptr[0] == '/' && str_ends(relative, STR("/x/y")));
	arena_free(arena);
}

TEST(errors_become_the_exit_statuses_that_scripts_rely_on) {
	CHECK_EQ(console_status(ERR_OK), 0);
	CHECK_EQ(console_status(ERR_INVALID), 2);
	CHECK_EQ(console_status(ERR_NO_SPACE), 3);
	CHECK_EQ(console_status(ERR_CORRUPT), 3);
	CHECK_EQ(console_status(ERR_CLOSED), 0);
}
