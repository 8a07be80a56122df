/* A compiled format as bytes and back. One walk says what belongs to a format, for both directions:
 * numbers as LEB128, strings with their length before them.
 */
#include "ingest/text_format.h"

/* out is not NULL: writing; else reading packed into arena. */
struct walk {
	struct buf *out;
	struct str packed;
	size_t at;
	struct arena *arena;
};

static void walk_u64(struct walk *w, uint64_t *value) {
	if (w->out != NULL) {
		uint64_t left = *value;
		while (left >= 0x80) {
			buf_append_char(w->out, (char)(left | 0x80));
			left >>= 7;
		}
		buf_append_char(w->out, (char)left);
		return;
	}
	unsigned shift = 0;
	*value = 0;
	for (;;) {
		ASSERT(w->at < w->packed.len && shift < 64);
		unsigned char byte = (unsigned char)w->packed.ptr[w->at++];
		*value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (byte < 0x80) {
			return;
		}
	}
}

#define WALK_NUMBER(w, lvalue)                  \
	do {                                        \
		uint64_t number_ = (uint64_t)(lvalue);  \
		walk_u64((w), &number_);                \
		(lvalue) = (__typeof__(lvalue))number_; \
	} while (0)

static void walk_str(struct walk *w, struct str *text) {
	WALK_NUMBER(w, text->len);
	if (w->out != NULL) {
		buf_append_str(w->out, *text);
		return;
	}
	ASSERT(text->len <= w->packed.len - w->at);
	text->ptr = w->packed.ptr + w->at;
	w->at += text->len;
}

/* The room of a list: the list itself when it is written. */
static void *walk_list(struct walk *w, const void *list, size_t count, size_t size) {
	if (w->out == NULL) {
		return arena_array(w->arena, count, size);
	}
	union {
		const void *constant;
		void *list;
	} same = {.constant = list}; /* it is only read */
	return same.list;
}

#define WALK_LIST(w, list, count, type, walk_one)                             \
	do {                                                                      \
		WALK_NUMBER((w), (count));                                            \
		type *items_ = walk_list((w), (list), (size_t)(count), sizeof(type)); \
		for (size_t i_ = 0; i_ < (size_t)(count); i_++) {                     \
			walk_one((w), &items_[i_]);                                       \
		}                                                                     \
		(list) = items_;                                                      \
	} while (0)

static void walk_u16(struct walk *w, uint16_t *value) {
	WALK_NUMBER(w, *value);
}

static void walk_constant(struct walk *w, struct text_constant *constant) {
	WALK_NUMBER(w, constant->field);
	WALK_NUMBER(w, constant->kind);
	WALK_NUMBER(w, constant->slot);
	walk_str(w, &constant->value);
}

static void walk_constants(struct walk *w, struct text_constants *constants) {
	WALK_LIST(w, constants->list, constants->count, struct text_constant, walk_constant);
}

static void walk_op(struct walk *w, struct pattern_op *op) {
	WALK_NUMBER(w, op->kind);
	WALK_NUMBER(w, op->type);
	WALK_NUMBER(w, op->may_absent);
	WALK_NUMBER(w, op->to);
	WALK_NUMBER(w, op->field);
	walk_str(w, &op->text);
	walk_str(w, &op->stop);
	WALK_NUMBER(w, op->ends);
}

static void walk_pattern(struct walk *w, struct pattern *pattern) {
	walk_str(w, &pattern->name);
	for (size_t i = 0; i < ARRAY_LEN(pattern->first); i++) {
		WALK_NUMBER(w, pattern->first[i]);
	}
	WALK_NUMBER(w, pattern->names);
	WALK_NUMBER(w, pattern->open);
	WALK_LIST(w, pattern->must, pattern->must_count, struct str, walk_str);
	WALK_LIST(w, pattern->ops, pattern->ops_count, struct pattern_op, walk_op);
}

/* The number that is known is found anew: it belongs to the program, not to the format. */
static void walk_field(struct walk *w, struct pattern_field *field) {
	bool known = field->known != UINT32_MAX;
	walk_str(w, &field->name);
	WALK_NUMBER(w, known);
	if (w->out == NULL) {
		field->known = known ? field_known_find(field->name) : UINT32_MAX;
	}
}

