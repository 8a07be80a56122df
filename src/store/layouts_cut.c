/* Layouts of a batch. A row's values become items; rows of one kind of lines whose items are equal
 * share a layout. A kind that would have too many layouts keeps what makes them differ row by row.
 */
#include "store/layouts_cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
	KIND_LAYOUTS_MAX = 16, /* of one kind of lines, before values are kept row by row */
	NAME_CONSTS_MAX = 64,  /* different constant values of one name */
	NAME_CONSTS_FEW = 8,   /* as many may be constant, however seldom they are */
	CONST_OFTEN = 8,       /* how often values must come, if there are more */
	CONST_LEN_MAX = 256,
};

struct kind_state {
	uint32_t layouts;
	uint32_t last; /* layout of the last row of this kind; UINT32_MAX: none */
};
struct name_state {
	uint32_t values; /* outside the text */
	uint32_t consts; /* different ones of them, up to NAME_CONSTS_MAX + 1 */
	uint32_t last;   /* const of the last value; UINT32_MAX: none */
};

/* ---- hashes ---- */

uint64_t field_hash(uint32_t number, uint64_t name_hash, const struct field_found *field) {
	uint64_t item = field_item_hash(number, name_hash, field->kind);
	return field->in_text ? field_place_hash(item, field->offset, field->len)
	                      : hash64_seeded(field->bytes, field->len, item);
}

uint64_t field_name_hash(struct str name) {
	return hash64(name.ptr, name.len) | 1;
}

/* ---- life ---- */

struct layouts_cut *layouts_cut_new(void) {
	struct layouts_cut *cut = calloc(1, sizeof(*cut));
	ASSERT(cut != NULL);
	cut->names = map_new();
	cut->consts = map_new();
	cut->layouts = map_new();
	cut->row = calloc(LIMIT_FIELDS_PER_RECORD + 1, sizeof(*cut->row));
	ASSERT(cut->row != NULL);
	return cut;
}

void layouts_cut_seal(struct layouts_cut *cut) {
	buf_deinit(&cut->kinds);
	buf_deinit(&cut->name_hashes);
	buf_deinit(&cut->name_states);
	free(TAKE(cut->row));
	map_free(TAKE(cut->names));
	map_free(TAKE(cut->consts));
	map_free(TAKE(cut->layouts));
}

void layouts_cut_free(struct layouts_cut *cut) {
	if (cut != NULL) {
		buf_deinit(&cut->layout_of);
		buf_deinit(&cut->slices);
		buf_deinit(&cut->lens);
		buf_deinit(&cut->strings);
		layouts_cut_seal(cut);
		free(cut);
	}
}

size_t layouts_cut_bytes(const struct layouts_cut *cut) {
	return sizeof(*cut) + map_bytes(cut->names) + map_bytes(cut->consts) + map_bytes(cut->layouts) +
	       cut->name_hashes.cap + cut->layout_of.cap + cut->slices.cap + cut->lens.cap +
	       cut->strings.cap + cut->kinds.cap + cut->name_states.cap;
}

uint32_t layouts_cut_name(struct layouts_cut *cut, struct str name) {
	bool added;
	uint32_t number = (uint32_t)*map_put(cut->names, name, map_count(cut->names), &added);
	if (added) {
		uint64_t hash = field_name_hash(name);
		struct name_state state = {.last = UINT32_MAX};
		buf_append(&cut->name_hashes, &hash, sizeof(hash));
		buf_append(&cut->name_states, &state, sizeof(state));
	}
	return number;
}

const struct layout_key *layouts_cut_items(const struct layouts_cut *cut, uint32_t layout,
                                           uint32_t *out_count, uint32_t *out_lines_kind) {
	struct str key = map_key(cut->layouts, layout);
	const struct layout_key *items = (const struct layout_key *)(const void *)key.ptr;
	*out_count = (uint32_t)(key.len / sizeof(*items)) - 1;
	*out_lines_kind = items[0].name;
	return items + 1;
}

/* ---- values ---- */

static bool is_const(const struct layouts_cut *cut, uint32_t number, uint8_t kind,
                     struct str bytes) {
	struct str key = map_key(cut->consts, number);
	return key.len == bytes.len + CONST_HEAD && (uint8_t)key.ptr[4] == kind &&
	       (bytes.len == 0 || memcmp(key.ptr + CONST_HEAD, bytes.ptr, bytes.len) == 0);
}

