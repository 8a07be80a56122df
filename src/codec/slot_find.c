/* Looking for a piece of text in a column. Numbers are compared as numbers where the piece is the
 * whole value; else as they print. Strings are asked once for each different one.
 */
#include "codec/slot_find.h"

#include "base/bits.h"
#include "base/map.h"
#include "codec/skeleton_slot.h"
#include "codec/slot_wanted.h"

struct answer { /* of one piece, over a whole part */
	struct slot_piece piece;
	bool of_words;
	struct buf hits; /* uint32_t, ascending */
};

/* What was found of one piece in a pool: many columns lie there one behind the other. */
struct in_pool {
	size_t asked; /* values of columns that were looked at one by one */
	bool known;   /* hits are those of the whole pool */
	struct buf hits;
};

/* Numbers of one code that fit one piece. */
struct question {
	struct slot_wanted wanted;
	struct in_pool *pools; /* SLOT_POOLS of them; NULL: none was asked */
};

struct slot_finder {
	struct slots *slots;
	struct answer *answers;
	size_t answers_count;
	struct map *numbers; /* struct question_key -> number in questions */
	struct question **questions;
	size_t questions_count;
};

/* Pieces of one needle: where one lies tells which it is. */
struct question_key {
	uint64_t place, len;
	uint32_t code, match;
};

struct slot_finder *slot_finder_new(struct slots *slots) {
	struct slot_finder *finder = calloc(1, sizeof(*finder));
	ASSERT(finder != NULL);
	finder->slots = slots;
	finder->numbers = map_new();
	return finder;
}

static void free_question(struct question *question) {
	for (size_t i = 0; question->pools != NULL && i < SLOT_POOLS; i++) {
		buf_deinit(&question->pools[i].hits);
	}
	free(question->pools);
	free(question);
}

void slot_finder_free(struct slot_finder *finder) {
	if (finder != NULL) {
		for (size_t i = 0; i < finder->answers_count; i++) {
			buf_deinit(&finder->answers[i].hits);
		}
		for (size_t i = 0; i < finder->questions_count; i++) {
			free_question(finder->questions[i]);
		}
		free(finder->answers);
		free(finder->questions);
		map_free(finder->numbers);
		free(finder);
	}
}

/* ---- one text ---- */

static bool same_bytes(const struct slot_piece *piece, const char *at) {
	return slot_piece_same(piece, 0, at, piece->bytes.len);
}

static bool contains(const struct slot_piece *piece, struct str text) {
	size_t len = piece->bytes.len;
	if (piece->mask == NULL) {
		return memmem(text.ptr, text.len, piece->bytes.ptr, len) != NULL;
	}
	for (size_t i = 0; i + len <= text.len; i++) {
		if ((char)(text.ptr[i] | piece->mask[0]) == piece->bytes.ptr[0] &&
		    same_bytes(piece, text.ptr + i)) {
			return true;
		}
	}
	return false;
}

bool slot_piece_fits(const struct slot_piece *piece, struct str text) {
	size_t len = piece->bytes.len;
	if (text.len < len) {
		return false;
	}
	switch (piece->match) {
	case SLOT_PREFIX:
		return same_bytes(piece, text.ptr);
	case SLOT_SUFFIX:
		return same_bytes(piece, text.ptr + text.len - len);
	case SLOT_EQUALS:
		return text.len == len && same_bytes(piece, text.ptr);
	default:
		return len == 0 || contains(piece, text);
	}
}

static bool fits(void *ctx, struct str text) {
	return slot_piece_fits(ctx, text);
}

/* ---- what a code can print ---- */

/* Any case of a letter counts where the mask says so. */
static bool any_case(const struct slot_piece *piece, size_t i) {
	return piece->mask != NULL && piece->mask[i] == 0x20;
}

static bool is_hex(const struct slot_piece *piece, size_t i, bool upper) {
	char c = piece->bytes.ptr[i];
	bool low = c >= 'a' && c <= 'f';
	bool high = c >= 'A' && c <= 'F';
	return char_is_digit(c) || (any_case(piece, i) ? low : (upper ? high : low));
}

