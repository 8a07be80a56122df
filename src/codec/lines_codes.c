/* Values become codes by two tables: one of texts, and before it one of numbers, so that a number
 * that was met is not printed again. What stands around a slot in the piece is the number's
 * context: the same number in another context is another text.
 */
#include "codec/lines_codes.h"

#include "base/hash.h"
#include "base/map.h"
#include "codec/lines_open.h"
#include "codec/skeleton_slot.h"
#include "codec/slot_some.h"
#include "codec/texts_parts.h"

enum {
	CHUNK = 512, /* rows that are decoded at a time */
	SPAN_SLOTS_MAX = 16,
	FIRST_SLOTS = 64,     /* of a table; powers of two */
	TEXTS_MAX = 32 << 20, /* bytes of all values */
};

struct coder_value {
	uint64_t hash;
	size_t at; /* in texts */
	uint32_t len;
	uint8_t tag;
};

struct coder_number {
	uint64_t number;
	uint32_t context;
	uint32_t code; /* 0: free */
};

/* One slot in a piece: lead, bytes [skip, cut) of its value, trail. */
struct context {
	uint32_t number;
	uint8_t tag, code;
	bool strings;       /* of form SLOT_AS_TEXTS: numbers are those of its strings */
	uint32_t skip, cut; /* UINT32_MAX: to its end */
	struct str lead, trail;
};

struct lines_coder {
	struct lines *lines;
	uint32_t values_max;
	struct coder_value *values; /* of codes 1, 2... */
	uint32_t count, cap;
	struct buf texts;
	uint32_t *slots; /* codes by hash of the text; 0: free */
	uint32_t slots_count;
	struct coder_number *numbers;
	uint32_t numbers_count, numbers_used;
	struct map *contexts; /* what a context is, to its number */
	struct buf key, text, strings;
	uint32_t chunk[CHUNK]; /* ranks */
	uint64_t decoded[CHUNK];
	/* of the dictionary of form SLOT_AS_TEXTS, what was decoded; NULL: nothing was */
	struct coder_entry {
		uint32_t at, end; /* in entry_bytes */
		bool known;
	} *entries;
	struct buf entry_bytes;
};

struct lines_coder *lines_coder_new(struct lines *lines, uint32_t values_max) {
	struct lines_coder *coder = calloc(1, sizeof(*coder));
	ASSERT(coder != NULL);
	*coder = (struct lines_coder){.lines = lines, .values_max = values_max};
	coder->contexts = map_new();
	coder->slots_count = coder->numbers_count = FIRST_SLOTS;
	coder->slots = calloc(FIRST_SLOTS, sizeof(*coder->slots));
	coder->numbers = calloc(FIRST_SLOTS, sizeof(*coder->numbers));
	ASSERT(coder->slots != NULL && coder->numbers != NULL);
	return coder;
}

void lines_coder_free(struct lines_coder *coder) {
	if (coder != NULL) {
		map_free(coder->contexts);
		buf_deinit(&coder->texts);
		buf_deinit(&coder->key);
		buf_deinit(&coder->text);
		buf_deinit(&coder->strings);
		buf_deinit(&coder->entry_bytes);
		free(coder->entries);
		free(coder->values);
		free(coder->slots);
		free(coder->numbers);
		free(coder);
	}
}

uint32_t lines_coder_count(const struct lines_coder *coder) {
	return coder->count;
}

struct str lines_coder_text(const struct lines_coder *coder, uint32_t code) {
	ASSERT(code > 0 && code <= coder->count);
	const struct coder_value *value = &coder->values[code - 1];
	return value->len == 0 ? STR("") : str_make(coder->texts.ptr + value->at, value->len);
}

uint8_t lines_coder_tag(const struct lines_coder *coder, uint32_t code) {
	ASSERT(code > 0 && code <= coder->count);
	return coder->values[code - 1].tag;
}

