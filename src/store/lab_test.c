/* Crashes at every step, barriers taken out one by one, disks that fill up, syncs that fail: what
 * was acknowledged is there, once and to the byte, and no checkpoint that was seen is belied.
 * AKASHI_LAB=all tries everything; otherwise a part that differs from seed to seed.
 */
#include "seal/memo_signatures.h" /* IWYU pragma: keep */
#include "store/lab_barriers.h"

#include <stdlib.h>

#include "tap.h"

static const struct life {
	const char *name;
	enum err (*run)(struct lab *lab);
} lives[] = {{"files", lab_life_files}, {"log", lab_life_log}};

static bool try_all(void) {
	const char *lab = getenv("AKASHI_LAB");
	return lab != NULL && strcmp(lab, "all") == 0;
}

/* Cuts while a life (or a recovery) goes on. */
struct cutting {
	struct lab *lab;
	struct os_memory *memory; /* the disk that is cut */
	uint32_t every;           /* only each so-many-th changing call... */
	uint32_t phase;           /* ... beginning here */
	uint32_t seeds;           /* seeded cuts at each */
	uint32_t deeper_every;    /* of the cuts: the recovery is cut again; 0: never */
	bool choices;             /* every choice among what was not synced, too */
	bool quiet;               /* do not print; stop at the first finding */
	uint32_t calls, cuts, findings;
};

static void cut_here(struct cutting *cutting, enum os_crash mode, uint64_t seed);

static void cut_choices(struct cutting *cutting) {
	unsigned choices = MIN_OF(os_memory_choices(cutting->memory), 16U);
	for (uint64_t mask = 0; mask < (uint64_t)1 << choices; mask++) {
		if (lab_mask_counts(mask, choices)) {
			cut_here(cutting, OS_CRASH_CHOSEN, mask);
		}
	}
}

static void before_call(void *ctx, const struct os_call *call) {
	struct cutting *cutting = ctx;
	if (!lab_is_change(call)) {
		return;
	}
	if (cutting->lab->memory == cutting->memory) {
		lab_see_checkpoint(cutting->lab, cutting->memory);
	}
	if (cutting->calls++ % cutting->every != cutting->phase ||
	    (cutting->quiet && cutting->findings > 0)) {
		return;
	}
	uint32_t before = cutting->findings;
	cut_here(cutting, OS_CRASH_FORGET, 0);
	cut_here(cutting, OS_CRASH_KEEP, 0);
	for (uint32_t i = 0; i < cutting->seeds; i++) {
		cut_here(cutting, OS_CRASH_SEEDED, tap_random());
	}
	if (cutting->choices) {
		cut_choices(cutting);
	}
	if (cutting->findings > before && !cutting->quiet) {
		struct buf text CLEANUP(buf_deinit) = {0};
		os_call_format(call, &text);
		printf("# ... before call %.*s", STR_ARG(buf_str(&text)));
	}
}

static void cut_here(struct cutting *cutting, enum os_crash mode, uint64_t seed) {
	struct lab *lab = cutting->lab;
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(cutting->memory, mode, seed);
	if (cutting->quiet && cutting->findings > 0) {
		return;
	}
	cutting->cuts++;
	struct cutting deeper = {
	    .lab = lab, .memory = after, .every = 1, .seeds = 1, .quiet = cutting->quiet};
	bool deep = cutting->deeper_every > 0 && cutting->cuts % cutting->deeper_every == 0;
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(after), deep ? before_call : NULL, &deeper);
	if (!lab_judge_twice(lab, after, os_record_os(record))) {
		cutting->findings++;
		if (!cutting->quiet) {
			printf("# mode %d seed %llu: %s\n", (int)mode, (unsigned long long)seed, lab->why);
		}
	}
	cutting->cuts += deeper.cuts;
	cutting->findings += deeper.findings;
}

