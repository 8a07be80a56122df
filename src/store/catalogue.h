/* The segments of a store, found by listing their folder: what is named there is what is committed.
 * A segment whose range lies wholly in another one is a leftover of a rewriting and counts nothing.
 */
#pragma once

#include "base/buf.h"
#include "store/segment.h"

/* Two numbers of 12 to 20 digits, a dash, ".seg" and NUL. */
enum { SEGMENT_NAME_SIZE = 48 };
#define SEGMENT_NEW "new.tmp" /* the segment that is being written */

struct segment_entry {
	char name[SEGMENT_NAME_SIZE];
	uint64_t first, end;        /* [first, end), from the name */
	struct segment *segment;    /* NULL: damaged */
	char damage[DIAG_TEXT_MAX]; /* then: what is wrong */
};

struct catalogue {
	struct segment_entry *entries; /* by first index */
	size_t count;
	struct buf leftovers; /* names of files to be removed by a writer, each with NUL */
};

void segment_name(uint64_t first, uint64_t end, char out_name[SEGMENT_NAME_SIZE]);
bool segment_name_parse(struct str name, uint64_t *out_first, uint64_t *out_end);

/* What the footers of its segments must name, and how they are opened. */
struct catalogue_owner {
	const uint8_t *store_uuid; /* borrowed: 16 bytes */
	struct str tree;
	bool late; /* segment_open */
};

/* Lists and opens. Readers need no lock: a list that changes meanwhile is read again. Damaged
 * segments are in the list, with what is wrong. */
MUST_USE enum err catalogue_load(struct catalogue *catalogue, const struct os *os,
                                 const char *folder, const struct catalogue_owner *owner,
                                 struct diag *diag);
void catalogue_deinit(struct catalogue *catalogue);
/* The first index of the last segment; 0: there is none. */
uint64_t catalogue_last(const struct catalogue *catalogue);
/* One past the last index. */
uint64_t catalogue_end(const struct catalogue *catalogue);
/* The last frame of the write-ahead log that its intact segments hold. */
uint64_t catalogue_log_frame(const struct catalogue *catalogue);
/* ERR_CORRUPT when a segment is damaged, or indices are missing between segments. */
MUST_USE enum err catalogue_check(const struct catalogue *catalogue, struct diag *diag);
/* The intact segment that holds index, or NULL. */
struct segment *catalogue_find(const struct catalogue *catalogue, uint64_t index);
/* Opens what was just committed; replaced (may be NULL) is the segment it takes the place of. The
 * replaced one stays open (its owner frees it). */
MUST_USE enum err catalogue_add(struct catalogue *catalogue, const struct os *os,
                                const char *folder, const char *name, bool replace_last,
                                struct segment **out_replaced, struct diag *diag);