size_t lines_coder_bytes(const struct lines_coder *coder) {
	return sizeof(*coder) + coder->cap * sizeof(*coder->values) + coder->texts.cap +
	       coder->slots_count * sizeof(*coder->slots) +
	       coder->numbers_count * sizeof(*coder->numbers) + map_bytes(coder->contexts) +
	       coder->entry_bytes.cap;
}

/* ---- the table of texts ---- */

static void widen_texts(struct lines_coder *coder) {
	uint32_t count = coder->slots_count * 2;
	uint32_t *slots = calloc(count, sizeof(*slots));
	ASSERT(slots != NULL);
	for (uint32_t code = 1; code <= coder->count; code++) {
		uint32_t at = (uint32_t)coder->values[code - 1].hash & (count - 1);
		while (slots[at] != 0) {
			at = (at + 1) & (count - 1);
		}
		slots[at] = code;
	}
	free(coder->slots);
	coder->slots = slots;
	coder->slots_count = count;
}

static enum err add_value(struct lines_coder *coder, uint8_t tag, struct str text, uint64_t hash,
                          uint32_t *out_code) {
	if (coder->count == coder->values_max || text.len > TEXTS_MAX - coder->texts.len) {
		return ERR_LIMIT;
	}
	if (coder->count == coder->cap) {
		coder->cap = coder->cap * 2 + 64;
		coder->values = reallocarray(coder->values, coder->cap, sizeof(*coder->values));
		ASSERT(coder->values != NULL);
	}
	coder->values[coder->count++] = (struct coder_value){
	    .hash = hash, .at = coder->texts.len, .len = (uint32_t)text.len, .tag = tag};
	buf_append_str(&coder->texts, text);
	*out_code = coder->count;
	return ERR_OK;
}

enum err lines_coder_value(struct lines_coder *coder, uint8_t tag, struct str text,
                           uint32_t *out_code) {
	uint64_t hash = hash64_seeded(text.ptr, text.len, tag);
	uint32_t at = (uint32_t)hash & (coder->slots_count - 1);
	for (; coder->slots[at] != 0; at = (at + 1) & (coder->slots_count - 1)) {
		const struct coder_value *value = &coder->values[coder->slots[at] - 1];
		if (value->hash == hash && value->tag == tag &&
		    str_eq(lines_coder_text(coder, coder->slots[at]), text)) {
			*out_code = coder->slots[at];
			return ERR_OK;
		}
	}
	TRY(add_value(coder, tag, text, hash, out_code));
	coder->slots[at] = *out_code;
	if (coder->count > coder->slots_count / 2) {
		widen_texts(coder);
	}
	return ERR_OK;
}

/* ---- the table of numbers ---- */

