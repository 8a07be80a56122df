/* A shape's records are grouped by the fields that tell their log source, which mostly are the same
 * for all of them; for each such kind the detector says which other fields it needs. Only these are
 * decoded, and given to the rules record by record. What a table does not know is read.
 */
#include "cmd/hunt_rows.h"

#include "base/map.h"
#include "sigma/record.h"
#include "store/table.h"

enum {
	SOURCES_MAX = 8, /* fields of a shape that tell the log source */
	KINDS_MAX = 64,  /* of a shape; records of others are read */
};

/* ---- listing ---- */

void hunt_rows_deinit(struct hunt_rows *rows) {
	buf_deinit(&rows->pages);
	buf_deinit(&rows->formats);
	buf_deinit(&rows->verdicts);
	buf_deinit(&rows->kept);
	map_free(rows->names);
}

void hunt_rows_clear(struct hunt_rows *rows) {
	buf_clear(&rows->pages);
	buf_clear(&rows->formats);
	buf_clear(&rows->verdicts);
	buf_clear(&rows->kept);
}

static uint8_t number_format(struct hunt_rows *rows, struct value value) {
	if (rows->names == NULL) {
		rows->names = map_new();
	}
	struct str name = value.kind == VALUE_NONE ? STR("") : value.text;
	const uint64_t *known = map_find(rows->names, name);
	if (known != NULL) {
		return (uint8_t)*known;
	}
	size_t count = map_count(rows->names);
	if (count == HUNT_FORMATS_MAX) {
		return HUNT_FORMATS_MAX;
	}
	*map_put(rows->names, name, 0, NULL) = count;
	return (uint8_t)count;
}

enum err hunt_rows_add(struct hunt_rows *rows, struct store_view *view, int64_t from_ns,
                       int64_t to_ns) {
	const int64_t *times;
	const uint8_t *types;
	const struct column *formats;
	TRY(store_view_times(view, &times));
	TRY(store_view_types(view, &types));
	TRY(store_view_column(view, STR("akashi.format"), &formats));
	static const uint32_t none = 0;
	struct hunt_page page = {store_view_first_index(view), store_view_rows(view),
	                         (uint32_t)rows->formats.len};
	buf_append(&rows->pages, &page, sizeof(page));
	for (uint32_t i = 0; i < page.rows; i++) {
		bool wanted = types[i] == RECORD_DATA && times[i] >= from_ns &&
		              (times[i] < to_ns || to_ns == INT64_MAX);
		uint8_t last = i > 0 ? (uint8_t)rows->formats.ptr[rows->formats.len - 1] : 0;
		bool same =
		    i > 0 && formats->kind == COLUMN_DICT && formats->codes[i] == formats->codes[i - 1];
		uint8_t format = same ? last : number_format(rows, column_get(formats, i));
		buf_append_char(&rows->formats, (char)format);
		buf_append(&rows->kept, &none, sizeof(none));
		buf_append_char(&rows->verdicts, wanted ? HUNT_READ : HUNT_LEFT_OUT);
	}
	return ERR_OK;
}

/* ---- judging ---- */

/* Records of a shape that are alike in what tells their log source. */
struct kind {
	uint32_t codes[SOURCES_MAX];
	uint8_t format;
	enum detector_wish wish;
	bool *wants; /* of each name of the shape */
};

/* Fields of a record. */
struct record {
	struct row_field *fields;
	uint32_t count;
};

struct hunt_judge {
	struct detector_run *run;
	struct row_field *fields; /* room for those of a record */
	/* Of a block. */
	struct store_table *table;
	struct hunt_rows *rows;
	uint32_t *names; /* number of the detector for each name of the block */
	uint32_t names_count;
	uint8_t *formats;   /* by place */
	uint8_t *found;     /* by place: enum hunt_verdict */
	uint32_t *kept;     /* by place: number of the record */
	struct buf records; /* struct record: those that are kept */
	struct arena *records_arena;
	/* Of a shape. */
	struct buf has;                /* uint32_t: names that it has */
	uint32_t sources[SOURCES_MAX]; /* which of these tell the log source */
	uint32_t sources_count;
	bool windows; /* some record may have a field of the header of an event of Windows */
	struct kind kinds[KINDS_MAX];
	uint32_t kinds_count;
	struct buf ranks; /* uint32_t: records for which a rule holds */
	uint32_t **codes; /* by number in has; NULL: not decoded */
	struct arena *arena;
};