TEST(a_cut_at_any_step_loses_nothing_and_belies_no_checkpoint) {
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		struct lab lab CLEANUP(lab_deinit);
		lab_init(&lab, 100 + i);
		uint32_t every = try_all() ? 1 : 5;
		struct cutting cutting = {.lab = &lab,
		                          .memory = lab.memory,
		                          .every = every,
		                          .phase = (uint32_t)(tap_random() % every),
		                          .seeds = try_all() ? 8 : 1,
		                          .deeper_every = try_all() ? 61 : 37,
		                          .choices = try_all()};
		struct os_record *record CLEANUP(os_record_freep) =
		    os_record_new(os_memory_os(lab.memory), before_call, &cutting);
		lab.os = os_record_os(record);
		enum err err = lives[i].run(&lab);
		if (!CHECK(err == ERR_OK)) {
			printf("# %s: %s\n", err_text(err), lab.diag.message);
		}
		cut_here(&cutting, OS_CRASH_FORGET, 0);
		printf("# %s: %u calls, %u cuts, %zu acknowledgements\n", lives[i].name, cutting.calls,
		       cutting.cuts, lab.acks.len / sizeof(struct lab_ack));
		CHECK_EQ(cutting.findings, 0);
		CHECK(!lab.promise_broken);
		CHECK(lab.acks.len > 0 && lab.note.len > 0);
	}
}

/* Barriers that this laboratory cannot miss, with the test that does. */
static const struct decided {
	const char *place; /* the beginning of its name */
	const char *why;
} decided[] = {
    /* A store can do without, since keys of a store that is not whole are made anew. */
    {"sync_folder keys after rename keys/identity.vkey",
     "the order of the two key files is the promise of signer_create: signer_test"},
    {"sync_data keys/default/epoch.key after pwrite keys/default/epoch.key",
     "what is overwritten is gone: epoch_file_cut_test"},
    /* A leftover is overwritten before it is removed; a new one is opened before it is written. */
    {"sync_data keys/default/epoch.key.next.tmp after pwrite keys/default/epoch.key.next.tmp, "
     "sync_folder",
     "what is overwritten is gone: epoch_file_cut_test"},
    /* The same call of the program, named by what happens to come before it. */
    {"sync_folder keys/default after open lock",
     "keys that were opened stay, also when nothing is signed with them: epoch_file_cut_test"},
    {"sync_folder keys/default after sync_folder /data", "as after open lock: it opens the keys"},
    {"sync_folder keys/default after sync_folder segments/default",
     "as after open lock: it opens the keys"},
};

static const char *decided_why(const char *site) {
	for (size_t i = 0; i < ARRAY_LEN(decided); i++) {
		if (strncmp(site, decided[i].place, strlen(decided[i].place)) == 0) {
			return decided[i].why;
		}
	}
	return NULL;
}

static const char *verdict_text(enum lab_verdict verdict) {
	return verdict == LAB_MISSED     ? "missed"
	       : verdict == LAB_SURVIVED ? "NOT MISSED"
	                                 : "NOTHING TO MAKE DURABLE";
}

static void print_verdict(const char *life, const struct lab_barrier *barrier) {
	bool missed = barrier->verdict == LAB_MISSED;
	const char *why = missed ? NULL : decided_why(barrier->site);
	printf("# life '%s', barrier %llu, %s: %s after %u cuts%s%s%s%s\n", life,
	       (unsigned long long)barrier->nth, barrier->site, verdict_text(barrier->verdict),
	       barrier->cuts, missed || barrier->good[0] == '\0' ? "" : "; the last sync after it: ",
	       missed ? "" : barrier->good, why == NULL ? "" : "; ", why == NULL ? "" : why);
	(void)fflush(stdout);
}

/* First the cuts that show most barriers, then every one. True while there is an nth. Places that
 * were missed go to missed. */
static bool take_out(const struct life *life, uint64_t nth, uint32_t *survivors,
                     struct lab_sites *missed) {
	struct lab_barrier barrier;
	lab_life_without(&barrier, life->run, nth, false);
	if (!barrier.taken_out) {
		return false;
	}
	if (barrier.verdict == LAB_SURVIVED) {
		lab_life_without(&barrier, life->run, nth, true);
	}
	bool survived = barrier.verdict != LAB_MISSED && decided_why(barrier.site) == NULL;
	if (survived || try_all()) {
		print_verdict(life->name, &barrier);
	}
	if (barrier.verdict == LAB_MISSED) {
		lab_site_of(missed, barrier.site)->verdict = LAB_MISSED;
	}
	*survivors += survived;
	return true;
}