static void walk_use(struct walk *w, struct text_use *use) {
	WALK_NUMBER(w, use->key);
	WALK_NUMBER(w, use->values);
	WALK_NUMBER(w, use->hidden);
	WALK_NUMBER(w, use->noted);
	WALK_NUMBER(w, use->in_list);
}

static void walk_target(struct walk *w, struct text_target *target) {
	WALK_NUMBER(w, target->field);
	WALK_NUMBER(w, target->type);
}

static void walk_key(struct walk *w, struct text_key *key) {
	uint32_t constants = key->patterns_count;
	WALK_NUMBER(w, key->name);
	WALK_LIST(w, key->targets, key->targets_count, struct text_target, walk_target);
	WALK_LIST(w, key->patterns, key->patterns_count, struct pattern, walk_pattern);
	WALK_LIST(w, key->pattern_constants, constants, struct text_constants, walk_constants);
}

static void walk_keys(struct walk *w, struct text_keys *keys) {
	WALK_LIST(w, keys->list, keys->count, struct text_key, walk_key);
}

static void walk_case(struct walk *w, struct text_case *one) {
	walk_str(w, &one->value);
	WALK_NUMBER(w, one->any);
	walk_constants(w, &one->fields);
}

static void walk_values(struct walk *w, struct text_values *values) {
	WALK_NUMBER(w, values->name);
	WALK_LIST(w, values->cases, values->cases_count, struct text_case, walk_case);
}

static void walk_columns(struct walk *w, struct text_columns *columns) {
	walk_str(w, &columns->name);
	WALK_NUMBER(w, columns->separator);
	WALK_LIST(w, columns->names, columns->names_count, uint16_t, walk_u16);
}

static void walk_time(struct walk *w, struct text_time *time) {
	WALK_NUMBER(w, time->parts_count);
	for (uint32_t i = 0; i < time->parts_count; i++) {
		walk_u16(w, &time->parts[i]);
	}
	walk_str(w, &time->layout);
}

static void walk_need(struct walk *w, struct text_need *need) {
	WALK_NUMBER(w, need->name);
	WALK_NUMBER(w, need->has_value);
	walk_str(w, &need->value);
}

static void walk_format(struct walk *w, struct text_format *format) {
	uint32_t uses = format->fields_count;
	uint32_t sorted = format->fields_count;
	uint32_t constants = format->patterns_count;
	uint32_t pattern_keys = format->patterns_count;
	walk_str(w, &format->name);
	walk_str(w, &format->title);
	WALK_NUMBER(w, format->takes);
	WALK_NUMBER(w, format->weak);
	WALK_NUMBER(w, format->slots);
	walk_str(w, &format->prefix);
	WALK_LIST(w, format->programs, format->programs_count, struct str, walk_str);
	WALK_LIST(w, format->fields, format->fields_count, struct pattern_field, walk_field);
	WALK_LIST(w, format->uses, uses, struct text_use, walk_use);
	WALK_LIST(w, format->sorted, sorted, uint16_t, walk_u16);
	walk_constants(w, &format->constants);
	walk_constants(w, &format->defaults);
	WALK_LIST(w, format->patterns, format->patterns_count, struct pattern, walk_pattern);
	WALK_LIST(w, format->pattern_constants, constants, struct text_constants, walk_constants);
	WALK_LIST(w, format->pattern_keys, pattern_keys, struct text_keys, walk_keys);
	walk_keys(w, &format->keys);
	WALK_LIST(w, format->values, format->values_count, struct text_values, walk_values);
	WALK_LIST(w, format->columns, format->columns_count, struct text_columns, walk_columns);
	WALK_LIST(w, format->times, format->times_count, struct text_time, walk_time);
	WALK_LIST(w, format->needs, format->needs_count, struct text_need, walk_need);
}

void text_format_pack(const struct text_format *format, struct buf *out) {
	struct walk w = {.out = out};
	struct text_format copy = *format;
	walk_format(&w, &copy);
}

void text_format_unpack(struct arena *arena, struct str packed, size_t *at,
                        struct text_format *out_format) {
	struct walk w = {.packed = packed, .at = *at, .arena = arena};
	*out_format = (struct text_format){0};
	walk_format(&w, out_format);
	*at = w.at;
}
