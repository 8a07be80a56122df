/* All ways in which the needle could lie in a shape: it begins in a literal or in a slot, and goes
 * on over slots and literals until it ends. Each way asks something of some slots; one of them, the
 * one that says most, is looked up.
 */
#include "codec/lines_find.h"

#include "base/bits.h"
#include "codec/lines_marks.h"
#include "codec/masked.h"
#include "codec/slot_find.h"

enum { DEMANDS_MAX = 8, WAYS_MAX = 4096 };

enum literal { LITERAL_NONE = UINT32_MAX, LITERAL_MANY = UINT32_MAX - 1 };

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
	bool *shapes;               /* those that are asked; then: some row was found */
	bool *all_maybe, *all_sure; /* of each shape: all rows */
	bool *some;                 /* of each shape: some rows */
	bool *can;                  /* of each shape: some border may lie in it */
	bool *texts;                /* of each shape: some slot of SLOT_TEXT may have all of it */
	bool *addresses;            /* of each group of shapes: some address may have all of it */
	bool is_code[256];          /* by slot code */
	bool can_begin[256];        /* likewise: the needle's first byte may stand in its values */
	bool can_contain[256];      /* likewise: all of it may */
	uint8_t as_part[256];       /* likewise: enum slot_match of values that have all of it */
	bool last[256], next[256];  /* by byte: a beginning of the needle may end with it; some rest may
	                               begin with it */
	struct buf hits, rows;
	uint64_t *maybe, *sure;
	bool *alone;        /* NULL: not asked; whether it is all rows of shapes alone */
	uint64_t *ranks;    /* NULL: of rows; else hits are marked here, by rank */
	uint32_t *literals; /* NULL: literal text is a hit; else of each shape where in its skeleton it
	                       stands, or one of enum literal */
	/* of the shape at hand */
	uint32_t shape;
	struct piece { /* of its skeleton, in place */
		struct str literal;
		uint8_t code; /* of the slot behind it */
	} *pieces;        /* one for each slot, and what is behind the last */
	uint32_t slots_count;
	size_t pieces_cap;
	struct demand demands[DEMANDS_MAX];
	uint32_t demands_count;
	uint32_t ways; /* tried so far */
	uint8_t *ends; /* by code and length of a beginning of the needle: can_end; 0: not asked */
	bool lost;     /* more ways than are tried: all rows, perhaps */
	enum err err;
};

static struct slot_piece piece_of(const struct search *search, const struct demand *demand) {
	return (struct slot_piece){
	    .bytes = str_make(search->needle->bytes.ptr + demand->from, demand->to - demand->from),
	    .mask = search->needle->mask == NULL ? NULL : search->needle->mask + demand->from,
	    .match = demand->match,
	    .word = search->needle->word};
}

static uint8_t code_at(const struct search *search, uint32_t slot) {
	return search->pieces[slot].code;
}

static struct str literal_at(const struct search *search, uint32_t number) {
	return search->pieces[number].literal;
}

/* ---- a way that reaches the needle's end ---- */

/* How much a demand says: more bytes, and whole values before parts of values. */
static uint32_t weight(const struct slot *slot, const struct demand *demand) {
	uint32_t bytes = (uint32_t)(demand->to - demand->from);
	bool looked_up = slot->code == SLOT_TEXT || demand->match == SLOT_EQUALS;
	bool short_text =
	    slot->code == SLOT_TEXT && bytes < SLOT_TEXT_LEAST && slot->form == SLOT_AS_TEXTS;
	return slot->form == SLOT_AS_STAMP || short_text ? 0 : bytes * 2 + looked_up;
}

