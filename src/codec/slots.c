/* Columns as they are read. Entries of the table are checked against the parts when they are taken;
 * after that no number can lead outside.
 */
#include "codec/slots.h"

/* ---- the shared parts ---- */

static enum err open_pools(struct slots *slots, struct str bytes) {
	struct wire in = wire_from(bytes);
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		uint8_t there = wire_u8(&in);
		in.bad |= there > 1;
		slots->has_pool[i] = there == 1;
	}
	for (size_t i = 0; i < SLOT_POOLS && !in.bad; i++) {
		if (slots->has_pool[i]) {
			TRY(pool_open(&in, &slots->pools[i]));
		}
	}
	return wire_done(&in) ? ERR_OK : ERR_CORRUPT;
}

static enum err open_words(struct slots *slots, struct str bytes) {
	struct wire in = wire_from(bytes);
	TRY(texts_open(&in, &slots->words));
	TRY(texts_open(&in, &slots->texts));
	return wire_done(&in) ? ERR_OK : ERR_CORRUPT;
}

enum err slots_open(struct slots *slots, struct str codes, struct str pools, struct str words) {
	*slots = (struct slots){.codes = codes};
	enum err err = open_pools(slots, pools);
	if (err == ERR_OK) {
		err = open_words(slots, words);
	}
	if (err != ERR_OK) {
		slots_deinit(slots);
	}
	return err;
}

void slots_deinit(struct slots *slots) {
	texts_free(slots->words);
	texts_free(slots->texts);
	*slots = (struct slots){0};
}

bool slots_done(const struct slots *slots) {
	bool done =
	    slots->codes_used == slots->codes.len && slots->texts_used == texts_count(slots->texts);
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		done =
		    done && (!slots->has_pool[i] || slots->pools_used[i] == pool_count(&slots->pools[i]));
	}
	return done;
}

/* ---- entries of the table ---- */

/* The next count packed numbers of the codes part. */
static enum err take_packed(struct slots *slots, size_t count, unsigned width,
                            const char **out_at) {
	uint64_t bytes = packed_bytes(count, width);
	if (bytes > slots->codes.len - slots->codes_used) {
		return ERR_CORRUPT;
	}
	*out_at = slots->codes.ptr + slots->codes_used;
	slots->codes_used += (size_t)bytes;
	return ERR_OK;
}

static enum err take_entries(struct slots *slots, struct wire *table, size_t count,
                             struct slot *slot) {
	slot->entry_width = wire_u8(table);
	slot->entries = (uint32_t)wire_varint_max(table, SLOT_ENTRIES_MAX);
	if (table->bad || slot->entries < 2 || slot->entry_width > PACKED_WIDTH_MAX) {
		return ERR_CORRUPT;
	}
	slot->width = (uint8_t)packed_width(slot->entries - 1);
	TRY(take_packed(slots, slot->entries, slot->entry_width, &slot->entry_codes));
	return take_packed(slots, count, slot->width, &slot->codes);
}