/* Places of barriers that were missed in a life; found once. */
static const struct lab_sites *missed_in_lives(void) {
	static struct lab_sites missed;
	static bool done;
	for (size_t i = 0; i < ARRAY_LEN(lives) && !done; i++) {
		uint32_t survivors = 0;
		uint64_t step = try_all() ? 1 : 10;
		uint64_t nth = 1 + tap_random() % step;
		while (take_out(&lives[i], nth, &survivors, &missed)) {
			nth += step;
		}
		printf("# life '%s': %llu barriers, %u not missed\n", lives[i].name,
		       (unsigned long long)((nth + step - 2) / step), survivors);
		CHECK_EQ(survivors, 0);
		CHECK(nth > 40);
	}
	done = true;
	return &missed;
}

TEST(every_barrier_is_missed_when_it_is_taken_out) {
	CHECK(missed_in_lives()->count > (try_all() ? 20 : 5));
}

/* Stops a life at each call, as a kill and as power cuts do, and takes barriers out of the
 * recovery. */
struct stopping {
	struct lab *lab;
	struct lab_sites *sites;
	uint32_t every, calls;
};

static void recover_here(void *ctx, const struct os_call *call) {
	struct stopping *stopping = ctx;
	static const enum os_crash modes[] = {OS_CRASH_KEEP, OS_CRASH_SEEDED};
	if (!lab_is_change(call)) {
		return;
	}
	lab_see_checkpoint(stopping->lab, stopping->lab->memory);
	if (stopping->calls++ % stopping->every != 0) {
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct os_memory *after CLEANUP(os_memory_freep) =
		    os_memory_crash(stopping->lab->memory, modes[i], call->number * 2 + i);
		lab_recovery_barriers(stopping->lab, after, stopping->sites);
	}
}

/* Two names of one call of the program: what was synced after what. Recoveries name more of what
 * came before, so that each way to a barrier is tried. */
static bool is_same_place(const char *a, const char *b) {
	size_t len = strcspn(a, ",");
	return strcspn(b, ",") == len && strncmp(a, b, len) == 0;
}

