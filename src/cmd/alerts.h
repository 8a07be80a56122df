/* Alerts: findings that hunts keep in the store, in a class of their own, whose records are of type
 * audit (docs/decisions/alerts.md). What hunts remember of themselves lies there, too: their rules,
 * how far they came, and for which records any rule held. private to src/cmd
 */
#pragma once

#include "cmd/scan.h"
#include "detect/alert.h"
#include "detect/hunts.h"
#include "store/store.h"

#define ALERTS_CLASS "alerts"
enum {
	ALERTS_MAX = 1 << 22,      /* that are told from each other */
	ALERTS_HITS_MAX = 1 << 22, /* records of a hunt for which a rule held */
	ALERTS_RULES_MAX = 1 << 20 /* digests of rules of all sets, that are remembered */
};

/* ---- reading (alerts_read.c) ---- */

/* Gives every record of type audit of the class alerts, in order. ERR_CORRUPT of pages is passed
 * over and counted. */
typedef enum err (*alerts_take_row)(void *ctx, const struct row *row, size_t class_number);
MUST_USE enum err alerts_walk(const struct store_set *set, alerts_take_row take, void *ctx,
                              uint64_t *out_pages_damaged, struct diag *diag);
/* Members of a JSON object. raw: as the value is written; empty: it is not there. */
struct alerts_member {
	const char *name;
	struct str raw;
};
/* False: text is no object of JSON as far as it was looked at (until all members were found). */
bool alerts_members(struct str text, struct alerts_member *members, size_t count);
/* The object in {"NAME":{...}}; empty when the body is of another kind. */
struct str alerts_body_of(struct str body, const char *name);
/* What members stand for; false when they are of another type or out of range. Texts are appended;
 * hex has to be of exactly so many bytes. */
bool alerts_text(struct str raw, struct buf *out);
bool alerts_number(struct str raw, uint64_t *out_number);
bool alerts_time(struct str raw, int64_t *out_ns);
bool alerts_hex(struct str raw, uint8_t *out_bytes, size_t count);

/* ---- what hunts remember (alerts_memory.c) ---- */

struct alerts_hit {
	uint32_t class_number; /* in the set of stores */
	uint64_t index;
};

/* Sorts count hits (NULL when there are none) by class and index, each once; returns how many are
 * left. */
size_t alerts_hits_sort(struct alerts_hit *hits, size_t count);

struct alerts_memory {
	struct arena *arena;
	struct map *seen;  /* number of an alert -> when it was found first, ns */
	char in_force[65]; /* hash of the last set of rules; empty: none */
	struct map *rules; /* of that set: what names a rule -> the digest's first 8 bytes */
	const struct hunt_run *behind; /* the hunt at whose end this one may go on; NULL: at nothing */
	uint64_t *from;                /* for each class where; 0: all is to be hunted */
	struct alerts_hit *hits;       /* before that; ascending */
	size_t hits_count;
	uint64_t pages_damaged;
};

/* Digests in order, and the hash over them. */
struct alerts_rules {
	const struct sigma_digest *sorted;
	uint32_t count;
	char hash[65];
};
/* digests are copied. */
void alerts_rules_of(const struct sigma_digest *digests, uint32_t count, struct arena *arena,
                     struct alerts_rules *out_rules);
/* Records one by one, in their order; the class of a hit is the number of its tree. Trees and rules
 * are borrowed until the end, which frees the reader. */
struct alerts_tree {
	struct str name;
	uint64_t size; /* leaves */
};
struct alerts_reader;
struct alerts_reader *alerts_reader_new(const struct alerts_tree *trees, size_t count,
                                        const struct alerts_rules *rules);
void alerts_reader_take(struct alerts_reader *reader, struct str body);
void alerts_reader_end(struct alerts_reader *reader, bool all, struct alerts_memory *out_memory);
/* All that the store has. all: nothing of what was hunted before counts. */
MUST_USE enum err alerts_remember(const struct store_set *set, const struct alerts_rules *rules,
                                  bool all, struct alerts_memory *out_memory, struct diag *diag);
void alerts_forget(struct alerts_memory *memory);
/* Appends the sizes of all trees but those of the store's own classes, as struct hunt_run has them.
 */
void alerts_append_sizes(struct buf *out, const struct store_set *set);

/* ---- writing (alerts_write.c) ---- */

/* Bodies that wait to be written. */
struct alerts_waiting {
	struct buf bodies;
	struct buf sizes; /* size_t */
};
void alerts_waiting_deinit(struct alerts_waiting *waiting);
/* ERR_LIMIT: it is longer than a record may be. */
MUST_USE enum err alerts_wait(struct alerts_waiting *waiting, struct str body);
/* Durable and sealed on return. Waits some seconds for another writer. */
MUST_USE enum err alerts_write(const struct args *args, struct alerts_waiting *waiting,
                               struct diag *diag);

/* ---- a hunt that keeps alerts (alerts_keep.c) ---- */

struct alerts;
struct alerts_options {
	const struct args *args;
	const struct store_set *stores;
	const struct sigma_set *set;
	bool part; /* only a part of the history is hunted */
};
/* Reads what is remembered, and writes down the rules when they have changed. What cannot be
 * written is told; the hunt goes on, and alerts_end says so. */
MUST_USE enum err alerts_begin(const struct alerts_options *options, struct alerts **out_alerts,
                               struct diag *diag);
void alerts_free(struct alerts *alerts); /* NULL is fine */
/* For each class the index from which records are to be read. */
const uint64_t *alerts_from(const struct alerts *alerts);
/* Gives those before it for which a rule held, in order. ERR_CANCELED: the user asked for an end.
 */
MUST_USE enum err alerts_each_before(const struct alerts *alerts,
                                     enum err (*take)(void *ctx, const struct row *row), void *ctx,
                                     uint64_t *pages_damaged, struct diag *diag);
/* The counts of records, once those were read, are set to what the hunts before have read. */
void alerts_count_before(const struct alerts *alerts, struct findings *findings);
/* In any thread: gives a finding its number, and says when it was found first. */
void alerts_identify(const struct alerts *alerts, struct finding *finding);
/* False: an earlier hunt found it. */
bool alerts_is_new(const struct alerts *alerts, const struct finding *finding);
/* One thread, from here on. A rule held for the record. */
void alerts_hit(struct alerts *alerts, struct str tree, uint64_t index);
/* Keeps an identified finding. events: see struct alert. */
void alerts_take(struct alerts *alerts, const struct finding *finding, struct str events);
/* Writes what is left. whole: all that was to be read was read. False: something was not kept,
 * which was told. */
bool alerts_end(struct alerts *alerts, const struct findings *findings, bool whole);
uint64_t alerts_new(const struct alerts *alerts);
uint64_t alerts_known(const struct alerts *alerts);