static enum err take_hits(struct search *search, bool sure) {
	struct order *order;
	for (size_t at = 0; search->ranks != NULL && at < search->hits.len; at += sizeof(uint32_t)) {
		bits_set(search->ranks, le32_load(search->hits.ptr + at));
	}
	if (search->ranks != NULL) {
		return ERR_OK;
	}
	buf_clear(&search->rows);
	TRY(lines_use_order(search->lines, &order));
	TRY(order_rows(order, search->shape, (const uint32_t *)(void *)search->hits.ptr,
	               search->hits.len / sizeof(uint32_t), &search->rows));
	search->some[search->shape] = true;
	for (size_t at = 0; at < search->rows.len; at += sizeof(uint32_t)) {
		uint32_t row = le32_load(search->rows.ptr + at);
		bits_set(search->maybe, row);
		if (sure && search->sure != NULL) {
			bits_set(search->sure, row);
		}
	}
	return ERR_OK;
}

static bool is_word_byte(char c) {
	return (uint8_t)c >= 0x80 || c == '_' || char_is_alpha(c) || char_is_digit(c);
}

/* Whether beside a slot lies what ends a word, or the text's end. Not ASCII: that is not known. */
static bool is_bordered(const struct search *search, uint32_t slot) {
	struct str before = literal_at(search, slot);
	struct str behind = literal_at(search, slot + 1);
	bool first = before.len == 0 ? slot == 0 : !is_word_byte(before.ptr[before.len - 1]);
	bool last = behind.len == 0 ? slot + 1 == search->slots_count : !is_word_byte(behind.ptr[0]);
	return first && last;
}

/* Whether rows that meet the demand have the needle; for a word it must be the whole value. */
static bool says_all(const struct search *search, const struct demand *demand) {
	return search->demands_count == 1 &&
	       (!search->needle->word ||
	        (demand->match == SLOT_EQUALS && demand->from == 0 &&
	         demand->to == search->needle->bytes.len && is_bordered(search, demand->slot)));
}

static enum err look_up(struct search *search, const struct demand *demand, bool alone) {
	struct slot_piece piece = piece_of(search, demand);
	const struct slot *slot;
	enum slot_found found;
	buf_clear(&search->hits);
	TRY(lines_use_slot(search->lines, search->shape, demand->slot, &slot));
	TRY(slot_find(search->finder, slot, slot->count, &piece, &search->hits, &found));
	if (found == SLOT_SOME) {
		return take_hits(search, alone);
	}
	search->all_maybe[search->shape] |= found != SLOT_NONE;
	search->all_sure[search->shape] |= found == SLOT_ALL && alone;
	return ERR_OK;
}

/* Whether the strings of the block leave this way open. */
static enum err texts_can(struct search *search, bool *out_can) {
	*out_can = true;
	for (uint32_t i = 0; i < search->demands_count && *out_can; i++) {
		const struct demand *demand = &search->demands[i];
		struct slot_piece piece = piece_of(search, demand);
		if (code_at(search, demand->slot) == SLOT_TEXT && piece.bytes.len > 0) {
			TRY(slot_text_can(search->finder, &piece, out_can));
		}
	}
	return ERR_OK;
}

/* No shape is parsed as long as the strings, which all shapes share, say no. */
static enum err ask_way(struct search *search) {
	const struct lines_shape *shape;
	const struct demand *best = NULL;
	uint32_t best_weight = 0;
	bool can;
	TRY(texts_can(search, &can));
	if (!can) {
		return ERR_OK;
	}
	TRY(lines_parse_shape(search->lines, search->shape, &shape));
	for (uint32_t i = 0; i < search->demands_count; i++) {
		const struct demand *demand = &search->demands[i];
		uint32_t weighs = weight(&shape->slots[demand->slot].column, demand);
		if (weighs > best_weight) {
			best = demand;
			best_weight = weighs;
		}
	}
	if (best == NULL) {
		search->all_maybe[search->shape] = true;
		return ERR_OK;
	}
	return look_up(search, best, says_all(search, best));
}

static void end_way(struct search *search) {
	if (search->demands_count == 0) {
		search->all_maybe[search->shape] = true;
		search->all_sure[search->shape] |= !search->needle->word;
	} else if (search->err == ERR_OK) {
		search->err = ask_way(search);
	}
}

