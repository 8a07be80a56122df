/* Looking for a piece of text in a column. Numbers are compared as numbers where the piece is the
 * whole value; else as they print. Strings are asked once for each different one.
 */
#include "codec/slot_find.h"

#include "base/bits.h"

struct answer { /* of one piece, over a whole part */
	struct slot_piece piece;
	bool of_words;
	struct buf hits; /* uint32_t, ascending */
};

struct slot_finder {
	struct slots *slots;
	struct answer *answers;
	size_t answers_count;
	uint64_t *numbers; /* scratch */
	size_t numbers_cap;
};

struct slot_finder *slot_finder_new(struct slots *slots) {
	struct slot_finder *finder = calloc(1, sizeof(*finder));
	ASSERT(finder != NULL);
	finder->slots = slots;
	return finder;
}

void slot_finder_free(struct slot_finder *finder) {
	if (finder != NULL) {
		for (size_t i = 0; i < finder->answers_count; i++) {
			buf_deinit(&finder->answers[i].hits);
		}
		free(finder->answers);
		free(finder->numbers);
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
		return can_be_long(len, 16, 19, piece->match) && all_of(piece, false, false, 0);
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

static enum slot_found find_number(const struct slots *slots, const struct slot *slot, size_t count,
                                   uint64_t number, struct buf *hits) {
	bool wanted[SLOT_ENTRIES_MAX] = {0};
	size_t before = hits->len;
	switch (slot->form) {
	case SLOT_AS_FIXED:
		if (slot->width == 0) {
			return slot->least == number ? SLOT_ALL : SLOT_NONE;
		}
		if (number < slot->least || number - slot->least > packed_mask(slot->width)) {
			return SLOT_NONE;
		}
		packed_find(slot->codes, slot->width, 0, count, number - slot->least, number - slot->least,
		            hits);
		break;
	case SLOT_AS_DICTIONARY:
		for (uint32_t i = 0; i < slot->entries; i++) {
			wanted[i] = slot_entry(slot, i) == number;
		}
		return find_entries(slot, count, wanted, hits);
	case SLOT_AS_SERIES:
		series_find(slot->series, 0, count, (int64_t)number, (int64_t)number, hits);
		break;
	case SLOT_AS_BLOCKED:
		blocked_find(slot->blocked, 0, count, number, number, hits);
		break;
	case SLOT_AS_POOLED:
		pool_find(&slots->pools[slot->pool], slot->base, count, number, number, hits);
		for (size_t at = before; at < hits->len; at += sizeof(uint32_t)) {
			uint32_t rank = le32_load(hits->ptr + at) - (uint32_t)slot->base;
			le32_store(hits->ptr + at, rank);
		}
		break;
	default:
		return SLOT_ANY;
	}
	return found_in(hits, before, count);
}

static bool number_fits(uint8_t code, uint64_t number, const struct slot_piece *piece,
                        struct buf *scratch) {
	buf_clear(scratch);
	slot_print(scratch, code, number, STR(""));
	return slot_piece_fits(piece, buf_str(scratch));
}

/* Each value as it prints. */
static enum slot_found find_printed(struct slot_finder *finder, const struct slot *slot,
                                    size_t count, const struct slot_piece *piece,
                                    struct buf *hits) {
	enum { PIECE = 1024 };
	CLEANUP(buf_deinit) struct buf scratch = {0};
	bool wanted[SLOT_ENTRIES_MAX] = {0};
	uint64_t numbers[PIECE];
	size_t before = hits->len;
	if (slot->form == SLOT_AS_STAMP) {
		return SLOT_ANY;
	}
	if (slot->form == SLOT_AS_FIXED && slot->width == 0) {
		return number_fits(slot->code, slot->least, piece, &scratch) ? SLOT_ALL : SLOT_NONE;
	}
	if (slot->form == SLOT_AS_DICTIONARY) {
		for (uint32_t i = 0; i < slot->entries; i++) {
			wanted[i] = number_fits(slot->code, slot_entry(slot, i), piece, &scratch);
		}
		return find_entries(slot, count, wanted, hits);
	}
	for (size_t i = 0; i < count; i += PIECE) {
		size_t some = MIN_OF(count - i, (size_t)PIECE);
		slot_numbers(finder->slots, slot, i, some, NULL, numbers);
		for (size_t k = 0; k < some; k++) {
			if (number_fits(slot->code, numbers[k], piece, &scratch)) {
				uint32_t rank = (uint32_t)(i + k);
				buf_append(hits, &rank, sizeof(rank));
			}
		}
	}
	return found_in(hits, before, count);
}

/* ---- strings ---- */

static bool same_piece(const struct slot_piece *a, const struct slot_piece *b) {
	return a->match == b->match && a->bytes.ptr == b->bytes.ptr && a->bytes.len == b->bytes.len;
}

/* The map of trigrams knows the case of ASCII letters only: the longest run of others. */
static bool may_have(const struct texts *texts, const struct slot_piece *piece) {
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
	struct texts *texts = of_words ? finder->slots->words : finder->slots->texts;
	struct answer answer = {.piece = *piece, .of_words = of_words};
	if (may_have(texts, piece)) {
		enum err err = texts_find(texts, 0, texts_count(texts), fits, &answer.piece, &answer.hits);
		if (err != ERR_OK) {
			buf_deinit(&answer.hits);
			return err;
		}
	}
	finder->answers = reallocarray(finder->answers, finder->answers_count + 1, sizeof(answer));
	ASSERT(finder->answers != NULL);
	finder->answers[finder->answers_count++] = answer;
	*out_answer = &finder->answers[finder->answers_count - 1];
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
		TRY(texts_find(texts, 0, texts_count(texts), fits, &asked, hits));
		*out_found = found_in(hits, before, texts_count(texts));
	}
	return ERR_OK;
}

/* The one number that prints so, if any. Months in times and letters of hexadecimal digits have one
 * case only. */
static bool parse_piece(uint8_t code, const struct slot_piece *piece, uint64_t *out_number) {
	char text[SLOT_PRINT_MAX];
	size_t len = piece->bytes.len;
	if (len > sizeof(text)) {
		return false;
	}
	bool upper = code >= SLOT_HEX_UPPER && code < SLOT_TIME;
	for (size_t i = 0; i < len; i++) {
		char c = piece->bytes.ptr[i];
		text[i] = upper && any_case(piece, i) && c >= 'a' && c <= 'f' ? (char)(c - 32) : c;
	}
	return slot_parse(code, str_make(text, len), out_number);
}

enum err slot_find(struct slot_finder *finder, const struct slot *slot, size_t count,
                   const struct slot_piece *piece, struct buf *hits, enum slot_found *out_found) {
	uint64_t number;
	if (piece->bytes.len == 0 && piece->match != SLOT_EQUALS) {
		*out_found = SLOT_ALL;
		return ERR_OK;
	}
	if (slot->code == SLOT_TEXT) {
		return find_text(finder, slot, count, piece, hits, out_found);
	}
	if (!slot_can(slot->code, piece)) {
		*out_found = SLOT_NONE;
		return ERR_OK;
	}
	bool as_printed =
	    piece->match != SLOT_EQUALS || (piece->mask != NULL && slot->code >= SLOT_TIME);
	if (as_printed) {
		*out_found = find_printed(finder, slot, count, piece, hits);
	} else if (parse_piece(slot->code, piece, &number)) {
		*out_found = find_number(finder->slots, slot, count, number, hits);
	} else {
		*out_found = SLOT_NONE; /* no value prints so */
	}
	return ERR_OK;
}
