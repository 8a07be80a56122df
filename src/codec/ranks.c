/* Classes of 4 bits, sixteen in a word: counting and finding one of them is done for a whole word
 * at once. Places and numbers that are read are held against what opening checked before they are
 * used.
 */
#include "codec/ranks.h"

#include <stdlib.h>

#include "codec/ranks_simd.h"
#include "codec/ranks_word.h"

static size_t block_count(size_t count) {
	return count / RANKS_BLOCK + (count % RANKS_BLOCK != 0);
}

static uint32_t first_entry(unsigned class) {
	return ((uint32_t)1 << class) - 1;
}

/* Bits that the entries of a class have. */
static unsigned class_width(unsigned class) {
	return class == RANKS_OTHER ? 0 : class;
}

/* ---- writing ---- */

/* What ranks_put lays out. */
struct layout {
	size_t count;
	size_t totals[RANKS_CLASSES];
	uint64_t *befores; /* of block b and class c: befores[b * RANKS_CLASSES + c] */
	uint8_t *classes;
	uint64_t *numbers; /* class by class */
	uint64_t *column;  /* scratch: one class of befores */
};

static unsigned class_of(uint32_t rank) {
	ASSERT(rank < RANKS_MAX || rank == RANK_NONE);
	return rank == RANK_NONE ? RANKS_OTHER : rank_class(rank);
}

static void layout_classes(struct layout *layout, const uint32_t *ranks) {
	for (size_t i = 0; i < layout->count; i++) {
		unsigned class = class_of(ranks[i]);
		if (i % RANKS_BLOCK == 0) {
			for (size_t c = 0; c < RANKS_CLASSES; c++) {
				layout->befores[i / RANKS_BLOCK * RANKS_CLASSES + c] = layout->totals[c];
			}
		}
		layout->totals[class]++;
		layout->classes[i / 2] |= (uint8_t)(class << i % 2 * 4);
	}
}

static void layout_numbers(struct layout *layout, const uint32_t *ranks) {
	size_t at[RANKS_CLASSES] = {0};
	for (size_t c = 1; c < RANKS_CLASSES; c++) {
		at[c] = at[c - 1] + layout->totals[c - 1];
	}
	for (size_t i = 0; i < layout->count; i++) {
		unsigned class = class_of(ranks[i]);
		layout->numbers[at[class]++] = ranks[i] - first_entry(class);
	}
}

static void put_befores(struct buf *out, const struct layout *layout, unsigned class) {
	size_t blocks = block_count(layout->count);
	for (size_t b = 1; b < blocks; b++) {
		layout->column[b - 1] = layout->befores[b * RANKS_CLASSES + class];
	}
	packed_put(out, layout->column, blocks - 1, packed_width(layout->totals[class]));
}

static void put_layout(struct buf *out, const struct layout *layout) {
	unsigned occur = 0;
	size_t at = 0;
	for (unsigned c = 0; c < RANKS_CLASSES; c++) {
		occur |= (unsigned)(layout->totals[c] > 0) << c;
	}
	char bytes[2];
	le16_store(bytes, (uint16_t)occur);
	buf_append(out, bytes, sizeof(bytes));
	for (unsigned c = 0; c < RANKS_CLASSES; c++) {
		if (layout->totals[c] > 0) {
			wire_put_varint(out, layout->totals[c]);
		}
	}
	if (occur == 1U << RANKS_OTHER) {
		return;
	}
	buf_append(out, layout->classes, (size_t)packed_bytes(layout->count, 4));
	for (unsigned c = 0; c < RANKS_CLASSES; c++) {
		if (layout->totals[c] > 0) {
			put_befores(out, layout, c);
		}
	}
	for (unsigned c = 0; c < RANKS_OTHER; c++) {
		packed_put(out, layout->numbers + at, layout->totals[c], c);
		at += layout->totals[c];
	}
}

void ranks_put(struct buf *out, const uint32_t *ranks, size_t count) {
	struct layout layout = {.count = count};
	size_t blocks = block_count(count);
	if (count == 0) {
		return;
	}
	ASSERT(count <= UINT32_MAX);
	layout.befores = malloc(blocks * RANKS_CLASSES * sizeof(*layout.befores));
	layout.classes = calloc(1, count / 2 + 1);
	layout.numbers = malloc(count * sizeof(*layout.numbers));
	layout.column = malloc(blocks * sizeof(*layout.column));
	ASSERT(layout.befores != NULL && layout.classes != NULL && layout.numbers != NULL &&
	       layout.column != NULL);
	layout_classes(&layout, ranks);
	layout_numbers(&layout, ranks);
	put_layout(out, &layout);
	free(layout.befores);
	free(layout.classes);
	free(layout.numbers);
	free(layout.column);
}