/* ---- ways ---- */

static bool done(const struct search *search) {
	bool settled =
	    search->sure != NULL ? search->all_sure[search->shape] : search->all_maybe[search->shape];
	return settled || search->lost || search->err != ERR_OK;
}

/* False: the slot can never be so, or there is no room to say it. */
static bool push_demand(struct search *search, uint32_t slot, size_t from, size_t to,
                        enum slot_match match) {
	struct demand demand = {slot, (uint16_t)from, (uint16_t)to, (uint8_t)match};
	struct slot_piece piece = piece_of(search, &demand);
	if (!slot_can(code_at(search, slot), &piece)) {
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
	size_t len = MIN_OF(literal.len, needle.len - to);
	if (len > 0 && (!slot_piece_same(&search->whole, to, literal.ptr, 1) ||
	                !slot_piece_same(&search->whole, to, literal.ptr, len))) {
		return;
	}
	if (len < needle.len - to && slot + 1 == search->slots_count) {
		return; /* the text ends here */
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
	if (number == search->slots_count) {
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
	if (longest == 0 || !search->last[(uint8_t)literal.ptr[literal.len - 1]]) {
		return;
	}
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

/* Whether a value of this code may end with the first len bytes of the needle. */
static bool can_end(void *ctx, uint8_t code, size_t len) {
	struct search *search = ctx;
	struct slot_piece piece = search->whole;
	uint8_t *known = &search->ends[(size_t)code * piece.bytes.len + len];
	if (*known == 0) {
		piece.match = SLOT_SUFFIX;
		piece.bytes.len = len;
		*known = slot_can(code, &piece) ? 2 : 1;
	}
	return *known == 2;
}

/* How a value of this code has all of the needle: a number that has a word has no other, and an
 * address four, with a point between them. */
static enum slot_match match_of_part(const struct search *search, uint8_t code) {
	struct str needle = search->needle->bytes;
	size_t dots = 0;
	for (size_t i = 0; i < needle.len; i++) {
		dots += needle.ptr[i] == '.';
	}
	bool number = code != SLOT_TEXT && code < SLOT_TIME;
	bool ends = is_word_byte(needle.ptr[0]) && is_word_byte(needle.ptr[needle.len - 1]);
	bool whole = code == SLOT_IPV4 ? dots == 3 : dots == 0;
	return search->needle->word && number && ends && whole ? SLOT_EQUALS : SLOT_CONTAINS;
}

/* Whether some slot of this code, of the shape at hand, may have all of the needle. */
static bool may_contain(const struct search *search, uint8_t code) {
	if (code == SLOT_TEXT) {
		return search->texts[search->shape];
	}
	return !search->needle->in_strings && search->can_contain[code] &&
	       (code != SLOT_IPV4 || search->addresses[(search->shape - 1) / LINES_GROUP]);
}

static void from_slot(struct search *search, uint32_t slot) {
	struct str needle = search->needle->bytes;
	uint8_t code = code_at(search, slot);
	struct str behind = literal_at(search, slot + 1);
	if (!search->can_begin[code]) {
		return;
	}
	if (may_contain(search, code) &&
	    push_demand(search, slot, 0, needle.len, search->as_part[code])) {
		end_way(search);
		search->demands_count--;
	}
	if (search->needle->in_strings || (behind.len > 0 && !search->next[(uint8_t)behind.ptr[0]])) {
		return;
	}
	for (size_t to = 1; to < needle.len && !done(search); to++) {
		if (can_end(search, code, to)) {
			past_slot(search, slot, 0, to, SLOT_SUFFIX);
		}
	}
}

/* ---- shapes ---- */

static bool is_asked(const struct search *search, uint32_t shape) {
	return search->shapes == NULL || search->shapes[shape];
}

static enum err find_pieces(struct search *search) {
	const struct lines_shape *shape = &search->lines->shapes[search->shape];
	struct str text = str_make(search->lines->skeletons.ptr + shape->text, shape->text_len);
	size_t most = text.len / 2 + 1;
	if (most > search->pieces_cap) {
		search->pieces_cap = most * 2;
		free(search->pieces);
		search->pieces = reallocarray(NULL, search->pieces_cap, sizeof(*search->pieces));
		ASSERT(search->pieces != NULL);
	}
	search->slots_count = 0;
	for (;;) {
		const char *mark = text.len == 0 ? NULL : memchr(text.ptr, SKELETON_SLOT, text.len);
		if (mark == NULL) {
			search->pieces[search->slots_count] = (struct piece){text, 0};
			return ERR_OK;
		}
		size_t len = (size_t)(mark - text.ptr);
		if (len + 2 > text.len || !search->is_code[(uint8_t)mark[1]]) {
			return ERR_CORRUPT;
		}
		search->pieces[search->slots_count++] =
		    (struct piece){str_slice(text, 0, len), (uint8_t)mark[1]};
		text = str_slice(text, len + 2, text.len);
	}
}

static enum err ask_shape(struct search *search, uint32_t number) {
	search->shape = number;
	search->demands_count = 0;
	search->ways = 0;
	search->lost = false;
	TRY(find_pieces(search));
	for (uint32_t i = 0; i < search->slots_count && !done(search); i++) {
		if (!search->needle->in_strings) {
			from_literal(search, i);
		}
		from_slot(search, i);
	}
	search->all_maybe[number] |= search->lost;
	return search->err;
}

/* Whether literal text ends a word on both sides of the needle, which stands at at in a skeleton.
 */
static bool ends_words(const struct search *search, const struct lines_shape *shape, size_t at) {
	const char *text = search->lines->skeletons.ptr;
	size_t end = at + search->needle->bytes.len;
	size_t first = shape->text;
	bool mark = at >= first + 2 && (uint8_t)text[at - 2] == SKELETON_SLOT;
	bool before = at == first || (!mark && !is_word_byte(text[at - 1]));
	bool behind = end == first + shape->text_len ||
	              (!is_word_byte(text[end]) && (uint8_t)text[end] != SKELETON_SLOT);
	return before && behind;
}

/* Skeletons lie one behind the other: a match counts when it lies in one, and has nothing of a
 * mark: it does not begin with the code of one, and the needle has no byte that begins one. */
static void mark_literal(struct search *search, size_t at) {
	const struct lines *lines = search->lines;
	uint32_t low = 1;
	uint32_t high = lines->shapes_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (lines->shapes[middle].text <= at) {
			low = middle;
		} else {
			high = middle;
		}
	}
	const struct lines_shape *shape = &lines->shapes[low];
	bool code = at > shape->text && (uint8_t)lines->skeletons.ptr[at - 1] == SKELETON_SLOT;
	bool behind = at + search->needle->bytes.len > (size_t)shape->text + shape->text_len;
	if (code || behind || !is_asked(search, low)) {
		return;
	}
	if (search->literals != NULL) {
		bool first = search->literals[low] == LITERAL_NONE;
		search->literals[low] = first ? (uint32_t)(at - shape->text) : LITERAL_MANY;
		search->all_maybe[low] |= !first;
		return;
	}
	search->all_maybe[low] = true;
	search->all_sure[low] |= !search->needle->word || ends_words(search, shape, at);
}

static void search_literals(struct search *search) {
	struct str all = buf_str(&search->lines->skeletons);
	const struct slot_piece *whole = &search->whole;
	if (memchr(whole->bytes.ptr, SKELETON_SLOT, whole->bytes.len) != NULL) {
		return; /* no literal has the byte of marks */
	}
	for (size_t at = 0; (at = masked_find(all, at, whole->bytes, whole->mask)) != MASKED_NONE;
	     at++) {
		mark_literal(search, at);
	}
}

static enum err ask_whole(struct search *search) {
	enum slot_found found;
	struct texts *whole;
	search->shape = LINES_SHAPE_WHOLE;
	if (search->lines->shapes[LINES_SHAPE_WHOLE].rows == 0 ||
	    !is_asked(search, LINES_SHAPE_WHOLE)) {
		return ERR_OK;
	}
	buf_clear(&search->hits);
	TRY(lines_use_whole(search->lines, &whole));
	TRY(slot_find_whole(search->finder, whole, &search->whole, &search->hits, &found));
	if (found == SLOT_SOME) {
		return take_hits(search, !search->needle->word);
	}
	search->all_maybe[0] = found == SLOT_ALL;
	search->all_sure[0] = found == SLOT_ALL && !search->needle->word;
	return ERR_OK;
}

/* Whether all that was found are shapes of which all rows surely have it. */
static bool are_whole(const struct search *search) {
	for (uint32_t i = 0; i < search->lines->shapes_count; i++) {
		if (!search->all_sure[i] && (search->some[i] || search->all_maybe[i])) {
			return false;
		}
	}
	return true;
}

/* Of rows that have the needle surely, and of others. */
static enum err set_shapes(struct search *search) {
	uint32_t count = search->lines->shapes_count;
	struct order *order;
	uint32_t others = 0;
	if (search->alone != NULL && are_whole(search)) {
		*search->alone = true;
		return ERR_OK;
	}
	if (memchr(search->all_maybe, true, count) == NULL) {
		return ERR_OK;
	}
	TRY(lines_use_order(search->lines, &order));
	if (search->sure != NULL) {
		TRY(order_bits(order, search->all_sure, search->sure));
		for (size_t i = 0; i < bits_words(search->lines->rows); i++) {
			search->maybe[i] |= search->sure[i];
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		search->all_maybe[i] &= search->sure == NULL || !search->all_sure[i];
		others += search->all_maybe[i];
	}
	return others == 0 ? ERR_OK : order_bits(order, search->all_maybe, search->maybe);
}

/* Groups of shapes are passed over that have no address which has all of the needle. */
static enum err find_addresses(struct search *search) {
	const struct lines *lines = search->lines;
	struct slot_piece piece = search->whole;
	piece.match = search->as_part[SLOT_IPV4];
	for (uint32_t i = 0; i < lines->groups_count && search->can_contain[SLOT_IPV4]; i++) {
		const struct lines_group *group = &lines->groups[i];
		unsigned pool = slot_pool(SLOT_IPV4, 0);
		search->addresses[i] = group->addresses_alone;
		if (!search->addresses[i]) {
			TRY(slot_addresses_can(search->finder, &piece, group->at.pools[pool],
			                       group[1].at.pools[pool], &search->addresses[i]));
		}
	}
	return ERR_OK;
}

/* Which shapes have a border that the needle may lie over, or a number that may have all of it. */
static enum err find_marks(struct search *search) {
	struct lines_marks question = {.needle = search->whole.bytes,
	                               .mask = search->whole.mask,
	                               .can_end = can_end,
	                               .ctx = search};
	TRY(find_addresses(search));
	question.addresses = search->addresses;
	for (size_t code = 0; code < ARRAY_LEN(question.is_code); code++) {
		question.is_code[code] = search->is_code[code];
		question.begins[code] = search->can_begin[code];
		question.contains[code] = search->can_contain[code];
	}
	question.contains[SLOT_TEXT] = false; /* asked one by one, if there is one at all */
	return lines_marks(search->lines, &question, search->can);
}

static enum err find_texts(struct search *search) {
	bool texts;
	TRY(slot_text_can(search->finder, &search->whole, &texts));
	return texts ? lines_marks_texts(search->lines, search->finder, &search->whole, search->texts)
	             : ERR_OK;
}

/* What does not lie in strings alone. */
static enum err find_in_shapes(struct search *search) {
	TRY(lines_read_skeletons(search->lines));
	search_literals(search);
	return find_marks(search);
}

static enum err ask_all(struct search *search) {
	struct lines *lines = search->lines;
	TRY(ask_whole(search));
	TRY(search->needle->in_strings ? ERR_OK : find_in_shapes(search));
	TRY(find_texts(search));
	for (uint32_t i = 1; i < lines->shapes_count; i++) {
		bool ask = is_asked(search, i) && (search->can[i] || search->texts[i]);
		TRY(ask ? ask_shape(search, i) : ERR_OK);
	}
	for (uint32_t i = 0; i < lines->shapes_count && search->shapes != NULL; i++) {
		search->shapes[i] = search->all_maybe[i] || search->some[i];
	}
	return set_shapes(search);
}

/* Long needles are asked of every shape. */
static void find_bytes(struct search *search) {
	enum { NEEDLE_MAX = 512 };
	size_t len = search->whole.bytes.len;
	for (size_t byte = 0; byte < ARRAY_LEN(search->last); byte++) {
		char c = (char)byte;
		search->last[byte] = search->next[byte] = len > NEEDLE_MAX;
		for (size_t i = 0; i < len && len <= NEEDLE_MAX; i++) {
			bool same = slot_piece_same(&search->whole, i, &c, 1);
			search->last[byte] |= same && i + 1 < len;
			search->next[byte] |= same && i > 0;
		}
	}
}

static void find_beginnings(struct search *search) {
	struct slot_piece first = search->whole;
	first.bytes.len = 1;
	find_bytes(search);
	for (size_t code = 0; code < ARRAY_LEN(search->can_begin); code++) {
		search->is_code[code] = slot_code_valid((uint8_t)code);
		search->can_begin[code] = search->is_code[code] && slot_can((uint8_t)code, &first);
		search->as_part[code] = (uint8_t)match_of_part(search, (uint8_t)code);
		struct slot_piece part = search->whole;
		part.match = search->as_part[code];
		search->can_contain[code] = search->is_code[code] && slot_can((uint8_t)code, &part);
	}
}

static void *new_array(size_t count, size_t size) {
	void *array = calloc(count, size);
	ASSERT(array != NULL);
	return array;
}

static void search_init(struct search *search, struct lines *lines,
                        const struct lines_needle *needle) {
	ASSERT(needle->bytes.len > 0);
	ASSERT(needle->bytes.len <= UINT16_MAX);
	*search = (struct search){
	    .lines = lines,
	    .needle = needle,
	    .whole = {needle->bytes, needle->mask, SLOT_CONTAINS, needle->word},
	    .finder = slot_finder_new(&lines->shared),
	    .all_maybe = new_array(lines->shapes_count, sizeof(bool)),
	    .all_sure = new_array(lines->shapes_count, sizeof(bool)),
	    .some = new_array(lines->shapes_count, sizeof(bool)),
	    .can = new_array(lines->shapes_count, sizeof(bool)),
	    .texts = new_array(lines->shapes_count, sizeof(bool)),
	    .addresses = new_array(lines->groups_count + 1, sizeof(bool)),
	    .ends = new_array(256, needle->bytes.len),
	};
	find_beginnings(search);
}

static void search_deinit(struct search *search) {
	slot_finder_free(search->finder);
	free(search->all_maybe);
	free(search->all_sure);
	free(search->some);
	free(search->can);
	free(search->texts);
	free(search->addresses);
	free(search->pieces);
	free(search->ends);
	free(search->literals);
	buf_deinit(&search->hits);
	buf_deinit(&search->rows);
}

enum err lines_find(struct lines *lines, const struct lines_needle *needle, bool *shapes,
                    uint64_t *maybe, uint64_t *sure) {
	struct search search CLEANUP(search_deinit);
	search_init(&search, lines, needle);
	search.shapes = shapes;
	search.maybe = maybe;
	search.sure = sure;
	return ask_all(&search);
}

enum err lines_find_shapes(struct lines *lines, const struct lines_needle *needle, bool *shapes,
                           uint64_t *maybe, uint64_t *sure, bool *out_whole) {
	struct search search CLEANUP(search_deinit);
	search_init(&search, lines, needle);
	search.shapes = shapes;
	search.maybe = maybe;
	search.sure = sure;
	search.alone = out_whole;
	*out_whole = false;
	return ask_all(&search);
}

/* ---- where a needle may begin ---- */

/* The literal text at a byte of the skeleton. */
static struct lines_place place_at(const struct search *search, uint32_t shape, uint32_t at) {
	const struct lines *lines = search->lines;
	struct str before = str_make(lines->skeletons.ptr + lines->shapes[shape].text, at);
	struct lines_place place = {.where = LINES_LITERAL, .at = at};
	for (size_t i = 0; i < before.len; i++) {
		if ((uint8_t)before.ptr[i] == SKELETON_SLOT) {
			place.slot++;
			place.at -= 2;
			i++;
		}
	}
	return place;
}

enum err lines_find_once(struct lines *lines, const struct lines_needle *needle, const bool *shapes,
                         struct buf *once, uint64_t *elsewhere) {
	struct search search CLEANUP(search_deinit);
	ASSERT(!needle->word);
	search_init(&search, lines, needle);
	bool *asked = new_array(lines->shapes_count, sizeof(bool));
	if (shapes == NULL) {
		memset(asked, true, lines->shapes_count);
	} else {
		memcpy(asked, shapes, lines->shapes_count * sizeof(*shapes));
	}
	search.shapes = asked;
	search.maybe = elsewhere;
	search.literals = new_array(lines->shapes_count, sizeof(*search.literals));
	memset(search.literals, 0xff, lines->shapes_count * sizeof(*search.literals));
	enum err err = ask_all(&search);
	for (uint32_t i = 1; err == ERR_OK && i < lines->shapes_count; i++) {
		if (search.literals[i] < LITERAL_MANY) {
			struct lines_once one = {i, place_at(&search, i, search.literals[i])};
			buf_append(once, &one, sizeof(one));
		}
	}
	free(asked);
	return err;
}

/* ---- one shape ---- */

struct lines_finder {
	struct lines_needle needle;
	struct search search;
};

struct lines_finder *lines_finder_new(struct lines *lines, const struct lines_needle *needle) {
	struct lines_finder *finder = new_array(1, sizeof(*finder));
	finder->needle = *needle;
	search_init(&finder->search, lines, &finder->needle);
	return finder;
}

void lines_finder_free(struct lines_finder *finder) {
	if (finder != NULL) {
		search_deinit(&finder->search);
		free(finder);
	}
}

enum err lines_finder_ranks(struct lines_finder *finder, uint32_t shape, uint64_t *ranks) {
	struct search *search = &finder->search;
	ASSERT(shape != LINES_SHAPE_WHOLE && shape < search->lines->shapes_count);
	TRY(lines_read_skeletons(search->lines));
	search->ranks = ranks;
	search->texts[shape] = true; /* it is asked */
	search->addresses[(shape - 1) / LINES_GROUP] = true;
	search->all_maybe[shape] = false;
	TRY(ask_shape(search, shape));
	for (uint32_t i = 0; i <= search->slots_count && !search->all_maybe[shape]; i++) {
		struct str literal = literal_at(search, i);
		search->all_maybe[shape] =
		    literal.len > 0 &&
		    masked_find(literal, 0, search->whole.bytes, search->whole.mask) != MASKED_NONE;
	}
	if (search->all_maybe[shape]) {
		bits_fill(ranks, search->lines->shapes[shape].rows, true);
	}
	return ERR_OK;
}
