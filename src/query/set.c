/* Entries lie one behind another; slots are probed linearly. */
#include "query/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/macros.h"

enum { LINEAR_MAX = 8, UNIT = 4 };

struct head {
	uint32_t hash;
	uint32_t len;
};

static struct head head_at(const struct set *set, size_t at) {
	struct head head;
	memcpy(&head, set->bytes + at, sizeof(head));
	return head;
}

static size_t entry_bytes(uint32_t len) {
	return sizeof(struct head) + (((size_t)len + UNIT - 1) & ~(size_t)(UNIT - 1));
}

static bool entry_is(const struct set *set, size_t at, uint32_t hash, struct str text) {
	struct head head = head_at(set, at);
	return head.hash == hash && head.len == text.len &&
	       (text.len == 0 || memcmp(set->bytes + at + sizeof(head), text.ptr, text.len) == 0);
}

static bool find_linear(const struct set *set, uint32_t hash, struct str text) {
	for (size_t at = 0; at < set->len; at += entry_bytes(head_at(set, at).len)) {
		if (entry_is(set, at, hash, text)) {
			return true;
		}
	}
	return false;
}

/* The slot of text, or the empty one where it belongs. */
static uint32_t find_slot(const struct set *set, uint32_t hash, struct str text) {
	uint32_t slot = hash & (set->slots_cap - 1);
	while (set->slots[slot] != 0 &&
	       !entry_is(set, (size_t)(set->slots[slot] - 1) * UNIT, hash, text)) {
		slot = (slot + 1) & (set->slots_cap - 1);
	}
	return slot;
}

static void make_slots(struct set *set, uint32_t cap) {
	free(set->slots);
	set->slots_cap = cap;
	set->slots = calloc(cap, sizeof(*set->slots));
	ASSERT(set->slots != NULL);
	for (size_t at = 0; at < set->len; at += entry_bytes(head_at(set, at).len)) {
		uint32_t slot = head_at(set, at).hash & (cap - 1);
		while (set->slots[slot] != 0) {
			slot = (slot + 1) & (cap - 1);
		}
		set->slots[slot] = (uint32_t)(at / UNIT) + 1;
	}
}

static void append(struct set *set, uint32_t hash, struct str text) {
	struct head head = {hash, (uint32_t)text.len};
	size_t bytes = entry_bytes(head.len);
	if (set->cap - set->len < bytes) {
		size_t half = set->len / 2;
		set->cap = set->len + MAX_OF(bytes, MAX_OF(half, (size_t)32));
		set->bytes = realloc(set->bytes, set->cap);
		ASSERT(set->bytes != NULL);
	}
	memcpy(set->bytes + set->len, &head, sizeof(head));
	if (text.len > 0) {
		memcpy(set->bytes + set->len + sizeof(head), text.ptr, text.len);
	}
	set->len += bytes;
	set->count++;
}

enum err set_add(struct set *set, struct str text, bool *out_added) {
	uint32_t hash = (uint32_t)(hash64(text.ptr, text.len) >> 32);
	uint32_t slot = 0;
	*out_added = false;
	if (set->slots == NULL ? find_linear(set, hash, text)
	                       : set->slots[slot = find_slot(set, hash, text)] != 0) {
		return ERR_OK;
	}
	if (text.len > UINT32_MAX / 2 || set->len > (size_t)(UINT32_MAX - 1) * UNIT) {
		return ERR_LIMIT;
	}
	if (set->slots != NULL) {
		set->slots[slot] = (uint32_t)(set->len / UNIT) + 1;
	}
	append(set, hash, text);
	if (set->slots == NULL ? set->count > LINEAR_MAX
	                       : set->count > set->slots_cap / 2 && set->slots_cap < 1u << 31) {
		make_slots(set, set->slots == NULL ? 4 * LINEAR_MAX : set->slots_cap * 2);
	}
	*out_added = true;
	return ERR_OK;
}

size_t set_bytes(const struct set *set) {
	return set->cap + set->slots_cap * sizeof(*set->slots);
}

bool set_next(const struct set *set, size_t *at, struct str *out_text) {
	if (*at >= set->len) {
		return false;
	}
	struct head head = head_at(set, *at);
	*out_text = str_make(set->bytes + *at + sizeof(head), head.len);
	*at += entry_bytes(head.len);
	return true;
}

void set_deinit(struct set *set) {
	free(set->bytes);
	free(set->slots);
	*set = (struct set){0};
}
