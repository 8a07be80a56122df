/* Filling and reading batches. Rows and entries are plain growing arrays; strings of sources and
 * names live in the batch's arena.
 */
#include "event/batch.h"

#include "base/instant.h"
#include "base/map.h"

static void *grow(void *ptr, size_t count, size_t size) {
	void *bigger = reallocarray(ptr, count, size);
	ASSERT(bigger != NULL);
	return bigger;
}

struct batch *batch_new(void) {
	struct batch *batch = calloc(1, sizeof(*batch));
	ASSERT(batch != NULL);
	batch->arena = arena_new(SIZE_MAX);
	batch->progress_file = UINT32_MAX;
	return batch;
}

void batch_free(struct batch *batch) {
	if (batch == NULL) {
		return;
	}
	if (batch->cut != NULL) {
		batch->free_cut(batch->cut);
	}
	arena_free(batch->arena);
	buf_deinit(&batch->raw);
	buf_deinit(&batch->fields.arrays);
	buf_deinit(&batch->fields.bytes);
	map_free(batch->fields.name_index);
	free(batch->fields.rows);
	free(batch->fields.entries);
	free(batch->fields.names);
	free(batch->fields.formats);
	free(batch->records);
	free(batch->sources);
	free(batch->ends);
	free(batch);
}

void batch_freep(struct batch **batch) {
	batch_free(*batch);
	*batch = NULL;
}

uint16_t batch_add_source(struct batch *batch, const struct batch_source *source) {
	ASSERT(batch->sources_count < UINT16_MAX);
	if (batch->sources_count == batch->sources_cap) {
		batch->sources_cap = (uint16_t)MIN_OF(batch->sources_cap * 2 + 2, UINT16_MAX);
		batch->sources = grow(batch->sources, batch->sources_cap, sizeof(*batch->sources));
	}
	struct batch_source *copy = &batch->sources[batch->sources_count];
	*copy = *source;
	copy->name = arena_str(batch->arena, source->name);
	copy->path = arena_str(batch->arena, source->path);
	copy->host = arena_str(batch->arena, source->host);
	copy->format = arena_str(batch->arena, source->format);
	copy->zone = arena_str(batch->arena, source->zone);
	return batch->sources_count++;
}

struct str batch_source_address(struct str name) {
	size_t scheme = 0;
	bool plus = false;
	while (scheme < name.len && (char_is_alpha(name.ptr[scheme]) || name.ptr[scheme] == '+')) {
		plus = plus || (name.ptr[scheme] == '+' && scheme > 0);
		scheme++;
	}
	struct str rest = str_slice(name, scheme, name.len);
	if (!plus || !str_starts(rest, STR("://"))) {
		return STR("");
	}
	rest = str_slice(rest, 3, rest.len);
	return str_slice(rest, 0, str_find_char(rest, '/', 0));
}

void batch_add_file_end(struct batch *batch, const struct batch_file_end *end) {
	ASSERT(batch->count + batch->ends_count < LIMIT_BATCH_ROWS);
	if (batch->ends_count == batch->ends_cap) {
		batch->ends_cap = batch->ends_cap * 2 + 4;
		batch->ends = grow(batch->ends, batch->ends_cap, sizeof(*batch->ends));
	}
	batch->ends[batch->ends_count++] = *end;
}

struct batch_record *batch_add_record(struct batch *batch) {
	ASSERT(batch->count < LIMIT_BATCH_ROWS);
	if (batch->count == batch->cap) {
		batch->cap = MIN_OF(batch->cap * 2 + 64, LIMIT_BATCH_ROWS);
		batch->records = grow(batch->records, batch->cap, sizeof(*batch->records));
	}
	struct batch_record *record = &batch->records[batch->count++];
	*record = (struct batch_record){.type = RECORD_DATA};
	return record;
}

bool batch_full(const struct batch *batch) {
	return batch->count + batch->ends_count >= LIMIT_BATCH_ROWS - 1 ||
	       batch->raw.len >= LIMIT_BATCH_BYTES ||
	       batch->fields.bytes.len >= 4 * LIMIT_BATCH_BYTES || batch->sources_count >= 1024;
}