/* ---- opening ---- */

static enum err open_totals(struct wire *in, struct ranks *ranks, bool *out_others_only) {
	struct str bytes = wire_bytes(in, 2);
	unsigned occur = bytes.len == 0 ? 0 : le16_load(bytes.ptr);
	uint64_t sum = 0;
	for (unsigned c = 0; c < RANKS_CLASSES; c++) {
		if ((occur >> c & 1) == 0) {
			continue;
		}
		ranks->of[c].total = (size_t)wire_varint_max(in, ranks->count);
		ranks->of[c].width = packed_width(ranks->of[c].total);
		sum += ranks->of[c].total;
		if (ranks->of[c].total == 0 || (c != RANKS_OTHER && first_entry(c) >= ranks->entries)) {
			return ERR_CORRUPT;
		}
	}
	*out_others_only = occur == 1U << RANKS_OTHER;
	return in->bad || sum != ranks->count ? ERR_CORRUPT : ERR_OK;
}

enum err ranks_open(struct wire *in, size_t count, size_t entries, struct ranks *out_ranks) {
	struct ranks ranks = {.count = count, .entries = entries};
	bool others_only = true;
	if (count > UINT32_MAX || entries > RANKS_MAX) {
		return ERR_CORRUPT;
	}
	if (count > 0) {
		TRY(open_totals(in, &ranks, &others_only));
	}
	if (!others_only) {
		ranks.classes = wire_bytes(in, packed_bytes(count, 4)).ptr;
		for (unsigned c = 0; c < RANKS_CLASSES; c++) {
			size_t told = ranks.of[c].total == 0 ? 0 : block_count(count) - 1;
			ranks.of[c].before = wire_bytes(in, packed_bytes(told, ranks.of[c].width)).ptr;
		}
		for (unsigned c = 0; c < RANKS_CLASSES; c++) {
			uint64_t size = packed_bytes(ranks.of[c].total, class_width(c));
			ranks.of[c].numbers = size == 0 ? ranks.classes : wire_bytes(in, size).ptr;
		}
	}
	if (in->bad) {
		return ERR_CORRUPT;
	}
	*out_ranks = ranks;
	return ERR_OK;
}

/* ---- classes by the word ---- */

static inline uint64_t word_at(const struct ranks *ranks, size_t word) {
	return le64_load(ranks->classes + 8 * word);
}

/* How many of the n values from a word on have the class; n <= RANKS_BLOCK. */
static size_t count_class(const struct ranks *ranks, size_t word, size_t n, unsigned class) {
	size_t steps = n / RANKS_SIMD_CLASSES;
	size_t count = ranks_count_steps(ranks->classes + 8 * word, steps, class);
	word += steps * (RANKS_SIMD_CLASSES / RANKS_WORD);
	n -= steps * RANKS_SIMD_CLASSES;
	for (; n > 0; word++) {
		size_t here = MIN_OF(n, (size_t)RANKS_WORD);
		count += ranks_count_same(ranks_same(word_at(ranks, word), class) & ranks_first(here));
		n -= here;
	}
	return count;
}

/* ---- values to entries ---- */

static inline size_t before_block(const struct rank_class *of, size_t block) {
	size_t before = block == 0 ? 0 : (size_t)packed_get(of->before, of->width, block - 1);
	return MIN_OF(before, of->total);
}

/* How many of the values before i have the class. */
static size_t class_before(const struct ranks *ranks, unsigned class, size_t i) {
	const struct rank_class *of = &ranks->of[class];
	if (i == ranks->count || of->total == 0) {
		return of->total;
	}
	size_t block = i / RANKS_BLOCK;
	size_t before = before_block(of, block) +
	                count_class(ranks, block * (RANKS_BLOCK / RANKS_WORD), i % RANKS_BLOCK, class);
	return MIN_OF(before, of->total);
}

static inline unsigned class_at(const struct ranks *ranks, size_t i) {
	return (uint8_t)ranks->classes[i / 2] >> i % 2 * 4 & 15;
}

