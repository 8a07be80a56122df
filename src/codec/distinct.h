/* Different strings with how often each came, numbered in the order in which they first came.
 * Private to src/codec (texts).
 */
#pragma once

#include "base/buf.h"

struct distinct_entry {
	size_t at; /* in bytes */
	uint32_t len;
	uint32_t count;
};

struct distinct { /* zero-initialise */
	struct buf bytes;
	struct distinct_entry *entries;
	size_t entries_count, entries_cap;
	struct distinct_slot *slots;
	size_t slots_cap; /* a power of two, or 0 */
};

void distinct_deinit(struct distinct *distinct);
/* The number of text (copied when it is new; shorter than 4 GiB). At most 2^32 - 1 strings. A
 * string may get a second number when the table is crowded with strings that were made to collide:
 * so time for a string is bounded, whatever the strings are. */
uint32_t distinct_add(struct distinct *distinct, struct str text);
static inline struct str distinct_text(const struct distinct *distinct, size_t number) {
	const struct distinct_entry *entry = &distinct->entries[number];
	return entry->len == 0 ? STR("") : str_make(distinct->bytes.ptr + entry->at, entry->len);
}
