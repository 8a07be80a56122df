/* Crash states, one by one: at each changing call of many short lives every prefix, every choice of
 * up to eight operations that were not synced, and every tear between sectors; each state is
 * recovered and judged. Lives of up to three steps are all tried, longer ones by chance.
 *   AKASHI_STATES=1000000       so many distinct states (else a few)
 *   AKASHI_STATES_PART=0/4      a part of the lives, so that a long run can be cut into pieces
 *   AKASHI_SEED                 other long lives
 * A state is a disk together with what had been promised when it was left.
 */
#include "seal/memo_signatures.h" /* IWYU pragma: keep */
#include "store/lab.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/hash.h"
#include "os/os_wrap.h"
#include "tap.h"

enum {
	STEPS = 9,                           /* kinds of steps, see take_step */
	SHORT = 3,                           /* lives of up to so many are all tried */
	SHORT_LIVES = 9 + 9 * 9 + 9 * 9 * 9, /* of one, two, three steps */
	LONG = 9,                            /* the longest */
	OPS_MAX = 64,
	CHOSEN = 8, /* so many operations are chosen among in every way */
	FINDINGS_SHOWN = 5,
	SAY_EVERY = 25000, /* states */
	SPREAD = 97
};

/* ---- a set of numbers ---- */

struct seen {
	uint64_t *slots; /* 0: empty */
	size_t size, count;
};

static bool seen_put(struct seen *seen, uint64_t key) {
	size_t at = (size_t)(key & (seen->size - 1));
	while (seen->slots[at] != 0 && seen->slots[at] != key) {
		at = (at + 1) & (seen->size - 1);
	}
	bool is_new = seen->slots[at] == 0;
	seen->slots[at] = key;
	seen->count += is_new;
	return is_new;
}

static void seen_init(struct seen *seen, size_t size) {
	*seen = (struct seen){.slots = calloc(size, sizeof(uint64_t)), .size = size};
	ASSERT(seen->slots != NULL);
}

/* True when it was not in the set yet. */
static bool seen_add(struct seen *seen, uint64_t key) {
	if (2 * seen->count >= seen->size) {
		struct seen larger;
		seen_init(&larger, 2 * seen->size);
		for (size_t i = 0; i < seen->size; i++) {
			if (seen->slots[i] != 0) {
				(void)seen_put(&larger, seen->slots[i]);
			}
		}
		free(seen->slots);
		*seen = larger;
	}
	return seen_put(seen, key | 1); /* never 0 */
}

/* ---- the states at a call ---- */

struct exploring {
	struct lab lab;
	struct os_wrap *wrap;
	struct seen states, disks;
	uint64_t wanted, lives, picks, life;
	uint32_t findings;
	bool looking;  /* at the calls of this step */
	bool unlogged; /* something was taken that is neither logged nor committed: then no log */
	struct os_unsynced ops[OPS_MAX];
	struct os_fate fates[OPS_MAX];
	size_t count;
	size_t
	    tried; /* so many of them, the first, were there at the last call, and all choices tried */
	uint64_t tried_orders[OPS_MAX], tried_promise;
	size_t tried_count;
};

static const struct os_fate lost = {0};
static const struct os_fate whole = {.size = true, .sectors = UINT64_MAX};

/* What was promised: acknowledgements, and the checkpoint that can be read. */
static uint64_t promise_of(const struct lab *lab) {
	return hash64_seeded(lab->note.ptr, lab->note.len, hash64(lab->acks.ptr, lab->acks.len));
}