static bool all_of(const struct slot_piece *piece, bool hex, bool upper, char extra) {
	for (size_t i = 0; i < piece->bytes.len; i++) {
		char c = piece->bytes.ptr[i];
		if (!(hex ? is_hex(piece, i, upper) : char_is_digit(c)) && (extra == 0 || c != extra)) {
			return false;
		}
	}
	return true;
}

static bool can_be_long(size_t len, size_t least, size_t most, uint8_t match) {
	return len <= most && (match != SLOT_EQUALS || len >= least);
}

/* Whether the piece can stand at offset of a time that prints like like: a digit (or the blank in
 * its place) for a digit, a letter for a letter, else the same. */
static bool fits_time(const struct slot_piece *piece, struct str like, size_t offset) {
	for (size_t i = 0; i < piece->bytes.len; i++) {
		char c = piece->bytes.ptr[i];
		char model = like.ptr[offset + i];
		bool digit = char_is_digit(model) && (char_is_digit(c) || c == ' ');
		bool letter = char_is_alpha(model) && char_is_alpha(c);
		if (!digit && !letter && c != model) {
			return false;
		}
	}
	return true;
}

static bool time_can(uint8_t code, const struct slot_piece *piece) {
	static const uint64_t models[] = {1321227045, 1320449445}; /* on a 13th, on a 4th of November */
	bool found = false;
	for (size_t i = 0; i < ARRAY_LEN(models) && !found; i++) {
		CLEANUP(buf_deinit) struct buf out = {0};
		slot_print(&out, code, models[i], STR(""));
		struct str like = buf_str(&out);
		if (piece->bytes.len > like.len) {
			continue;
		}
		size_t last = like.len - piece->bytes.len;
		bool at_start = piece->match == SLOT_PREFIX || piece->match == SLOT_EQUALS;
		bool at_end = piece->match == SLOT_SUFFIX || piece->match == SLOT_EQUALS;
		for (size_t at = at_end ? last : 0; at <= (at_start ? 0 : last) && !found; at++) {
			found = fits_time(piece, like, at);
		}
	}
	return found;
}

bool slot_can(uint8_t code, const struct slot_piece *piece) {
	size_t len = piece->bytes.len;
	if (code == SLOT_TEXT) {
		return true;
	}
	if (code == SLOT_INT) {
		return can_be_long(len, 1, 19, piece->match) && all_of(piece, false, false, 0);
	}
	if (code == SLOT_FRACTION) {
		return can_be_long(len, FRACTION_LEAST, FRACTION_MOST, piece->match) &&
		       all_of(piece, false, false, 0);
	}
	if (code == SLOT_IPV4) {
		return can_be_long(len, 7, 15, piece->match) && all_of(piece, false, false, '.');
	}
	if (code < SLOT_HEX) {
		size_t digits = (size_t)code - SLOT_DIGITS;
		return can_be_long(len, digits, digits, piece->match) && all_of(piece, false, false, 0);
	}
	if (code < SLOT_TIME) {
		bool upper = code >= SLOT_HEX_UPPER;
		size_t digits = (size_t)code - (upper ? SLOT_HEX_UPPER : SLOT_HEX);
		return can_be_long(len, digits, digits, piece->match) && all_of(piece, true, upper, 0);
	}
	return time_can(code, piece);
}

/* ---- numbers ---- */

static enum slot_found found_in(const struct buf *hits, size_t before, size_t count) {
	size_t found = (hits->len - before) / sizeof(uint32_t);
	return found == 0 ? SLOT_NONE : found == count ? SLOT_ALL : SLOT_SOME;
}

static void find_codes(const struct slot *slot, size_t count, const bool *wanted,
                       struct buf *hits) {
	uint64_t codes[256];
	for (size_t i = 0; i < count; i += ARRAY_LEN(codes)) {
		size_t piece = MIN_OF(count - i, ARRAY_LEN(codes));
		slot_codes(slot, i, piece, codes);
		for (size_t k = 0; k < piece; k++) {
			if (wanted[codes[k]]) {
				uint32_t rank = (uint32_t)(i + k);
				buf_append(hits, &rank, sizeof(rank));
			}
		}
	}
}

