/* Columns as they are read. Entries of the table are checked against the parts when they are taken;
 * after that no number can lead outside.
 */
#include "codec/slots.h"

/* ---- the shared parts ---- */

static enum err find_pools(struct slots *slots, struct str bytes) {
	struct wire in = wire_from(bytes);
	uint32_t lens[SLOT_POOLS];
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		lens[i] = wire_u32(&in);
	}
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		struct slots_pool *pool = &slots->pools_stored[i];
		pool->bytes = wire_bytes(&in, lens[i]);
		struct wire head = wire_from(pool->bytes);
		pool->count = lens[i] == 0 ? 0 : (size_t)wire_varint_max(&head, UINT32_MAX);
		in.bad |= head.bad;
	}
	return wire_done(&in) ? ERR_OK : ERR_CORRUPT;
}

static enum err find_strings(struct str bytes, struct slots_strings *out_strings) {
	struct wire in = wire_from(bytes);
	*out_strings = (struct slots_strings){bytes, (size_t)wire_varint_max(&in, TEXTS_COUNT_MAX)};
	return in.bad ? ERR_CORRUPT : ERR_OK;
}

/* What is read here of pools and strings is read again when they are opened, and held then. */
enum err slots_open(struct slots *slots, struct checked *checked, struct str codes,
                    struct str pools, struct str words) {
	*slots = (struct slots){.checked = checked, .codes = codes};
	struct wire in = wire_from(words);
	struct str first = wire_bytes(&in, wire_u32(&in));
	struct str second = wire_bytes(&in, wire_left(&in));
	if (in.bad) {
		return ERR_CORRUPT;
	}
	TRY(find_pools(slots, pools));
	TRY(find_strings(first, &slots->words_stored));
	return find_strings(second, &slots->texts_stored);
}

void slots_deinit(struct slots *slots) {
	texts_free(slots->words);
	texts_free(slots->texts);
	*slots = (struct slots){0};
}

struct slots_at slots_end(const struct slots *slots, size_t table_len) {
	struct slots_at end = {
	    .table = table_len, .codes = slots->codes.len, .texts = slots->texts_stored.count};
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		end.pools[i] = slots->pools_stored[i].count;
	}
	return end;
}

static enum err open_strings(const struct slots *slots, const struct slots_strings *stored,
                             struct texts **texts) {
	struct wire in = wire_from(stored->bytes);
	struct texts *opened;
	if (*texts != NULL) {
		return ERR_OK;
	}
	TRY(texts_open(&in, slots->checked, &opened));
	if (!wire_done(&in)) {
		texts_free(opened);
		return ERR_CORRUPT;
	}
	*texts = opened;
	return ERR_OK;
}

enum err slots_words(struct slots *slots, struct texts **out_words) {
	TRY(open_strings(slots, &slots->words_stored, &slots->words));
	*out_words = slots->words;
	return ERR_OK;
}

enum err slots_texts(struct slots *slots, struct texts **out_texts) {
	TRY(open_strings(slots, &slots->texts_stored, &slots->texts));
	*out_texts = slots->texts;
	return ERR_OK;
}

enum err slots_pool(struct slots *slots, unsigned number, const struct pool **out_pool) {
	ASSERT(number < SLOT_POOLS);
	struct slots_pool *stored = &slots->pools_stored[number];
	if (!stored->open && stored->bytes.len > 0) {
		struct wire in = wire_from(stored->bytes);
		TRY(checked_hold(slots->checked, stored->bytes));
		TRY(pool_open(&in, &slots->pools[number]));
		if (!wire_done(&in)) {
			return ERR_CORRUPT;
		}
		stored->open = true;
	}
	*out_pool = stored->open ? &slots->pools[number] : NULL;
	return ERR_OK;
}

/* ---- entries of the table ---- */

/* The next bytes of the codes part. */
static enum err take_codes(const struct slots *slots, struct slots_at *at, uint64_t len,
                           const char **out_codes) {
	if (at->codes > slots->codes.len || len > slots->codes.len - at->codes) {
		return ERR_CORRUPT;
	}
	*out_codes = slots->codes.ptr + at->codes;
	at->codes += (size_t)len;
	return ERR_OK;
}

static enum err take_packed(const struct slots *slots, struct slots_at *at, size_t count,
                            unsigned width, const char **out_codes) {
	return take_codes(slots, at, packed_bytes(count, width), out_codes);
}

static enum err take_entries(const struct slots *slots, struct wire *table, struct slots_at *at,
                             struct slot *slot) {
	slot->entry_width = wire_u8(table);
	slot->entries = (uint32_t)wire_varint_max(table, SLOT_ENTRIES_MAX);
	if (table->bad || slot->entries < 2 || slot->entry_width > PACKED_WIDTH_MAX) {
		return ERR_CORRUPT;
	}
	slot->width = (uint8_t)packed_width(slot->entries - 1);
	TRY(take_packed(slots, at, slot->entries, slot->entry_width, &slot->entry_codes));
	return take_packed(slots, at, slot->count, slot->width, &slot->codes);
}

