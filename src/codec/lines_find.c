/* All ways in which the needle could lie in a shape: it begins in a literal or in a slot, and goes
 * on over slots and literals until it ends. Each way asks something of some slots; one of them, the
 * one that says most, is looked up.
 */
#include "codec/lines_find.h"

#include "base/bits.h"
#include "codec/lines_open.h"
#include "codec/slot_find.h"

enum { DEMANDS_MAX = 8, WAYS_MAX = 4096 };

struct demand { /* on a slot of the shape: to fit needle[from, to) so */
	uint32_t slot;
	uint16_t from, to;
	uint8_t match;
};

struct search {
	struct lines *lines;
	const struct lines_needle *needle;
	struct slot_finder *finder;
	struct slot_piece whole;    /* the needle */
	bool *all_maybe, *all_sure; /* of each shape: all rows */
	bool can_begin[256];        /* by slot code: the needle's first byte may stand in its values */
	struct buf hits, rows;
	uint64_t *maybe, *sure;
	/* of the shape at hand */
	const struct lines_shape *shape;
	uint32_t *starts; /* of the literal before each slot, and of the last; slots + 1, and the end */
	size_t starts_cap;
	struct demand demands[DEMANDS_MAX];
	uint32_t demands_count;
	uint32_t ways; /* tried so far */
	bool lost;     /* more ways than are tried: all rows, perhaps */
	enum err err;
};

static struct slot_piece piece_of(const struct search *search, const struct demand *demand) {
	return (struct slot_piece){
	    .bytes = str_make(search->needle->bytes.ptr + demand->from, demand->to - demand->from),
	    .mask = search->needle->mask == NULL ? NULL : search->needle->mask + demand->from,
	    .match = demand->match};
}

static const struct slot *slot_at(const struct search *search, uint32_t slot) {
	return &search->lines->slots[search->shape->slots_first + slot].column;
}

static struct str literal_at(const struct search *search, uint32_t number) {
	return str_make(search->lines->literals.ptr + search->starts[number],
	                search->starts[number + 1] - search->starts[number]);
}

/* ---- a way that reaches the needle's end ---- */

/* How much a demand says: more bytes, and whole values before parts of values. */
static uint32_t weight(const struct search *search, const struct demand *demand) {
	const struct slot *slot = slot_at(search, demand->slot);
	uint32_t bytes = (uint32_t)(demand->to - demand->from);
	bool looked_up = slot->code == SLOT_TEXT || demand->match == SLOT_EQUALS;
	bool short_text = slot->code == SLOT_TEXT && bytes < 3 && slot->form == SLOT_AS_TEXTS;
	return slot->form == SLOT_AS_STAMP || short_text ? 0 : bytes * 2 + looked_up;
}

static enum err take_hits(struct search *search, bool sure) {
	uint32_t shape = (uint32_t)(search->shape - search->lines->shapes);
	buf_clear(&search->rows);
	TRY(order_rows(search->lines->order, shape, (const uint32_t *)(void *)search->hits.ptr,
	               search->hits.len / sizeof(uint32_t), &search->rows));
	for (size_t at = 0; at < search->rows.len; at += sizeof(uint32_t)) {
		uint32_t row = le32_load(search->rows.ptr + at);
		bits_set(search->maybe, row);
		if (sure && search->sure != NULL) {
			bits_set(search->sure, row);
		}
	}
	return ERR_OK;
}

static enum err look_up(struct search *search, const struct demand *demand, bool alone) {
	uint32_t shape = (uint32_t)(search->shape - search->lines->shapes);
	struct slot_piece piece = piece_of(search, demand);
	enum slot_found found;
	buf_clear(&search->hits);
	TRY(slot_find(search->finder, slot_at(search, demand->slot), search->shape->rows, &piece,
	              &search->hits, &found));
	if (found == SLOT_SOME) {
		return take_hits(search, alone);
	}
	search->all_maybe[shape] |= found != SLOT_NONE;
	search->all_sure[shape] |= found == SLOT_ALL && alone;
	return ERR_OK;
}

static void end_way(struct search *search) {
	uint32_t shape = (uint32_t)(search->shape - search->lines->shapes);
	const struct demand *best = NULL;
	for (uint32_t i = 0; i < search->demands_count; i++) {
		const struct demand *demand = &search->demands[i];
		if (best == NULL || weight(search, demand) > weight(search, best)) {
			best = demand;
		}
	}
	if (best == NULL) {
		search->all_maybe[shape] = search->all_sure[shape] = true;
	} else if (weight(search, best) == 0) {
		search->all_maybe[shape] = true;
	} else if (search->err == ERR_OK) {
		search->err = look_up(search, best, search->demands_count == 1);
	}
}

/* ---- ways ---- */