uint32_t layouts_cut_constant(struct layouts_cut *cut, const struct field_found *field) {
	ASSERT(field->name < map_count(cut->names) && !field->in_text);
	struct name_state *state = (struct name_state *)(void *)cut->name_states.ptr + field->name;
	struct str bytes = str_make(field->bytes, field->len);
	state->values++;
	if (state->last != UINT32_MAX && is_const(cut, state->last, field->kind, bytes)) {
		return state->last;
	}
	if (field->len > CONST_LEN_MAX || state->consts > NAME_CONSTS_MAX) {
		state->consts = NAME_CONSTS_MAX + 1;
		return UINT32_MAX;
	}
	char key[CONST_HEAD + CONST_LEN_MAX] = {0};
	memcpy(key, &field->name, sizeof(field->name));
	key[4] = (char)field->kind;
	if (field->len > 0) {
		memcpy(key + CONST_HEAD, field->bytes, field->len);
	}
	bool added;
	struct str whole = str_make(key, CONST_HEAD + field->len);
	state->last = (uint32_t)*map_put(cut->consts, whole, map_count(cut->consts), &added);
	state->consts += added;
	return state->last;
}

void layouts_cut_repeat(struct layouts_cut *cut, const struct field_found *field, uint32_t rows) {
	ASSERT(field->name < map_count(cut->names) && !field->in_text);
	((struct name_state *)(void *)cut->name_states.ptr + field->name)->values += rows;
}

/* Whether values of the name stand in layouts: few, or not many that each come often. */
static bool are_consts(const struct name_state *state) {
	return state->consts <= NAME_CONSTS_MAX &&
	       (state->consts <= NAME_CONSTS_FEW || state->values / CONST_OFTEN >= state->consts);
}

static struct layout_key make_item(const struct layouts_cut *cut, const struct lines_cut *lines,
                                   uint32_t row, const struct field_found *field) {
	struct layout_key item = {.name = field->name, .kind = field->kind, .source = LAYOUT_OUTSIDE};
	const struct name_state *states = (const struct name_state *)(void *)cut->name_states.ptr;
	if (field->in_text) {
		item.source = LAYOUT_PLACED;
		item.from = place_pack(lines_cut_place(lines, row, field->offset));
		item.to = place_pack(lines_cut_place(lines, row, field->offset + field->len));
	} else if (field->constant != UINT32_MAX && are_consts(&states[field->name])) {
		item.source = LAYOUT_CONST;
		item.from = field->constant;
	}
	return item;
}

/* ---- layouts ---- */

/* Takes out of the row's items what would make another layout of it. */
static void generalise(struct layout_key *items, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		struct layout_key *item = &items[i];
		if (item->source == LAYOUT_CONST) {
			item->source = LAYOUT_OUTSIDE;
			item->from = 0;
		} else if (item->source == LAYOUT_PLACED &&
		           (place_unpack(item->from).where == LINES_INSIDE ||
		            place_unpack(item->to).where == LINES_INSIDE)) {
			item->source = LAYOUT_FREE;
			item->from = item->to = 0;
		}
	}
}

static struct kind_state *kind_state(struct layouts_cut *cut, uint32_t kind) {
	while (cut->kinds.len / sizeof(struct kind_state) <= kind) {
		struct kind_state fresh = {.last = UINT32_MAX};
		buf_append(&cut->kinds, &fresh, sizeof(fresh));
	}
	return (struct kind_state *)(void *)cut->kinds.ptr + kind;
}

static uint32_t layout_number(struct layouts_cut *cut, uint32_t kind, uint32_t count) {
	struct kind_state *state = kind_state(cut, kind);
	struct str key =
	    str_make((const char *)cut->row, ((size_t)count + 1) * sizeof(struct layout_key));
	if (state->last != UINT32_MAX && str_eq(map_key(cut->layouts, state->last), key)) {
		return state->last;
	}
	uint64_t *found = map_find(cut->layouts, key);
	if (found == NULL && state->layouts >= KIND_LAYOUTS_MAX) {
		generalise(cut->row + 1, count);
		found = map_find(cut->layouts, key);
	}
	if (found == NULL) {
		found = map_put(cut->layouts, key, map_count(cut->layouts), NULL);
		state->layouts++;
	}
	state->last = (uint32_t)*found;
	return state->last;
}

/* What the layout does not say of the row. */
static void keep_values(struct layouts_cut *cut, const struct field_found *fields, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		const struct field_found *field = &fields[i];
		if (cut->row[i + 1].source == LAYOUT_FREE) {
			struct layout_slice slice = {field->offset, field->len};
			buf_append(&cut->slices, &slice, sizeof(slice));
		} else if (cut->row[i + 1].source == LAYOUT_OUTSIDE) {
			buf_append(&cut->lens, &field->len, sizeof(field->len));
			buf_append(&cut->strings, field->bytes, field->len);
		}
	}
}