static void judge_pick(struct exploring *exploring) {
	struct lab *lab = &exploring->lab;
	struct os_memory *after CLEANUP(os_memory_freep) =
	    os_memory_pick(lab->memory, exploring->ops, exploring->fates, exploring->count);
	uint64_t disk = os_memory_digest(after);
	exploring->picks++;
	if (!seen_add(&exploring->states, disk ^ promise_of(lab))) {
		return;
	}
	(void)seen_add(&exploring->disks, disk);
	bool twice = disk % 16 == 0; /* what the recovery built on must be durable, too */
	bool good = twice ? lab_judge_twice(lab, after, os_memory_os(after))
	                  : lab_judge(lab, after, os_memory_os(after));
	if (!good && exploring->findings++ < FINDINGS_SHOWN) {
		printf("# life %llu: %s; of %zu operations came", (unsigned long long)exploring->life,
		       lab->why, exploring->count);
		for (size_t i = 0; i < exploring->count; i++) {
			printf(" %d:%llx", exploring->fates[i].size,
			       (unsigned long long)exploring->fates[i].sectors);
		}
		printf("\n");
	}
}

static void set_all(struct exploring *exploring, size_t from, size_t to, struct os_fate fate) {
	for (size_t i = from; i < to; i++) {
		exploring->fates[i] = fate;
	}
}

/* One write that comes in part: its first sectors, its last, its size alone, its bytes alone. */
static void judge_tears(struct exploring *exploring, size_t torn) {
	const struct os_unsynced *op = &exploring->ops[torn];
	if (op->is_name || op->is_truncate) {
		return;
	}
	struct os_fate kept = exploring->fates[torn];
	uint32_t sectors = MIN_OF(op->sectors, 63U);
	for (uint32_t first = 0; first < sectors; first++) {
		uint64_t head = ((uint64_t)1 << first) - 1;
		exploring->fates[torn] = (struct os_fate){.size = true, .sectors = head};
		judge_pick(exploring);
		if (first > 0) {
			exploring->fates[torn] = (struct os_fate){.size = true, .sectors = ~head};
			judge_pick(exploring);
		}
	}
	exploring->fates[torn] = (struct os_fate){.sectors = UINT64_MAX};
	judge_pick(exploring);
	exploring->fates[torn] = kept;
}

/* The operations come in their order up to one, which may come in part; and all but one, likewise.
 */
static void judge_prefixes(struct exploring *exploring) {
	for (size_t i = 0; i <= exploring->count; i++) {
		set_all(exploring, 0, i, whole);
		set_all(exploring, i, exploring->count, lost);
		judge_pick(exploring);
		if (i == exploring->count) {
			return;
		}
		judge_tears(exploring, i);
		set_all(exploring, i + 1, exploring->count, whole);
		judge_pick(exploring);
		judge_tears(exploring, i);
	}
}

/* Every choice among the operations [from, to); those before have come, those behind not. */
static void judge_choices(struct exploring *exploring, size_t from, size_t to) {
	set_all(exploring, 0, from, whole);
	set_all(exploring, to, exploring->count, lost);
	for (uint32_t mask = 0; mask < (uint32_t)1 << (to - from); mask++) {
		bool is_new = mask >> (MAX_OF(exploring->tried, from) - from) != 0;
		bool by_last =
		    to > CHOSEN && (mask >> (to - from - 1) & 1) == 0; /* in the choices before */
		for (size_t i = from; i < to; i++) {
			exploring->fates[i] = (mask >> (i - from) & 1) != 0 ? whole : lost;
		}
		if (is_new && !by_last) {
			judge_pick(exploring);
		}
	}
}

/* How many of the operations were there at the last call, when as much was promised. */
static void find_tried(struct exploring *exploring) {
	uint64_t promise = promise_of(&exploring->lab);
	size_t same = 0;
	while (same < exploring->tried_count && same < exploring->count &&
	       exploring->tried_orders[same] == exploring->ops[same].order) {
		same++;
	}
	bool grown = same == exploring->tried_count && promise == exploring->tried_promise;
	exploring->tried = grown ? same : 0;
	exploring->tried_promise = promise;
	exploring->tried_count = exploring->count;
	for (size_t i = 0; i < exploring->count; i++) {
		exploring->tried_orders[i] = exploring->ops[i].order;
	}
}

