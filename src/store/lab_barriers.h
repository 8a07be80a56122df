/* Barriers of the crash laboratory: each sync of a run is taken out in turn, and some cut must show
 * it. Nothing is left to chance: from the moment when the sync is left out until another one makes
 * good for it, the disk is cut before every call, with an adversary who loses exactly what the sync
 * would have made durable, and chooses all of the rest. Included by lab_test.c only.
 */
#pragma once

#include "store/lab.h"

#define LAB_SYNCS (OS_CALL_BIT(OS_CALL_SYNC_DATA) | OS_CALL_BIT(OS_CALL_SYNC_FOLDER))
enum { LAB_CALL = 160, LAB_SITE = 2 * LAB_CALL + 16, LAB_CHOICES_ALL = 6 };

enum lab_verdict {
	LAB_NO_SUCH,  /* the run has fewer syncs */
	LAB_MISSED,   /* a cut showed that it was taken out */
	LAB_SURVIVED, /* none did */
	LAB_NOTHING,  /* it had nothing to make durable: all was durable already */
};

/* One run without its nth sync. */
struct lab_barrier {
	struct lab *lab;
	struct os_memory *memory; /* the disk of the run */
	uint64_t nth, syncs;
	bool thorough; /* every choice; else the two that show most */
	bool taken_out, open;
	uint32_t cuts;
	enum lab_verdict verdict;
	char site[LAB_SITE];   /* the sync and the call before it, without what differs by chance */
	char before[LAB_CALL]; /* the last changing call */
	char good[LAB_SITE];   /* the sync that made good for it */
};

/* Copies a path without the store's folder; hashes, UUIDs and indices become '#'. */
static inline void lab_plain_path(const char *path, char *out, size_t size) {
	size_t len = 0;
	path = strncmp(path, LAB_PATH "/", sizeof(LAB_PATH)) == 0 ? path + sizeof(LAB_PATH) : path;
	while (*path != '\0' && len + 1 < size) {
		size_t run = strspn(path, "0123456789abcdef-");
		bool chance = run >= 12;
		out[len++] = chance ? '#' : *path;
		path += chance ? run : 1;
	}
	out[len] = '\0';
}

static inline void lab_plain_call(const struct os_call *call, char out[LAB_CALL]) {
	char path[LAB_CALL / 2] = "";
	lab_plain_path(call->to != NULL ? call->to : call->path, path, sizeof(path));
	(void)snprintf(out, LAB_CALL, "%s %s", os_call_name(call->kind), path);
}

static inline bool lab_is_change(const struct os_call *call) {
	bool looks_only = call->kind == OS_CALL_OPEN && (call->flags & (OS_CREATE | OS_TRUNCATE)) == 0;
	return (OS_CALL_BIT(call->kind) & OS_CALLS_CHANGING) != 0 && !looks_only;
}

static inline void lab_barrier_cut(struct lab_barrier *barrier, enum os_crash mode, uint64_t mask) {
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(barrier->memory, mode, mask);
	barrier->cuts++;
	if (!lab_judge_twice(barrier->lab, after, os_memory_os(after))) {
		barrier->verdict = LAB_MISSED;
	}
}

/* All choices when they are few; else those that lose, or keep, at most two things. */
static inline bool lab_mask_counts(uint64_t mask, unsigned choices) {
	int kept = __builtin_popcountll(mask);
	return choices <= LAB_CHOICES_ALL || kept <= 2 || kept >= (int)choices - 2;
}

static inline void lab_barrier_cuts(struct lab_barrier *barrier) {
	unsigned choices = MIN_OF(os_memory_choices(barrier->memory), 16U);
	uint64_t all = ((uint64_t)1 << choices) - 1;
	lab_barrier_cut(barrier, OS_CRASH_CHOSEN, UINT64_MAX);
	if (barrier->verdict != LAB_MISSED) {
		lab_barrier_cut(barrier, OS_CRASH_FORGET, 0);
	}
	if (!barrier->thorough) {
		return;
	}
	for (uint64_t lost = 1; lost <= all && barrier->verdict != LAB_MISSED; lost++) {
		if (lab_mask_counts(lost, choices)) {
			lab_barrier_cut(barrier, OS_CRASH_CHOSEN, UINT64_MAX ^ lost);
		}
	}
	if (barrier->verdict != LAB_MISSED) {
		lab_barrier_cut(barrier, OS_CRASH_KEEP, 0);
	}
}

static inline void lab_barrier_look(struct lab_barrier *barrier) {
	if (!barrier->open || barrier->verdict == LAB_MISSED) {
		return;
	}
	if (os_memory_doubtful(barrier->memory) == 0) {
		barrier->open = false;
		barrier->verdict = barrier->good[0] == '\0' ? LAB_NOTHING : LAB_SURVIVED;
		return;
	}
	lab_barrier_cuts(barrier);
}

static inline void lab_barrier_watch(void *ctx, const struct os_call *call) {
	struct lab_barrier *barrier = ctx;
	char plain[LAB_CALL];
	if (!lab_is_change(call)) {
		return;
	}
	lab_see_checkpoint(barrier->lab, barrier->memory);
	lab_barrier_look(barrier);
	lab_plain_call(call, plain);
	if ((LAB_SYNCS & OS_CALL_BIT(call->kind)) != 0) {
		if (++barrier->syncs == barrier->nth) {
			os_memory_skip_next_sync(barrier->memory);
			barrier->taken_out = barrier->open = true;
			barrier->verdict = LAB_SURVIVED;
			(void)snprintf(barrier->site, sizeof(barrier->site), "%s after %s", plain,
			               barrier->before);
		} else if (barrier->open) {
			(void)snprintf(barrier->good, sizeof(barrier->good), "%s after %s", plain,
			               barrier->before);
		}
	}
	memcpy(barrier->before, plain, sizeof(plain));
}

/* The end of the run: what came back without an error is a promise. */
static inline void lab_barrier_end(struct lab_barrier *barrier, enum err err) {
	lab_barrier_look(barrier);
	if (err != ERR_OK || barrier->lab->promise_broken) {
		barrier->verdict = LAB_MISSED;
	}
}

/* One life from its beginning, without its nth sync. */
static inline void lab_life_without(struct lab_barrier *barrier, enum err (*run)(struct lab *),
                                    uint64_t nth, bool thorough) {
	struct lab lab CLEANUP(lab_deinit);
	lab_init(&lab, 200);
	*barrier =
	    (struct lab_barrier){.lab = &lab, .memory = lab.memory, .nth = nth, .thorough = thorough};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(lab.memory), lab_barrier_watch, barrier);
	lab.os = os_record_os(record);
	enum err err = run(&lab);
	if (barrier->taken_out) {
		lab_barrier_end(barrier, err);
	}
	barrier->lab = NULL;
	barrier->memory = NULL;
}
