/* Open addressing over 32 bits of each string's hash; at most half of the slots are taken. */
#include "codec/distinct.h"

#include <stdlib.h>

#include "base/hash.h"

enum { SLOTS_FIRST = 1024, ENTRIES_FIRST = 512, PROBES_MAX = 64 };

struct distinct_slot {
	uint32_t hash;
	uint32_t number_plus_1; /* 0: empty */
};

void distinct_deinit(struct distinct *distinct) {
	buf_deinit(&distinct->bytes);
	free(distinct->entries);
	free(distinct->slots);
	*distinct = (struct distinct){0};
}

/* Puts slot where there is room near its place; leaves it out when there is none. */
static void place(struct distinct_slot *slots, size_t cap, struct distinct_slot slot) {
	for (size_t probe = 0; probe < PROBES_MAX; probe++) {
		struct distinct_slot *at = &slots[(slot.hash + probe) & (cap - 1)];
		if (at->number_plus_1 == 0) {
			*at = slot;
			return;
		}
	}
}

static void grow_slots(struct distinct *distinct) {
	size_t cap = distinct->slots_cap == 0 ? SLOTS_FIRST : distinct->slots_cap * 2;
	struct distinct_slot *slots = calloc(cap, sizeof(*slots));
	ASSERT(slots != NULL);
	for (size_t i = 0; i < distinct->slots_cap; i++) {
		if (distinct->slots[i].number_plus_1 != 0) {
			place(slots, cap, distinct->slots[i]);
		}
	}
	free(distinct->slots);
	distinct->slots = slots;
	distinct->slots_cap = cap;
}

static uint32_t add_entry(struct distinct *distinct, struct str text) {
	if (distinct->entries_count == distinct->entries_cap) {
		size_t cap = distinct->entries_cap == 0 ? ENTRIES_FIRST : distinct->entries_cap * 2;
		distinct->entries = realloc(distinct->entries, cap * sizeof(*distinct->entries));
		ASSERT(distinct->entries != NULL);
		distinct->entries_cap = cap;
	}
	ASSERT(distinct->entries_count < UINT32_MAX);
	distinct->entries[distinct->entries_count] =
	    (struct distinct_entry){.at = distinct->bytes.len, .len = (uint32_t)text.len, .count = 1};
	buf_append_str(&distinct->bytes, text);
	return (uint32_t)distinct->entries_count++;
}

uint32_t distinct_add(struct distinct *distinct, struct str text) {
	ASSERT(text.len < UINT32_MAX);
	if (distinct->entries_count * 2 >= distinct->slots_cap) {
		grow_slots(distinct);
	}
	uint32_t hash = (uint32_t)hash64(text.len == 0 ? "" : text.ptr, text.len);
	struct distinct_slot *slot = NULL;
	for (size_t probe = 0; probe < PROBES_MAX; probe++) {
		struct distinct_slot *at = &distinct->slots[(hash + probe) & (distinct->slots_cap - 1)];
		if (at->number_plus_1 == 0) {
			slot = at;
			break;
		}
		uint32_t number = at->number_plus_1 - 1;
		if (at->hash == hash && str_eq(distinct_text(distinct, number), text)) {
			distinct->entries[number].count++;
			return number;
		}
	}
	uint32_t number = add_entry(distinct, text);
	if (slot != NULL) {
		*slot = (struct distinct_slot){.hash = hash, .number_plus_1 = number + 1};
	}
	return number;
}
