/* Rows on their way into a block, from a batch or from a page that had a block before. */
#include "store/block_rows.h"

#include <stdlib.h>

#include "store/list_text.h"
#include "store/view_private.h"

#define ROW_SLICE_OWN ((uint32_t)1 << 31)
enum { ROW_WEIGHT = 32 };

uint64_t block_weight(uint64_t bytes, uint64_t rows) {
	return bytes + rows * ROW_WEIGHT;
}

static void *new_array(size_t count, size_t size) {
	void *array = calloc(count + 1, size);
	ASSERT(array != NULL);
	return array;
}

static struct block_rows *rows_new(uint32_t rows) {
	struct block_rows *made = new_array(1, sizeof(*made));
	made->rows = rows;
	made->texts = new_array(rows, sizeof(*made->texts));
	made->field_hashes = new_array(rows, sizeof(*made->field_hashes));
	made->cut.texts = lines_cut_new();
	lines_cut_expect(made->cut.texts, rows);
	made->cut.times = new_array(rows, sizeof(*made->cut.times));
	made->cut.fields = layouts_cut_new();
	return made;
}

void block_rows_free(struct block_rows *rows) {
	if (rows != NULL) {
		block_cut_deinit(&rows->cut);
		buf_deinit(&rows->raw);
		buf_deinit(&rows->own);
		free(rows->texts);
		free(rows->bodies);
		free(rows->field_hashes);
		free(rows);
	}
}

static struct str slice_text(const struct block_rows *rows, struct row_slice slice) {
	bool own = (slice.at & ROW_SLICE_OWN) != 0;
	const char *from = own ? rows->own.ptr : rows->raw_at;
	return slice.len == 0 ? STR("") : str_make(from + (slice.at & ~ROW_SLICE_OWN), slice.len);
}

static void add_text(struct block_rows *rows, uint32_t row, struct row_slice slice, int64_t time) {
	rows->texts[row] = slice;
	rows->bytes += slice.len;
	rows->cut.times[row] = time;
	if (row == lines_cut_rows(rows->cut.texts)) {
		lines_cut_add(rows->cut.texts, slice_text(rows, slice));
	} else { /* it was cut where it was before */
		lines_cut_move(rows->cut.texts, row, slice_text(rows, slice).ptr);
	}
}

static void add_body(struct block_rows *rows, struct row_slice slice, int64_t time) {
	if (rows->cut.bodies == NULL) {
		rows->cut.bodies = lines_cut_new();
		rows->bodies = new_array(rows->rows, sizeof(*rows->bodies));
		rows->cut.body_times = new_array(rows->rows, sizeof(*rows->cut.body_times));
	}
	rows->bytes += slice.len;
	rows->cut.body_times[rows->kept] = time;
	rows->bodies[rows->kept++] = slice;
	lines_cut_add(rows->cut.bodies, slice_text(rows, slice));
}

/* Copies text into own, which has room. */
static struct row_slice keep_own(struct block_rows *rows, struct str text) {
	struct row_slice slice = {(uint32_t)rows->own.len | ROW_SLICE_OWN, (uint32_t)text.len};
	ASSERT(rows->own.cap - rows->own.len >= text.len && rows->own.len < ROW_SLICE_OWN);
	buf_append_str(&rows->own, text);
	return slice;
}

/* Fields of all rows, one row behind the other; values that are not in texts are looked at first.
 */
struct all_fields {
	struct buf found; /* struct field_found */
	struct row_fields {
		uint32_t first, count; /* in found */
		uint32_t like;         /* the row before it that it is like, or FIELDS_OWN */
		bool head;             /* it only begins like that */
		uint32_t likes;        /* rows that are like it */
		uint64_t outside;      /* once it is added: its layouts_sum */
	} *rows;
	const struct field_array *arrays, *arrays_end; /* those that are still to come */
	struct buf scratch;
};

static struct all_fields all_fields_new(uint32_t rows) {
	return (struct all_fields){.rows = new_array(rows, sizeof(struct row_fields))};
}

static void all_fields_deinit(struct all_fields *all) {
	buf_deinit(&all->found);
	buf_deinit(&all->scratch);
	free(all->rows);
}

static const struct field_found *found_of(const struct all_fields *all,
                                          const struct row_fields *row) {
	return row->count == 0 ? NULL : (const struct field_found *)(void *)all->found.ptr + row->first;
}