struct hunt_judge *hunt_judge_new(struct detector_run *run) {
	struct hunt_judge *judge = calloc(1, sizeof(*judge));
	ASSERT(judge != NULL);
	judge->run = run;
	judge->arena = arena_new(SIZE_MAX);
	judge->records_arena = arena_new(SIZE_MAX);
	judge->fields = calloc(LIMIT_FIELDS_PER_RECORD, sizeof(*judge->fields));
	ASSERT(judge->fields != NULL);
	return judge;
}

void hunt_judge_free(struct hunt_judge *judge) {
	if (judge != NULL) {
		hunt_judge_end(judge);
		buf_deinit(&judge->has);
		buf_deinit(&judge->ranks);
		buf_deinit(&judge->records);
		arena_free(judge->arena);
		arena_free(judge->records_arena);
		free(judge->fields);
		free(judge->kept);
		free(judge->names);
		free(judge->formats);
		free(judge->found);
		free(judge);
	}
}

void hunt_judge_end(struct hunt_judge *judge) {
	store_table_free(TAKE(judge->table));
	arena_reset(judge->records_arena);
	buf_clear(&judge->records);
}

const struct row_field *hunt_judge_fields(const struct hunt_judge *judge, uint32_t number,
                                          size_t *out_count) {
	const struct record *records = (const struct record *)(const void *)judge->records.ptr;
	ASSERT(number < judge->records.len / sizeof(*records));
	*out_count = records[number].count;
	return records[number].fields;
}

static const uint32_t *has_of(const struct hunt_judge *judge, uint32_t *out_count) {
	*out_count = (uint32_t)(judge->has.len / sizeof(uint32_t));
	return (const uint32_t *)(const void *)judge->has.ptr;
}

static struct str format_of(const struct hunt_judge *judge, uint8_t number) {
	return map_key(judge->rows->names, number);
}

/* Decodes a field of the shape unless it was before. */
static enum err use_codes(struct hunt_judge *judge, uint32_t number, uint32_t rows) {
	uint32_t count;
	const uint32_t *has = has_of(judge, &count);
	ASSERT(number < count);
	if (judge->codes[number] == NULL) {
		uint32_t *codes = ARENA_ARRAY(judge->arena, rows, uint32_t);
		TRY(store_table_codes(judge->table, has[number], codes));
		judge->codes[number] = codes;
	}
	return ERR_OK;
}

/* ERR_UNSUPPORTED: too many fields tell the log source. */
static enum err begin_shape(struct hunt_judge *judge, uint32_t shape) {
	uint32_t rows = store_table_shape_rows(judge->table, shape);
	const struct str *names;
	uint32_t count;
	TRY(store_table_begin(judge->table, shape));
	buf_clear(&judge->has);
	arena_reset(judge->arena);
	judge->sources_count = judge->kinds_count = 0;
	judge->windows = false;
	(void)store_table_names(judge->table, &names);
	for (uint32_t i = 0; i < judge->names_count; i++) {
		if (store_table_has(judge->table, i)) {
			bool header;
			(void)sigma_field_name(names[i], &header, NULL);
			judge->windows = judge->windows || header;
			buf_append(&judge->has, &i, sizeof(i));
		}
	}
	const uint32_t *has = has_of(judge, &count);
	judge->codes = ARENA_ARRAY(judge->arena, (size_t)count + 1, uint32_t *);
	for (uint32_t i = 0; i < count; i++) {
		if (!detector_tells_source(judge->run, judge->names[has[i]])) {
			continue;
		}
		if (judge->sources_count == SOURCES_MAX) {
			return ERR_UNSUPPORTED;
		}
		judge->sources[judge->sources_count++] = i;
		TRY(use_codes(judge, i, rows));
	}
	return ERR_OK;
}

/* Puts a field of a record. *out_known: false: only the record says what it has. */
static enum err put_field(struct hunt_judge *judge, uint32_t number, uint32_t code,
                          bool *out_known) {
	uint32_t count;
	uint32_t name = has_of(judge, &count)[number];
	struct value value;
	*out_known = code != STORE_TABLE_UNKNOWN;
	if (code == 0 || !*out_known) {
		return ERR_OK;
	}
	TRY(store_table_value(judge->table, name, code, &value));
	detector_put(judge->run, judge->names[name], value);
	return ERR_OK;
}