static enum err take_number(const struct slots *slots, struct wire *table, struct slots_at *at,
                            struct slot *slot) {
	switch (slot->form) {
	case SLOT_AS_FIXED:
		slot->least = wire_varint(table);
		slot->width = wire_u8(table);
		return slot->width > PACKED_WIDTH_MAX
		           ? ERR_CORRUPT
		           : take_packed(slots, at, slot->count, slot->width, &slot->codes);
	case SLOT_AS_DICTIONARY:
		slot->least = wire_varint(table);
		return take_entries(slots, table, at, slot);
	case SLOT_AS_SERIES:
	case SLOT_AS_BLOCKED:
		slot->long_len = (size_t)wire_varint(table);
		return take_codes(slots, at, slot->long_len, &slot->codes);
	case SLOT_AS_STAMP:
		slot->stamp = wire_u8(table);
		slot->offset = wire_zigzag(table);
		return slot->stamp < STAMP_COUNT ? ERR_OK : ERR_CORRUPT;
	case SLOT_AS_POOLED:
		slot->pool = wire_u8(table);
		if (slot->pool >= SLOT_POOLS) {
			return ERR_CORRUPT;
		}
		slot->base = at->pools[slot->pool];
		at->pools[slot->pool] += slot->count;
		return at->pools[slot->pool] <= slots->pools_stored[slot->pool].count ? ERR_OK
		                                                                      : ERR_CORRUPT;
	default:
		return ERR_CORRUPT;
	}
}

static enum err take_text(const struct slots *slots, struct wire *table, struct slots_at *at,
                          struct slot *slot) {
	switch (slot->form) {
	case SLOT_AS_WORD:
		slot->word = (uint32_t)wire_varint_max(table, UINT32_MAX);
		return slot->word < slots->words_stored.count ? ERR_OK : ERR_CORRUPT;
	case SLOT_AS_WORDS:
		return take_entries(slots, table, at, slot);
	case SLOT_AS_TEXTS:
		slot->base = at->texts;
		at->texts += slot->count;
		return at->texts <= slots->texts_stored.count ? ERR_OK : ERR_CORRUPT;
	default:
		return ERR_CORRUPT;
	}
}

enum err slots_take(const struct slots *slots, struct str table, struct slots_at *at, uint8_t code,
                    size_t count, struct slot *out_slot) {
	if (at->table >= table.len || count == 0 || count > UINT32_MAX) {
		return ERR_CORRUPT;
	}
	struct wire in = wire_from(str_slice(table, at->table, table.len));
	struct slot slot = {.code = code, .form = wire_u8(&in), .count = (uint32_t)count};
	TRY(code == SLOT_TEXT ? take_text(slots, &in, at, &slot) : take_number(slots, &in, at, &slot));
	at->table = table.len - wire_left(&in);
	*out_slot = slot;
	return in.bad ? ERR_CORRUPT : ERR_OK;
}

/* ---- what a slot needs ---- */

static enum err hold_packed(const struct slots *slots, const char *at, size_t count,
                            unsigned width) {
	return checked_hold(slots->checked, str_make(at, (size_t)packed_bytes(count, width)));
}

enum err slots_hold_entries(const struct slots *slots, const struct slot *slot) {
	return hold_packed(slots, slot->entry_codes, slot->entries, slot->entry_width);
}

static enum err hold_entries(const struct slots *slots, const struct slot *slot) {
	TRY(slots_hold_entries(slots, slot));
	return hold_packed(slots, slot->codes, slot->count, slot->width);
}

