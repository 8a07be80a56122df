/* Putting values, with what lines of one batch share kept once. */
#include "ingest/line.h"

bool line_refuse(struct line *line, size_t at, const char *why) {
	line->why = why;
	line->why_at = at;
	return false;
}

void line_put_host(struct line *line, struct str slice) {
	line_put(line, FIELD_HOST_HOSTNAME, slice);
	line_put(line, FIELD_HOST_NAME, slice);
}

bool line_put_digits(struct line *line, uint32_t name, struct str slice) {
	if (slice.len == 0 || slice.len > 19 || (slice.ptr[0] == '0' && slice.len > 1)) {
		return false;
	}
	for (size_t i = 0; i < slice.len; i++) {
		if (!char_is_digit(slice.ptr[i])) {
			return false;
		}
	}
	line_put_kind(line, name, VALUE_NUMBER, slice);
	return true;
}

void line_put_constant(struct line *line, uint32_t slot, uint32_t name, enum value_kind kind,
                       struct str text) {
	if (line->batch == NULL) {
		return;
	}
	struct line_slot *kept = &line->slots[slot];
	if (kept->value == 0) {
		kept->value = fields_share(line->batch, text) + 1;
		kept->len = (uint32_t)text.len;
	}
	fields_put_shared(line->batch, name, kind, kept->value - 1, kept->len);
}

uint32_t line_name(struct line *line, uint32_t slot, struct str name) {
	if (line->batch == NULL) {
		return UINT32_MAX;
	}
	struct line_slot *kept = &line->slots[slot];
	if (kept->value == 0) {
		uint32_t number = fields_name(line->batch, name);
		if (number == UINT32_MAX) { /* this row is full; another may not be */
			return number;
		}
		kept->len = number;
		kept->value = 1;
	}
	return kept->len;
}