/* Those entries of a dictionary that fit: none, one (then its number is in *out_entry), or more. */
static size_t count_wanted(const bool *wanted, size_t entries, size_t *out_entry) {
	size_t found = 0;
	for (size_t i = 0; i < entries; i++) {
		if (wanted[i]) {
			found++;
			*out_entry = i;
		}
	}
	return found;
}

static enum slot_found find_entries(const struct slot *slot, size_t count, const bool *wanted,
                                    struct buf *hits) {
	size_t entry = 0;
	size_t before = hits->len;
	size_t found = count_wanted(wanted, slot->entries, &entry);
	if (found == 0 || found == slot->entries) {
		return found == 0 ? SLOT_NONE : SLOT_ALL;
	}
	if (found == 1) {
		packed_find(slot->codes, slot->width, 0, count, entry, entry, hits);
	} else {
		find_codes(slot, count, wanted, hits);
	}
	return found_in(hits, before, count);
}

static struct question *question_of(struct slot_finder *finder, uint8_t code,
                                    const struct slot_piece *piece) {
	struct question_key key = {(uint64_t)(uintptr_t)piece->bytes.ptr, piece->bytes.len, code,
	                           piece->match};
	bool added;
	struct str bytes = str_make((const char *)&key, sizeof(key));
	size_t number = *map_put(finder->numbers, bytes, finder->questions_count, &added);
	if (added) {
		struct question *question = calloc(1, sizeof(*question));
		finder->questions = reallocarray(finder->questions, finder->questions_count + 1,
		                                 sizeof(*finder->questions));
		ASSERT(question != NULL && finder->questions != NULL);
		slot_wanted_init(&question->wanted, code, piece);
		finder->questions[finder->questions_count++] = question;
	}
	return finder->questions[number];
}

static bool is_wanted(const void *ctx, uint64_t number) {
	return slot_wanted_has(ctx, number);
}

/* Each value of a column. */
static void find_each(const struct slots *slots, const struct slot *slot, size_t count,
                      const struct slot_wanted *wanted, struct buf *hits) {
	uint64_t numbers[512];
	for (size_t i = 0; i < count; i += ARRAY_LEN(numbers)) {
		size_t some = MIN_OF(count - i, ARRAY_LEN(numbers));
		slot_numbers(slots, slot, i, some, NULL, numbers);
		for (size_t k = 0; k < some; k++) {
			if (slot_wanted_has(wanted, numbers[k])) {
				uint32_t rank = (uint32_t)(i + k);
				buf_append(hits, &rank, sizeof(rank));
			}
		}
	}
}

static void find_in_pool(const struct pool *pool, const struct slot_wanted *wanted,
                         struct buf *hits) {
	if (wanted->how == WANTED_RANGES && wanted->count == 1) {
		pool_find(pool, 0, pool_count(pool), wanted->ranges[0].least, wanted->ranges[0].greatest,
		          hits);
	} else {
		pool_find_if(pool, 0, pool_count(pool), is_wanted, wanted, hits);
	}
}

static struct in_pool *in_pool_of(struct question *question, unsigned number) {
	if (question->pools == NULL) {
		question->pools = calloc(SLOT_POOLS, sizeof(*question->pools));
		ASSERT(question->pools != NULL);
	}
	return &question->pools[number];
}

/* The whole pool is looked at once its columns have been to a good part. */
static void find_pooled(struct slot_finder *finder, const struct slot *slot, size_t count,
                        struct question *question, struct buf *hits) {
	enum { PART = 8 };
	const struct pool *pool = &finder->slots->pools[slot->pool];
	size_t before = hits->len;
	struct in_pool *in_pool = in_pool_of(question, slot->pool);
	in_pool->asked += count;
	if (!in_pool->known && in_pool->asked < pool_count(pool) / PART) {
		find_each(finder->slots, slot, count, &question->wanted, hits);
		return;
	}
	if (!in_pool->known) {
		find_in_pool(pool, &question->wanted, &in_pool->hits);
		in_pool->known = true;
	}
	pool_hits(&in_pool->hits, slot->base, count, hits);
	for (size_t at = before; at < hits->len; at += sizeof(uint32_t)) {
		le32_store(hits->ptr + at, le32_load(hits->ptr + at) - (uint32_t)slot->base);
	}
}