/* A list that stands in the text as an array is kept as that piece of it: where the parser found
 * it, if it is just that. entry: its number in the batch. */
static void find_list(struct all_fields *all, struct str text, uint32_t entry,
                      struct field_found *field) {
	size_t offset;
	size_t len;
	if (field->kind != VALUE_LIST || field->in_text) {
		return;
	}
	struct str list = str_make(field->bytes, field->len);
	bool noted = all->arrays < all->arrays_end && all->arrays->entry == entry;
	if (noted) {
		offset = all->arrays->offset;
		len = all->arrays++->len;
		noted = list_text_read(str_slice(text, offset, offset + len), &all->scratch) &&
		        str_eq(buf_str(&all->scratch), list);
	}
	if (noted || list_text_find(text, list, &all->scratch, &offset, &len)) {
		field->in_text = true;
		field->offset = (uint32_t)offset;
		field->len = (uint32_t)len;
		field->bytes = NULL;
	}
}

static void add_field(struct block_rows *rows, struct all_fields *all, struct field_found field) {
	field.constant = field.in_text ? UINT32_MAX : layouts_cut_constant(rows->cut.fields, &field);
	buf_append(&all->found, &field, sizeof(field));
}

static void add_all_fields(struct block_rows *rows, struct all_fields *all) {
	struct layouts_cut *cut = rows->cut.fields;
	const struct lines_cut *lines = rows->cut.texts;
	for (uint32_t row = 0; row < rows->rows; row++) {
		struct row_fields *fields = &all->rows[row];
		const struct field_found *found = found_of(all, fields);
		if (fields->like == FIELDS_OWN) {
			struct layouts_sum sum = layouts_cut_add(cut, lines, found, fields->count);
			fields->outside = sum.outside;
			rows->field_hashes[row] = sum.all;
			continue;
		}
		fields->outside = all->rows[fields->like].outside;
		rows->field_hashes[row] =
		    fields->head ? layouts_cut_add_head(cut, lines, fields->like, found, fields->outside)
		                 : layouts_cut_add_like(cut, lines, fields->like, found, fields->outside);
	}
}

/* ---- from a batch ---- */

/* The fields of a row; name_of: number in the cut of each name of the batch, or UINT32_MAX. */
static void find_fields(struct block_rows *rows, const struct batch *batch, uint32_t row,
                        uint32_t *name_of, struct all_fields *all) {
	const struct field_row *parsed = &batch->fields.rows[row];
	struct row_fields *fields = &all->rows[row];
	ASSERT(parsed->count <= LIMIT_FIELDS_PER_RECORD);
	*fields = (struct row_fields){.first = (uint32_t)(all->found.len / sizeof(struct field_found)),
	                              .count = parsed->count,
	                              .like = parsed->like,
	                              .head = parsed->like_head};
	if (fields->like != FIELDS_OWN) {
		struct row_fields *like = &all->rows[fields->like];
		ASSERT(fields->like < row && (like->like == FIELDS_OWN || (like->head && !fields->head)));
		like->likes++;
		fields->first = like->first;
		fields->count = like->count;
		return;
	}
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		bool in_text = entry->place == FIELD_IN_TEXT;
		size_t size = in_text ? rows->texts[row].len : batch->fields.bytes.len;
		ASSERT(entry->offset <= size && entry->len <= size - entry->offset);
		if (name_of[entry->name] == UINT32_MAX) {
			name_of[entry->name] =
			    layouts_cut_name(rows->cut.fields, fields_name_text(batch, entry->name));
		}
		struct field_found field = {.name = name_of[entry->name],
		                            .kind = entry->kind,
		                            .in_text = in_text,
		                            .offset = in_text ? entry->offset : 0,
		                            .len = entry->len};
		if (!in_text && entry->len > 0) {
			field.bytes = batch->fields.bytes.ptr + entry->offset;
		}
		find_list(all, batch_text(batch, row), parsed->first + i, &field);
		add_field(rows, all, field);
	}
}

/* What is outside the texts comes again in all rows that are like the one that has it. */
static void repeat_values(struct block_rows *rows, const struct all_fields *all) {
	for (uint32_t row = 0; row < rows->rows; row++) {
		const struct row_fields *fields = &all->rows[row];
		const struct field_found *found = found_of(all, fields);
		for (uint32_t i = 0; fields->likes > 0 && i < fields->count; i++) {
			if (!found[i].in_text) {
				layouts_cut_repeat(rows->cut.fields, &found[i], fields->likes);
			}
		}
	}
}