struct lines_cut *batch_take_cut(struct batch *batch) {
	return TAKE(batch->cut);
}

struct str batch_body(const struct batch *batch, uint32_t row) {
	ASSERT(row < batch->count);
	const struct batch_record *record = &batch->records[row];
	ASSERT(record->body_offset <= batch->raw.len &&
	       record->body_len <= batch->raw.len - record->body_offset);
	return record->body_len == 0 ? STR("")
	                             : str_make(batch->raw.ptr + record->body_offset, record->body_len);
}

struct str batch_text(const struct batch *batch, uint32_t row) {
	const struct field_block *fields = &batch->fields;
	if (row < fields->rows_done && fields->rows[row].has_text) {
		const struct field_row *parsed = &fields->rows[row];
		return parsed->text_len == 0
		           ? STR("")
		           : str_make(fields->bytes.ptr + parsed->text_offset, parsed->text_len);
	}
	return batch_body(batch, row);
}

/* Containers are parsed while they are read: rows come one by one, before count is final. */
static void make_room_for_row(struct batch *batch) {
	struct field_block *fields = &batch->fields;
	ASSERT(fields->rows_done < batch->count);
	if (fields->rows_done >= fields->rows_cap) {
		fields->rows_cap = fields->rows_cap == 0 ? MAX_OF(batch->count, 64u) : LIMIT_BATCH_ROWS;
		fields->rows = grow(fields->rows, fields->rows_cap, sizeof(*fields->rows));
	}
}

void fields_begin(struct batch *batch) {
	ASSERT(batch->fields.rows_done == 0);
	if (batch->count > 0) {
		make_room_for_row(batch);
	}
}

/* The number of a format; 0 is the empty one, which a row has until it is told another. */
static uint16_t format_number(struct batch *batch, struct str format) {
	struct field_block *fields = &batch->fields;
	uint32_t i = 0;
	while (i < fields->formats_count && !str_eq(fields->formats[i], format)) {
		i++;
	}
	if (i == fields->formats_count) {
		ASSERT(i < UINT16_MAX);
		if (i == fields->formats_cap) {
			fields->formats_cap = fields->formats_cap * 2 + 8;
			fields->formats = grow(fields->formats, fields->formats_cap, sizeof(*fields->formats));
		}
		fields->formats[fields->formats_count++] = arena_str(batch->arena, format);
	}
	return (uint16_t)i;
}

struct field_row *fields_begin_row(struct batch *batch) {
	struct field_block *fields = &batch->fields;
	make_room_for_row(batch);
	struct field_row *row = &fields->rows[fields->rows_done++];
	*row = (struct field_row){
	    .first = fields->entries_count, .time_ns = INSTANT_MIN, .like = FIELDS_OWN};
	if (fields->formats_count == 0) {
		row->format = format_number(batch, STR(""));
	}
	return row;
}

static struct field_row *current_row(struct batch *batch) {
	ASSERT(batch->fields.rows_done > 0);
	return &batch->fields.rows[batch->fields.rows_done - 1];
}

void fields_set_text(struct batch *batch, struct str text) {
	struct field_row *row = current_row(batch);
	struct buf *bytes = &batch->fields.bytes;
	ASSERT(bytes->len + text.len <= UINT32_MAX);
	row->has_text = true;
	row->text_offset = (uint32_t)bytes->len;
	row->text_len = (uint32_t)text.len;
	buf_append_str(bytes, text);
}

void fields_set_format(struct batch *batch, struct str format) {
	current_row(batch)->format = format_number(batch, format);
}

void fields_set_time(struct batch *batch, int64_t time_ns, uint8_t time_flags) {
	current_row(batch)->time_ns = time_ns;
	current_row(batch)->time_flags =
	    (uint8_t)((current_row(batch)->time_flags & FIELDS_LEFT_OUT) | time_flags);
}

void fields_left_out(struct batch *batch) {
	current_row(batch)->time_flags |= FIELDS_LEFT_OUT;
}

