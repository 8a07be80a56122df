/* Power cuts, killed processes and failing disks while epoch.key is made or changed: whole keys of
 * the epoch before or of the next one are there, and one can go on from either.
 */
#include "base/limits.h"
#include "os/os_fault.h"
#include "os/os_record.h"
#include "seal/epoch_file.h"
#include "seal/epoch_fixture.h"
#include "tap.h"

enum { FROM = 3, TO = 5, SEEDS = 24, SEEDS_INSIDE = 5, SYNCS_OF_CREATE = 2, SYNCS_OF_ADVANCE = 3 };

/* As folder "/" and the name give it. */
static const char final_path[] = "//epoch.key";

struct lab {
	struct os_memory *memory;
	struct epoch_keys *before; /* NULL: the file is being made */
	struct epoch_keys *after;
	uint64_t seeds;
	bool deep;    /* cut the opening after the cut as well */
	bool spoiled; /* some cut left what should not be */
};

static bool same(const struct epoch_keys *a, const struct epoch_keys *b) {
	return epoch_keys_epoch(a) == epoch_keys_epoch(b) &&
	       memcmp(epoch_keys_secret(a), epoch_keys_secret(b), EPOCH_SECRET_SIZE) == 0;
}

/* Whoever has opened keys may sign with them: no cut may take them away. */
static bool is_durable(const struct os_memory *memory, const struct epoch_keys *keys) {
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, OS_CRASH_FORGET, 0);
	struct epoch_keys *found CLEANUP(epoch_keys_freep) = NULL;
	return epoch_file_open(os_memory_os(after), "/", &found, NULL) == ERR_OK && same(found, keys);
}

/* What is found opens as one of the two, goes on to the later, and is found there again. */
static bool goes_on(const struct lab *lab, struct os_memory *memory) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	struct epoch_keys *again CLEANUP(epoch_keys_freep) = NULL;
	const struct os *os = os_memory_os(memory);
	enum err err = epoch_file_open(os, "/", &keys, NULL);
	if (lab->before == NULL) {
		if (err == ERR_NOT_FOUND) {
			err = epoch_file_create(os, "/", STR("a"), 0, &keys, NULL);
		}
		return err == ERR_OK && is_durable(memory, keys);
	}
	return err == ERR_OK && (same(keys, lab->before) || same(keys, lab->after)) &&
	       is_durable(memory, keys) && epoch_file_advance(os, "/", keys, TO, NULL) == ERR_OK &&
	       same(keys, lab->after) && epoch_file_open(os, "/", &again, NULL) == ERR_OK &&
	       same(again, lab->after) && os_memory_open_count(memory) == 0;
}

static void try_cuts(struct lab *lab, struct os_memory *memory);

static void cut_opening(void *ctx, const struct os_call *call) {
	struct lab *lab = ctx;
	if ((OS_CALLS_CHANGING & OS_CALL_BIT(call->kind)) != 0) {
		try_cuts(lab, lab->memory);
	}
}

/* Opens what a cut left, while that is cut at each step. */
static void open_under_cuts(const struct lab *lab, const struct os_memory *memory) {
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, OS_CRASH_KEEP, 0);
	struct lab inner = {
	    .memory = after, .before = lab->before, .after = lab->after, .seeds = SEEDS_INSIDE};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(after), cut_opening, &inner);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	CHECK(epoch_file_open(os_record_os(record), "/", &keys, NULL) == ERR_OK || lab->before == NULL);
	CHECK(!inner.spoiled);
}

static void try_cuts(struct lab *lab, struct os_memory *memory) {
	for (uint64_t seed = 0; seed < lab->seeds; seed++) {
		enum os_crash mode = seed == 0   ? OS_CRASH_FORGET
		                     : seed == 1 ? OS_CRASH_KEEP
		                                 : OS_CRASH_SEEDED;
		struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, mode, seed);
		if (lab->deep) {
			open_under_cuts(lab, after);
		}
		lab->spoiled |= !goes_on(lab, after);
	}
}