static bool is_missed_in(const struct lab_sites *sites, const char *name) {
	for (size_t i = 0; i < sites->count; i++) {
		if (sites->rows[i].verdict == LAB_MISSED && is_same_place(sites->rows[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* True when a site that no recovery missed has been decided elsewhere. */
static bool is_decided(const struct lab_sites *sites, const struct lab_site *site) {
	const char *why = decided_why(site->name);
	why = why == NULL && is_missed_in(sites, site->name) ? "missed on another way to it" : why;
	why = why == NULL && is_missed_in(missed_in_lives(), site->name) ? "missed in a life" : why;
	printf("# recovery, %s: %s; the last sync after it: %s; %s\n", site->name,
	       verdict_text(site->verdict), site->good, why == NULL ? "NOT DECIDED" : why);
	return why != NULL;
}

TEST(every_barrier_of_a_recovery_is_missed_when_it_is_taken_out) {
	struct lab_sites *sites = calloc(1, sizeof(*sites));
	uint32_t missed = 0;
	uint32_t survivors = 0;
	REQUIRE(sites != NULL);
	for (size_t i = 0; i < ARRAY_LEN(lives) && try_all(); i++) {
		struct lab lab CLEANUP(lab_deinit);
		lab_init(&lab, 500);
		struct stopping stopping = {.lab = &lab, .sites = sites, .every = 1};
		struct os_record *record CLEANUP(os_record_freep) =
		    os_record_new(os_memory_os(lab.memory), recover_here, &stopping);
		lab.os = os_record_os(record);
		CHECK(lives[i].run(&lab) == ERR_OK);
	}
	for (size_t i = 0; i < sites->count; i++) {
		missed += sites->rows[i].verdict == LAB_MISSED;
		survivors += sites->rows[i].verdict != LAB_MISSED && !is_decided(sites, &sites->rows[i]);
	}
	printf("# recoveries: %zu barriers, %u missed, %u decided elsewhere, %u survive\n",
	       sites->count, missed, (uint32_t)sites->count - missed - survivors, survivors);
	CHECK_EQ(survivors, 0);
	free(sites);
}

/* Runs a life whose nth call of kinds fails; then again with a healthy disk. */
static bool fail_nth(const struct life *life, struct os_fault_rule rule) {
	struct lab lab CLEANUP(lab_deinit);
	lab_init(&lab, 300);
	struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(lab.memory));
	size_t number = os_fault_add(fault, rule);
	lab.os = os_fault_os(fault);
	enum err err = life->run(&lab);
	if (os_fault_strikes(fault, number) == 0) {
		return false;
	}
	os_fault_release(fault);
	lab_see_checkpoint(&lab, lab.memory);
	bool said = err == ERR_OK || lab.diag.message[0] != '\0';
	static const enum os_crash modes[] = {OS_CRASH_FORGET, OS_CRASH_KEEP, OS_CRASH_SEEDED};
	bool good = CHECK(said) && CHECK(err == ERR_OK || err == rule.err);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct os_memory *after CLEANUP(os_memory_freep) =
		    os_memory_crash(lab.memory, modes[i], tap_random());
		if (!CHECK(lab_judge_twice(&lab, after, os_memory_os(after)))) {
			printf("# mode %zu: %s\n", i, lab.why);
			good = false;
		}
	}
	lab.whole = true;
	err = life->run(&lab);
	good = CHECK(err == ERR_OK) && CHECK(lab_judge(&lab, lab.memory, os_memory_os(lab.memory))) &&
	       good;
	if (!good) {
		printf("# life '%s', call %llu of kinds %x: %s; %s %s\n", life->name,
		       (unsigned long long)rule.nth, rule.kinds, err_text(err), lab.diag.message, lab.why);
	}
	return true;
}

static void fail_each(struct os_fault_rule rule) {
	uint64_t step = try_all() ? 1 : 6;
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		rule.nth = try_all() ? 1 : 1 + tap_random() % step;
		while (fail_nth(&lives[i], rule)) {
			rule.nth += step;
		}
		CHECK(rule.nth > 4);
	}
}

TEST(a_disk_that_is_full_at_any_write_loses_nothing_and_the_store_works_on) {
	fail_each((struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_PWRITE),
	                                 .lasting = true,
	                                 .action = OS_FAULT_SHORT,
	                                 .err = ERR_NO_SPACE});
}

TEST(a_disk_that_refuses_any_name_or_sync_loses_nothing_and_the_store_works_on) {
	fail_each((struct os_fault_rule){
	    .kinds = OS_CALL_BIT(OS_CALL_RENAME) | OS_CALL_BIT(OS_CALL_MAKE_FOLDER) |
	             OS_CALL_BIT(OS_CALL_SYNC_FOLDER) | OS_CALL_BIT(OS_CALL_TRUNCATE),
	    .action = OS_FAULT_FAIL,
	    .err = ERR_NO_SPACE});
	fail_each((struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_SYNC_DATA),
	                                 .lasting = true,
	                                 .action = OS_FAULT_FAIL,
	                                 .err = ERR_NO_SPACE});
}

struct failing_sync {
	struct os_memory *memory;
	uint64_t nth, seen;
};

static void fail_sync(void *ctx, const struct os_call *call) {
	struct failing_sync *failing = ctx;
	if (call->kind == OS_CALL_SYNC_DATA && ++failing->seen == failing->nth) {
		os_memory_fail_next_sync(failing->memory);
	}
}

TEST(after_a_failed_sync_nothing_is_acknowledged_that_a_later_one_only_seems_to_write) {
	uint64_t step = try_all() ? 1 : 4;
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		for (uint64_t nth = 1 + (try_all() ? 0 : tap_random() % step);; nth += step) {
			struct lab lab CLEANUP(lab_deinit);
			lab_init(&lab, 400);
			struct failing_sync failing = {.memory = lab.memory, .nth = nth};
			struct os_record *record CLEANUP(os_record_freep) =
			    os_record_new(os_memory_os(lab.memory), fail_sync, &failing);
			lab.os = os_record_os(record);
			enum err first = lives[i].run(&lab);
			lab.whole = true;
			enum err second = lives[i].run(&lab); /* as a user who tries again */
			if (failing.seen < nth) {
				break;
			}
			CHECK((first == ERR_IO || first == ERR_OK) &&
			      second == ERR_OK); /* the log tries twice */
			lab_see_checkpoint(&lab, lab.memory);
			struct os_memory *after CLEANUP(os_memory_freep) =
			    os_memory_crash(lab.memory, OS_CRASH_FORGET, 0);
			if (!CHECK(lab_judge(&lab, after, os_memory_os(after)))) {
				printf("# life '%s', sync %llu: %s\n", lives[i].name, (unsigned long long)nth,
				       lab.why);
			}
		}
	}
}