/* A row that takes no more values takes no more names from those that come after it either. */
static bool row_is_full(const struct field_block *fields) {
	return fields->rows_done > 0 &&
	       fields->rows[fields->rows_done - 1].count >= LIMIT_FIELDS_PER_RECORD;
}

uint32_t fields_name(struct batch *batch, struct str name) {
	struct field_block *fields = &batch->fields;
	if (fields->name_index == NULL) {
		fields->name_index = map_new();
	}
	uint64_t *found = map_find(fields->name_index, name);
	if (found != NULL) {
		return (uint32_t)*found;
	}
	uint32_t number = field_known_find(name);
	if (number == UINT32_MAX) {
		if (fields->names_count >= LIMIT_NAMES_PER_BATCH || name.len > LIMIT_FIELD_NAME ||
		    name.len == 0 || row_is_full(fields)) {
			if (fields->rows_done > 0) {
				fields_left_out(batch);
			}
			return UINT32_MAX;
		}
		if (fields->names_count == fields->names_cap) {
			fields->names_cap = fields->names_cap * 2 + 16;
			fields->names = grow(fields->names, fields->names_cap, sizeof(*fields->names));
		}
		fields->names[fields->names_count] = arena_str(batch->arena, name);
		number = FIELD_KNOWN_COUNT + fields->names_count++;
	}
	(void)map_put(fields->name_index, name, number, NULL);
	return number;
}

uint32_t fields_find_name(const struct batch *batch, struct str name) {
	const uint64_t *found =
	    batch->fields.name_index == NULL ? NULL : map_find(batch->fields.name_index, name);
	return found != NULL ? (uint32_t)*found : field_known_find(name);
}

struct str fields_name_text(const struct batch *batch, uint32_t name) {
	if (name < FIELD_KNOWN_COUNT) {
		return field_known_name(name);
	}
	ASSERT(name - FIELD_KNOWN_COUNT < batch->fields.names_count);
	return batch->fields.names[name - FIELD_KNOWN_COUNT];
}

static struct field_entry *find_entry(const struct batch *batch, const struct field_row *row,
                                      uint32_t name) {
	for (uint32_t i = 0; i < row->count; i++) {
		if (batch->fields.entries[row->first + i].name == name) {
			return &batch->fields.entries[row->first + i];
		}
	}
	return NULL;
}

static void append_entry(struct batch *batch, struct field_entry entry) {
	struct field_block *fields = &batch->fields;
	struct field_row *row = current_row(batch);
	if (row->count >= LIMIT_FIELDS_PER_RECORD) {
		row->time_flags |= FIELDS_LEFT_OUT;
		return;
	}
	if (fields->entries_count == fields->entries_cap) {
		fields->entries_cap = fields->entries_cap * 2 + 1024;
		fields->entries = grow(fields->entries, fields->entries_cap, sizeof(*fields->entries));
	}
	fields->entries[fields->entries_count++] = entry;
	row->count++;
}

/* Moves what entry holds to the end of the block as a list, with room to double in, so that a name
 * that comes ten thousand times costs no more than its values. False when the block is full. */
static bool move_list(struct batch *batch, struct field_entry *entry, size_t more) {
	struct buf *bytes = &batch->fields.bytes;
	struct buf list = {0};
	struct value old = fields_value(batch, batch->fields.rows_done - 1, entry);
	if (old.kind == VALUE_LIST) {
		buf_append_str(&list, old.text);
	} else {
		value_list_append(&list, old);
	}
	unsigned room = 6;
	while (((size_t)1 << room) < 2 * (list.len + more)) {
		room++;
	}
	bool fits = bytes->len + ((size_t)1 << room) <= UINT32_MAX;
	if (fits) {
		*entry = (struct field_entry){.name = entry->name,
		                              .kind = VALUE_LIST,
		                              .place = FIELD_IN_BLOCK,
		                              .room = (uint8_t)room,
		                              .offset = (uint32_t)bytes->len,
		                              .len = (uint32_t)list.len};
		char *at = buf_reserve(bytes, (size_t)1 << room);
		memset(at, 0, (size_t)1 << room);
		if (list.len > 0) {
			memcpy(at, list.ptr, list.len);
		}
		bytes->len += (size_t)1 << room;
	}
	buf_deinit(&list);
	return fits;
}