struct layouts_sum layouts_cut_add(struct layouts_cut *cut, const struct lines_cut *lines,
                                   const struct field_found *fields, uint32_t count) {
	const uint64_t *names = (const uint64_t *)(void *)cut->name_hashes.ptr;
	uint32_t row = (uint32_t)(cut->layout_of.len / sizeof(uint32_t));
	uint32_t kind = lines_cut_kind(lines, row);
	struct layouts_sum sum = {0};
	ASSERT(count <= LIMIT_FIELDS_PER_RECORD && cut->row != NULL);
	cut->row[0] = (struct layout_key){.name = kind};
	for (uint32_t i = 0; i < count; i++) {
		ASSERT(fields[i].name < map_count(cut->names));
		uint64_t hash = field_hash(i, names[fields[i].name], &fields[i]);
		sum.all += hash;
		sum.outside += fields[i].in_text ? 0 : hash;
		cut->row[i + 1] = make_item(cut, lines, row, &fields[i]);
	}
	uint32_t layout = layout_number(cut, kind, count);
	buf_append(&cut->layout_of, &layout, sizeof(layout));
	keep_values(cut, fields, count);
	return sum;
}

/* The field_hash of a row's values that are placed. */
static uint64_t placed_sum(const struct layouts_cut *cut, const struct lines_cut *lines,
                           uint32_t row, const struct layout_key *items, uint32_t count) {
	const uint64_t *names = (const uint64_t *)(void *)cut->name_hashes.ptr;
	uint32_t sums[LINES_SLOTS_MAX];
	uint64_t hash = 0;
	uint32_t slots = lines_cut_sums(lines, row, sums);
	for (uint32_t i = 0; i < count; i++) {
		if (items[i].source == LAYOUT_PLACED) {
			struct lines_place from = place_unpack(items[i].from);
			struct lines_place to = place_unpack(items[i].to);
			ASSERT(from.where == LINES_LITERAL && to.where == LINES_LITERAL);
			ASSERT(from.slot < slots && to.slot < slots);
			uint32_t offset = from.at + sums[from.slot];
			uint64_t item = field_item_hash(i, names[items[i].name], items[i].kind);
			hash += field_place_hash(item, offset, to.at + sums[to.slot] - offset);
		} else {
			ASSERT(items[i].source != LAYOUT_FREE);
		}
	}
	return hash;
}

static uint32_t layout_of(const struct layouts_cut *cut, uint32_t row) {
	ASSERT(row < cut->layout_of.len / sizeof(uint32_t));
	return ((const uint32_t *)(void *)cut->layout_of.ptr)[row];
}

uint64_t layouts_cut_add_like(struct layouts_cut *cut, const struct lines_cut *lines, uint32_t like,
                              const struct field_found *fields, uint64_t outside) {
	uint32_t row = (uint32_t)(cut->layout_of.len / sizeof(uint32_t));
	uint32_t layout = layout_of(cut, like);
	uint32_t count;
	uint32_t kind;
	const struct layout_key *items = layouts_cut_items(cut, layout, &count, &kind);
	ASSERT(lines_cut_kind(lines, row) == kind);
	for (uint32_t i = 0; i < count; i++) {
		if (items[i].source == LAYOUT_OUTSIDE) {
			buf_append(&cut->lens, &fields[i].len, sizeof(fields[i].len));
			buf_append(&cut->strings, fields[i].bytes, fields[i].len);
		}
	}
	buf_append(&cut->layout_of, &layout, sizeof(layout));
	return outside + placed_sum(cut, lines, row, items, count);
}

uint64_t layouts_cut_add_head(struct layouts_cut *cut, const struct lines_cut *lines, uint32_t like,
                              const struct field_found *fields, uint64_t outside) {
	uint32_t row = (uint32_t)(cut->layout_of.len / sizeof(uint32_t));
	uint32_t kind = lines_cut_kind(lines, row);
	uint32_t count;
	uint32_t like_kind;
	const struct layout_key *items =
	    layouts_cut_items(cut, layout_of(cut, like), &count, &like_kind);
	ASSERT(count > 0 && items[count - 1].source == LAYOUT_PLACED && cut->row != NULL);
	cut->row[0] = (struct layout_key){.name = kind};
	memcpy(cut->row + 1, items, count * sizeof(*items));
	cut->row[count].to = place_pack(lines_cut_end(lines, row));
	uint64_t hash = outside + placed_sum(cut, lines, row, cut->row + 1, count);
	uint32_t layout = layout_number(cut, kind, count);
	buf_append(&cut->layout_of, &layout, sizeof(layout));
	keep_values(cut, fields, count);
	return hash;
}
