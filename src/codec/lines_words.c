/* A word lies in literal text, in a string, or goes over borders between them. Strings are asked
 * once each. A shape is walked along: where a word goes over numbers alone, these are the same in
 * all rows as far as a filter of words looks at them. Where it goes over a string, the pieces of
 * the shape's rows there are asked.
 */
#include "codec/lines_words.h"

#include "codec/lines_codes.h"
#include "codec/lines_open.h"
#include "codec/skeleton_time.h"
#include "codec/texts_parts.h"
#include "codec/trigrams.h"

enum { PIECES_MAX = 1 << 20 }; /* different ones of a place */

/* Along a shape: the word that has begun, as far as it goes. */
struct walk {
	struct lines *lines;
	lines_words_f take;
	void *ctx;
	uint32_t shape;
	bool parsed;              /* the shape was */
	bool open;                /* a word goes on at this place; then: */
	bool string;              /* it has a string in it: the rows are asked */
	bool hex;                 /* it has a hexadecimal number in it */
	struct lines_place start; /* of it, or of the slot in which it begins */
	struct buf word;          /* digits in place of numbers */
	uint32_t *codes;
	uint32_t codes_cap;
};

/* ---- words with strings in them ---- */

/* The different texts of a piece of all rows of the shape. */
static enum err take_pieces(struct walk *walk, struct lines_coder *coder,
                            const struct lines_piece *piece) {
	uint32_t rows = lines_shape_rows(walk->lines, walk->shape);
	bool can;
	TRY(lines_coder_can(coder, piece, &can));
	if (!can) {
		return ERR_LIMIT;
	}
	if (rows > walk->codes_cap) {
		walk->codes_cap = rows;
		free(walk->codes);
		walk->codes = reallocarray(NULL, rows, sizeof(*walk->codes));
		ASSERT(walk->codes != NULL);
	}
	TRY(lines_coder_piece(coder, 0, piece, NULL, rows, walk->codes));
	for (uint32_t code = 1; code <= lines_coder_count(coder); code++) {
		walk->take(walk->ctx, lines_coder_text(coder, code), false);
	}
	return ERR_OK;
}

static enum err ask_rows(struct walk *walk, struct lines_place end) {
	struct lines_piece piece = {walk->shape, walk->start, end};
	TRY(lines_shape_read(walk->lines, walk->shape));
	struct lines_coder *coder = lines_coder_new(walk->lines, PIECES_MAX);
	enum err err = take_pieces(walk, coder, &piece);
	lines_coder_free(coder);
	return err;
}

/* ---- along a shape ---- */

static void begin_word(struct walk *walk, struct lines_place at) {
	if (!walk->open) {
		walk->open = true;
		walk->string = walk->hex = false;
		walk->start = at;
		buf_clear(&walk->word);
	}
}

static enum err end_word(struct walk *walk, struct lines_place at) {
	if (!walk->open) {
		return ERR_OK;
	}
	walk->open = false;
	if (walk->string) {
		return ask_rows(walk, at);
	}
	walk->take(walk->ctx, buf_str(&walk->word), walk->hex);
	return ERR_OK;
}

/* Bytes that stand there in every row; at: behind so many slots and bytes of literal text, which
 * goes on only when these are literal. */
static enum err walk_bytes(struct walk *walk, struct str bytes, struct lines_place at,
                           bool literal) {
	for (size_t i = 0; i < bytes.len; i++) {
		if (trigrams_in_word(bytes.ptr[i])) {
			begin_word(walk, at);
			if (!walk->string) {
				buf_append_char(&walk->word, bytes.ptr[i]);
			}
		} else if (literal || !walk->string) {
			TRY(end_word(walk, at));
		}
		at.at += literal;
	}
	return ERR_OK;
}

/* Which names of months and days a time has is not asked. */
static void take_names(const struct walk *walk) {
	walk->take(walk->ctx,
	           STR("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun"),
	           false);
}