/* A second value under the same name: both become one packed list. */
static void join_entry(struct batch *batch, struct field_entry *entry, struct value value) {
	struct buf more = {0};
	if (value.kind == VALUE_LIST) {
		buf_append_str(&more, value.text);
	} else {
		value_list_append(&more, value);
	}
	bool has_room = entry->room > 0 && entry->len + more.len <= (size_t)1 << entry->room;
	if (more.len > 0 && (has_room || move_list(batch, entry, more.len))) {
		char *list = batch->fields.bytes.ptr + entry->offset;
		memcpy(list + entry->len, more.ptr, more.len);
		entry->len += (uint32_t)more.len;
	} else if (more.len > 0) {
		fields_left_out(batch);
	}
	buf_deinit(&more);
}

void fields_put(struct batch *batch, uint32_t name, struct value value) {
	struct buf *bytes = &batch->fields.bytes;
	if (value.kind == VALUE_NONE) {
		return;
	}
	if (name == UINT32_MAX) {
		fields_left_out(batch);
		return;
	}
	ASSERT(bytes->len + value.text.len <= UINT32_MAX);
	struct field_entry *same = find_entry(batch, current_row(batch), name);
	if (same != NULL) {
		join_entry(batch, same, value);
		return;
	}
	append_entry(batch, (struct field_entry){.name = name,
	                                         .kind = (uint8_t)value.kind,
	                                         .place = FIELD_IN_BLOCK,
	                                         .offset = (uint32_t)bytes->len,
	                                         .len = (uint32_t)value.text.len});
	buf_append_str(bytes, value.text);
}

void fields_put_span(struct batch *batch, uint32_t name, enum value_kind kind, uint32_t offset,
                     uint32_t len) {
	struct str text = batch_text(batch, batch->fields.rows_done - 1);
	ASSERT(offset <= text.len && len <= text.len - offset);
	if (name == UINT32_MAX) {
		fields_left_out(batch);
		return;
	}
	struct field_entry *same = find_entry(batch, current_row(batch), name);
	if (same != NULL) {
		join_entry(batch, same, (struct value){kind, str_make(text.ptr + offset, len)});
		return;
	}
	append_entry(batch, (struct field_entry){.name = name,
	                                         .kind = (uint8_t)kind,
	                                         .place = FIELD_IN_TEXT,
	                                         .offset = offset,
	                                         .len = len});
}

void fields_put_slice(struct batch *batch, uint32_t name, enum value_kind kind, struct str slice) {
	struct str text = batch_text(batch, batch->fields.rows_done - 1);
	ASSERT(slice.len == 0 ||
	       (slice.ptr >= text.ptr && slice.ptr + slice.len <= text.ptr + text.len));
	uint32_t offset = slice.len == 0 ? 0 : (uint32_t)(slice.ptr - text.ptr);
	fields_put_span(batch, name, kind, offset, (uint32_t)slice.len);
}

uint32_t fields_share(struct batch *batch, struct str bytes) {
	uint32_t offset = (uint32_t)batch->fields.bytes.len;
	ASSERT(batch->fields.bytes.len + bytes.len <= UINT32_MAX);
	buf_append_str(&batch->fields.bytes, bytes);
	return offset;
}

void fields_put_shared(struct batch *batch, uint32_t name, enum value_kind kind, uint32_t offset,
                       uint32_t len) {
	const struct buf *bytes = &batch->fields.bytes;
	ASSERT(offset <= bytes->len && len <= bytes->len - offset);
	if (name == UINT32_MAX) {
		fields_left_out(batch);
		return;
	}
	struct field_entry *same = find_entry(batch, current_row(batch), name);
	if (same != NULL) {
		join_entry(batch, same, (struct value){kind, str_make(bytes->ptr + offset, len)});
		return;
	}
	append_entry(batch, (struct field_entry){.name = name,
	                                         .kind = (uint8_t)kind,
	                                         .place = FIELD_IN_BLOCK,
	                                         .offset = offset,
	                                         .len = len});
}

