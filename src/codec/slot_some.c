/* Ranks are taken in stretches without wide gaps. */
#include "codec/slot_some.h"

#include "codec/texts_parts.h"

enum {
	STRETCH_MAX = 2048, /* values */
	GAP_MAX = 32,       /* between two of a stretch */
};

struct source {
	const struct slots *slots;
	const struct slot *slot;
	void (*decode)(const struct source *source, size_t first, size_t count, uint64_t *out);
};

static void decode_numbers(const struct source *source, size_t first, size_t count, uint64_t *out) {
	slot_numbers(source->slots, source->slot, first, count, NULL, out);
}

static void decode_codes(const struct source *source, size_t first, size_t count, uint64_t *out) {
	slot_codes(source->slot, first, count, out);
}

static void decode_strings(const struct source *source, size_t first, size_t count, uint64_t *out) {
	const struct texts *texts = source->slots->texts;
	uint32_t entries[STRETCH_MAX];
	size_t other;
	if (count == 1) {
		entries[0] = ranks_get(&texts->ranks, source->slot->base + first, &other);
	} else {
		ranks_get_many(&texts->ranks, source->slot->base + first, count, entries, &other);
	}
	for (size_t i = 0; i < count; i++) {
		out[i] = entries[i] != RANK_NONE ? entries[i] : texts->entries + other++;
	}
}

static void get_some(const struct source *source, const uint32_t *ranks, size_t count,
                     uint64_t *out) {
	uint64_t values[STRETCH_MAX];
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;
		while (end < count && ranks[end] - ranks[end - 1] <= GAP_MAX &&
		       ranks[end] - ranks[i] < STRETCH_MAX) {
			end++;
		}
		size_t first = ranks[i];
		size_t within = ranks[end - 1] - first + 1;
		if (within == end - i) {
			source->decode(source, first, within, out + i);
			i = end;
			continue;
		}
		source->decode(source, first, within, values);
		for (; i < end; i++) {
			out[i] = values[ranks[i] - first];
		}
	}
}

void slot_numbers_some(const struct slots *slots, const struct slot *slot, const uint32_t *ranks,
                       size_t count, uint64_t *out) {
	struct source source = {slots, slot, decode_numbers};
	ASSERT(slot->form != SLOT_AS_STAMP);
	get_some(&source, ranks, count, out);
}

void slot_codes_some(const struct slot *slot, const uint32_t *ranks, size_t count, uint64_t *out) {
	struct source source = {.slot = slot, .decode = decode_codes};
	get_some(&source, ranks, count, out);
}

void slot_strings_some(const struct slots *slots, const struct slot *slot, const uint32_t *ranks,
                       size_t count, uint64_t *out) {
	struct source source = {slots, slot, decode_strings};
	ASSERT(slot->form == SLOT_AS_TEXTS);
	get_some(&source, ranks, count, out);
}
