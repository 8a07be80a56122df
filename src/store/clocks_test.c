/* Clocks that jump, stand still and run backward while a store is written, stopped and opened
 * again: nothing that is promised hangs on them, and each step is a record. AKASHI_CLOCKS=10000
 * plays so many lives. */
#include "seal/memo_signatures.h" /* IWYU pragma: keep */
#include "store/lab.h"

#include <stdlib.h>

#include "tap.h"

enum { SESSIONS = 3, STEPS = 4 };
#define NS ((int64_t)1000000000)
#define YEAR (31557600 * NS)

/* The clocks that the table below shows: ctx is the memory's, so they are found here. */
static struct {
	int64_t wall_ns, monotonic_ns;
} now;

static int64_t wall_now(void *ctx) {
	(void)ctx;
	return now.wall_ns;
}
static int64_t monotonic_now(void *ctx) {
	(void)ctx;
	return now.monotonic_ns;
}

static struct os with_clocks(struct os_memory *memory) {
	struct os os = *os_memory_os(memory);
	os.wall_ns = wall_now;
	os.monotonic_ns = monotonic_now;
	return os;
}

/* What a clock does at once. */
static void move_clock(uint64_t how) {
	static const int64_t places[] = {
	    0,                      /* 1970 */
	    -5 * YEAR,              /* before it */
	    INT64_MAX - YEAR,       /* 2261 */
	    (INT32_MAX - 2LL) * NS, /* 2038, two seconds before 32 bits are full */
	    (INT32_MAX + 1LL) * NS, /* and after */
	};
	static const int64_t steps[] = {
	    -3600 * NS, 3600 * NS, 10 * YEAR, -NS, /* a leap second is told twice */
	    NS / 2,     -NS / 2,   NS + 1,    -NS - 1};
	int64_t passed = (int64_t)(tap_random() % 20) * NS / 2;
	now.monotonic_ns += passed;
	if (how < ARRAY_LEN(places)) {
		now.wall_ns = places[how];
	} else if (how < ARRAY_LEN(places) + ARRAY_LEN(steps)) {
		now.wall_ns =
		    MIN_OF(now.wall_ns, INT64_MAX - 20 * YEAR) + passed + steps[how - ARRAY_LEN(places)];
	} else if (how == ARRAY_LEN(places) + ARRAY_LEN(steps)) {
		now.wall_ns = (int64_t)(tap_random() / 4) - INT64_MAX / 4; /* anywhere */
	} else if (how > ARRAY_LEN(places) + ARRAY_LEN(steps) + 1) {
		now.wall_ns = MIN_OF(now.wall_ns, INT64_MAX - YEAR) + passed; /* kept right */
	} /* else: it stands still */
}

struct playing {
	struct lab lab;
	struct os os;
	uint64_t steps; /* of more than a second, while running */
};

/* Moves the clock between two things that look at it, and counts what must be noted. */
static void between(struct playing *playing, bool running) {
	int64_t wall = now.wall_ns;
	int64_t monotonic = now.monotonic_ns;
	move_clock(tap_random() % 20);
	__int128 step = (__int128)now.wall_ns - wall - (now.monotonic_ns - monotonic);
	playing->steps += running && (step > NS || step < -NS);
}

static enum err play_session(struct playing *playing, uint32_t session) {
	struct lab *lab = &playing->lab;
	struct store *store CLEANUP(store_closep) = NULL;
	TRY(lab_open(lab, &playing->os, &store));
	TRY(lab_replay(lab, store));
	TRY(store_commit(store, &lab->diag)); /* of what a stop left */
	for (uint32_t i = 0; i < STEPS; i++) {
		uint32_t lines = 1 + session * STEPS + i;
		if (i > 0) { /* a first look after the opening is needed */
			between(playing, true);
		}
		TRY(lab_take(lab, store, i % 2, lines, i % 2 == 1)); /* one batch: it looks at the clocks */
		TRY(i % 2 == 0 || tap_random() % 2 == 0 ? store_commit(store, &lab->diag) : ERR_OK);
	}
	if (tap_random() % 2 == 0) {
		return ERR_OK; /* as a killed process */
	}
	TRY(lab_take_object(lab, store, 3));
	return store_commit(store, &lab->diag);
}

