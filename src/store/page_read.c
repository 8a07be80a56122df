/* Decoding a page, one section at a time. Lengths, counts, offsets and codes from disk are checked
 * here before anybody uses them; memory comes from the view's capped arena.
 */
#include "store/page.h"

#include "base/hash.h"
#include "codec/ints.h"

bool page_checksum_holds(struct str bytes, uint32_t crc) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)bytes;
	(void)crc;
	return true;
#else
	return crc32c(0, bytes.ptr, bytes.len) == crc;
#endif
}

/* ---- the frame ---- */

static enum err read_directory(struct wire *in, struct str rest, struct arena *arena,
                               struct page_frame *frame) {
	uint64_t count = wire_varint_max(in, wire_left(in) / 5);
	bool right = frame->version == PAGE_VERSION_FIRST ? count >= SECTION_COLUMNS
	                                                  : count == SECTION_BODIES - SECTION_META;
	if (in->bad || !right) {
		return ERR_CORRUPT;
	}
	struct page_part *parts = arena_try_alloc(arena, count * sizeof(*parts));
	if (parts == NULL) {
		return ERR_LIMIT;
	}
	struct wire bytes = wire_from(rest);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t len = wire_varint(in);
		parts[i].bytes = wire_bytes(&bytes, len);
		parts[i].crc = wire_u32(in);
	}
	frame->sections = parts;
	frame->sections_count = (uint32_t)count;
	return wire_done(in) && wire_done(&bytes) ? ERR_OK : ERR_CORRUPT;
}

enum err page_frame_read(struct str bytes, struct arena *arena, struct page_frame *out_frame) {
	struct wire in = wire_from(bytes);
	uint32_t magic = wire_u32(&in);
	uint32_t version = wire_u32(&in);
	uint32_t len = wire_u32(&in);
	struct page_frame frame = {.rows = wire_u32(&in)};
	frame.first_index = wire_u64(&in);
	uint32_t directory_len = wire_u32(&in);
	struct str directory = wire_bytes(&in, directory_len);
	struct str covered = str_make(bytes.ptr, bytes.len - wire_left(&in));
	uint32_t crc = wire_u32(&in);
	if (in.bad || magic != PAGE_MAGIC || len != bytes.len || !page_checksum_holds(covered, crc)) {
		return ERR_CORRUPT;
	}
	if (version < PAGE_VERSION_FIRST || version > PAGE_VERSION) {
		return ERR_UNSUPPORTED;
	}
	frame.version = version;
	if (frame.rows == 0 || frame.rows > LIMIT_BATCH_ROWS) {
		return ERR_CORRUPT;
	}
	frame.sections_offset = bytes.len - wire_left(&in);
	struct wire entries = wire_from(directory);
	TRY(read_directory(&entries, str_make(in.at, wire_left(&in)), arena, &frame));
	*out_frame = frame;
	return ERR_OK;
}

enum err page_section(const struct page_frame *frame, uint32_t section, struct wire *out_in) {
	uint32_t first = frame->version == PAGE_VERSION_FIRST ? SECTION_FILTER : SECTION_META;
	ASSERT(section >= first && section - first < frame->sections_count);
	const struct page_part *part = &frame->sections[section - first];
	if (!page_checksum_holds(part->bytes, part->crc)) {
		return ERR_CORRUPT;
	}
	*out_in = wire_from(part->bytes);
	return ERR_OK;
}