static bool is_done(const struct exploring *exploring) {
	return exploring->states.count >= exploring->wanted || exploring->findings >= FINDINGS_SHOWN;
}

static struct os_verdict before_call(void *ctx, const struct os_call *call) {
	struct exploring *exploring = ctx;
	struct os_verdict pass = {.action = OS_PASS};
	bool looks_only = call->kind == OS_CALL_OPEN && (call->flags & (OS_CREATE | OS_TRUNCATE)) == 0;
	if ((OS_CALL_BIT(call->kind) & OS_CALLS_CHANGING) == 0 || looks_only) {
		return pass;
	}
	lab_see_checkpoint(&exploring->lab, exploring->lab.memory);
	if (!exploring->looking || is_done(exploring)) {
		return pass;
	}
	exploring->count = os_memory_unsynced(exploring->lab.memory, exploring->ops, OPS_MAX);
	ASSERT(exploring->count <= OPS_MAX);
	find_tried(exploring);
	judge_prefixes(exploring);
	for (size_t to = MIN_OF(exploring->count, (size_t)CHOSEN); to <= exploring->count; to++) {
		judge_choices(exploring, to - MIN_OF(to, (size_t)CHOSEN), to);
	}
	return pass;
}

/* ---- lives ---- */

/* What the memory is now, with our eyes on it. */
static void watch_memory(struct exploring *exploring) {
	struct os_wrap_hooks hooks = {.ctx = exploring, .before = before_call};
	os_wrap_free(exploring->wrap);
	exploring->wrap = os_wrap_new(os_memory_os(exploring->lab.memory), hooks);
	exploring->lab.os = os_wrap_os(exploring->wrap);
}

static enum err open_again(struct exploring *exploring, struct store **store) {
	struct lab *lab = &exploring->lab;
	TRY(lab_open(lab, lab->os, store));
	return lab_replay(lab, *store);
}

/* The process ends without a word, or the power goes; and on with what is found. */
static enum err stop(struct exploring *exploring, struct store **store, enum os_crash mode,
                     uint64_t seed) {
	struct os_memory *after = os_memory_crash(exploring->lab.memory, mode, seed);
	store_closep(store);
	os_memory_free(exploring->lab.memory);
	exploring->lab.memory = after;
	watch_memory(exploring);
	return open_again(exploring, store);
}

static enum err take_step(struct exploring *exploring, struct store **store, uint64_t step,
                          uint32_t nth) {
	struct lab *lab = &exploring->lab;
	if ((step == 1 || step == 2) && exploring->unlogged) {
		TRY(store_commit(*store, &lab->diag));
	}
	exploring->unlogged = step == 0 || step == 3;
	switch (step) {
	case 0:
		return lab_take(lab, *store, 0, MIN_OF(2 + 3 * nth, lab->files[0].lines), false);
	case 1:
		return lab_take(lab, *store, 1, MIN_OF(2 + 2 * nth, lab->files[1].lines), true);
	case 2:
		return lab_take_group(lab, *store, 2);
	case 3:
		return lab_take_object(lab, *store, 3);
	case 4:
		return store_commit(*store, &lab->diag);
	case 5:
		store_closep(store);
		return open_again(exploring, store);
	case 6:
		return stop(exploring, store, OS_CRASH_KEEP, 0);
	case 7:
		return stop(exploring, store, OS_CRASH_FORGET, 0);
	default:
		return stop(exploring, store, OS_CRASH_SEEDED, nth);
	}
}

