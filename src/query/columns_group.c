/* Rows into groups by codes: a group is numbered by the group that it was so far and the next code,
 * field by field.
 */
#include "query/columns.h"
#include "query/span.h"

enum { TABLE_MAX = 1 << 18 }; /* pairs that are looked up in a plain table */

/* ---- pairs ---- */

void columns_pairs_deinit(struct columns_pairs *pairs) {
	free(pairs->keys);
	free(pairs->slots);
	*pairs = (struct columns_pairs){0};
}

static uint32_t slot_of(uint64_t key, uint32_t slots) {
	return (uint32_t)((key ^ key >> 29) * 0x9e3779b97f4a7c15u >> 32) & (slots - 1);
}

static void widen(struct columns_pairs *pairs) {
	pairs->slots_count = MAX_OF(pairs->slots_count * 4, 1024u);
	free(pairs->slots);
	pairs->slots = calloc(pairs->slots_count, sizeof(*pairs->slots));
	ASSERT(pairs->slots != NULL);
	for (uint32_t i = 0; i < pairs->count; i++) {
		uint32_t at = slot_of(pairs->keys[i], pairs->slots_count);
		while (pairs->slots[at] != 0) {
			at = (at + 1) & (pairs->slots_count - 1);
		}
		pairs->slots[at] = i + 1;
	}
}

uint32_t columns_pairs_put(struct columns_pairs *pairs, uint32_t a, uint32_t b) {
	uint64_t key = (uint64_t)a << 32 | b;
	if (pairs->count >= pairs->slots_count / 2) {
		widen(pairs);
	}
	uint32_t at = slot_of(key, pairs->slots_count);
	for (; pairs->slots[at] != 0; at = (at + 1) & (pairs->slots_count - 1)) {
		if (pairs->keys[pairs->slots[at] - 1] == key) {
			return pairs->slots[at] - 1;
		}
	}
	if (pairs->count == pairs->cap) {
		pairs->cap = pairs->cap * 2 + 256;
		pairs->keys = reallocarray(pairs->keys, pairs->cap, sizeof(*pairs->keys));
		ASSERT(pairs->keys != NULL);
	}
	pairs->keys[pairs->count++] = key;
	pairs->slots[at] = pairs->count;
	return pairs->count - 1;
}

/* ---- one level ---- */

/* What groups are so far; each level makes more of them. */
struct level {
	uint32_t *parents; /* group of the level before */
	uint32_t *codes;
	uint32_t count;
};

/* Few possible pairs: a table of them all. */
static void split_by_table(int32_t *of_row, uint32_t rows, uint32_t groups,
                           const struct store_codes *by, struct columns_pairs *pairs) {
	uint32_t *table = calloc((size_t)groups * by->values_count, sizeof(*table));
	ASSERT(table != NULL);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t *number = &table[(uint32_t)of_row[i] * by->values_count + by->codes[i]];
		if (*number == 0) {
			*number = columns_pairs_put(pairs, (uint32_t)of_row[i], by->codes[i]) + 1;
		}
		of_row[i] = (int32_t)*number - 1;
	}
	free(table);
}

static void split_by_pairs(int32_t *of_row, uint32_t rows, const struct store_codes *by,
                           struct columns_pairs *pairs) {
	for (uint32_t i = 0; i < rows; i++) {
		of_row[i] = (int32_t)columns_pairs_put(pairs, (uint32_t)of_row[i], by->codes[i]);
	}
}

static enum err split(struct arena *arena, const struct columns_rows *rows,
                      const struct store_codes *by, struct columns_groups *groups,
                      struct level *out_level) {
	struct columns_pairs pairs CLEANUP(columns_pairs_deinit) = {0};
	if ((uint64_t)groups->count * by->values_count <= TABLE_MAX) {
		split_by_table(groups->of_row, rows->count, groups->count, by, &pairs);
	} else {
		split_by_pairs(groups->of_row, rows->count, by, &pairs);
	}
	if (pairs.count > COLUMNS_GROUPS_MAX) {
		return ERR_LIMIT;
	}
	*out_level = (struct level){.parents = ARENA_ARRAY(arena, pairs.count + 1, uint32_t),
	                            .codes = ARENA_ARRAY(arena, pairs.count + 1, uint32_t),
	                            .count = pairs.count};
	for (uint32_t i = 0; i < pairs.count; i++) {
		out_level->parents[i] = (uint32_t)(pairs.keys[i] >> 32);
		out_level->codes[i] = (uint32_t)pairs.keys[i];
	}
	groups->count = pairs.count;
	return ERR_OK;
}