uint32_t ranks_get(const struct ranks *ranks, size_t i, size_t *out_other) {
	ASSERT(i < ranks->count);
	if (ranks->classes == NULL) {
		*out_other = i;
		return RANK_NONE;
	}
	unsigned class = class_at(ranks, i);
	size_t at = class_before(ranks, class, i);
	if (at >= ranks->of[class].total) {
		return 0; /* damaged; a class below 15 occurs, so there is an entry */
	}
	if (class == RANKS_OTHER) {
		*out_other = at;
		return RANK_NONE;
	}
	uint32_t above = (uint32_t)packed_get(ranks->of[class].numbers, class, at);
	uint32_t entry = first_entry(class) + above;
	return entry < ranks->entries ? entry : 0;
}

/* What get_many knows of a class while it goes on. */
struct cursor {
	size_t at;
	size_t total;
	const char *numbers;
	uint32_t width; /* at most 14: a load of 32 bits has the number wherever it begins */
	uint32_t mask;
	uint32_t first; /* entry; RANK_NONE for class 15 */
	uint32_t above; /* the most that may come to it */
};

static void cursors_init(const struct ranks *ranks, size_t first, struct cursor *out_cursors) {
	for (unsigned c = 0; c < RANKS_CLASSES; c++) {
		struct cursor *cursor = &out_cursors[c];
		size_t above = ranks->entries - 1 - first_entry(c);
		*cursor = (struct cursor){
		    .at = class_before(ranks, c, first),
		    .total = ranks->of[c].total,
		    .numbers = ranks->of[c].numbers,
		    .width = class_width(c),
		    .mask = (uint32_t)packed_mask(class_width(c)),
		    .first = c == RANKS_OTHER ? RANK_NONE : first_entry(c),
		    .above = c == RANKS_OTHER ? 0 : (uint32_t)MIN_OF(above, (size_t)RANKS_MAX),
		};
	}
}

void ranks_get_many(const struct ranks *ranks, size_t first, size_t count, uint32_t *out,
                    size_t *out_first_other) {
	struct cursor cursors[RANKS_CLASSES];
	ASSERT(first <= ranks->count && count <= ranks->count - first);
	if (ranks->classes == NULL) {
		memset(out, 0xff, count * sizeof(*out));
		*out_first_other = first;
		return;
	}
	cursors_init(ranks, first, cursors);
	*out_first_other = cursors[RANKS_OTHER].at;
	for (size_t i = 0; i < count; i++) {
		struct cursor *cursor = &cursors[class_at(ranks, first + i)];
		size_t at = cursor->at;
		if (UNLIKELY(at >= cursor->total)) {
			out[i] = 0;
			continue;
		}
		cursor->at = at + 1;
		size_t bit = at * cursor->width;
		uint32_t above = le32_load(cursor->numbers + bit / 8) >> bit % 8 & cursor->mask;
		out[i] = LIKELY(above <= cursor->above) ? cursor->first + above : 0;
	}
}

size_t ranks_others_before(const struct ranks *ranks, size_t i) {
	ASSERT(i <= ranks->count);
	return ranks->classes == NULL ? i : class_before(ranks, RANKS_OTHER, i);
}

/* ---- entries to values ---- */

/* The block where number at of a class stands, not before block. */
static size_t block_of(const struct ranks *ranks, const struct rank_class *of, size_t at,
                       size_t block) {
	size_t end = block_count(ranks->count);
	if (block + 1 == end || at < before_block(of, block + 1)) {
		return block;
	}
	while (block + 1 < end) {
		size_t middle = block + (end - block) / 2;
		if (before_block(of, middle) <= at) {
			block = middle;
		} else {
			end = middle;
		}
	}
	return block;
}

/* Appends, of the values in [first, last), those which are the given numbers (ascending) of a
 * class. */
static void append_places(const struct ranks *ranks, unsigned class, const uint32_t *numbers,
                          size_t count, size_t first, size_t last, struct buf *hits) {
	const struct rank_class *of = &ranks->of[class];
	size_t block = 0;
	size_t word = 0;
	size_t seen = 0; /* numbers of the class before word */
	for (size_t n = 0; n < count; n++) {
		size_t at = block_of(ranks, of, numbers[n], block);
		if (at != block) {
			block = at;
			word = block * (RANKS_BLOCK / RANKS_WORD);
			seen = before_block(of, block);
		}
		size_t end = MIN_OF((block + 1) * RANKS_BLOCK, ranks->count);
		for (; word * RANKS_WORD < end; word++) {
			size_t left = MIN_OF(end - word * RANKS_WORD, (size_t)RANKS_WORD);
			uint64_t same = ranks_same(word_at(ranks, word), class) & ranks_first(left);
			size_t here = ranks_count_same(same);
			if (numbers[n] >= seen + here) {
				seen += here;
				continue;
			}
			for (size_t skip = numbers[n] - seen; skip > 0; skip--) {
				same &= same - 1;
			}
			size_t i = word * RANKS_WORD + (size_t)__builtin_ctzll(same) / 4;
			uint32_t hit = (uint32_t)i;
			if (i >= first && i < last) {
				buf_append(hits, &hit, sizeof(hit));
			}
			break;
		}
	}
}

