/* Which hunts before count. */
#include "detect/hunts.h"

#include "base/buf.h"

#include "tap.h"

#define RUN(f, t, n) {.from = STR_INIT(f), .to = STR_INIT(t), .usable = true, .records = (n)}

static void check_chain(const struct hunt_run *runs, uint32_t count, const char *wanted) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf text = {0};
	const uint32_t *chain;
	uint32_t length = hunts_chain(runs, count, arena, &chain);
	for (uint32_t i = 0; i < length; i++) {
		buf_printf(&text, "%u ", chain[i]);
	}
	CHECK_STR(buf_str(&text), wanted);
}

TEST(without_a_hunt_before_nothing_is_known) {
	check_chain(NULL, 0, "");
}

TEST(hunts_that_follow_one_another_all_count) {
	const struct hunt_run runs[] = {RUN("{}", "a", 10), RUN("a", "b", 15), RUN("b", "c", 16)};
	check_chain(runs, 3, "0 1 2 ");
}

TEST(a_gap_ends_what_is_known) {
	struct hunt_run runs[] = {RUN("{}", "a", 10), RUN("a", "b", 15), RUN("b", "c", 16)};
	runs[1].usable = false;
	check_chain(runs, 3, "0 ");
	runs[0].usable = false;
	check_chain(runs, 3, "");
}

TEST(the_hunts_that_saw_most_count) {
	const struct hunt_run runs[] = {RUN("{}", "a", 10), RUN("a", "b", 15), RUN("{}", "c", 12),
	                                RUN("{}", "b", 15), RUN("b", "d", 16)};
	check_chain(runs, 5, "3 4 ");
	check_chain(runs, 3, "0 1 ");
}

TEST(hostile_runs_make_no_ring) {
	const struct hunt_run runs[] = {RUN("{}", "{}", 10), RUN("{}", "a", 1), RUN("a", "b", 1),
	                                RUN("b", "a", 9), RUN("a", "b", 9)};
	check_chain(runs, 5, "1 2 3 4 ");
}