void fields_put_array(struct batch *batch, uint32_t name, struct str list, uint32_t offset,
                      uint32_t len) {
	struct field_block *fields = &batch->fields;
	struct field_array note = {fields->entries_count, offset, len};
	size_t size = batch_text(batch, fields->rows_done - 1).len;
	ASSERT(offset <= size && len <= size - offset);
	fields_put(batch, name, (struct value){VALUE_LIST, list});
	if (fields->entries_count > note.entry) {
		buf_append(&fields->arrays, &note, sizeof(note));
	}
}

void fields_put_like(struct batch *batch, uint32_t like, bool head) {
	struct field_row *row = current_row(batch);
	ASSERT(row->count == 0 && batch->cut != NULL && like < batch->fields.rows_done - 1);
	const struct field_row *entries = &batch->fields.rows[like];
	ASSERT(entries->like == FIELDS_OWN || (entries->like_head && !head));
	row->like = like;
	row->like_head = head;
	entries = entries->like == FIELDS_OWN ? entries : &batch->fields.rows[entries->like];
	batch->fields.entries_like += entries->count;
}

/* Notes of lists go with their entries, whose numbers fall by one behind the one that is gone. */
static void drop_array(struct buf *arrays, uint32_t entry) {
	struct field_array *notes = (struct field_array *)(void *)arrays->ptr;
	size_t count = arrays->len / sizeof(*notes);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (notes[i].entry != entry) {
			notes[kept] = notes[i];
			notes[kept++].entry -= notes[i].entry > entry;
		}
	}
	arrays->len = kept * sizeof(*notes);
}

bool fields_drop(struct batch *batch, uint32_t name, uint32_t among) {
	struct field_block *fields = &batch->fields;
	struct field_row *row = current_row(batch);
	uint32_t i = 0;
	among = MIN_OF(among, row->count);
	while (i < among && fields->entries[row->first + i].name != name) {
		i++;
	}
	if (i == among) {
		return false;
	}
	struct field_entry *at = &fields->entries[row->first + i];
	memmove(at, at + 1, (row->count - i - 1) * sizeof(*at));
	drop_array(&fields->arrays, row->first + i);
	row->count--;
	fields->entries_count--;
	return true;
}

void fields_drop_all(struct batch *batch) {
	struct field_row *row = current_row(batch);
	struct buf *arrays = &batch->fields.arrays;
	const struct field_array *notes = (const struct field_array *)(void *)arrays->ptr;
	while (arrays->len > 0 && notes[arrays->len / sizeof(*notes) - 1].entry >= row->first) {
		arrays->len -= sizeof(*notes);
	}
	batch->fields.entries_count = row->first;
	row->count = 0;
}

void fields_reset_row(struct batch *batch) {
	struct field_row *row = current_row(batch);
	fields_drop_all(batch);
	row->time_ns = INSTANT_MIN;
	row->time_flags = 0;
}

void fields_end_row(struct batch *batch) {
	struct field_row *row = current_row(batch);
	if (row->time_ns == INSTANT_MIN) {
		row->time_ns = batch->records[batch->fields.rows_done - 1].received_ns;
		row->time_flags = (uint8_t)((row->time_flags & FIELDS_LEFT_OUT) | TIME_NONE);
	}
}

struct value fields_value(const struct batch *batch, uint32_t row,
                          const struct field_entry *entry) {
	struct str whole =
	    entry->place == FIELD_IN_TEXT ? batch_text(batch, row) : buf_str(&batch->fields.bytes);
	ASSERT(entry->offset <= whole.len && entry->len <= whole.len - entry->offset);
	return (struct value){(enum value_kind)entry->kind,
	                      entry->len == 0 ? STR("")
	                                      : str_make(whole.ptr + entry->offset, entry->len)};
}

struct value fields_get(const struct batch *batch, uint32_t row, uint32_t name) {
	ASSERT(row < batch->fields.rows_done && batch->fields.rows[row].like == FIELDS_OWN);
	const struct field_entry *entry = find_entry(batch, &batch->fields.rows[row], name);
	return entry == NULL ? VALUE_ABSENT : fields_value(batch, row, entry);
}