/* Records of the store's own have no fields as a rule; then they are in no count of values. */
static void note_own(struct block_rows *rows, uint8_t type, const struct row_fields *fields) {
	if (type != RECORD_DATA) {
		rows->cut.own++;
		rows->cut.own_fields |= fields->count > 0 || fields->like != FIELDS_OWN;
	}
}

static void add_batch_texts(struct block_rows *rows, const struct batch *batch,
                            const uint8_t *own_text) {
	size_t own = 0;
	for (uint32_t row = 0; row < batch->count; row++) {
		own += own_text[row] != 0 ? batch_text(batch, row).len : 0;
	}
	(void)buf_reserve(&rows->own, own);
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct batch_record *record = &batch->records[row];
		int64_t time = batch->fields.rows[row].time_ns;
		struct row_slice body = {(uint32_t)record->body_offset, record->body_len};
		ASSERT(record->body_offset < ROW_SLICE_OWN);
		if (own_text[row] == 0) {
			add_text(rows, row, body, time);
			continue;
		}
		add_text(rows, row, keep_own(rows, batch_text(batch, row)), time);
		if (!batch->sources[record->source].container) {
			add_body(rows, body, time);
		}
	}
}

struct block_rows *block_rows_from_batch(struct batch *batch, const uint8_t *own_text) {
	struct block_rows *rows = rows_new(batch->count);
	struct lines_cut *cut = batch_take_cut(batch);
	size_t names = FIELD_KNOWN_COUNT + batch->fields.names_count;
	uint32_t *name_of = new_array(names, sizeof(*name_of));
	struct all_fields all = all_fields_new(batch->count);
	const struct buf *arrays = &batch->fields.arrays;
	all.arrays = (const struct field_array *)(const void *)arrays->ptr;
	all.arrays_end = arrays->len == 0 ? all.arrays : all.arrays + arrays->len / sizeof(*all.arrays);
	memset(name_of, 0xff, names * sizeof(*name_of));
	rows->raw_at = batch->raw.ptr;
	if (cut != NULL) {
		ASSERT(lines_cut_rows(cut) == batch->count);
		lines_cut_free(rows->cut.texts);
		rows->cut.texts = cut;
	}
	add_batch_texts(rows, batch, own_text);
	(void)buf_reserve(&all.found, batch->fields.entries_count * sizeof(struct field_found));
	for (uint32_t row = 0; row < batch->count; row++) {
		find_fields(rows, batch, row, name_of, &all);
		note_own(rows, batch->records[row].type, &all.rows[row]);
	}
	repeat_values(rows, &all);
	add_all_fields(rows, &all);
	all_fields_deinit(&all);
	free(name_of);
	return rows;
}

void block_rows_take_raw(struct block_rows *rows, struct buf *raw) {
	ASSERT(rows->raw.ptr == NULL && rows->raw_at == raw->ptr);
	rows->raw = *raw;
	*raw = (struct buf){0};
}

/* ---- from a page ---- */

static enum err add_view_texts(struct block_rows *rows, struct store_view *view) {
	const struct page_rows *said;
	const struct str *texts;
	const struct str *bodies;
	size_t own = 0;
	TRY(view_rows(view, &said));
	TRY(store_view_texts(view, &texts));
	TRY(view_bodies(view, &bodies));
	for (uint32_t row = 0; row < rows->rows; row++) {
		own += texts[row].len + (said->own_text[row] != 0 ? bodies[row].len : 0);
	}
	if (own >= ROW_SLICE_OWN) {
		return ERR_LIMIT;
	}
	(void)buf_reserve(&rows->own, own);
	for (uint32_t row = 0; row < rows->rows; row++) {
		add_text(rows, row, keep_own(rows, texts[row]), said->times[row]);
		if (said->own_text[row] != 0 && !view->meta.sources[said->sources[row]].container) {
			add_body(rows, keep_own(rows, bodies[row]), said->times[row]);
		}
	}
	return ERR_OK;
}