static enum err use_words(struct slots *slots, const struct slot *slot) {
	struct texts *words;
	TRY(slots_words(slots, &words));
	if (slot->form == SLOT_AS_WORDS) {
		TRY(hold_entries(slots, slot));
	}
	for (uint32_t i = 0; i < slot->entries && slot->form == SLOT_AS_WORDS; i++) {
		if (slot_entry_word(slot, i) >= texts_count(words)) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

static enum err use_long(const struct slots *slots, struct slot *slot) {
	struct str bytes = str_make(slot->codes, slot->long_len);
	struct wire in = wire_from(bytes);
	struct series series;
	struct blocked blocked;
	TRY(checked_hold(slots->checked, bytes));
	if (slot->form == SLOT_AS_SERIES) {
		TRY(series_open(&in, slot->count, &series));
	} else {
		TRY(blocked_open(&in, slot->count, &blocked));
	}
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	if (slot->form == SLOT_AS_SERIES) {
		slot->series = malloc(sizeof(series));
		ASSERT(slot->series != NULL);
		*slot->series = series;
	} else {
		slot->blocked = malloc(sizeof(blocked));
		ASSERT(slot->blocked != NULL);
		*slot->blocked = blocked;
	}
	return ERR_OK;
}

static enum err use(struct slots *slots, struct slot *slot) {
	const struct pool *pool;
	struct texts *texts;
	switch ((enum slot_form)slot->form) {
	case SLOT_AS_SERIES:
	case SLOT_AS_BLOCKED:
		return use_long(slots, slot);
	case SLOT_AS_POOLED:
		return slots_pool(slots, slot->pool, &pool);
	case SLOT_AS_WORD:
	case SLOT_AS_WORDS:
		return use_words(slots, slot);
	case SLOT_AS_TEXTS:
		return slots_texts(slots, &texts);
	case SLOT_AS_FIXED:
		return hold_packed(slots, slot->codes, slot->count, slot->width);
	case SLOT_AS_DICTIONARY:
		return hold_entries(slots, slot);
	case SLOT_AS_STAMP:
	case SLOT_FORMS:
	default:
		return ERR_OK;
	}
}

enum err slots_use(struct slots *slots, struct slot *slot) {
	if (!slot->ready) {
		TRY(use(slots, slot));
		slot->ready = true;
	}
	return ERR_OK;
}

void slot_deinit(struct slot *slot) {
	if (slot->ready && slot->form == SLOT_AS_SERIES) {
		free(slot->series);
	} else if (slot->ready && slot->form == SLOT_AS_BLOCKED) {
		free(slot->blocked);
	}
	*slot = (struct slot){0};
}

/* ---- values ---- */

static void fill_fixed(const struct slot *slot, size_t first, size_t count, uint64_t *out) {
	if (slot->width == 0) {
		for (size_t i = 0; i < count; i++) {
			out[i] = slot->least;
		}
		return;
	}
	packed_get_many(slot->codes, slot->width, first, count, out);
	for (size_t i = 0; i < count; i++) {
		out[i] += slot->least;
	}
}

void slot_codes(const struct slot *slot, size_t first, size_t count, uint64_t *out) {
	packed_get_many(slot->codes, slot->width, first, count, out);
	for (size_t i = 0; i < count; i++) {
		out[i] = MIN_OF(out[i], slot->entries - 1); /* a damage leads nowhere */
	}
}

void slot_numbers(const struct slots *slots, const struct slot *slot, size_t first, size_t count,
                  const int64_t *times, uint64_t *out) {
	ASSERT(slot->ready);
	switch (slot->form) {
	case SLOT_AS_FIXED:
		fill_fixed(slot, first, count, out);
		break;
	case SLOT_AS_DICTIONARY:
		slot_codes(slot, first, count, out);
		for (size_t i = 0; i < count; i++) {
			out[i] = slot_entry(slot, out[i]);
		}
		break;
	case SLOT_AS_SERIES:
		series_get_many(slot->series, first, count, (int64_t *)out);
		break;
	case SLOT_AS_BLOCKED:
		blocked_get_many(slot->blocked, first, count, out);
		break;
	case SLOT_AS_STAMP:
		stamp_values((enum stamp_kind)slot->stamp, slot->code, slot->offset, times, count, out);
		break;
	case SLOT_AS_POOLED:
	default:
		pool_get_many(&slots->pools[slot->pool], slot->base + first, count, out);
		break;
	}
}

/* A few bytes of a file may stand for very many of strings. */
enum err slot_strings(struct texts *texts, size_t first, size_t count, size_t bytes_max,
                      struct buf *out, uint32_t *lens) {
	if (out->len > bytes_max || texts_total(texts, first, count) > bytes_max - out->len) {
		return ERR_LIMIT;
	}
	return texts_get_many(texts, first, count, out, lens);
}

enum err slot_word(const struct slots *slots, size_t word, size_t bytes_max, struct buf *out,
                   uint32_t *out_len) {
	size_t start = out->len;
	if (start > bytes_max || texts_len(slots->words, word) > bytes_max - start) {
		return ERR_LIMIT;
	}
	TRY(texts_get(slots->words, word, out));
	*out_len = (uint32_t)(out->len - start);
	return ERR_OK;
}

enum err slot_texts(const struct slots *slots, const struct slot *slot, size_t first, size_t count,
                    size_t bytes_max, struct buf *out, uint32_t *lens) {
	uint64_t codes[64];
	ASSERT(slot->ready);
	if (slot->form == SLOT_AS_TEXTS) {
		return slot_strings(slots->texts, slot->base + first, count, bytes_max, out, lens);
	}
	for (size_t i = 0; i < count; i += ARRAY_LEN(codes)) {
		size_t piece = MIN_OF(count - i, ARRAY_LEN(codes));
		if (slot->form == SLOT_AS_WORDS) {
			slot_codes(slot, first + i, piece, codes);
		}
		for (size_t k = 0; k < piece; k++) {
			size_t word =
			    slot->form == SLOT_AS_WORD ? slot->word : slot_entry_word(slot, (size_t)codes[k]);
			TRY(slot_word(slots, word, bytes_max, out, &lens[i + k]));
		}
	}
	return ERR_OK;
}