/* Asks the detector about a new kind; fields that it needs are decoded. */
static enum err make_kind(struct hunt_judge *judge, struct kind *kind, uint32_t rows) {
	uint32_t count;
	const uint32_t *has = has_of(judge, &count);
	bool known = true;
	kind->wish = DETECTOR_WHOLE;
	detector_put_begin(judge->run);
	for (uint32_t i = 0; i < judge->sources_count && known; i++) {
		TRY(put_field(judge, judge->sources[i], kind->codes[i], &known));
	}
	if (!known || kind->format == HUNT_FORMATS_MAX) {
		return ERR_OK;
	}
	kind->wish = detector_put_source(judge->run, format_of(judge, kind->format));
	if (kind->wish != DETECTOR_FIELDS && kind->wish != DETECTOR_KEYWORDS) {
		return ERR_OK;
	}
	kind->wants = ARENA_ARRAY(judge->arena, (size_t)count + 1, bool);
	for (uint32_t i = 0; i < count; i++) {
		kind->wants[i] = detector_wants(judge->run, judge->names[has[i]]);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (kind->wants[i]) {
			TRY(use_codes(judge, i, rows));
		}
	}
	return ERR_OK;
}

/* Codes that are of one record only would make a kind of each. */
static bool is_kind(const struct hunt_judge *judge, const struct kind *kind, uint32_t rank,
                    uint8_t format) {
	bool same = kind->format == format;
	for (uint32_t i = 0; i < judge->sources_count && same; i++) {
		same = kind->codes[i] == judge->codes[judge->sources[i]][rank];
	}
	return same;
}

/* *out_kind: NULL: there are too many. last: the kind of the record before, or NULL. */
static enum err kind_of(struct hunt_judge *judge, uint32_t rank, uint8_t format, uint32_t rows,
                        const struct kind **last) {
	if (*last != NULL && is_kind(judge, *last, rank, format)) {
		return ERR_OK;
	}
	for (uint32_t i = 0; i < judge->kinds_count; i++) {
		if (is_kind(judge, &judge->kinds[i], rank, format)) {
			*last = &judge->kinds[i];
			return ERR_OK;
		}
	}
	*last = NULL;
	if (judge->kinds_count < KINDS_MAX) {
		struct kind *kind = &judge->kinds[judge->kinds_count];
		*kind = (struct kind){.format = format};
		for (uint32_t i = 0; i < judge->sources_count; i++) {
			kind->codes[i] = judge->codes[judge->sources[i]][rank];
		}
		TRY(make_kind(judge, kind, rows));
		judge->kinds_count++;
		*last = kind;
	}
	return ERR_OK;
}

/* Whether a rule may hold for the record. */
static enum err try_record(struct hunt_judge *judge, const struct kind *kind, uint32_t rank,
                           bool *out_may) {
	uint32_t count;
	uint32_t rules;
	bool known = true;
	(void)has_of(judge, &count);
	detector_put_begin(judge->run);
	for (uint32_t i = 0; i < count && known; i++) {
		if (kind->wants[i]) {
			TRY(put_field(judge, i, judge->codes[i][rank], &known));
		}
	}
	*out_may = true;
	if (known) {
		(void)detector_put_rules(judge->run, format_of(judge, kind->format), &rules);
		*out_may = rules > 0 || detector_error(judge->run) != ERR_OK;
	}
	return ERR_OK;
}

/* Of such records keywords are looked for in the fields, and not in the text (sigma/record.h). */
static bool is_windows(const struct record *record) {
	for (uint32_t i = 0; i < record->count; i++) {
		bool header;
		(void)sigma_field_name(record->fields[i].name, &header, NULL);
		if (header) {
			return true;
		}
	}
	return false;
}

/* Keeps the fields of number i of those that the table has begun with. */
static enum err keep_record(struct hunt_judge *judge, uint32_t i, uint32_t place) {
	struct record record = {0};
	bool known;
	TRY(store_table_fields(judge->table, i, judge->fields, &record.count, &known));
	if (!known) {
		judge->found[place] = HUNT_READ;
		return ERR_OK;
	}
	record.fields = ARENA_ARRAY(judge->records_arena, record.count, struct row_field);
	for (uint32_t k = 0; k < record.count; k++) {
		struct value value = judge->fields[k].value;
		value.text = arena_str(judge->records_arena, value.text);
		record.fields[k] = (struct row_field){judge->fields[k].name, value};
	}
	judge->kept[place] = (uint32_t)(judge->records.len / sizeof(record));
	if (judge->found[place] == HUNT_TEXT && is_windows(&record)) {
		judge->found[place] = HUNT_KEPT;
	}
	buf_append(&judge->records, &record, sizeof(record));
	return ERR_OK;
}

