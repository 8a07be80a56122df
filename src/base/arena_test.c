/* Tests of base/arena: alignment, zeroing, the cap, reset. */
#include "base/arena.h"

#include "tap.h"

static bool all_zero(const char *bytes, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0) {
			return false;
		}
	}
	return true;
}

TEST(every_piece_is_zero_aligned_and_apart_from_the_others) {
	struct arena *arena = arena_new(SIZE_MAX);
	char *pieces[400];
	size_t sizes[400];
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		sizes[i] = tap_random() % 700;
		pieces[i] = arena_alloc(arena, sizes[i]);
		CHECK((uintptr_t)pieces[i] % 16 == 0);
		CHECK(all_zero(pieces[i], sizes[i]));
		memset(pieces[i], (int)(i & 0xff), sizes[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		for (size_t at = 0; at < sizes[i]; at++) {
			REQUIRE((unsigned char)pieces[i][at] == (i & 0xff));
		}
	}
	arena_free(arena);
}

TEST(pieces_larger_than_a_chunk_are_given) {
	struct arena *arena = arena_new(SIZE_MAX);
	char *small = arena_alloc(arena, 10);
	char *large = arena_alloc(arena, (size_t)5 << 20);
	small[9] = 'a';
	large[((size_t)5 << 20) - 1] = 'b';
	char *after = arena_alloc(arena, 10);
	CHECK(after != NULL && small[9] == 'a');
	CHECK(arena_used(arena) >= ((size_t)5 << 20) + 20);
	arena_free(arena);
}

TEST(above_its_cap_an_arena_gives_null_and_goes_on) {
	struct arena *arena = arena_new(10000);
	CHECK(arena_try_alloc(arena, 10001) == NULL);
	CHECK(arena_try_alloc(arena, SIZE_MAX) == NULL);
	CHECK(arena_try_alloc(arena, SIZE_MAX - 20) == NULL);
	size_t got = 0;
	while (arena_try_alloc(arena, 160) != NULL) {
		got += 160;
		REQUIRE(got <= 10000);
	}
	CHECK(got > 9000);
	arena_reset(arena);
	CHECK(arena_used(arena) == 0);
	CHECK(arena_try_alloc(arena, 100) != NULL);
	arena_free(arena);
}

TEST(a_reset_arena_gives_zeroed_memory_again) {
	struct arena *arena = arena_new(SIZE_MAX);
	for (size_t round = 0; round < tap_rounds(50); round++) {
		for (int i = 0; i < 30; i++) {
			size_t size = 1 + tap_random() % 3000;
			char *piece = arena_alloc(arena, size);
			REQUIRE(all_zero(piece, size));
			memset(piece, 0xff, size);
		}
		arena_reset(arena);
		REQUIRE(arena_used(arena) == 0);
	}
	arena_free(arena);
}

TEST(resetting_an_unused_arena_and_freeing_null_do_nothing) {
	struct arena *arena = arena_new(100);
	arena_reset(arena);
	CHECK_EQ(arena_used(arena), 0);
	arena_freep(&arena);
	CHECK(arena == NULL);
	arena_free(NULL);
	arena_freep(&arena);
}

TEST(arrays_are_count_times_size) {
	struct arena *arena = arena_new(SIZE_MAX);
	uint64_t *numbers = ARENA_ARRAY(arena, 1000, uint64_t);
	numbers[999] = 5;
	CHECK_EQ(numbers[0], 0);
	CHECK(arena_used(arena) >= 8000);
	CHECK(ARENA_ARRAY(arena, 0, uint64_t) != NULL);
	arena_free(arena);
}

static void overflow_an_array(void) {
	struct arena *arena = arena_new(SIZE_MAX);
	(void)arena_array(arena, SIZE_MAX / 2, 4);
}

static void pass_the_cap(void) {
	struct arena *arena = arena_new(100);
	(void)arena_alloc(arena, 101);
}

TEST(sizes_that_overflow_or_pass_the_cap_are_bugs) {
	CHECK(tap_aborts(overflow_an_array));
	CHECK(tap_aborts(pass_the_cap));
}

TEST(copies_of_text_are_independent_of_the_original) {
	struct arena *arena = arena_new(SIZE_MAX);
	char original[] = "evidence";
	struct str copy = arena_str(arena, str_from(original));
	char *c = arena_cstr(arena, str_from(original));
	struct str printed = arena_printf(arena, "%s %d", original, 12);
	original[0] = 'X';
	CHECK_STR(copy, "evidence");
	CHECK(strcmp(c, "evidence") == 0);
	CHECK_STR(printed, "evidence 12");
	CHECK_EQ(arena_str(arena, STR("")).len, 0);
	CHECK(arena_cstr(arena, STR(""))[0] == '\0');
	CHECK_STR(arena_printf(arena, "%s", ""), "");
	arena_free(arena);
}