static bool done(const struct search *search) {
	uint32_t shape = (uint32_t)(search->shape - search->lines->shapes);
	bool settled = search->sure != NULL ? search->all_sure[shape] : search->all_maybe[shape];
	return settled || search->lost || search->err != ERR_OK;
}

/* False: the slot can never be so, or there is no room to say it. */
static bool push_demand(struct search *search, uint32_t slot, size_t from, size_t to,
                        enum slot_match match) {
	struct demand demand = {slot, (uint16_t)from, (uint16_t)to, (uint8_t)match};
	struct slot_piece piece = piece_of(search, &demand);
	if (!slot_can(slot_at(search, slot)->code, &piece)) {
		return false;
	}
	if (search->demands_count == DEMANDS_MAX || ++search->ways > WAYS_MAX) {
		search->lost = true;
		return false;
	}
	search->demands[search->demands_count++] = demand;
	return true;
}

/* needle[at, ...) against what begins with literal number. */
static void go_on(struct search *search, uint32_t number, size_t at);

/* A value of the slot ends where needle[to] begins. */
static void past_slot(struct search *search, uint32_t slot, size_t from, size_t to,
                      enum slot_match match) {
	struct str literal = literal_at(search, slot + 1);
	struct str needle = search->needle->bytes;
	if (to < needle.len && literal.len > 0 &&
	    !slot_piece_same(&search->whole, to, literal.ptr, 1)) {
		return;
	}
	if (push_demand(search, slot, from, to, match)) {
		go_on(search, slot + 1, to);
		search->demands_count--;
	}
}

static void go_on(struct search *search, uint32_t number, size_t at) {
	struct str literal = literal_at(search, number);
	struct str needle = search->needle->bytes;
	size_t len = MIN_OF(literal.len, needle.len - at);
	if (len > 0 && !slot_piece_same(&search->whole, at, literal.ptr, len)) {
		return;
	}
	at += len;
	if (at == needle.len) {
		end_way(search);
		return;
	}
	if (number == search->shape->slots_count) {
		return;
	}
	if (push_demand(search, number, at, needle.len, SLOT_PREFIX)) {
		end_way(search);
		search->demands_count--;
	}
	for (size_t to = at; to < needle.len && !done(search); to++) {
		past_slot(search, number, at, to, SLOT_EQUALS);
	}
}

/* The needle begins in literal number and goes on into the slot behind it. */
static void from_literal(struct search *search, uint32_t number) {
	struct str literal = literal_at(search, number);
	struct str needle = search->needle->bytes;
	size_t longest = MIN_OF(literal.len, needle.len - 1);
	for (size_t len = 1; len <= longest && !done(search); len++) {
		const char *at = literal.ptr + literal.len - len;
		if (!slot_piece_same(&search->whole, 0, at, 1) ||
		    !slot_piece_same(&search->whole, 0, at, len)) {
			continue;
		}
		if (push_demand(search, number, len, needle.len, SLOT_PREFIX)) {
			end_way(search);
			search->demands_count--;
		}
		for (size_t to = len; to < needle.len && !done(search); to++) {
			past_slot(search, number, len, to, SLOT_EQUALS);
		}
	}
}

static void from_slot(struct search *search, uint32_t slot) {
	struct str needle = search->needle->bytes;
	if (!search->can_begin[slot_at(search, slot)->code]) {
		return;
	}
	if (push_demand(search, slot, 0, needle.len, SLOT_CONTAINS)) {
		end_way(search);
		search->demands_count--;
	}
	for (size_t to = 1; to < needle.len && !done(search); to++) {
		past_slot(search, slot, 0, to, SLOT_SUFFIX);
	}
}

/* ---- shapes ---- */

static void find_starts(struct search *search) {
	const struct lines_shape *shape = search->shape;
	size_t need = (size_t)shape->slots_count + 2;
	if (need > search->starts_cap) {
		search->starts_cap = need * 2;
		free(search->starts);
		search->starts = reallocarray(NULL, search->starts_cap, sizeof(*search->starts));
		ASSERT(search->starts != NULL);
	}
	uint32_t at = (uint32_t)shape->literal;
	search->starts[0] = at;
	for (uint32_t i = 0; i < shape->slots_count; i++) {
		at += search->lines->slots[shape->slots_first + i].literal_len;
		search->starts[i + 1] = at;
	}
	search->starts[shape->slots_count + 1] = (uint32_t)shape->literal + shape->literal_len;
}

static enum err ask_shape(struct search *search, uint32_t number) {
	search->shape = &search->lines->shapes[number];
	search->demands_count = 0;
	search->ways = 0;
	search->lost = false;
	find_starts(search);
	for (uint32_t i = 0; i < search->shape->slots_count && !done(search); i++) {
		from_literal(search, i);
		from_slot(search, i);
	}
	search->all_maybe[number] |= search->lost;
	return search->err;
}