static enum err walk_time(struct walk *walk, enum time_form form, struct lines_place at) {
	char text[TIME_TEXT_MAX];
	size_t len = time_form_print(form, 0, text);
	bool names = false;
	for (size_t i = 0; i < len; i++) {
		names |= char_is_alpha(text[i]) && text[i] != 'T';
	}
	if (names) {
		take_names(walk);
	}
	if (walk->open && char_is_alpha(text[0])) {
		walk->string = true; /* a name is a part of a word */
		return ERR_OK;
	}
	return walk_bytes(walk, str_make(text, len), at, false);
}

/* Whether a word that ends with the slot may go on behind it. */
static bool goes_on(struct str rest) {
	return rest.len > 0 && ((uint8_t)rest.ptr[0] == SKELETON_SLOT || trigrams_in_word(rest.ptr[0]));
}

static enum err walk_slot(struct walk *walk, uint8_t code, struct lines_place at, struct str rest) {
	if (code == SLOT_TEXT || code == SLOT_FRACTION) {
		bool bound = walk->open || goes_on(rest);
		if (bound) {
			begin_word(walk, at);
			walk->string = true;
		} else if (code == SLOT_FRACTION) {
			walk->take(walk->ctx, STR("0"), false);
		}
		return ERR_OK;
	}
	if (code >= SLOT_TIME) {
		return walk_time(walk, (enum time_form)(code - SLOT_TIME), at);
	}
	if (code == SLOT_IPV4) {
		return walk_bytes(walk, STR("0.0.0.0"), at, false);
	}
	bool hex = code >= SLOT_HEX;
	begin_word(walk, at);
	walk->hex |= hex;
	if (!walk->string) {
		buf_append_char(&walk->word, hex ? 'a' : '0');
	}
	return ERR_OK;
}

static enum err walk_shape(struct walk *walk, struct str text) {
	struct skeleton_part part = {.code = 0};
	struct lines_place at = {.where = LINES_LITERAL};
	uint32_t marks;
	walk->open = false;
	if (!skeleton_valid(text, &marks)) {
		return ERR_CORRUPT;
	}
	while (skeleton_next(&text, &part)) {
		TRY(walk_bytes(walk, part.literal, at, true));
		at.at += (uint32_t)part.literal.len;
		if (part.code == 0) {
			break;
		}
		TRY(walk_slot(walk, part.code, at, text));
		at.slot++;
	}
	return end_word(walk, at);
}

static enum err walk_shapes(struct walk *walk) {
	struct lines *lines = walk->lines;
	TRY(lines_read_skeletons(lines));
	for (uint32_t i = 1; i < lines->shapes_count; i++) {
		walk->shape = i;
		TRY(walk_shape(walk, str_make(lines->skeletons.ptr + lines->shapes[i].text,
		                              lines->shapes[i].text_len)));
	}
	return ERR_OK;
}

/* ---- strings ---- */

static enum err take_strings(const struct walk *walk, struct texts *texts) {
	for (size_t i = 0; i < texts->strings; i++) {
		struct str text;
		TRY(texts_string(texts, i, &text));
		walk->take(walk->ctx, text, false);
	}
	return ERR_OK;
}

enum err lines_words_in_strings(struct lines *lines, lines_words_f take, void *ctx) {
	const struct walk walk = {.lines = lines, .take = take, .ctx = ctx};
	struct texts *texts;
	TRY(slots_words(&lines->shared, &texts));
	TRY(take_strings(&walk, texts));
	TRY(slots_texts(&lines->shared, &texts));
	TRY(take_strings(&walk, texts));
	TRY(lines_use_whole(lines, &texts));
	return take_strings(&walk, texts);
}

enum err lines_words_in_shapes(struct lines *lines, lines_words_f take, void *ctx) {
	struct walk walk = {.lines = lines, .take = take, .ctx = ctx};
	enum err err = walk_shapes(&walk);
	buf_deinit(&walk.word);
	free(walk.codes);
	return err;
}