/* ---- spans ---- */

/* Event times as codes of the spans that they lie in. */
static void code_spans(struct arena *arena, const struct span *span,
                       const struct columns_rows *rows, int64_t **out_starts,
                       struct store_codes *out_codes) {
	struct columns_pairs starts CLEANUP(columns_pairs_deinit) = {0};
	uint32_t *codes = ARENA_ARRAY(arena, rows->count + 1, uint32_t);
	int64_t start = 0;
	for (uint32_t i = 0; i < rows->count; i++) {
		int64_t ns = rows->times[i];
		/* Spans of UTC are all of one length. */
		bool same = i > 0 && (ns == rows->times[i - 1] ||
		                      (span->zone == NULL && start != INT64_MIN && ns >= start &&
		                       (uint64_t)ns - (uint64_t)start < (uint64_t)span->length_ns));
		if (!same) {
			start = span_start(span, ns);
			codes[i] = columns_pairs_put(&starts, (uint32_t)((uint64_t)start >> 32),
			                             (uint32_t)(uint64_t)start);
		} else {
			codes[i] = codes[i - 1];
		}
	}
	*out_starts = ARENA_ARRAY(arena, starts.count + 1, int64_t);
	for (uint32_t i = 0; i < starts.count; i++) {
		(*out_starts)[i] = (int64_t)starts.keys[i];
	}
	*out_codes = (struct store_codes){.codes = codes, .values_count = starts.count};
}

/* ---- all ---- */

/* The codes of each group, from its last level up to the first. */
static void trace(struct arena *arena, const struct level *levels, size_t count, bool spans,
                  const int64_t *starts, struct columns_groups *groups) {
	size_t by = count - spans;
	groups->codes = ARENA_ARRAY(arena, groups->count * by + 1, uint32_t);
	groups->buckets = spans ? ARENA_ARRAY(arena, groups->count + 1, int64_t) : NULL;
	for (uint32_t i = 0; i < groups->count; i++) {
		uint32_t group = i;
		for (size_t k = count; k-- > 0;) {
			if (k == 0 && spans) {
				groups->buckets[i] = starts[levels[k].codes[group]];
			} else {
				groups->codes[i * by + k - spans] = levels[k].codes[group];
			}
			group = levels[k].parents[group];
		}
	}
}

/* Rows without the last field go; groups that have none of the others are no more. */
static void leave_out(struct columns_groups *groups, const struct level *last, uint32_t rows,
                      struct arena *arena, struct level *out_level) {
	int32_t *number = ARENA_ARRAY(arena, groups->count + 1, int32_t);
	uint32_t kept = 0;
	*out_level = *last;
	for (uint32_t i = 0; i < groups->count; i++) {
		number[i] = COLUMNS_NO_GROUP;
		if (last->codes[i] != 0) {
			out_level->parents[kept] = last->parents[i];
			out_level->codes[kept] = last->codes[i];
			number[i] = (int32_t)kept++;
		}
	}
	for (uint32_t i = 0; i < rows; i++) {
		groups->of_row[i] = number[groups->of_row[i]];
	}
	groups->count = out_level->count = kept;
}

enum err columns_group(struct arena *arena, const struct grouping *grouping,
                       const struct columns_rows *rows, const struct store_codes *by,
                       struct columns_groups *out_groups) {
	size_t fields = grouping->spec->by.count;
	bool spans = grouping->span != NULL;
	struct level *levels = ARENA_ARRAY(arena, fields + 1, struct level);
	struct columns_groups groups = {.count = 1,
	                                .of_row = ARENA_ARRAY(arena, rows->count + 1, int32_t)};
	int64_t *starts = NULL;
	if (rows->count == 0) {
		groups.count = 0;
		*out_groups = groups;
		return ERR_OK;
	}
	if (spans) {
		struct store_codes codes;
		code_spans(arena, grouping->span, rows, &starts, &codes);
		TRY(split(arena, rows, &codes, &groups, &levels[0]));
	}
	for (size_t i = 0; i < fields; i++) {
		TRY(split(arena, rows, &by[i], &groups, &levels[i + spans]));
	}
	if (grouping->last_needed) {
		struct level *last = &levels[fields + spans - 1];
		leave_out(&groups, last, rows->count, arena, last);
	}
	trace(arena, levels, fields + spans, spans, starts, &groups);
	*out_groups = groups;
	return ERR_OK;
}