/* Literals lie one behind the other, whatever their shape: a match counts when it lies in one. */
static void mark_literal(struct search *search, size_t at) {
	const struct lines *lines = search->lines;
	uint32_t low = 1;
	uint32_t high = lines->shapes_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (lines->shapes[middle].literal <= at) {
			low = middle;
		} else {
			high = middle;
		}
	}
	const struct lines_shape *shape = &lines->shapes[low];
	size_t start = shape->literal;
	for (uint32_t i = 0; i < shape->slots_count && start <= at; i++) {
		size_t end = start + lines->slots[shape->slots_first + i].literal_len;
		if (at + search->needle->bytes.len <= end) {
			break; /* in this one, or in none that begins before */
		}
		if (at < end) {
			return; /* goes over its end */
		}
		start = end;
	}
	if (at >= start && at + search->needle->bytes.len <= shape->literal + shape->literal_len) {
		search->all_maybe[low] = search->all_sure[low] = true;
	}
}

/* The byte of the needle that has one form only, and is no letter if that can be; LEN: none. */
static size_t find_steady(const struct lines_needle *needle) {
	size_t best = needle->bytes.len;
	for (size_t i = 0; i < needle->bytes.len; i++) {
		bool steady = needle->mask == NULL || needle->mask[i] == 0;
		if (steady && (best == needle->bytes.len || char_is_digit(needle->bytes.ptr[i]))) {
			best = i;
		}
	}
	return best;
}

static void search_literals(struct search *search) {
	struct str all = buf_str(&search->lines->literals);
	size_t len = search->needle->bytes.len;
	size_t steady = find_steady(search->needle);
	if (search->lines->shapes_count < 2 || all.len < len) {
		return;
	}
	size_t last = all.len - len;
	for (size_t at = 0; at <= last; at++) {
		if (steady < len) {
			const char *found =
			    memchr(all.ptr + at + steady, search->needle->bytes.ptr[steady], last - at + 1);
			if (found == NULL) {
				return;
			}
			at = (size_t)(found - all.ptr) - steady;
		}
		if (slot_piece_same(&search->whole, 0, all.ptr + at, 1) &&
		    slot_piece_same(&search->whole, 0, all.ptr + at, len)) {
			mark_literal(search, at);
		}
	}
}

static enum err ask_whole(struct search *search) {
	enum slot_found found;
	search->shape = &search->lines->shapes[LINES_SHAPE_WHOLE];
	if (search->shape->rows == 0) {
		return ERR_OK;
	}
	buf_clear(&search->hits);
	TRY(slot_find_whole(search->finder, search->lines->whole, &search->whole, &search->hits,
	                    &found));
	if (found == SLOT_SOME) {
		return take_hits(search, true);
	}
	search->all_maybe[0] = search->all_sure[0] = found == SLOT_ALL;
	return ERR_OK;
}

static enum err ask_all(struct search *search) {
	struct lines *lines = search->lines;
	TRY(ask_whole(search));
	search_literals(search);
	for (uint32_t i = 1; i < lines->shapes_count; i++) {
		TRY(ask_shape(search, i));
	}
	TRY(order_bits(lines->order, search->all_maybe, search->maybe));
	return search->sure == NULL ? ERR_OK : order_bits(lines->order, search->all_sure, search->sure);
}

static void find_beginnings(struct search *search) {
	struct slot_piece first = search->whole;
	first.bytes.len = 1;
	for (size_t code = 0; code < ARRAY_LEN(search->can_begin); code++) {
		search->can_begin[code] = slot_code_valid((uint8_t)code) && slot_can((uint8_t)code, &first);
	}
}

enum err lines_find(struct lines *lines, const struct lines_needle *needle, uint64_t *maybe,
                    uint64_t *sure) {
	ASSERT(needle->bytes.len > 0);
	ASSERT(needle->bytes.len <= UINT16_MAX);
	struct search search = {.lines = lines,
	                        .needle = needle,
	                        .whole = {needle->bytes, needle->mask, SLOT_CONTAINS},
	                        .maybe = maybe,
	                        .sure = sure};
	find_beginnings(&search);
	search.finder = slot_finder_new(&lines->shared);
	search.all_maybe = calloc(lines->shapes_count, sizeof(bool));
	search.all_sure = calloc(lines->shapes_count, sizeof(bool));
	ASSERT(search.all_maybe != NULL && search.all_sure != NULL);
	enum err err = ask_all(&search);
	slot_finder_free(search.finder);
	free(search.all_maybe);
	free(search.all_sure);
	free(search.starts);
	buf_deinit(&search.hits);
	buf_deinit(&search.rows);
	return err;
}