static inline uint32_t number_slot(const struct lines_coder *coder, uint64_t number,
                                   uint32_t context) {
	uint64_t mixed = (number + context * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
	return (uint32_t)(mixed >> 32) & (coder->numbers_count - 1);
}

static void widen_numbers(struct lines_coder *coder) {
	struct coder_number *old = coder->numbers;
	uint32_t count = coder->numbers_count;
	coder->numbers_count *= 2;
	coder->numbers = calloc(coder->numbers_count, sizeof(*coder->numbers));
	ASSERT(coder->numbers != NULL);
	for (uint32_t i = 0; i < count; i++) {
		if (old[i].code != 0) {
			uint32_t at = number_slot(coder, old[i].number, old[i].context);
			while (coder->numbers[at].code != 0) {
				at = (at + 1) & (coder->numbers_count - 1);
			}
			coder->numbers[at] = old[i];
		}
	}
	free(old);
}

/* The code of value in its context; 0: it is too short for the places. */
static enum err code_text(struct lines_coder *coder, const struct context *context,
                          struct str value, uint32_t *out_code) {
	if (context->skip > value.len || (context->cut != UINT32_MAX &&
	                                  (context->cut > value.len || context->cut < context->skip))) {
		*out_code = 0;
		return ERR_OK;
	}
	struct str part = str_slice(value, context->skip, MIN_OF((size_t)context->cut, value.len));
	if (context->lead.len == 0 && context->trail.len == 0) {
		return lines_coder_value(coder, context->tag, part, out_code);
	}
	buf_clear(&coder->text);
	buf_append_str(&coder->text, context->lead);
	buf_append_str(&coder->text, part);
	buf_append_str(&coder->text, context->trail);
	return lines_coder_value(coder, context->tag, buf_str(&coder->text), out_code);
}

/* The bytes of a string of form SLOT_AS_TEXTS; good until the next one is asked for. Those of the
 * dictionary come again and in no order: they are kept. ERR_CORRUPT, ERR_LIMIT. */
static enum err string_text(struct lines_coder *coder, uint64_t string, struct str *out_text) {
	struct texts *texts = coder->lines->shared.texts;
	struct coder_entry *entry;
	struct str text;
	if (string >= texts->entries) {
		return texts_string(texts, (size_t)string, out_text);
	}
	if (coder->entries == NULL) {
		coder->entries = calloc(texts->entries, sizeof(*coder->entries));
		ASSERT(coder->entries != NULL);
	}
	entry = &coder->entries[string];
	if (!entry->known) {
		TRY(texts_string(texts, (size_t)string, &text));
		if (text.len > TEXTS_MAX - coder->entry_bytes.len) {
			return ERR_LIMIT;
		}
		*entry = (struct coder_entry){.at = (uint32_t)coder->entry_bytes.len, .known = true};
		buf_append_str(&coder->entry_bytes, text);
		entry->end = (uint32_t)coder->entry_bytes.len;
	}
	*out_text = entry->end == entry->at
	                ? STR("")
	                : str_make(coder->entry_bytes.ptr + entry->at, entry->end - entry->at);
	return ERR_OK;
}

/* A number that was not met in this context; of SLOT_TEXT that of a word or string. */
static enum err code_new_number(struct lines_coder *coder, const struct context *context,
                                uint64_t number, uint32_t at, uint32_t *out_code) {
	char printed[SLOT_PRINT_MAX];
	if (context->strings) {
		struct str text;
		TRY(string_text(coder, number, &text));
		TRY(code_text(coder, context, text, out_code));
	} else if (context->code == SLOT_TEXT) {
		buf_clear(&coder->strings);
		struct texts *words;
		TRY(slots_words(&coder->lines->shared, &words));
		TRY(texts_get(words, (size_t)number, &coder->strings));
		TRY(code_text(coder, context, buf_str(&coder->strings), out_code));
	} else {
		size_t len = slot_print_number(context->code, number, printed);
		TRY(code_text(coder, context, str_make(printed, len), out_code));
	}
	if (*out_code == 0) {
		return ERR_OK;
	}
	coder->numbers[at] = (struct coder_number){number, context->number, *out_code};
	if (++coder->numbers_used > coder->numbers_count / 2) {
		widen_numbers(coder);
	}
	return ERR_OK;
}

static inline enum err code_number(struct lines_coder *coder, const struct context *context,
                                   uint64_t number, uint32_t *out_code) {
	uint32_t at = number_slot(coder, number, context->number);
	for (; coder->numbers[at].code != 0; at = (at + 1) & (coder->numbers_count - 1)) {
		if (coder->numbers[at].number == number && coder->numbers[at].context == context->number) {
			*out_code = coder->numbers[at].code;
			return ERR_OK;
		}
	}
	return code_new_number(coder, context, number, at, out_code);
}

static void number_context(struct lines_coder *coder, struct context *context) {
	uint32_t lead = (uint32_t)context->lead.len;
	buf_clear(&coder->key);
	buf_append_char(&coder->key, (char)context->tag);
	buf_append_char(&coder->key, (char)context->code);
	buf_append_char(&coder->key, (char)context->strings);
	buf_append(&coder->key, &context->skip, sizeof(context->skip));
	buf_append(&coder->key, &context->cut, sizeof(context->cut));
	buf_append(&coder->key, &lead, sizeof(lead));
	buf_append_str(&coder->key, context->lead);
	buf_append_str(&coder->key, context->trail);
	context->number =
	    (uint32_t)*map_put(coder->contexts, buf_str(&coder->key), map_count(coder->contexts), NULL);
}

/* ---- where a piece lies ---- */

/* Slots [first, end) with the literal text before, between and behind them. */
struct span {
	uint32_t first, end;
	uint32_t lead_at, trail_end; /* in the literal text of the shape */
	uint32_t skip, cut;          /* of the first slot's value; of the last one's */
};

/* After lines_shape_read; to be used once use_slots was asked. */
static const struct slot *slot_at(const struct lines *lines, uint32_t shape, uint32_t slot) {
	return &lines->shapes[shape].slots[slot].column;
}

static enum err use_slots(struct lines *lines, uint32_t shape, const struct span *span) {
	const struct slot *ignored;
	for (uint32_t i = span->first; i < span->end; i++) {
		TRY(lines_use_slot(lines, shape, i, &ignored));
	}
	return ERR_OK;
}

/* Where in the literal text a place is, that lies in it. */
static bool literal_place(const struct lines *lines, uint32_t shape, struct lines_place place) {
	uint32_t slots = lines_shape_slots(lines, shape);
	return place.slot <= slots && place.at <= lines_shape_before(lines, shape, place.slot) &&
	       (place.slot == 0 || place.at >= lines_shape_before(lines, shape, place.slot - 1u));
}

static bool find_span(const struct lines *lines, const struct lines_piece *piece,
                      struct span *out_span) {
	uint32_t shape = piece->shape;
	struct lines_place from = piece->from;
	struct lines_place to = piece->to;
	if (shape == LINES_SHAPE_WHOLE || from.where == LINES_NOWHERE || to.where == LINES_NOWHERE) {
		return false;
	}
	struct span span = {.first = from.slot, .end = to.slot, .cut = UINT32_MAX};
	if (from.where == LINES_INSIDE) {
		if (from.slot >= lines_shape_slots(lines, shape)) {
			return false;
		}
		span.skip = from.at;
		span.lead_at = lines_shape_before(lines, shape, from.slot);
	} else if (!literal_place(lines, shape, from)) {
		return false;
	} else {
		span.lead_at = from.at;
	}
	if (to.where == LINES_INSIDE) {
		if (to.slot >= lines_shape_slots(lines, shape)) {
			return false;
		}
		span.end = to.slot + 1u;
		span.cut = to.at;
		span.trail_end = lines_shape_before(lines, shape, to.slot);
	} else if (!literal_place(lines, shape, to)) {
		return false;
	} else {
		span.trail_end = to.at;
	}
	bool inside = from.where == LINES_INSIDE || to.where == LINES_INSIDE;
	*out_span = span;
	return span.lead_at <= span.trail_end && span.first <= span.end &&
	       (!inside || span.first < span.end) && span.end - span.first <= SPAN_SLOTS_MAX;
}

enum err lines_coder_can(const struct lines_coder *coder, const struct lines_piece *piece,
                         bool *out_can) {
	struct span span;
	*out_can = false;
	if (piece->shape == LINES_SHAPE_WHOLE) {
		return ERR_OK;
	}
	TRY(lines_shape_read(coder->lines, piece->shape));
	*out_can = find_span(coder->lines, piece, &span);
	for (uint32_t i = span.first; *out_can && i < span.end; i++) {
		*out_can = slot_at(coder->lines, piece->shape, i)->form != SLOT_AS_STAMP;
	}
	return ERR_OK;
}

/* ---- one slot ---- */

/* A dictionary: each entry once. */
static enum err code_entries(struct lines_coder *coder, const struct context *context,
                             const struct slot *slot, uint32_t *out_codes) {
	for (uint32_t i = 0; i < slot->entries; i++) {
		uint64_t number =
		    slot->form == SLOT_AS_WORDS ? slot_entry_word(slot, i) : slot_entry(slot, i);
		TRY(code_number(coder, context, number, &out_codes[i]));
	}
	return ERR_OK;
}

/* Strings of the dictionary as numbers; each of the others is one of its own. */
static enum err code_strings(struct lines_coder *coder, const struct context *context,
                             const struct slot *slot, const uint32_t *ranks, uint32_t count,
                             uint32_t *out_codes) {
	uint64_t *decoded = coder->decoded;
	size_t entries = coder->lines->shared.texts->entries;
	slot_strings_some(&coder->lines->shared, slot, ranks, count, decoded);
	for (uint32_t i = 0; i < count; i++) {
		struct str text;
		if (decoded[i] < entries) {
			TRY(code_number(coder, context, decoded[i], &out_codes[i]));
			continue;
		}
		TRY(string_text(coder, decoded[i], &text));
		TRY(code_text(coder, context, text, &out_codes[i]));
	}
	return ERR_OK;
}

/* At most CHUNK ranks. */
static enum err code_chunk(struct lines_coder *coder, const struct context *context,
                           const struct slot *slot, const uint32_t *entries, const uint32_t *ranks,
                           uint32_t count, uint32_t *out_codes) {
	uint64_t *decoded = coder->decoded;
	if (slot->form == SLOT_AS_TEXTS) {
		return code_strings(coder, context, slot, ranks, count, out_codes);
	}
	if (slot->form == SLOT_AS_WORDS || slot->form == SLOT_AS_DICTIONARY) {
		slot_codes_some(slot, ranks, count, decoded);
		for (uint32_t i = 0; i < count; i++) {
			out_codes[i] = entries[decoded[i]];
		}
		return ERR_OK;
	}
	slot_numbers_some(&coder->lines->shared, slot, ranks, count, decoded);
	for (uint32_t i = 0; i < count; i++) {
		TRY(code_number(coder, context, decoded[i], &out_codes[i]));
	}
	return ERR_OK;
}

static void fill(uint32_t *codes, uint32_t count, uint32_t code) {
	for (uint32_t i = 0; i < count; i++) {
		codes[i] = code;
	}
}

/* Ranks from i on, at most CHUNK of them; NULL: all there are. Returns how many. */
static uint32_t take_chunk(struct lines_coder *coder, const uint32_t *ranks, uint32_t i,
                           uint32_t count, const uint32_t **out_ranks) {
	uint32_t some = MIN_OF(count - i, (uint32_t)CHUNK);
	for (uint32_t k = 0; ranks == NULL && k < some; k++) {
		coder->chunk[k] = i + k;
	}
	*out_ranks = ranks == NULL ? coder->chunk : ranks + i;
	return some;
}

static enum err code_slot(struct lines_coder *coder, const struct context *context,
                          const struct slot *slot, const uint32_t *ranks, uint32_t count,
                          uint32_t *out_codes) {
	uint32_t entries[SLOT_ENTRIES_MAX];
	uint32_t code;
	bool fixed = slot->form == SLOT_AS_FIXED && slot->width == 0;
	if (fixed || slot->form == SLOT_AS_WORD) {
		TRY(code_number(coder, context, fixed ? slot->least : slot->word, &code));
		fill(out_codes, count, code);
		return ERR_OK;
	}
	if (slot->form == SLOT_AS_WORDS || slot->form == SLOT_AS_DICTIONARY) {
		TRY(code_entries(coder, context, slot, entries));
	}
	for (uint32_t i = 0; i < count;) {
		const uint32_t *chunk;
		uint32_t some = take_chunk(coder, ranks, i, count, &chunk);
		TRY(code_chunk(coder, context, slot, entries, chunk, some, out_codes + i));
		i += some;
	}
	return ERR_OK;
}

/* ---- several slots ---- */

struct printer {       /* of one chunk of rows */
	uint64_t *numbers; /* slot by slot, CHUNK of each; of texts those of their words or strings */
	struct buf text, word;
};

static void printer_deinit(struct printer *printer) {
	free(printer->numbers);
	buf_deinit(&printer->text);
	buf_deinit(&printer->word);
}

static void decode_slots(const struct lines_coder *coder, struct printer *printer,
                         const struct lines_piece *piece, const struct span *span,
                         const uint32_t *ranks, uint32_t count) {
	const struct slots *shared = &coder->lines->shared;
	for (uint32_t i = span->first; i < span->end; i++) {
		const struct slot *slot = slot_at(coder->lines, piece->shape, i);
		uint64_t *numbers = printer->numbers + (size_t)(i - span->first) * CHUNK;
		if (slot->code != SLOT_TEXT) {
			slot_numbers_some(shared, slot, ranks, count, numbers);
		} else if (slot->form == SLOT_AS_TEXTS) {
			slot_strings_some(shared, slot, ranks, count, numbers);
		} else if (slot->form == SLOT_AS_WORDS) {
			slot_codes_some(slot, ranks, count, numbers);
		}
	}
}

/* A value of a text slot. */
static enum err text_value(struct lines_coder *coder, struct printer *printer,
                           const struct slot *slot, uint64_t number, struct str *out_value) {
	struct texts *words;
	if (slot->form == SLOT_AS_TEXTS) {
		return string_text(coder, number, out_value);
	}
	size_t word = slot->form == SLOT_AS_WORD ? slot->word : slot_entry_word(slot, (size_t)number);
	buf_clear(&printer->word);
	TRY(slots_words(&coder->lines->shared, &words));
	TRY(texts_get(words, word, &printer->word));
	*out_value = printer->word.len == 0 ? STR("") : buf_str(&printer->word);
	return ERR_OK;
}

/* Row i of the chunk into printer->text; false: a value is too short for the places. */
static enum err print_row(struct lines_coder *coder, struct printer *printer,
                          const struct lines_piece *piece, const struct span *span, uint32_t i,
                          bool *out_fits) {
	struct str literal = lines_shape_literal(coder->lines, piece->shape);
	uint32_t at = span->lead_at;
	*out_fits = false;
	buf_clear(&printer->text);
	for (uint32_t s = span->first; s < span->end; s++) {
		const struct slot *slot = slot_at(coder->lines, piece->shape, s);
		uint64_t number = printer->numbers[(size_t)(s - span->first) * CHUNK + i];
		uint32_t before = lines_shape_before(coder->lines, piece->shape, s);
		char printed[SLOT_PRINT_MAX];
		struct str value;
		buf_append_str(&printer->text, str_slice(literal, at, before));
		at = before;
		if (slot->code != SLOT_TEXT) {
			value = str_make(printed, slot_print_number(slot->code, number, printed));
		} else {
			TRY(text_value(coder, printer, slot, number, &value));
		}
		uint32_t skip = s == span->first ? span->skip : 0;
		uint32_t cut = s + 1 == span->end ? span->cut : UINT32_MAX;
		if (skip > value.len || (cut != UINT32_MAX && (cut > value.len || cut < skip))) {
			return ERR_OK;
		}
		if (value.len > TEXTS_MAX - printer->text.len) {
			return ERR_LIMIT;
		}
		buf_append_str(&printer->text, str_slice(value, skip, MIN_OF((size_t)cut, value.len)));
	}
	buf_append_str(&printer->text, str_slice(literal, at, span->trail_end));
	*out_fits = true;
	return ERR_OK;
}

static enum err code_span(struct lines_coder *coder, uint8_t tag, const struct lines_piece *piece,
                          const struct span *span, const uint32_t *ranks, uint32_t count,
                          uint32_t *out_codes) {
	struct printer printer CLEANUP(printer_deinit) = {0};
	size_t slots = span->end - span->first;
	printer.numbers = calloc(slots * CHUNK, sizeof(*printer.numbers));
	ASSERT(printer.numbers != NULL);
	for (uint32_t i = 0; i < count;) {
		const uint32_t *chunk;
		uint32_t some = take_chunk(coder, ranks, i, count, &chunk);
		decode_slots(coder, &printer, piece, span, chunk, some);
		for (uint32_t k = 0; k < some; k++) {
			bool fits;
			out_codes[i + k] = 0;
			TRY(print_row(coder, &printer, piece, span, k, &fits));
			if (fits) {
				TRY(lines_coder_value(coder, tag, buf_str(&printer.text), &out_codes[i + k]));
			}
		}
		i += some;
	}
	return ERR_OK;
}

enum err lines_coder_piece(struct lines_coder *coder, uint8_t tag, const struct lines_piece *piece,
                           const uint32_t *ranks, uint32_t count, uint32_t *out_codes) {
	struct span span;
	uint32_t code;
	TRY(lines_shape_read(coder->lines, piece->shape));
	struct str literal = lines_shape_literal(coder->lines, piece->shape);
	bool found = find_span(coder->lines, piece, &span);
	ASSERT(found);
	ASSERT(count <= lines_shape_rows(coder->lines, piece->shape));
	TRY(use_slots(coder->lines, piece->shape, &span));
	if (span.first == span.end) {
		TRY(lines_coder_value(coder, tag, str_slice(literal, span.lead_at, span.trail_end), &code));
		fill(out_codes, count, code);
		return ERR_OK;
	}
	if (span.end - span.first > 1) {
		return code_span(coder, tag, piece, &span, ranks, count, out_codes);
	}
	const struct slot *slot = slot_at(coder->lines, piece->shape, span.first);
	uint32_t middle = lines_shape_before(coder->lines, piece->shape, span.first);
	struct context context = {.tag = tag,
	                          .code = slot->code,
	                          .strings = slot->form == SLOT_AS_TEXTS,
	                          .skip = span.skip,
	                          .cut = span.cut,
	                          .lead = str_slice(literal, span.lead_at, middle),
	                          .trail = str_slice(literal, middle, span.trail_end)};
	number_context(coder, &context);
	return code_slot(coder, &context, slot, ranks, count, out_codes);
}

/* ---- numbers ---- */

static enum lines_numbers numbers_of(const struct slot *slot) {
	if (slot->form == SLOT_AS_STAMP) {
		return LINES_NO_NUMBERS;
	}
	return slot->code == SLOT_INT    ? LINES_DECIMALS
	       : slot->code == SLOT_IPV4 ? LINES_ADDRESSES
	                                 : LINES_NO_NUMBERS;
}

enum err lines_piece_numbers(struct lines *lines, const struct lines_piece *piece,
                             enum lines_numbers *out_how) {
	struct span span;
	*out_how = LINES_NO_NUMBERS;
	if (piece->shape == LINES_SHAPE_WHOLE) {
		return ERR_OK;
	}
	TRY(lines_shape_read(lines, piece->shape));
	if (find_span(lines, piece, &span) && span.end - span.first == 1 && span.skip == 0 &&
	    span.cut == UINT32_MAX && span.lead_at == span.trail_end) {
		*out_how = numbers_of(slot_at(lines, piece->shape, span.first));
	}
	return ERR_OK;
}

enum err lines_numbers_get(struct lines *lines, const struct lines_piece *piece,
                           const uint32_t *ranks, uint32_t first, uint32_t count, uint64_t *out) {
	const struct slot *slot;
	uint32_t rows = lines_shape_rows(lines, piece->shape);
	uint64_t bits = 0;
	TRY(lines_use_slot(lines, piece->shape, piece->from.slot, &slot));
	enum lines_numbers how = numbers_of(slot);
	ASSERT(how != LINES_NO_NUMBERS && (ranks != NULL || first <= rows - count));
	ASSERT(ranks == NULL || count == 0 || ranks[count - 1] < rows);
	if (ranks == NULL) {
		slot_numbers(&lines->shared, slot, first, count, NULL, out);
	} else {
		slot_numbers_some(&lines->shared, slot, ranks, count, out);
	}
	for (uint32_t i = 0; i < count; i++) {
		bits |= out[i];
	}
	return bits > (how == LINES_ADDRESSES ? UINT32_MAX : (uint64_t)INT64_MAX) ? ERR_CORRUPT
	                                                                          : ERR_OK;
}