enum err page_sections_check(const struct page_frame *frame) {
	for (uint32_t i = 0; i < frame->sections_count; i++) {
		if (!page_checksum_holds(frame->sections[i].bytes, frame->sections[i].crc)) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

/* ---- what is common to many rows ---- */

static void read_source(struct wire *in, struct batch_source *out_source,
                        struct page_stream *out_stream) {
	struct page_stream stream = {.stream = (uint32_t)wire_varint_max(in, UINT32_MAX)};
	struct str id = wire_bytes(in, STREAM_ID_SIZE);
	memcpy(stream.id, id.ptr, id.len);
	stream.first_seq = wire_varint(in);
	struct batch_source source = {.name = wire_str(in, SIZE_MAX)};
	source.path = wire_str(in, SIZE_MAX);
	source.host = wire_str(in, SIZE_MAX);
	source.format = wire_str(in, SIZE_MAX);
	source.zone = wire_str(in, SIZE_MAX);
	source.year = (int32_t)(uint32_t)wire_varint_max(in, UINT32_MAX);
	source.modified_ns = wire_zigzag(in);
	source.charset = (enum charset)wire_varint_max(in, CHARSET_COUNT - 1);
	source.file = (uint32_t)wire_varint_max(in, UINT32_MAX);
	source.container = wire_varint_max(in, 1) == 1;
	struct str object = wire_bytes(in, source.container ? sizeof(source.object) : 0);
	memcpy(source.object, object.ptr, object.len);
	*out_source = source;
	*out_stream = stream;
}

static enum err read_sources(struct wire *in, struct arena *arena, struct page_meta *meta) {
	meta->sources_count = (uint32_t)wire_varint_max(in, MIN_OF(wire_left(in), (size_t)UINT16_MAX));
	meta->sources = arena_try_alloc(arena, meta->sources_count * sizeof(*meta->sources));
	meta->streams = arena_try_alloc(arena, meta->sources_count * sizeof(*meta->streams));
	if (meta->sources == NULL || meta->streams == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < meta->sources_count; i++) {
		read_source(in, &meta->sources[i], &meta->streams[i]);
	}
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

static enum err read_strings(struct wire *in, uint32_t count_max, size_t len_max,
                             struct arena *arena, struct str **out_strings, uint32_t *out_count) {
	uint32_t count = (uint32_t)wire_varint_max(in, MIN_OF(wire_left(in), (size_t)count_max));
	struct str *strings = arena_try_alloc(arena, count * sizeof(*strings));
	if (strings == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < count; i++) {
		strings[i] = wire_str(in, len_max);
	}
	*out_strings = strings;
	*out_count = count;
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

/* A layout names a column at most once: seen[column] is the layout that had it last, plus one. */
static enum err read_layout(struct wire *in, uint32_t number, uint32_t names_count, uint32_t *seen,
                            struct arena *arena, struct page_layout *out_layout) {
	uint32_t count =
	    (uint32_t)wire_varint_max(in, MIN_OF(wire_left(in), (size_t)LIMIT_FIELDS_PER_RECORD));
	uint32_t *columns = arena_try_alloc(arena, count * sizeof(*columns));
	if (columns == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < count; i++) {
		columns[i] = (uint32_t)wire_varint(in);
		if (in->bad || columns[i] >= names_count || seen[columns[i]] == number + 1) {
			return ERR_CORRUPT;
		}
		seen[columns[i]] = number + 1;
	}
	*out_layout = (struct page_layout){columns, count};
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

static enum err read_layouts(struct wire *in, uint32_t rows, struct arena *arena,
                             struct page_meta *meta) {
	meta->layouts_count = (uint32_t)wire_varint_max(in, MIN_OF(wire_left(in), (size_t)rows));
	struct page_layout *layouts = arena_try_alloc(arena, meta->layouts_count * sizeof(*layouts));
	uint32_t *seen = arena_try_alloc(arena, meta->names_count * sizeof(*seen));
	if (layouts == NULL || seen == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < meta->layouts_count; i++) {
		TRY(read_layout(in, i, meta->names_count, seen, arena, &layouts[i]));
	}
	meta->layouts = layouts;
	return ERR_OK;
}

enum err page_meta_read(const struct page_frame *frame, struct arena *arena,
                        struct page_meta *out_meta) {
	struct wire section;
	TRY(page_section(frame, SECTION_META, &section));
	struct blob blob = blob_get(&section, LIMIT_VIEW_BYTES);
	char *bytes = arena_try_alloc(arena, blob.len);
	if (bytes == NULL) {
		return ERR_LIMIT;
	}
	if (!wire_done(&section) || blob_decode(&blob, bytes) != ERR_OK) {
		return ERR_CORRUPT;
	}
	struct wire in = wire_from(str_make(bytes, blob.len));
	struct page_meta meta = {.incarnation = wire_u64(&in)};
	TRY(read_sources(&in, arena, &meta));
	TRY(read_strings(&in, UINT16_MAX, SIZE_MAX, arena, &meta.formats, &meta.formats_count));
	if (frame->version == PAGE_VERSION_FIRST) {
		TRY(read_strings(&in, FIELD_KNOWN_COUNT + LIMIT_NAMES_PER_BATCH, SIZE_MAX, arena,
		                 &meta.names, &meta.names_count));
		TRY(read_layouts(&in, frame->rows, arena, &meta));
		if (frame->sections_count - SECTION_COLUMNS != meta.names_count) {
			return ERR_CORRUPT;
		}
	}
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	*out_meta = meta;
	return ERR_OK;
}

/* ---- numbers of rows ---- */

static void put_narrow(char *array, size_t size, const int64_t *values, uint32_t count) {
	uint16_t *halves = (void *)array;
	uint32_t *words = (void *)array;
	for (uint32_t i = 0; size == 1 && i < count; i++) {
		array[i] = (char)values[i];
	}
	for (uint32_t i = 0; size == sizeof(*halves) && i < count; i++) {
		halves[i] = (uint16_t)values[i];
	}
	for (uint32_t i = 0; size == sizeof(*words) && i < count; i++) {
		words[i] = (uint32_t)values[i];
	}
}

/* The same value count times; the array is zero. */
static void put_same(char *array, size_t size, uint32_t value, uint32_t count) {
	if (size == 1) {
		memset(array, (int)value, count);
	}
	for (uint32_t i = 0; size > 1 && value != 0 && i < count; i++) {
		memcpy(array + i * size, &value, size);
	}
}

/* Reads count integers of [0, max] into an array of elements of size bytes (1, 2 or 4). */
static enum err read_narrow(struct wire *in, uint32_t count, uint64_t max, size_t size,
                            struct arena *arena, void *out_array) {
	int64_t values[LIMIT_BATCH_ROWS];
	char *array = arena_try_alloc(arena, count * size);
	if (array == NULL) {
		return ERR_LIMIT;
	}
	memcpy(out_array, &array, sizeof(array));
	if (ints_get_same(in, count, values)) {
		bool fits = (uint64_t)values[0] <= max;
		put_same(array, size, fits ? (uint32_t)values[0] : 0, count);
		return fits ? ERR_OK : ERR_CORRUPT;
	}
	TRY(ints_get(in, count, values));
	bool above = false;
	for (uint32_t i = 0; i < count; i++) {
		above |= (uint64_t)values[i] > max;
	}
	put_narrow(array, size, values, count);
	return above ? ERR_CORRUPT : ERR_OK;
}

static enum err read_wide(struct wire *in, uint32_t count, struct arena *arena,
                          int64_t **out_values) {
	int64_t *values = arena_try_alloc(arena, count * sizeof(*values));
	if (values == NULL) {
		return ERR_LIMIT;
	}
	TRY(ints_get(in, count, values));
	*out_values = values;
	return ERR_OK;
}

static uint64_t last_of(uint32_t count) {
	return count == 0 ? 0 : count - 1;
}

enum err page_rows_read(const struct page_frame *frame, const struct page_meta *meta,
                        struct arena *arena, struct page_rows *out_rows) {
	struct wire in;
	struct page_rows rows = {0};
	uint32_t count = frame->rows;
	bool layouts = frame->version == PAGE_VERSION_FIRST;
	if (meta->sources_count == 0 || meta->formats_count == 0 ||
	    (layouts && meta->layouts_count == 0)) {
		return ERR_CORRUPT;
	}
	TRY(page_section(frame, SECTION_ROWS, &in));
	TRY(read_narrow(&in, count, UINT8_MAX, 1, arena, &rows.types));
	TRY(read_narrow(&in, count, UINT8_MAX, 1, arena, &rows.flags));
	TRY(read_narrow(&in, count, UINT8_MAX, 1, arena, &rows.time_flags));
	TRY(read_narrow(&in, count, 1, 1, arena, &rows.own_text));
	TRY(read_narrow(&in, count, last_of(meta->sources_count), 2, arena, &rows.sources));
	TRY(read_narrow(&in, count, last_of(meta->formats_count), 2, arena, &rows.formats));
	if (layouts) {
		TRY(read_narrow(&in, count, last_of(meta->layouts_count), 2, arena, &rows.layouts));
	}
	TRY(read_wide(&in, count, arena, &rows.times));
	bool containers = false;
	for (uint32_t i = 0; i < meta->sources_count; i++) {
		containers = containers || meta->sources[i].container;
	}
	for (uint32_t row = 0; containers && row < count; row++) {
		if (meta->sources[rows.sources[row]].container && rows.own_text[row] == 0) {
			return ERR_CORRUPT; /* the body, which would be its text, is not here */
		}
	}
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	*out_rows = rows;
	return ERR_OK;
}

enum err page_receipt_read(const struct page_frame *frame, const uint32_t *body_lens,
                           struct arena *arena, struct page_receipt *out_receipt) {
	struct wire in;
	struct page_receipt receipt;
	TRY(page_section(frame, SECTION_RECEIPT, &in));
	TRY(read_wide(&in, frame->rows, arena, &receipt.received));
	TRY(read_wide(&in, frame->rows, arena, &receipt.monotonic));
	TRY(read_wide(&in, frame->rows, arena, &receipt.numbers));
	TRY(read_wide(&in, frame->rows, arena, &receipt.log_offsets));
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	uint64_t expected = 0; /* the next body begins behind the line feed of the one before */
	for (uint32_t row = 0; body_lens != NULL && row < frame->rows; row++) {
		uint64_t offset = (uint64_t)receipt.log_offsets[row] + expected;
		receipt.log_offsets[row] = (int64_t)offset;
		expected = offset + body_lens[row] + 1;
	}
	*out_receipt = receipt;
	return ERR_OK;
}

/* Reads the lengths of rows with own_text; 0 for the others. */
static enum err read_own_lengths(struct wire *in, const struct page_frame *frame,
                                 const struct page_rows *rows, struct arena *arena,
                                 uint32_t **out_lens) {
	uint32_t own = 0;
	uint32_t *read;
	uint32_t *lens = arena_try_alloc(arena, frame->rows * sizeof(*lens));
	if (lens == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < frame->rows; row++) {
		own += rows->own_text[row];
	}
	TRY(read_narrow(in, own, UINT32_MAX, 4, arena, &read));
	for (uint32_t row = 0; row < frame->rows && own > 0; row++) {
		lens[row] = rows->own_text[row] != 0 ? *read++ : 0;
	}
	*out_lens = lens;
	return ERR_OK;
}

enum err page_lengths_read(const struct page_frame *frame, const struct page_rows *rows,
                           struct arena *arena, struct page_lengths *out_lengths) {
	struct wire in;
	struct page_lengths lengths = {0};
	TRY(page_section(frame, SECTION_LENGTHS, &in));
	if (frame->version == PAGE_VERSION_FIRST) {
		TRY(read_narrow(&in, frame->rows, UINT32_MAX, 4, arena, &lengths.bodies));
		TRY(read_own_lengths(&in, frame, rows, arena, &lengths.texts));
	} else {
		TRY(read_own_lengths(&in, frame, rows, arena, &lengths.bodies));
		TRY(read_wide(&in, (frame->rows + PAGE_GROUP - 1) / PAGE_GROUP, arena, &lengths.groups));
	}
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	*out_lengths = lengths;
	return ERR_OK;
}

/* ---- strings ---- */

/* The decoded bytes of a blob: as they lie there when they are not compressed. */
static enum err read_blob(struct wire *in, struct arena *arena, struct str *out_bytes) {
	struct blob blob = blob_get(in, LIMIT_VIEW_BYTES);
	if (in->bad) {
		return ERR_CORRUPT;
	}
	if (!blob.compressed) {
		*out_bytes = blob.stored;
		return ERR_OK;
	}
	char *bytes = arena_try_alloc(arena, blob.len);
	if (bytes == NULL) {
		return ERR_LIMIT;
	}
	TRY(blob_decode(&blob, bytes));
	*out_bytes = str_make(bytes, blob.len);
	return ERR_OK;
}

enum err page_strings_read(const struct page_frame *frame, enum page_section section,
                           const uint32_t *lens, const uint8_t *kept, struct arena *arena,
                           struct str *out_strings) {
	struct wire in;
	struct str bytes;
	TRY(page_section(frame, section, &in));
	TRY(read_blob(&in, arena, &bytes));
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	struct wire rest = wire_from(bytes);
	for (uint32_t row = 0; row < frame->rows; row++) {
		out_strings[row] = wire_bytes(&rest, kept[row] != 0 ? lens[row] : 0);
	}
	return wire_done(&rest) ? ERR_OK : ERR_CORRUPT;
}

/* ---- columns of fields ---- */

/* The distinct values, or those of the rows that have the field. */
struct values {
	struct value *list;
	uint32_t count;
};

static enum err read_kinds(struct wire *in, struct values *values) {
	int64_t kinds[LIMIT_BATCH_ROWS];
	TRY(ints_get(in, values->count, kinds));
	for (uint32_t i = 0; i < values->count; i++) {
		if (kinds[i] <= VALUE_NONE || kinds[i] >= VALUE_KIND_COUNT) {
			return ERR_CORRUPT;
		}
		values->list[i].kind = (enum value_kind)kinds[i];
	}
	return ERR_OK;
}

/* kinds, lengths, bytes */
static enum err read_values(struct wire *in, struct arena *arena, struct values *values) {
	int64_t lens[LIMIT_BATCH_ROWS];
	struct str bytes;
	TRY(read_kinds(in, values));
	TRY(ints_get(in, values->count, lens));
	TRY(read_blob(in, arena, &bytes));
	struct wire rest = wire_from(bytes);
	for (uint32_t i = 0; i < values->count; i++) {
		values->list[i].text = wire_bytes(&rest, (uint64_t)lens[i]);
	}
	return wire_done(&rest) ? ERR_OK : ERR_CORRUPT;
}

/* kinds, offsets in the row's text plus one (0: not in the text), lengths, bytes of those */
static enum err read_spans(struct wire *in, const struct page_place *place, const struct str *texts,
                           struct arena *arena, struct values *values) {
	int64_t offsets[LIMIT_BATCH_ROWS];
	int64_t lens[LIMIT_BATCH_ROWS];
	struct str bytes;
	TRY(read_kinds(in, values));
	TRY(ints_get(in, values->count, offsets));
	TRY(ints_get(in, values->count, lens));
	TRY(read_blob(in, arena, &bytes));
	struct wire outside = wire_from(bytes);
	for (uint32_t i = 0; i < values->count; i++) {
		struct wire text = wire_from(texts[place->present_rows[i]]);
		if (offsets[i] != 0) {
			(void)wire_bytes(&text, (uint64_t)offsets[i] - 1);
		}
		struct wire *from = offsets[i] == 0 ? &outside : &text;
		values->list[i].text = wire_bytes(from, (uint64_t)lens[i]);
		if (from->bad) {
			return ERR_CORRUPT;
		}
	}
	return wire_done(&outside) ? ERR_OK : ERR_CORRUPT;
}

/* Gives the values their rows. dict: code of each present row, or NULL when value i belongs to the
 * row present_rows[i]. values->list[-1] is there, for the rows without the field. */
static enum err place_values(const struct page_place *place, const struct values *values,
                             const uint16_t *dict, struct arena *arena, struct column *out_column) {
	bool everywhere = place->present == place->rows;
	struct column column = {.rows = place->rows,
	                        .values = everywhere ? values->list : values->list - 1,
	                        .values_count = values->count + (everywhere ? 0 : 1)};
	column.kind = dict == NULL && everywhere ? COLUMN_FLAT : COLUMN_DICT;
	if (everywhere) {
		column.codes = dict;
	} else {
		uint16_t *codes = arena_try_alloc(arena, place->rows * sizeof(*codes));
		if (codes == NULL) {
			return ERR_LIMIT;
		}
		for (uint32_t i = 0; i < place->present; i++) {
			codes[place->present_rows[i]] = (uint16_t)((dict != NULL ? dict[i] : i) + 1);
		}
		column.codes = codes;
	}
	*out_column = column;
	return ERR_OK;
}

enum err page_column_form(const struct page_frame *frame, uint32_t column,
                          enum column_form *out_form) {
	struct str bytes = frame->sections[SECTION_COLUMNS + column].bytes;
	if (bytes.len == 0 || (uint8_t)bytes.ptr[0] >= FORM_COUNT) {
		return ERR_CORRUPT;
	}
	*out_form = (enum column_form)bytes.ptr[0];
	return ERR_OK;
}

static enum err read_codes(struct wire *in, const struct page_place *place, uint32_t values,
                           enum column_form form, struct arena *arena, uint16_t **out_codes) {
	if (form == FORM_DICT) {
		return read_narrow(in, place->present, last_of(values), 2, arena, out_codes);
	}
	uint16_t *codes = arena_try_alloc(arena, place->present * sizeof(*codes));
	if (codes == NULL) {
		return ERR_LIMIT;
	}
	*out_codes = codes; /* a constant: all zero */
	return ERR_OK;
}

enum err page_column_read(const struct page_frame *frame, uint32_t column,
                          const struct page_place *place, const struct str *texts,
                          struct arena *arena, struct column *out_column) {
	struct wire in;
	enum column_form form;
	uint16_t *codes = NULL;
	TRY(page_section(frame, SECTION_COLUMNS + column, &in));
	TRY(page_column_form(frame, column, &form));
	(void)wire_u8(&in);
	uint32_t count = form == FORM_CONST  ? 1
	                 : form == FORM_DICT ? (uint32_t)wire_varint_max(&in, place->present)
	                                     : place->present;
	if (place->present == 0 || count == 0) {
		return ERR_CORRUPT;
	}
	struct value *list = arena_try_alloc(arena, ((size_t)count + 1) * sizeof(*list));
	if (list == NULL) {
		return ERR_LIMIT;
	}
	struct values values = {list + 1, count};
	if (form == FORM_SPAN) {
		TRY(read_spans(&in, place, texts, arena, &values));
	} else {
		TRY(read_values(&in, arena, &values));
	}
	if (form == FORM_CONST && place->present == place->rows) {
		*out_column = (struct column){
		    .kind = COLUMN_CONST, .rows = place->rows, .values_count = 1, .values = values.list};
		return wire_done(&in) ? ERR_OK : ERR_CORRUPT;
	}
	if (form == FORM_CONST || form == FORM_DICT) {
		TRY(read_codes(&in, place, count, form, arena, &codes));
	}
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	return place_values(place, &values, codes, arena, out_column);
}