/* Those in ranks. */
static enum err keep_records(struct hunt_judge *judge, uint32_t shape, uint32_t start) {
	const uint32_t *ranks = (const uint32_t *)(const void *)judge->ranks.ptr;
	uint32_t count = (uint32_t)(judge->ranks.len / sizeof(*ranks));
	if (count == 0) {
		return ERR_OK;
	}
	TRY(store_table_begin_some(judge->table, shape, ranks, count));
	for (uint32_t i = 0; i < count; i++) {
		TRY(keep_record(judge, i, start + ranks[i]));
	}
	return ERR_OK;
}

/* Keeps the fields that rules ask for beside the text. */
static enum err keep_wanted(struct hunt_judge *judge, const struct kind *kind, uint32_t rank,
                            uint32_t place) {
	struct record record = {0};
	const struct str *names;
	uint32_t count;
	const uint32_t *has = has_of(judge, &count);
	(void)store_table_names(judge->table, &names);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t code = kind->wants[i] ? judge->codes[i][rank] : 0;
		struct value value;
		if (code == STORE_TABLE_UNKNOWN || (code != 0 && record.count == LIMIT_FIELDS_PER_RECORD)) {
			judge->found[place] = HUNT_READ;
			return ERR_OK;
		}
		if (code != 0) {
			TRY(store_table_value(judge->table, has[i], code, &value));
			value.text = arena_str(judge->records_arena, value.text);
			judge->fields[record.count++] = (struct row_field){names[has[i]], value};
		}
	}
	record.fields = ARENA_ARRAY(judge->records_arena, record.count, struct row_field);
	if (record.count > 0) {
		memcpy(record.fields, judge->fields, record.count * sizeof(*record.fields));
	}
	judge->kept[place] = (uint32_t)(judge->records.len / sizeof(record));
	buf_append(&judge->records, &record, sizeof(record));
	return ERR_OK;
}

/* HUNT_KEPT, HUNT_TEXT: the fields are still to be kept; HUNT_WORDS: those that rules ask for. */
static enum err judge_record(struct hunt_judge *judge, const struct kind *kind, uint32_t rank,
                             enum hunt_verdict *out_verdict) {
	bool may;
	*out_verdict = HUNT_READ;
	if (kind == NULL) {
		return ERR_OK;
	}
	if (kind->wish == DETECTOR_NONE) {
		*out_verdict = HUNT_LEFT_OUT;
	} else if (kind->wish == DETECTOR_FIELDS) {
		TRY(try_record(judge, kind, rank, &may));
		*out_verdict = may ? HUNT_KEPT : HUNT_LEFT_OUT;
	} else if (kind->wish == DETECTOR_KEYWORDS) {
		*out_verdict = judge->windows ? HUNT_TEXT : HUNT_WORDS;
	}
	return ERR_OK;
}

/* start: place of the shape's first record. */
static enum err judge_shape(struct hunt_judge *judge, uint32_t shape, uint32_t start) {
	uint32_t rows = store_table_shape_rows(judge->table, shape);
	const struct kind *kind = NULL;
	if (rows == 0 || memchr(judge->found + start, HUNT_READ, rows) == NULL) {
		return ERR_OK;
	}
	TRY(begin_shape(judge, shape));
	buf_clear(&judge->ranks);
	for (uint32_t rank = 0; rank < rows; rank++) {
		uint8_t *found = &judge->found[start + rank];
		enum hunt_verdict verdict;
		if (*found == HUNT_LEFT_OUT) {
			continue;
		}
		TRY(kind_of(judge, rank, judge->formats[start + rank], rows, &kind));
		TRY(judge_record(judge, kind, rank, &verdict));
		*found = (uint8_t)verdict;
		if (verdict == HUNT_KEPT || verdict == HUNT_TEXT) {
			buf_append(&judge->ranks, &rank, sizeof(rank));
		} else if (verdict == HUNT_WORDS) {
			TRY(keep_wanted(judge, kind, rank, start + rank));
		}
	}
	return keep_records(judge, shape, start);
}

/* ---- a block ---- */

/* The pages of the block, as far as they are listed. */
struct pages {
	const struct hunt_page *items;
	size_t count;
	uint64_t first; /* index of the block's first record */
	uint32_t rows;
	uint32_t *places; /* of each record of the block */
};