/* A range in forms that can be looked at without decoding all. */
static void find_range(const struct slot *slot, size_t count, uint64_t least, uint64_t greatest,
                       struct buf *hits) {
	if (slot->form == SLOT_AS_SERIES) {
		series_find(slot->series, 0, count, (int64_t)least, (int64_t)greatest, hits);
	} else if (slot->form == SLOT_AS_BLOCKED) {
		blocked_find(slot->blocked, 0, count, least, greatest, hits);
	} else if (greatest >= slot->least &&
	           (least <= slot->least || least - slot->least <= packed_mask(slot->width))) {
		packed_find(slot->codes, slot->width, 0, count, least - MIN_OF(least, slot->least),
		            MIN_OF(greatest - slot->least, packed_mask(slot->width)), hits);
	}
}

static enum slot_found find_numbers(struct slot_finder *finder, const struct slot *slot,
                                    size_t count, const struct slot_piece *piece,
                                    struct buf *hits) {
	struct question *question = question_of(finder, slot->code, piece);
	const struct slot_wanted *wanted = &question->wanted;
	bool entries[SLOT_ENTRIES_MAX] = {0};
	size_t before = hits->len;
	bool range = wanted->how == WANTED_RANGES && wanted->count == 1 &&
	             wanted->ranges[0].greatest <= INT64_MAX; /* series have a sign */
	if (wanted->how == WANTED_RANGES && wanted->count == 0) {
		return SLOT_NONE;
	}
	if (slot->form == SLOT_AS_STAMP) {
		return SLOT_ANY;
	}
	if (slot->form == SLOT_AS_FIXED && slot->width == 0) {
		return slot_wanted_has(wanted, slot->least) ? SLOT_ALL : SLOT_NONE;
	}
	if (slot->form == SLOT_AS_DICTIONARY) {
		for (uint32_t i = 0; i < slot->entries; i++) {
			entries[i] = slot_wanted_has(wanted, slot_entry(slot, i));
		}
		return find_entries(slot, count, entries, hits);
	}
	if (slot->form == SLOT_AS_POOLED) {
		find_pooled(finder, slot, count, question, hits);
	} else if (range) {
		find_range(slot, count, wanted->ranges[0].least, wanted->ranges[0].greatest, hits);
	} else {
		find_each(finder->slots, slot, count, wanted, hits);
	}
	return found_in(hits, before, count);
}

/* ---- strings ---- */

static bool same_piece(const struct slot_piece *a, const struct slot_piece *b) {
	return a->match == b->match && a->bytes.ptr == b->bytes.ptr && a->bytes.len == b->bytes.len;
}

/* Every byte of it is one byte, or an ASCII letter in either case. */
static bool is_plain(const struct slot_piece *piece) {
	bool plain = true;
	for (size_t i = 0; piece->mask != NULL && i < piece->bytes.len && plain; i++) {
		plain = piece->mask[i] == 0 || (any_case(piece, i) && char_is_alpha(piece->bytes.ptr[i]));
	}
	return plain;
}

static bool has_border(struct str bytes) {
	for (size_t i = 0; i < bytes.len; i++) {
		if (!char_is_alpha(bytes.ptr[i]) && !char_is_digit(bytes.ptr[i]) && bytes.ptr[i] != '_') {
			return true;
		}
	}
	return false;
}

/* The map of trigrams knows the case of ASCII letters only: the longest run of others. */
static bool may_have(const struct texts *texts, const struct slot_piece *piece) {
	if (is_plain(piece) && (piece->word || has_border(piece->bytes))) {
		return texts_may_have_word(texts, piece->bytes, piece->word);
	}
	size_t best = 0;
	size_t best_at = 0;
	size_t start = 0;
	for (size_t i = 0; i <= piece->bytes.len; i++) {
		bool plain = i < piece->bytes.len &&
		             (piece->mask == NULL || piece->mask[i] == 0 ||
		              (piece->mask[i] == 0x20 && char_is_alpha(piece->bytes.ptr[i])));
		if (plain) {
			continue;
		}
		if (i - start > best) {
			best = i - start;
			best_at = start;
		}
		start = i + 1;
	}
	return best == 0 || texts_may_have(texts, str_slice(piece->bytes, best_at, best_at + best));
}