static enum err find_view_fields(struct block_rows *rows, struct store_view *view,
                                 struct all_fields *all) {
	struct field_found found[LIMIT_FIELDS_PER_RECORD];
	struct layouts *layouts;
	const struct str *names;
	const uint8_t *types;
	TRY(store_view_types(view, &types));
	TRY(view_block_layouts(view, &layouts));
	uint32_t names_count = layouts_names(layouts, &names);
	uint32_t *name_of = view_array(view, names_count, sizeof(*name_of)); /* plus one */
	if (name_of == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < rows->rows; row++) {
		uint32_t count;
		TRY(view_block_fields(view, row, found, &count));
		all->rows[row] =
		    (struct row_fields){.first = (uint32_t)(all->found.len / sizeof(struct field_found)),
		                        .count = count,
		                        .like = FIELDS_OWN};
		note_own(rows, types[row], &all->rows[row]);
		for (uint32_t i = 0; i < count; i++) {
			uint32_t name = found[i].name;
			if (name_of[name] == 0) {
				name_of[name] = layouts_cut_name(rows->cut.fields, names[name]) + 1;
			}
			found[i].name = name_of[name] - 1;
			add_field(rows, all, found[i]);
		}
	}
	return ERR_OK;
}

static enum err add_view_fields(struct block_rows *rows, struct store_view *view) {
	struct all_fields all = all_fields_new(rows->rows);
	enum err err = find_view_fields(rows, view, &all);
	if (err == ERR_OK) {
		add_all_fields(rows, &all);
	}
	all_fields_deinit(&all);
	return err;
}

enum err block_rows_from_view(struct store_view *view, struct block_rows **out_rows) {
	struct block_rows *rows = rows_new(store_view_rows(view));
	enum err err = add_view_texts(rows, view);
	err = err == ERR_OK ? add_view_fields(rows, view) : err;
	if (err != ERR_OK) {
		block_rows_free(rows);
		return err;
	}
	*out_rows = rows;
	return ERR_OK;
}

/* ---- comparing ---- */

/* Pages that follow each other in a block, and what it gives back of them. */
struct pages_back {
	struct block_rows *const *rows;
	struct store_view *const *views;
	uint32_t count;
	uint32_t rows_total;
};

static enum err differs(struct diag *diag, uint32_t row, const char *what) {
	return diag_set(diag, ERR_CORRUPT, "record %u of a page does not come back from its block: %s",
	                row, what);
}

/* A number of a row in all of them becomes one in its page. */
static enum err text_differs(struct block_rows *const *rows, uint32_t row, struct diag *diag) {
	while (row >= (*rows)->rows) {
		row -= (*rows++)->rows;
	}
	return differs(diag, row, "its text");
}

static enum err check_texts(const struct pages_back *back, struct lines_rows *joined,
                            struct diag *diag) {
	uint32_t row = 0;
	uint32_t other;
	struct str *texts = new_array(back->rows_total, sizeof(*texts));
	for (uint32_t i = 0; i < back->count; i++) {
		for (uint32_t k = 0; k < back->rows[i]->rows; k++) {
			texts[row++] = slice_text(back->rows[i], back->rows[i]->texts[k]);
		}
	}
	enum err err = view_block_same(back->views, back->count, texts, joined, &other);
	free(texts);
	TRY(err);
	return other == UINT32_MAX ? ERR_OK : text_differs(back->rows, other, diag);
}

static enum err check_bodies(const struct block_rows *rows, struct store_view *view,
                             struct diag *diag) {
	const struct page_rows *said;
	const struct page_meta *meta;
	const struct page_lengths *lengths;
	const struct lines_rows *bodies;
	uint32_t kept = 0;
	TRY(view_rows(view, &said));
	TRY(view_meta(view, &meta));
	for (uint32_t row = 0; row < rows->rows; row++) {
		kept += said->own_text[row] != 0 && view_block_keeps(view, row);
	}
	if (kept != rows->kept) {
		return differs(diag, 0, "number of bodies");
	}
	if (kept == 0) {
		return ERR_OK;
	}
	TRY(view_own_lengths(view, &lengths));
	TRY(view_block_kept(view, &bodies));
	kept = 0;
	for (uint32_t row = 0; row < rows->rows; row++) {
		if (view_block_keeps(view, row)) {
			struct str body =
			    str_slice(buf_str(&bodies->bytes), bodies->starts[kept], bodies->starts[kept + 1]);
			if (body.len != lengths->bodies[row] ||
			    !str_eq(body, slice_text(rows, rows->bodies[kept++]))) {
				return differs(diag, row, "its body");
			}
		}
	}
	return ERR_OK;
}

