/* One value of a field: its text, and what kind JSON would make of it. Values are borrowed.
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum value_kind {
	VALUE_NONE = 0, /* absent */
	VALUE_STRING,
	VALUE_NUMBER, /* text is a JSON number, kept as it was written */
	VALUE_BOOL,   /* text is "true" or "false" */
	VALUE_LIST,   /* text is a packed list: value_list_* below */
	VALUE_JSON,   /* text is JSON that has no better kind (an array of objects, null) */
	VALUE_KIND_COUNT,
};

struct value {
	enum value_kind kind;
	struct str text;
};

#define VALUE_ABSENT ((struct value){.kind = VALUE_NONE})
static inline struct value value_string(struct str text) {
	return (struct value){.kind = VALUE_STRING, .text = text};
}

/* Packed list: for each element one byte of kind, its length as LEB128 varint, its bytes.
 * Elements are not lists themselves. */
void value_list_append(struct buf *list, struct value element);
/* Reads the element at *at and moves on; false at the end or when malformed. */
bool value_list_next(struct str list, size_t *at, struct value *out_element);

/* Appends the value as JSON. Strings are escaped; a malformed NUMBER is written as a string. */
void value_append_json(struct buf *out, struct value value);
/* Appends the value as plain text: strings as they are, lists joined with ", ". */
void value_append_text(struct buf *out, struct value value);
/* The value as a number when its whole text is one (STRING or NUMBER). */
bool value_number(struct value value, double *out_number);