/* ERR_CORRUPT: a page is not wholly in the block. */
static enum err find_pages(const struct hunt_judge *judge, size_t page, struct pages *out_pages) {
	const struct hunt_page *all = (const struct hunt_page *)(const void *)judge->rows->pages.ptr;
	size_t count = judge->rows->pages.len / sizeof(*all);
	store_table_range(judge->table, &out_pages->first, &out_pages->rows);
	out_pages->items = all + page;
	out_pages->count = 0;
	for (size_t i = page; i < count; i++) {
		uint64_t from = all[i].first_index - out_pages->first;
		if (all[i].first_index < out_pages->first || from >= out_pages->rows) {
			break;
		}
		if (all[i].rows > out_pages->rows - from) {
			return ERR_CORRUPT;
		}
		out_pages->count++;
	}
	return out_pages->count > 0 ? ERR_OK : ERR_CORRUPT;
}

/* Records between the listed ones and places; to: of the table, else to the list. Returns how many
 * are to be read. */
static uint32_t carry(struct hunt_judge *judge, const struct pages *pages, bool to_table) {
	const uint8_t *formats = (const uint8_t *)judge->rows->formats.ptr;
	uint8_t *verdicts = (uint8_t *)judge->rows->verdicts.ptr;
	uint32_t *kept = (uint32_t *)(void *)judge->rows->kept.ptr;
	uint32_t reads = 0;
	for (size_t i = 0; i < pages->count; i++) {
		const struct hunt_page *page = &pages->items[i];
		uint32_t first = (uint32_t)(page->first_index - pages->first);
		for (uint32_t k = 0; k < page->rows; k++) {
			uint32_t place = pages->places[first + k];
			if (to_table) {
				judge->found[place] = verdicts[page->at + k];
				judge->formats[place] = formats[page->at + k];
			} else {
				verdicts[page->at + k] = judge->found[place];
				kept[page->at + k] = judge->kept[place];
			}
			reads += judge->found[place] == HUNT_READ;
		}
	}
	return reads;
}

static void begin_block(struct hunt_judge *judge, uint32_t rows) {
	const struct str *names;
	free(judge->names);
	free(judge->formats);
	free(judge->found);
	free(judge->kept);
	judge->names_count = store_table_names(judge->table, &names);
	judge->names = calloc((size_t)judge->names_count + 1, sizeof(*judge->names));
	judge->formats = calloc((size_t)rows + 1, 1);
	judge->found = calloc((size_t)rows + 1, 1);
	judge->kept = calloc((size_t)rows + 1, sizeof(*judge->kept));
	ASSERT(judge->names != NULL && judge->formats != NULL && judge->found != NULL);
	ASSERT(judge->kept != NULL);
	detector_names(judge->run);
	for (uint32_t i = 0; i < judge->names_count; i++) {
		judge->names[i] = detector_name(judge->run, names[i]);
	}
}

static enum err judge_pages(struct hunt_judge *judge, const struct pages *pages,
                            uint64_t *out_bytes) {
	begin_block(judge, pages->rows);
	TRY(store_table_places(judge->table, pages->places));
	uint64_t asked = carry(judge, pages, true);
	uint32_t start = 0;
	for (uint32_t i = 0; i < store_table_shapes(judge->table) && asked > 0; i++) {
		TRY(judge_shape(judge, i, start));
		start += store_table_shape_rows(judge->table, i);
	}
	(void)carry(judge, pages, false);
	*out_bytes = (uint64_t)((double)store_table_bytes(judge->table) * (double)asked /
	                        (double)MAX_OF(pages->rows, 1u));
	return ERR_OK;
}

enum err hunt_judge_block(struct hunt_judge *judge, struct store *store, struct hunt_rows *rows,
                          size_t page, struct hunt_block *out_block) {
	const struct hunt_page *all = (const struct hunt_page *)(const void *)rows->pages.ptr;
	struct pages pages = {0};
	uint64_t bytes = 0;
	hunt_judge_end(judge);
	TRY(store_table_new(store, all[page].first_index, &judge->table));
	judge->rows = rows;
	enum err err = find_pages(judge, page, &pages);
	if (err == ERR_OK) {
		pages.places = calloc((size_t)pages.rows + 1, sizeof(*pages.places));
		ASSERT(pages.places != NULL);
		err = judge_pages(judge, &pages, &bytes);
		free(pages.places);
	}
	if (err == ERR_OK) {
		*out_block = (struct hunt_block){page + pages.count, bytes};
	}
	return err;
}