/* A row some of whose fields are in no place. Apart, for the room it takes. */
static enum err sum_found(struct store_view *view, uint32_t row, const struct layouts *layouts,
                          uint64_t *out_sum) {
	struct field_found found[LIMIT_FIELDS_PER_RECORD];
	uint32_t count;
	TRY(view_block_fields(view, row, found, &count));
	*out_sum = 0;
	for (uint32_t k = 0; k < count; k++) {
		*out_sum += field_hash(k, layouts_name_hash(layouts, found[k].name), &found[k]);
	}
	return ERR_OK;
}

/* Row i of those that were joined, which has layout number. */
static enum err sum_fields(struct store_view *view, uint32_t row, struct layouts *layouts,
                           uint32_t number, const struct lines_rows *joined, uint32_t i,
                           uint64_t *out_sum) {
	const struct layout *layout;
	TRY(layouts_get(layouts, number, &layout));
	if (layout->free == 0 && layout->outside == 0) {
		return layouts_row_sum(layouts, number, joined, i, out_sum);
	}
	return sum_found(view, row, layouts, out_sum);
}

/* Layouts of rows lie anywhere. */
static void fetch_layouts(const struct layouts *layouts, const uint32_t *numbers, uint32_t i,
                          uint32_t count) {
	enum { STEPS = LAYOUTS_ITEMS + 1, AHEAD = 4 };
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t row = i + AHEAD * (STEPS - step);
		if (row < count) {
			layouts_fetch(layouts, numbers[row], (enum layouts_step)step);
		}
	}
}

static enum err check_fields(const struct pages_back *back, const struct lines_rows *joined,
                             const uint32_t *numbers, struct layouts *layouts, struct diag *diag) {
	uint32_t i = 0;
	for (uint32_t page = 0; page < back->count; page++) {
		const struct block_rows *rows = back->rows[page];
		for (uint32_t row = 0; row < rows->rows; row++, i++) {
			uint64_t sum;
			fetch_layouts(layouts, numbers, i, back->rows_total);
			TRY(sum_fields(back->views[page], row, layouts, numbers[i], joined, i, &sum));
			if (sum != rows->field_hashes[row]) {
				return differs(diag, row, "its fields");
			}
		}
	}
	return ERR_OK;
}

static enum err check_layouts(const struct pages_back *back, const struct lines_rows *joined,
                              struct diag *diag) {
	struct layouts *layouts;
	TRY(view_block_open_layouts(back->views[0], &layouts));
	uint32_t *numbers = new_array(back->rows_total, sizeof(*numbers));
	enum err err = layouts_of(layouts, joined->shapes, joined->ranks, back->rows_total, numbers);
	err = err == ERR_OK ? check_fields(back, joined, numbers, layouts, diag) : err;
	free(numbers);
	return err;
}

static enum err check_all(const struct pages_back *back, struct lines_rows *joined,
                          struct diag *diag) {
	TRY(check_texts(back, joined, diag));
	for (uint32_t i = 0; i < back->count; i++) {
		TRY(check_bodies(back->rows[i], back->views[i], diag));
	}
	return check_layouts(back, joined, diag);
}

enum err block_rows_check(struct block_rows *const *rows, struct store_view *const *views,
                          uint32_t count, struct lines_rows *scratch, struct diag *diag) {
	struct diag inner = {0};
	struct pages_back back = {rows, views, count, 0};
	enum err err = ERR_OK;
	for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
		back.rows_total += rows[i]->rows;
		err = store_view_rows(views[i]) == rows[i]->rows ? ERR_OK
		                                                 : differs(&inner, 0, "number of records");
	}
	err = err == ERR_OK ? check_all(&back, scratch, &inner) : err;
	for (uint32_t i = 0; i < count; i++) {
		view_block_give_back(views[i]);
	}
	if (err != ERR_OK && inner.message[0] == '\0') {
		return diag_set(diag, err, "a block that was just made does not decode");
	}
	if (err != ERR_OK && diag != NULL) {
		*diag = inner;
	}
	return err;
}

enum err block_rows_check_page(struct block_rows *rows, struct store_view *view,
                               struct diag *diag) {
	CLEANUP(lines_rows_deinit) struct lines_rows scratch = {0};
	return block_rows_check(&rows, &view, 1, &scratch, diag);
}