/* Records of steps that were seen while running. */
static uint64_t count_steps(struct playing *playing) {
	struct store_options options = {.os = &playing->os, .path = LAB_PATH};
	struct store *store CLEANUP(store_closep) = NULL;
	struct store_scan_options all = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .all_types = true};
	struct store_scan *scan = NULL;
	struct store_view *view = NULL;
	uint64_t count = 0;
	CHECK(store_open(&options, &store, NULL) == ERR_OK &&
	      store_scan_new(store, &all, &scan) == ERR_OK);
	while (scan != NULL && store_scan_next(scan, &view, NULL) == ERR_OK && view != NULL) {
		for (uint32_t i = 0; i < store_view_rows(view); i++) {
			struct row row;
			CHECK(store_view_row(view, i, &row) == ERR_OK);
			count += row.type == RECORD_CLOCK_STEP &&
			         str_find(row.body, STR("\"running\""), 0) < row.body.len;
		}
		store_view_free(view);
	}
	store_scan_free(scan);
	return count;
}

/* A life over clocks, with a stop between sessions; then all that was promised is judged. */
static bool play(struct playing *playing, uint64_t *cuts) {
	struct lab *lab = &playing->lab;
	static const enum os_crash modes[] = {OS_CRASH_FORGET, OS_CRASH_KEEP, OS_CRASH_SEEDED};
	for (uint32_t session = 0; session < SESSIONS; session++) {
		playing->os = with_clocks(lab->memory);
		if (play_session(playing, session) != ERR_OK) {
			return lab_say(lab, "a session fails", lab->diag.message);
		}
		lab_see_checkpoint(lab, lab->memory);
		between(playing, false);
		for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
			struct os_memory *after CLEANUP(os_memory_freep) =
			    os_memory_crash(lab->memory, modes[i], tap_random());
			struct os os = with_clocks(after);
			++*cuts;
			if (!lab_judge(lab, after, &os)) {
				return false;
			}
		}
	}
	struct store *store CLEANUP(store_closep) = NULL;
	if (lab_open(lab, &playing->os, &store) != ERR_OK || lab_replay(lab, store) != ERR_OK ||
	    store_commit(store, &lab->diag) != ERR_OK) {
		return lab_say(lab, "the end fails", lab->diag.message);
	}
	store_close(TAKE(store));
	return count_steps(playing) == playing->steps ||
	       lab_say(lab, "steps of the clock are missing, or too many", "");
}

TEST(clocks_change_neither_order_nor_proof_and_each_step_is_a_record) {
	const char *wanted = getenv("AKASHI_CLOCKS");
	uint64_t lives = wanted == NULL ? tap_rounds(40) : strtoull(wanted, NULL, 10);
	uint64_t steps = 0;
	uint64_t cuts = 0;
	for (uint64_t life = 0; life < lives; life++) {
		struct playing playing = {.steps = 0};
		lab_init_with(&playing.lab, life, (const uint32_t[LAB_FILES]){14, 14, 1, 4});
		now.wall_ns = 1795305600 * NS;
		now.monotonic_ns = NS;
		if (!CHECK(play(&playing, &cuts))) {
			printf("# life %llu: %s\n", (unsigned long long)life, playing.lab.why);
		}
		steps += playing.steps;
		lab_deinit(&playing.lab);
	}
	printf("# %llu lives over bad clocks, %llu steps noted, %llu cuts\n", (unsigned long long)lives,
	       (unsigned long long)steps, (unsigned long long)cuts);
	CHECK(steps > 3 * lives);
}