/* Before the old file loses its name, it must have lost its secret for good. */
static void check_erased(struct lab *lab) {
	struct os_memory *after CLEANUP(os_memory_freep) =
	    os_memory_crash(lab->memory, OS_CRASH_FORGET, 0);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct buf secret CLEANUP(buf_deinit) = {0};
	buf_append_base64(&secret, epoch_keys_secret(lab->before), EPOCH_SECRET_SIZE);
	lab->spoiled |=
	    os_read_file(os_memory_os(after), "/epoch.key", LIMIT_NOTE_SIZE, &bytes) != ERR_OK ||
	    str_find(buf_str(&bytes), buf_str(&secret), 0) != (size_t)-1;
}

static void watch(void *ctx, const struct os_call *call) {
	struct lab *lab = ctx;
	try_cuts(lab, lab->memory);
	if (lab->before != NULL && call->kind == OS_CALL_RENAME && strcmp(call->to, final_path) == 0) {
		check_erased(lab);
	}
}

static void lab_init(struct lab *lab, bool making) {
	struct buf text CLEANUP(buf_deinit) = {0};
	*lab = (struct lab){.memory = os_memory_new(3), .seeds = SEEDS};
	if (!making) {
		struct epoch_keys *earlier CLEANUP(epoch_keys_freep) = fixture_keys(FROM - 1);
		const struct os *os = os_memory_os(lab->memory);
		lab->before = fixture_keys(FROM);
		lab->after = fixture_keys(TO);
		epoch_text_format(earlier, &text);
		ASSERT(os_replace_file(os, "/", "epoch.key", buf_str(&text)) == ERR_OK);
		ASSERT(epoch_file_advance(os, "/", earlier, FROM, NULL) == ERR_OK);
		ASSERT(os_memory_pending(lab->memory) > 0); /* the rename that is not synced */
	}
}

static void lab_deinit(struct lab *lab) {
	epoch_keys_free(lab->before);
	epoch_keys_free(lab->after);
	os_memory_free(lab->memory);
}

static enum err make_or_go_on(const struct os *os, bool making, struct epoch_keys **keys) {
	return making ? epoch_file_create(os, "/", STR("a"), 0, keys, NULL)
	              : epoch_file_advance(os, "/", *keys, TO, NULL);
}

/* Runs with cuts at every call; skip: the sync that is left out, 0 none. Returns whether some cut
 * left what should not be. */
static bool run_under_cuts(bool making, uint64_t skip, bool deep) {
	struct lab lab CLEANUP(lab_deinit);
	lab_init(&lab, making);
	lab.deep = deep;
	struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(lab.memory));
	size_t rule =
	    os_fault_add(fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_SYNC_DATA) |
	                                                        OS_CALL_BIT(OS_CALL_SYNC_FOLDER),
	                                               .nth = skip,
	                                               .action = OS_FAULT_SKIP});
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_fault_os(fault), watch, &lab);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = making ? NULL : fixture_keys(FROM);
	CHECK_EQ(make_or_go_on(os_record_os(record), making, &keys), ERR_OK);
	CHECK_EQ(os_fault_strikes(fault, rule), skip > 0);
	CHECK_EQ(os_fault_matches(fault, rule), making ? SYNCS_OF_CREATE : SYNCS_OF_ADVANCE);
	/* It was done, so it is there after any cut: nothing may be signed before. */
	epoch_keys_free(lab.before);
	lab.before = making ? NULL : epoch_keys_copy(lab.after);
	try_cuts(&lab, lab.memory);
	struct epoch_keys *found CLEANUP(epoch_keys_freep) = NULL;
	struct os_memory *after CLEANUP(os_memory_freep) =
	    os_memory_crash(lab.memory, OS_CRASH_FORGET, 0);
	return lab.spoiled || epoch_file_open(os_memory_os(after), "/", &found, NULL) != ERR_OK ||
	       !same(found, keys);
}

