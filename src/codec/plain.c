/* Packed or blocked, whichever is smaller. */
#include "codec/plain.h"

#include <stdlib.h>

enum { FORM_PACKED, FORM_BLOCKED };

struct form {
	uint64_t least;
	unsigned width;
	bool is_blocked;
	size_t cost;
};

static void find_width(const uint64_t *values, size_t count, struct form *out_form) {
	uint64_t least = values[0];
	uint64_t greatest = values[0];
	for (size_t i = 1; i < count; i++) {
		least = MIN_OF(least, values[i]);
		greatest = MAX_OF(greatest, values[i]);
	}
	out_form->least = least;
	out_form->width = packed_width(greatest - least);
}

/* count > 0. */
static struct form form_of(const uint64_t *values, size_t count) {
	struct form form = {0};
	struct buf least CLEANUP(buf_deinit) = {0};
	find_width(values, count, &form);
	wire_put_varint(&least, form.least);
	form.cost = 2 + least.len + (size_t)packed_bytes(count, form.width);
	size_t blocked = 1 + blocked_cost(values, count);
	if (blocked < form.cost - form.cost / 10) {
		form.is_blocked = true;
		form.cost = blocked;
	}
	return form;
}

unsigned plain_width(const uint64_t *values, size_t count) {
	struct form form = {0};
	if (count > 0) {
		find_width(values, count, &form);
	}
	return form.width;
}

size_t plain_cost(const uint64_t *values, size_t count) {
	return count == 0 ? 0 : form_of(values, count).cost;
}

enum { CHUNK = 512 }; /* whole words at every width */

static void put_packed(struct buf *out, const uint64_t *values, size_t count,
                       const struct form *form) {
	uint64_t less[CHUNK];
	wire_put_varint(out, form->least);
	buf_append_char(out, (char)form->width);
	for (size_t done = 0; done < count; done += CHUNK) {
		size_t n = MIN_OF(count - done, (size_t)CHUNK);
		for (size_t i = 0; i < n; i++) {
			less[i] = values[done + i] - form->least;
		}
		packed_put(out, less, n, form->width);
	}
}

void plain_put(struct buf *out, const uint64_t *values, size_t count) {
	if (count == 0) {
		return;
	}
	struct form form = form_of(values, count);
	buf_append_char(out, form.is_blocked ? FORM_BLOCKED : FORM_PACKED);
	if (form.is_blocked) {
		blocked_put(out, values, count);
	} else {
		put_packed(out, values, count, &form);
	}
}

enum err plain_open(struct wire *in, size_t count, struct plain *out_plain) {
	struct plain plain = {.count = count};
	if (count > 0) {
		unsigned form = wire_u8(in);
		if (in->bad || form > FORM_BLOCKED || count > UINT32_MAX) {
			return ERR_CORRUPT;
		}
		plain.is_blocked = form == FORM_BLOCKED;
	}
	if (plain.is_blocked) {
		TRY(blocked_open(in, count, &plain.blocked));
	} else if (count > 0) {
		plain.least = wire_varint(in);
		plain.width = wire_u8(in);
		if (plain.width > PACKED_WIDTH_MAX) {
			return ERR_CORRUPT;
		}
		plain.numbers = wire_bytes(in, packed_bytes(count, plain.width)).ptr;
	}
	if (in->bad) {
		return ERR_CORRUPT;
	}
	*out_plain = plain;
	return ERR_OK;
}

uint64_t plain_get(const struct plain *plain, size_t i) {
	ASSERT(i < plain->count);
	return plain->is_blocked ? blocked_get(&plain->blocked, i)
	                         : plain->least + packed_get(plain->numbers, plain->width, i);
}

void plain_get_many(const struct plain *plain, size_t first, size_t count, uint64_t *out) {
	ASSERT(first <= plain->count && count <= plain->count - first);
	if (plain->is_blocked) {
		blocked_get_many(&plain->blocked, first, count, out);
	} else if (count > 0) {
		packed_get_many(plain->numbers, plain->width, first, count, out);
		for (size_t i = 0; plain->least != 0 && i < count; i++) {
			out[i] += plain->least;
		}
	}
}

void plain_find(const struct plain *plain, size_t first, size_t count, uint64_t least,
                uint64_t greatest, struct buf *hits) {
	ASSERT(first <= plain->count && count <= plain->count - first);
	if (plain->is_blocked) {
		blocked_find(&plain->blocked, first, count, least, greatest, hits);
	} else if (count > 0 && least <= greatest) {
		struct packed_range range = {
		    .base = plain->least, .least = least, .span = greatest - least};
		packed_find_range(plain->numbers, plain->width, first, count, &range, hits);
	}
}