/* steps: how many; those from the first_new on are looked at, for others begin in the same way. */
static bool live(struct exploring *exploring, const uint8_t *steps, uint32_t count,
                 uint32_t first_new) {
	struct lab *lab = &exploring->lab;
	struct store *store = NULL;
	lab_init_with(lab, 1, (const uint32_t[LAB_FILES]){30, 20, 9, 5});
	lab->segment_bytes = 1500;
	lab->rewrite_bytes = 900;
	lab->epoch_count = 3;
	lab->rows_per_batch = 4;
	exploring->looking = first_new == 0;
	exploring->unlogged = false;
	exploring->tried_count = 0;
	watch_memory(exploring);
	enum err err = open_again(exploring, &store);
	for (uint32_t i = 0; i < count && err == ERR_OK && !is_done(exploring); i++) {
		exploring->looking = i >= first_new;
		err = take_step(exploring, &store, steps[i], i);
	}
	if (!CHECK(err == ERR_OK)) {
		printf("# life %llu: %s: %s\n", (unsigned long long)exploring->life, err_text(err),
		       lab->diag.message);
	}
	store_close(store);
	os_wrap_free(TAKE(exploring->wrap));
	lab_deinit(lab);
	return err == ERR_OK;
}

/* The steps of a life by its number; where it becomes one of its own. */
static uint32_t steps_of(uint64_t life, uint8_t steps[LONG], uint32_t *out_first_new) {
	uint64_t number = life;
	uint32_t count = 1;
	for (uint64_t lives = STEPS; count < SHORT && number >= lives; lives *= STEPS) {
		number -= lives;
		count++;
	}
	bool is_long = life >= SHORT_LIVES;
	number = is_long ? (life - SHORT_LIVES) % (STEPS * STEPS * STEPS) : number;
	for (uint32_t i = 0; i < count; i++) {
		steps[i] = (uint8_t)(number % STEPS);
		number /= STEPS;
	}
	*out_first_new = count - 1;
	if (is_long) {
		uint32_t more = 1 + (uint32_t)(tap_random() % (LONG - SHORT));
		for (uint32_t i = 0; i < more; i++) {
			steps[count++] = (uint8_t)(tap_random() % STEPS);
		}
		*out_first_new = SHORT;
	}
	return count;
}

TEST(every_state_that_a_cut_can_leave_is_recovered_to_what_was_promised) {
	static const char *const part_default = "0/1";
	const char *wanted = getenv("AKASHI_STATES");
	const char *part = getenv("AKASHI_STATES_PART");
	struct exploring exploring = {.wanted = wanted == NULL ? 600 : strtoull(wanted, NULL, 10)};
	struct str parts = str_from(part == NULL ? part_default : part);
	struct str first = str_cut(&parts, '/');
	uint64_t nth;
	uint64_t of;
	size_t said = SAY_EVERY;
	REQUIRE(str_to_u64(first, 63, &nth) && str_to_u64(parts, 64, &of) && nth < of);
	if (wanted == NULL) { /* a few lives, others with another seed */
		of = SPREAD;
		nth = tap_random() % of;
	}
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20); /* a third of the time is the kernel's otherwise */
	(void)mallopt(M_MMAP_THRESHOLD, 16 << 20);
	seen_init(&exploring.states, 1024);
	seen_init(&exploring.disks, 1024);
	for (uint64_t life = 0; !is_done(&exploring); life++) {
		uint8_t steps[LONG];
		uint32_t first_new;
		uint32_t count = steps_of(life, steps, &first_new);
		if (life % of == nth) {
			exploring.life = life;
			exploring.lives += live(&exploring, steps, count, first_new);
		}
		if (exploring.states.count >= said) {
			printf("# before life %llu: %zu states\n", (unsigned long long)life + 1,
			       exploring.states.count);
			said += SAY_EVERY;
		}
	}
	printf("# part %llu of %llu: %llu lives, %llu cuts, %zu distinct states of %zu disks, %u "
	       "violations\n",
	       (unsigned long long)nth, (unsigned long long)of, (unsigned long long)exploring.lives,
	       (unsigned long long)exploring.picks, exploring.states.count, exploring.disks.count,
	       exploring.findings);
	CHECK_EQ(exploring.findings, 0);
	CHECK(exploring.states.count >= exploring.wanted);
	free(exploring.states.slots);
	free(exploring.disks.slots);
}