TEST(a_cut_while_keys_are_made_leaves_whole_ones_or_none) {
	CHECK(!run_under_cuts(true, 0, true));
}

TEST(a_cut_while_keys_go_on_leaves_those_of_one_epoch_or_the_other) {
	CHECK(!run_under_cuts(false, 0, true));
}

TEST(no_sync_can_be_left_out) {
	for (uint64_t nth = 1; nth <= SYNCS_OF_CREATE; nth++) {
		CHECK(run_under_cuts(true, nth, false));
	}
	for (uint64_t nth = 1; nth <= SYNCS_OF_ADVANCE; nth++) {
		CHECK(run_under_cuts(false, nth, false));
	}
}

/* ---- calls that fail ---- */

/* Fails the nth call. Returns false when there are not so many. */
static bool fail_call(bool making, uint64_t nth, enum os_fault_action action) {
	bool writes_only = action == OS_FAULT_SHORT; /* others cannot be cut short */
	struct lab lab CLEANUP(lab_deinit);
	lab_init(&lab, making);
	struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(lab.memory));
	size_t rule = os_fault_add(
	    fault,
	    (struct os_fault_rule){.kinds = writes_only ? OS_CALL_BIT(OS_CALL_PWRITE) : UINT32_MAX,
	                           .nth = nth,
	                           .action = action,
	                           .err = ERR_NO_SPACE});
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = making ? NULL : fixture_keys(FROM);
	enum err err = make_or_go_on(os_fault_os(fault), making, &keys);
	if (os_fault_strikes(fault, rule) == 0) {
		CHECK_EQ(err, ERR_OK);
		return false;
	}
	CHECK(err != ERR_OK);
	CHECK_EQ(os_memory_open_count(lab.memory), 0);
	CHECK(making ? keys == NULL : same(keys, lab.before));
	try_cuts(&lab, lab.memory);
	CHECK(!lab.spoiled);
	if (action != OS_FAULT_CRASH && !making) { /* the disk works again */
		CHECK_EQ(epoch_file_advance(os_fault_os(fault), "/", keys, TO, NULL), ERR_OK);
		CHECK(same(keys, lab.after));
		CHECK(goes_on(&lab, lab.memory));
	}
	return true;
}

static uint64_t fail_each_call(bool making, enum os_fault_action action) {
	uint64_t nth = 1;
	while (fail_call(making, nth, action)) {
		nth++;
	}
	return nth - 1;
}

TEST(a_call_that_fails_is_told_and_loses_no_key) {
	/* stat twice, random; open, pwrite, sync, close, rename, sync */
	CHECK_EQ(fail_each_call(true, OS_FAULT_FAIL), 9);
	CHECK_EQ(fail_each_call(true, OS_FAULT_CRASH), 9);
	CHECK_EQ(fail_each_call(true, OS_FAULT_SHORT), 1);
	/* those six; open, stat, pwrite, sync, close, rename */
	CHECK_EQ(fail_each_call(false, OS_FAULT_FAIL), 12);
	CHECK_EQ(fail_each_call(false, OS_FAULT_CRASH), 12);
	CHECK_EQ(fail_each_call(false, OS_FAULT_SHORT), 2);
}

TEST(a_sync_that_fails_and_forgets_loses_no_key) {
	struct lab lab CLEANUP(lab_deinit);
	lab_init(&lab, false);
	const struct os *os = os_memory_os(lab.memory);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(FROM);
	os_memory_fail_next_sync(lab.memory);
	CHECK_EQ(epoch_file_advance(os, "/", keys, TO, NULL), ERR_IO);
	try_cuts(&lab, lab.memory);
	CHECK(!lab.spoiled);
	CHECK_EQ(epoch_file_advance(os, "/", keys, TO, NULL), ERR_OK);
	try_cuts(&lab, lab.memory);
	CHECK(!lab.spoiled);
}
