/* Barriers of the crash laboratory: each sync of a run is taken out in turn, and some cut must show
 * it. Nothing is left to chance: from the moment when the sync is left out until another one makes
 * good for it, the disk is cut before every call, with an adversary who loses exactly what the sync
 * would have made durable, and chooses all of the rest. Included by lab_test.c only.
 */
#pragma once

#include "store/lab.h"

#define LAB_SYNCS (OS_CALL_BIT(OS_CALL_SYNC_DATA) | OS_CALL_BIT(OS_CALL_SYNC_FOLDER))
enum {
	LAB_CALL = 160,
	LAB_TRAIL = 3, /* calls that name a barrier's place */
	LAB_SITE = (LAB_TRAIL + 1) * (LAB_CALL + 8),
	LAB_SITES = 128,
	LAB_TRIES = 24,   /* of a place that was not missed so far */
	LAB_THOROUGH = 2, /* of these with every choice */
	LAB_CHOICES_ALL = 6
};

enum lab_verdict {
	LAB_NO_SUCH,  /* the run has fewer syncs */
	LAB_MISSED,   /* a cut showed that it was taken out */
	LAB_SURVIVED, /* none did */
	LAB_NOTHING,  /* it had nothing to make durable: all was durable already */
};

/* Places in the program where recoveries make something durable, and whether any missed it. */
struct lab_site {
	char name[LAB_SITE];
	uint32_t tries;
	enum lab_verdict verdict;
	char good[LAB_SITE];
};

struct lab_sites {
	struct lab_site rows[LAB_SITES];
	size_t count;
};

/* One run without its nth sync; with sites, the first from the nth on that is still of interest. */
struct lab_barrier {
	struct lab *lab;
	struct os_memory *memory; /* the disk of the run */
	struct lab_sites *sites;  /* or NULL */
	uint64_t nth, syncs;
	bool thorough; /* every choice; else the two that show most */
	bool taken_out, open;
	uint32_t cuts;
	enum lab_verdict verdict;
	char site[LAB_SITE];             /* the sync and what it came after */
	char trail[LAB_TRAIL][LAB_CALL]; /* the last changing calls, newest first */
	char good[LAB_SITE];             /* the sync that made good for it */
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

static inline struct lab_site *lab_site_of(struct lab_sites *sites, const char *name) {
	for (size_t i = 0; i < sites->count; i++) {
		if (strcmp(sites->rows[i].name, name) == 0) {
			return &sites->rows[i];
		}
	}
	ASSERT(sites->count < LAB_SITES);
	struct lab_site *site = &sites->rows[sites->count++];
	*site = (struct lab_site){.verdict = LAB_NOTHING};
	(void)snprintf(site->name, sizeof(site->name), "%s", name);
	return site;
}

static inline void lab_place(const struct lab_barrier *barrier, const char *plain, size_t depth,
                             char out[LAB_SITE]) {
	size_t len = (size_t)snprintf(out, LAB_SITE, "%.*s", LAB_CALL, plain);
	for (size_t i = 0; i < depth; i++) {
		len += (size_t)snprintf(out + len, LAB_SITE - len, "%s%s", i == 0 ? " after " : ", ",
		                        barrier->trail[i]);
	}
}

static inline void lab_barrier_sync(struct lab_barrier *barrier, const char *plain) {
	char place[LAB_SITE];
	lab_place(barrier, plain, barrier->sites == NULL ? 1 : LAB_TRAIL, place);
	barrier->syncs++;
	if (barrier->taken_out) {
		if (barrier->open) {
			memcpy(barrier->good, place, sizeof(place));
		}
		return;
	}
	if (barrier->syncs < barrier->nth) {
		return;
	}
	if (barrier->sites != NULL) {
		const struct lab_site *site = lab_site_of(barrier->sites, place);
		if (site->verdict == LAB_MISSED || (site->tries >= LAB_TRIES && !barrier->thorough)) {
			return;
		}
	}
	os_memory_skip_next_sync(barrier->memory);
	barrier->nth = barrier->syncs;
	barrier->taken_out = barrier->open = true;
	barrier->verdict = LAB_SURVIVED;
	memcpy(barrier->site, place, sizeof(place));
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
		lab_barrier_sync(barrier, plain);
	}
	if (call->kind == OS_CALL_UNLINK && !str_ends(str_from(plain), STR(".wal"))) {
		return; /* what was left over differs from stop to stop */
	}
	memmove(barrier->trail[1], barrier->trail[0], sizeof(barrier->trail) - LAB_CALL);
	memcpy(barrier->trail[0], plain, LAB_CALL);
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

/* ---- recoveries: barriers that matter only after a stop ---- */

static inline enum err lab_recover(struct lab *lab, const struct os *os) {
	struct store *store CLEANUP(store_closep) = NULL;
	TRY(lab_open(lab, os, &store));
	TRY(lab_replay(lab, store));
	return lab_commit(lab, store);
}

/* A recovery of a copy of disk, without a sync. What it promises is forgotten afterwards. */
static inline void lab_recovery_without(struct lab_barrier *barrier, struct lab *lab,
                                        const struct os_memory *disk, struct lab_sites *sites,
                                        uint64_t nth, bool thorough) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_crash(disk, OS_CRASH_KEEP, 0);
	struct os_memory *kept = lab->memory;
	struct buf note = {0};
	size_t acks = lab->acks.len;
	*barrier = (struct lab_barrier){
	    .lab = lab, .memory = memory, .sites = sites, .nth = nth, .thorough = thorough};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(memory), lab_barrier_watch, barrier);
	buf_append_str(&note, buf_str(&lab->note));
	lab->memory = memory;
	enum err err = lab_recover(lab, os_record_os(record));
	if (barrier->taken_out) {
		lab_barrier_end(barrier, err);
	}
	lab->memory = kept;
	lab->promise_broken = false;
	lab->acks.len = acks;
	buf_deinit(&lab->note);
	lab->note = note;
	barrier->lab = NULL;
	barrier->memory = NULL;
}

/* All barriers of the recovery of disk that no recovery missed so far. */
static inline void lab_recovery_barriers(struct lab *lab, const struct os_memory *disk,
                                         struct lab_sites *sites) {
	struct lab_barrier barrier = {.nth = 0};
	for (;;) {
		lab_recovery_without(&barrier, lab, disk, sites, barrier.nth + 1, false);
		if (!barrier.taken_out) {
			return;
		}
		if (barrier.verdict == LAB_SURVIVED &&
		    lab_site_of(sites, barrier.site)->tries < LAB_THOROUGH) {
			lab_recovery_without(&barrier, lab, disk, sites, barrier.nth, true);
		}
		struct lab_site *site = lab_site_of(sites, barrier.site);
		site->tries += barrier.verdict != LAB_NOTHING;
		if (barrier.verdict != LAB_NOTHING) {
			site->verdict = barrier.verdict;
			if (barrier.verdict == LAB_MISSED) {
				printf("# recovery, missed: %s\n", site->name);
				(void)fflush(stdout);
			}
			memcpy(site->good, barrier.good, sizeof(site->good));
		}
	}
}