/* Appends the values in [first, last) that have the class. */
static void append_class(const struct ranks *ranks, unsigned class, size_t first, size_t last,
                         struct buf *hits) {
	for (size_t word = first / RANKS_WORD; word * RANKS_WORD < last; word++) {
		uint64_t same = ranks_same(word_at(ranks, word), class);
		for (; same != 0; same &= same - 1) {
			size_t i = word * RANKS_WORD + (size_t)__builtin_ctzll(same) / 4;
			uint32_t hit = (uint32_t)i;
			if (i >= first && i < last) {
				buf_append(hits, &hit, sizeof(hit));
			}
		}
	}
}

void ranks_find(const struct ranks *ranks, size_t first, size_t count, uint32_t entry,
                struct buf *hits) {
	struct buf numbers CLEANUP(buf_deinit) = {0};
	ASSERT(first <= ranks->count && count <= ranks->count - first);
	if (entry >= ranks->entries || count == 0 || ranks->of[rank_class(entry)].total == 0) {
		return;
	}
	unsigned class = rank_class(entry);
	if (class == 0) {
		append_class(ranks, class, first, first + count, hits);
		return;
	}
	size_t from = class_before(ranks, class, first);
	size_t to = class_before(ranks, class, first + count);
	if (from < to) {
		uint32_t number = entry - first_entry(class);
		packed_find(ranks->of[class].numbers, class, from, to - from, number, number, &numbers);
	}
	append_places(ranks, class, (const uint32_t *)(const void *)numbers.ptr,
	              numbers.len / sizeof(uint32_t), first, first + count, hits);
}

size_t ranks_place(const struct ranks *ranks, size_t other) {
	struct buf hits CLEANUP(buf_deinit) = {0};
	uint32_t number = (uint32_t)other;
	ASSERT(other < ranks_others(ranks));
	ranks_places(ranks, &number, 1, 0, ranks->count, &hits);
	return hits.len == 0 ? 0 : le32_load(hits.ptr); /* 0: damaged; there is a value */
}

void ranks_places(const struct ranks *ranks, const uint32_t *others, size_t count, size_t first,
                  size_t last, struct buf *hits) {
	ASSERT(first <= last && last <= ranks->count);
	if (ranks->classes != NULL) {
		append_places(ranks, RANKS_OTHER, others, count, first, last, hits);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (others[i] >= first && others[i] < last) {
			buf_append(hits, &others[i], sizeof(others[i]));
		}
	}
}

/* ---- checking ---- */

static enum err check_numbers(const struct ranks *ranks) {
	for (unsigned c = 0; c < RANKS_OTHER; c++) {
		for (size_t n = 0; n < ranks->of[c].total; n++) {
			uint64_t above = packed_get(ranks->of[c].numbers, c, n);
			if (first_entry(c) + above >= ranks->entries) {
				return ERR_CORRUPT;
			}
		}
	}
	return ERR_OK;
}

enum err ranks_check(const struct ranks *ranks) {
	size_t totals[RANKS_CLASSES] = {0};
	if (ranks->classes == NULL) {
		return ERR_OK;
	}
	for (size_t i = 0; i < ranks->count; i++) {
		for (unsigned c = 0; i % RANKS_BLOCK == 0 && c < RANKS_CLASSES; c++) {
			size_t block = i / RANKS_BLOCK;
			const struct rank_class *of = &ranks->of[c];
			if (of->total > 0 && block > 0 &&
			    packed_get(of->before, of->width, block - 1) != totals[c]) {
				return ERR_CORRUPT;
			}
		}
		totals[class_at(ranks, i)]++;
	}
	for (unsigned c = 0; c < RANKS_CLASSES; c++) {
		if (totals[c] != ranks->of[c].total) {
			return ERR_CORRUPT;
		}
	}
	return check_numbers(ranks);
}