static enum err take_words(struct slots *slots, struct wire *table, size_t count,
                           struct slot *slot) {
	size_t words = texts_count(slots->words);
	TRY(take_entries(slots, table, count, slot));
	for (uint32_t i = 0; i < slot->entries; i++) {
		if (slot_entry_word(slot, i) >= words) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

/* A series or blocks of a length that the table has. */
static enum err take_long(struct slots *slots, struct wire *table, size_t count,
                          struct slot *slot) {
	uint64_t len = wire_varint(table);
	if (table->bad || len > slots->codes.len - slots->codes_used) {
		return ERR_CORRUPT;
	}
	struct wire in =
	    wire_from(str_slice(slots->codes, slots->codes_used, slots->codes_used + (size_t)len));
	slots->codes_used += (size_t)len;
	if (slot->form == SLOT_AS_SERIES) {
		slot->series = calloc(1, sizeof(*slot->series));
		ASSERT(slot->series != NULL);
		TRY(series_open(&in, count, slot->series));
	} else {
		slot->blocked = calloc(1, sizeof(*slot->blocked));
		ASSERT(slot->blocked != NULL);
		TRY(blocked_open(&in, count, slot->blocked));
	}
	return wire_done(&in) ? ERR_OK : ERR_CORRUPT;
}

void slot_deinit(struct slot *slot) {
	if (slot->form == SLOT_AS_SERIES) {
		free(slot->series);
	} else if (slot->form == SLOT_AS_BLOCKED) {
		free(slot->blocked);
	}
	*slot = (struct slot){0};
}

static enum err take_pooled(struct slots *slots, struct wire *table, size_t count,
                            struct slot *slot) {
	slot->pool = wire_u8(table);
	if (table->bad || slot->pool >= SLOT_POOLS || !slots->has_pool[slot->pool] ||
	    count > pool_count(&slots->pools[slot->pool]) - slots->pools_used[slot->pool]) {
		return ERR_CORRUPT;
	}
	slot->base = slots->pools_used[slot->pool];
	slots->pools_used[slot->pool] += count;
	return ERR_OK;
}

static enum err take_number(struct slots *slots, struct wire *table, size_t count,
                            struct slot *slot) {
	switch (slot->form) {
	case SLOT_AS_FIXED:
		slot->least = wire_varint(table);
		slot->width = wire_u8(table);
		return slot->width > PACKED_WIDTH_MAX
		           ? ERR_CORRUPT
		           : take_packed(slots, count, slot->width, &slot->codes);
	case SLOT_AS_DICTIONARY:
		slot->least = wire_varint(table);
		return take_entries(slots, table, count, slot);
	case SLOT_AS_SERIES:
	case SLOT_AS_BLOCKED:
		return take_long(slots, table, count, slot);
	case SLOT_AS_STAMP:
		slot->stamp = wire_u8(table);
		slot->offset = wire_zigzag(table);
		return slot->stamp < STAMP_COUNT ? ERR_OK : ERR_CORRUPT;
	case SLOT_AS_POOLED:
		return take_pooled(slots, table, count, slot);
	default:
		return ERR_CORRUPT;
	}
}

static enum err take_text(struct slots *slots, struct wire *table, size_t count,
                          struct slot *slot) {
	switch (slot->form) {
	case SLOT_AS_WORD:
		slot->word = (uint32_t)wire_varint_max(table, UINT32_MAX);
		return slot->word < texts_count(slots->words) ? ERR_OK : ERR_CORRUPT;
	case SLOT_AS_WORDS:
		return take_words(slots, table, count, slot);
	case SLOT_AS_TEXTS:
		if (count > texts_count(slots->texts) - slots->texts_used) {
			return ERR_CORRUPT;
		}
		slot->base = slots->texts_used;
		slots->texts_used += count;
		return ERR_OK;
	default:
		return ERR_CORRUPT;
	}
}

enum err slots_take(struct slots *slots, struct wire *table, uint8_t code, size_t count,
                    struct slot *out_slot) {
	*out_slot = (struct slot){.code = code, .form = wire_u8(table)};
	if (table->bad || count == 0) {
		return ERR_CORRUPT;
	}
	enum err err = code == SLOT_TEXT ? take_text(slots, table, count, out_slot)
	                                 : take_number(slots, table, count, out_slot);
	return err == ERR_OK && table->bad ? ERR_CORRUPT : err;
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
		for (size_t i = 0; i < count; i++) {
			out[i] = stamp_value((enum stamp_kind)slot->stamp, slot->code, slot->offset, times[i]);
		}
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

static enum err add_word(const struct slots *slots, size_t word, size_t bytes_max, struct buf *out,
                         uint32_t *len) {
	size_t start = out->len;
	if (start > bytes_max || texts_len(slots->words, word) > bytes_max - start) {
		return ERR_LIMIT;
	}
	TRY(texts_get(slots->words, word, out));
	*len = (uint32_t)(out->len - start);
	return ERR_OK;
}

enum err slot_texts(const struct slots *slots, const struct slot *slot, size_t first, size_t count,
                    size_t bytes_max, struct buf *out, uint32_t *lens) {
	uint64_t codes[64];
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
			TRY(add_word(slots, word, bytes_max, out, &lens[i + k]));
		}
	}
	return ERR_OK;
}