/* Very short pieces lie in so many strings that each is asked. */
static enum err seek_piece(struct texts *texts, struct slot_piece *piece,
                           struct texts_seek *out_seek) {
	return piece->bytes.len < SLOT_TEXT_LEAST
	           ? texts_seek(texts, fits, piece, out_seek)
	           : texts_seek_needle(texts, piece->bytes, piece->mask, fits, piece, out_seek);
}

/* The strings of a shared part that fit, found once. Pieces are of one needle. */
static enum err ask_part(struct slot_finder *finder, bool of_words, const struct slot_piece *piece,
                         const struct answer **out_answer) {
	for (size_t i = 0; i < finder->answers_count; i++) {
		struct answer *answer = &finder->answers[i];
		if (answer->of_words == of_words && same_piece(&answer->piece, piece)) {
			*out_answer = answer;
			return ERR_OK;
		}
	}
	struct texts *texts;
	TRY(of_words ? slots_words(finder->slots, &texts) : slots_texts(finder->slots, &texts));
	struct answer answer = {.piece = *piece, .of_words = of_words};
	if (may_have(texts, piece)) {
		struct texts_seek seek CLEANUP(texts_seek_deinit) = {0};
		TRY(seek_piece(texts, &answer.piece, &seek));
		texts_hits(texts, &seek, 0, texts_count(texts), &answer.hits);
	}
	finder->answers = reallocarray(finder->answers, finder->answers_count + 1, sizeof(answer));
	ASSERT(finder->answers != NULL);
	finder->answers[finder->answers_count++] = answer;
	*out_answer = &finder->answers[finder->answers_count - 1];
	return ERR_OK;
}

enum err slot_text_can(struct slot_finder *finder, const struct slot_piece *piece, bool *out_can) {
	const struct answer *answer;
	TRY(ask_part(finder, true, piece, &answer));
	*out_can = answer->hits.len > 0;
	if (!*out_can && piece->bytes.len < SLOT_TEXT_LEAST) {
		*out_can = finder->slots->texts_stored.count > 0;
	} else if (!*out_can) {
		TRY(ask_part(finder, false, piece, &answer));
		*out_can = answer->hits.len > 0;
	}
	return ERR_OK;
}

/* First hit that is not below number. */
static size_t hit_from(const struct buf *hits, size_t number) {
	size_t low = 0;
	size_t high = hits->len / sizeof(uint32_t);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (le32_load(hits->ptr + middle * sizeof(uint32_t)) < number) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool is_hit(const struct buf *hits, size_t number) {
	size_t at = hit_from(hits, number);
	return at < hits->len / sizeof(uint32_t) &&
	       le32_load(hits->ptr + at * sizeof(uint32_t)) == number;
}

enum err slot_words_can(struct slot_finder *finder, const struct slot_piece *piece, bool *out_can) {
	const struct answer *answer;
	TRY(ask_part(finder, true, piece, &answer));
	*out_can = answer->hits.len > 0;
	return ERR_OK;
}

enum err slot_texts_can(struct slot_finder *finder, const struct slot_piece *piece, size_t first,
                        size_t end, bool *out_can) {
	const struct answer *answer;
	*out_can = first < end;
	if (first < end && piece->bytes.len >= SLOT_TEXT_LEAST) {
		TRY(ask_part(finder, false, piece, &answer));
		*out_can = hit_from(&answer->hits, first) < hit_from(&answer->hits, end);
	}
	return ERR_OK;
}

enum err slot_addresses_can(struct slot_finder *finder, const struct slot_piece *piece,
                            size_t first, size_t end, bool *out_can) {
	struct question *question = question_of(finder, SLOT_IPV4, piece);
	unsigned number = slot_pool(SLOT_IPV4, 0);
	struct in_pool *in_pool = in_pool_of(question, number);
	const struct pool *pool;
	*out_can = false;
	TRY(slots_pool(finder->slots, number, &pool));
	if (pool == NULL) {
		return ERR_OK;
	}
	if (!in_pool->known) {
		find_in_pool(pool, &question->wanted, &in_pool->hits);
		in_pool->known = true;
	}
	*out_can = hit_from(&in_pool->hits, first) < hit_from(&in_pool->hits, end);
	return ERR_OK;
}

enum err slot_text_has(struct slot_finder *finder, const struct slot *slot,
                       const struct slot_piece *piece, bool *out_can) {
	const struct answer *answer;
	*out_can = true;
	if (slot->form == SLOT_AS_TEXTS && piece->bytes.len < SLOT_TEXT_LEAST) {
		return ERR_OK;
	}
	TRY(ask_part(finder, slot->form != SLOT_AS_TEXTS, piece, &answer));
	if (slot->form == SLOT_AS_WORD) {
		*out_can = is_hit(&answer->hits, slot->word);
	} else if (slot->form == SLOT_AS_TEXTS) {
		*out_can =
		    hit_from(&answer->hits, slot->base) < hit_from(&answer->hits, slot->base + slot->count);
	} else {
		*out_can = false;
		TRY(answer->hits.len == 0 ? ERR_OK : slots_hold_entries(finder->slots, slot));
		for (uint32_t i = 0; i < slot->entries && answer->hits.len > 0 && !*out_can; i++) {
			*out_can = is_hit(&answer->hits, slot_entry_word(slot, i));
		}
	}
	return ERR_OK;
}

static enum err find_text(struct slot_finder *finder, const struct slot *slot, size_t count,
                          const struct slot_piece *piece, struct buf *hits,
                          enum slot_found *out_found) {
	bool wanted[SLOT_ENTRIES_MAX] = {0};
	const struct answer *answer;
	size_t before = hits->len;
	TRY(ask_part(finder, slot->form != SLOT_AS_TEXTS, piece, &answer));
	if (answer->hits.len == 0) {
		*out_found = SLOT_NONE;
	} else if (slot->form == SLOT_AS_WORD) {
		*out_found = is_hit(&answer->hits, slot->word) ? SLOT_ALL : SLOT_NONE;
	} else if (slot->form == SLOT_AS_WORDS) {
		for (uint32_t i = 0; i < slot->entries; i++) {
			wanted[i] = is_hit(&answer->hits, slot_entry_word(slot, i));
		}
		*out_found = find_entries(slot, count, wanted, hits);
	} else {
		size_t last = hit_from(&answer->hits, slot->base + count);
		for (size_t i = hit_from(&answer->hits, slot->base); i < last; i++) {
			uint32_t rank =
			    le32_load(answer->hits.ptr + i * sizeof(uint32_t)) - (uint32_t)slot->base;
			buf_append(hits, &rank, sizeof(rank));
		}
		*out_found = found_in(hits, before, count);
	}
	return ERR_OK;
}

enum err slot_find_whole(struct slot_finder *finder, struct texts *texts,
                         const struct slot_piece *piece, struct buf *hits,
                         enum slot_found *out_found) {
	struct slot_piece asked = *piece;
	size_t before = hits->len;
	(void)finder;
	*out_found = SLOT_NONE;
	if (texts_count(texts) > 0 && may_have(texts, piece)) {
		struct texts_seek seek CLEANUP(texts_seek_deinit) = {0};
		TRY(seek_piece(texts, &asked, &seek));
		texts_hits(texts, &seek, 0, texts_count(texts), hits);
		*out_found = found_in(hits, before, texts_count(texts));
	}
	return ERR_OK;
}

enum err slot_find(struct slot_finder *finder, const struct slot *slot, size_t count,
                   const struct slot_piece *piece, struct buf *hits, enum slot_found *out_found) {
	if (piece->bytes.len == 0 && piece->match != SLOT_EQUALS) {
		*out_found = SLOT_ALL;
		return ERR_OK;
	}
	if (slot->code == SLOT_TEXT) {
		return find_text(finder, slot, count, piece, hits, out_found);
	}
	*out_found = find_numbers(finder, slot, count, piece, hits);
	return ERR_OK;
}
