/* For tests: a source with its records in memory, cut into pages, its columns in all three forms.
 */
#pragma once

#include "base/instant.h"
#include "query/run_source.h"

enum { FAKE_FIELDS_MAX = 12 };

struct fake_record {
	int64_t time_ns;
	uint8_t type; /* 0: RECORD_DATA */
	struct str text;
	struct row_field fields[FAKE_FIELDS_MAX];
	size_t fields_count;
};

struct fake {
	const struct fake_record *records;
	size_t count;
	uint32_t page_rows;
	uint64_t damaged_page; /* UINT64_MAX: none */
	uint64_t parts, part;  /* of so many, which one: every so-manyth page; 0: all pages */
	/* state */
	uint64_t next_page;
	uint64_t opened, released, left_out;
	bool newest_first, backward;
	int64_t from_ns, to_ns; /* narrowed */
};

struct fake_page {
	const struct fake *fake;
	size_t first;
	uint32_t rows;
	struct arena *arena;
};

static enum err fake_open(struct fake *fake, uint64_t number, struct query_page *out_page) {
	struct fake_page *page = calloc(1, sizeof(*page));
	ASSERT(page != NULL);
	page->fake = fake;
	page->first = (size_t)(number * fake->page_rows);
	page->rows = (uint32_t)MIN_OF(fake->page_rows, fake->count - page->first);
	page->arena = arena_new(SIZE_MAX);
	fake->opened++;
	*out_page = (struct query_page){.page = page, .rows = page->rows, .first_index = page->first};
	return ERR_OK;
}

static enum err fake_begin(void *ctx, const struct expr *filter, struct diag *diag) {
	struct fake *fake = ctx;
	(void)filter;
	(void)diag;
	fake->next_page = 0;
	fake->backward = fake->newest_first;
	fake->newest_first = false;
	fake->from_ns = INSTANT_MIN;
	fake->to_ns = INSTANT_MAX;
	return ERR_OK;
}

static void fake_newest_first(void *ctx) {
	((struct fake *)ctx)->newest_first = true;
}

static void fake_narrow(void *ctx, int64_t from_ns, int64_t to_ns) {
	struct fake *fake = ctx;
	fake->from_ns = MAX_OF(fake->from_ns, from_ns);
	fake->to_ns = MIN_OF(fake->to_ns, to_ns);
}

static void fake_rest(void *ctx, int64_t *out_low_ns, int64_t *out_high_ns) {
	const struct fake *fake = ctx;
	uint64_t pages = (fake->count + fake->page_rows - 1) / fake->page_rows;
	size_t done = (size_t)(fake->next_page * fake->page_rows);
	size_t left = (size_t)((pages - fake->next_page) * fake->page_rows);
	size_t first = fake->backward ? 0 : done;
	size_t end = fake->backward ? left : fake->count;
	*out_low_ns = INSTANT_MAX;
	*out_high_ns = INSTANT_MIN;
	for (size_t i = first; i < MIN_OF(end, fake->count); i++) {
		*out_low_ns = MIN_OF(*out_low_ns, fake->records[i].time_ns);
		*out_high_ns = MAX_OF(*out_high_ns, fake->records[i].time_ns);
	}
}

static bool fake_wanted(const struct fake *fake, uint64_t number) {
	size_t first = (size_t)(number * fake->page_rows);
	for (size_t i = first; i < MIN_OF(first + fake->page_rows, fake->count); i++) {
		int64_t ns = fake->records[i].time_ns;
		if (ns >= fake->from_ns && (ns < fake->to_ns || fake->to_ns == INSTANT_MAX)) {
			return true;
		}
	}
	return false;
}

static enum err fake_next(void *ctx, struct query_page *out_page, struct diag *diag) {
	struct fake *fake = ctx;
	uint64_t pages = (fake->count + fake->page_rows - 1) / fake->page_rows;
	uint64_t number = 0;
	bool wanted = false;
	while (!wanted && fake->next_page < pages) {
		number = fake->backward ? pages - 1 - fake->next_page : fake->next_page;
		fake->next_page++;
		wanted =
		    fake_wanted(fake, number) && (fake->parts == 0 || number % fake->parts == fake->part);
		fake->left_out += !wanted;
	}
	if (!wanted) {
		out_page->page = NULL;
		return ERR_OK;
	}
	return number == fake->damaged_page ? diag_set(diag, ERR_CORRUPT, "this page is damaged")
	                                    : fake_open(fake, number, out_page);
}

static enum err fake_at(void *ctx, const uint64_t *indices, size_t count,
                        struct query_page *out_page, struct diag *diag) {
	struct fake *fake = ctx;
	(void)diag;
	ASSERT(count > 0);
	ASSERT(indices[0] < fake->count);
	return fake_open(fake, indices[0] / fake->page_rows, out_page);
}

static void fake_release(void *ctx, struct query_page *out_page) {
	struct fake *fake = ctx;
	struct fake_page *page = out_page->page;
	fake->released++;
	arena_free(page->arena);
	free(page);
}

static struct store_scan_stats fake_stats(void *ctx) {
	const struct fake *fake = ctx;
	return (struct store_scan_stats){.pages = fake->opened};
}

static uint64_t fake_rows_all(void *ctx) {
	return ((const struct fake *)ctx)->count;
}

static void fake_time_range(void *ctx, int64_t *out_from_ns, int64_t *out_to_ns) {
	const struct fake *fake = ctx;
	*out_from_ns = INSTANT_MAX;
	*out_to_ns = INSTANT_MIN;
	for (size_t i = 0; i < fake->count; i++) {
		*out_from_ns = MIN_OF(*out_from_ns, fake->records[i].time_ns);
		*out_to_ns = MAX_OF(*out_to_ns, fake->records[i].time_ns);
	}
}

static const struct fake_record *fake_record(const struct fake_page *page, uint32_t row) {
	return &page->fake->records[page->first + row];
}

static struct value fake_value(struct arena *arena, const struct fake_record *record,
                               struct str name) {
	if (str_eq(name, STR("@timestamp"))) {
		CLEANUP(buf_deinit) struct buf text = {0};
		instant_format(&text, record->time_ns, 0);
		return value_string(arena_str(arena, buf_str(&text)));
	}
	if (str_eq(name, STR("event.original"))) {
		return value_string(record->text);
	}
	for (size_t i = 0; i < record->fields_count; i++) {
		if (str_eq(record->fields[i].name, name)) {
			return record->fields[i].value;
		}
	}
	return VALUE_ABSENT;
}

static bool fake_same(struct value a, struct value b) {
	return a.kind == b.kind && str_eq(a.text, b.text);
}

/* Constant when all rows are equal, a dictionary up to eight values, flat above. */
static enum err fake_column(void *ctx, struct str name, const struct column **out_column) {
	struct fake_page *page = ctx;
	enum { DICT_MAX = 8 };
	struct column *column = ARENA_NEW(page->arena, struct column);
	struct value *flat = ARENA_ARRAY(page->arena, page->rows + 1, struct value);
	struct value *dict = ARENA_ARRAY(page->arena, DICT_MAX + 1, struct value);
	uint16_t *codes = ARENA_ARRAY(page->arena, page->rows + 1, uint16_t);
	uint16_t distinct = 0;
	for (uint32_t row = 0; row < page->rows; row++) {
		uint16_t code = 0;
		flat[row] = fake_value(page->arena, fake_record(page, row), name);
		while (code < distinct && !fake_same(dict[code], flat[row])) {
			code++;
		}
		if (code == distinct && distinct <= DICT_MAX) {
			dict[distinct++] = flat[row];
		}
		codes[row] = code;
	}
	*column = (struct column){.kind = COLUMN_FLAT, .rows = page->rows, .values = flat};
	column->values_count = page->rows;
	if (distinct <= DICT_MAX) {
		column->kind = distinct <= 1 ? COLUMN_CONST : COLUMN_DICT;
		column->values = dict;
		column->values_count = MAX_OF(distinct, (uint16_t)1);
		column->codes = codes;
	}
	*out_column = column;
	return ERR_OK;
}

static enum err fake_texts(void *ctx, const struct str **out_texts) {
	struct fake_page *page = ctx;
	struct str *texts = ARENA_ARRAY(page->arena, page->rows + 1, struct str);
	for (uint32_t row = 0; row < page->rows; row++) {
		texts[row] = fake_record(page, row)->text;
	}
	*out_texts = texts;
	return ERR_OK;
}

static enum err fake_times(void *ctx, const int64_t **out_times) {
	struct fake_page *page = ctx;
	int64_t *times = ARENA_ARRAY(page->arena, page->rows + 1, int64_t);
	for (uint32_t row = 0; row < page->rows; row++) {
		times[row] = fake_record(page, row)->time_ns;
	}
	*out_times = times;
	return ERR_OK;
}

static enum err fake_types(void *ctx, const uint8_t **out_types) {
	struct fake_page *page = ctx;
	uint8_t *types = ARENA_ARRAY(page->arena, page->rows + 1, uint8_t);
	for (uint32_t row = 0; row < page->rows; row++) {
		uint8_t type = fake_record(page, row)->type;
		types[row] = type == 0 ? RECORD_DATA : type;
	}
	*out_types = types;
	return ERR_OK;
}

static enum err fake_row(void *ctx, uint32_t row, struct row *out_row) {
	struct fake_page *page = ctx;
	const struct fake_record *record = fake_record(page, row);
	/* Copied, so that a row used after its page is a fault that ASan sees. */
	*out_row = (struct row){.time_ns = record->time_ns,
	                        .type = RECORD_DATA,
	                        .text = arena_str(page->arena, record->text),
	                        .body = arena_str(page->arena, record->text),
	                        .stored = true,
	                        .tree = STR("default"),
	                        .index = page->first + row,
	                        .number = page->first + row + 1,
	                        .fields = record->fields,
	                        .fields_count = record->fields_count};
	return ERR_OK;
}

static inline struct query_source fake_source(struct fake *fake) {
	return (struct query_source){
	    .ctx = fake,
	    .begin = fake_begin,
	    .newest_first = fake_newest_first,
	    .narrow = fake_narrow,
	    .rest = fake_rest,
	    .next = fake_next,
	    .at = fake_at,
	    .release = fake_release,
	    .stats = fake_stats,
	    .rows_all = fake_rows_all,
	    .time_range = fake_time_range,
	    .column = fake_column,
	    .texts = fake_texts,
	    .times = fake_times,
	    .types = fake_types,
	    .row = fake_row,
	};
}

/* An output that writes everything as lines of text: records as "#index", with the added fields
 * behind when show is given; table rows as values joined by '|'. */
struct fake_output {
	struct buf *out;
	bool texts;  /* records with their text */
	bool fields; /* and their fields */
};

static enum err fake_output_begin(void *ctx, const struct str *columns, size_t count) {
	const struct fake_output *output = ctx;
	for (size_t i = 0; i < count; i++) {
		buf_printf(output->out, "%s%.*s", i > 0 ? "|" : "", STR_ARG(columns[i]));
	}
	buf_append_str(output->out, count > 0 ? STR("\n") : STR(""));
	return ERR_OK;
}

static enum err fake_output_record(void *ctx, const struct row *row) {
	const struct fake_output *output = ctx;
	buf_printf(output->out, "#%llu", (unsigned long long)row->index);
	if (output->texts) {
		buf_printf(output->out, " %.*s", STR_ARG(row->text));
	}
	for (size_t i = 0; output->fields && i < row->fields_count; i++) {
		buf_printf(output->out, " %.*s=", STR_ARG(row->fields[i].name));
		value_append_text(output->out, row->fields[i].value);
	}
	buf_append_char(output->out, '\n');
	return ERR_OK;
}

static enum err fake_output_values(void *ctx, const struct value *values, size_t count) {
	const struct fake_output *output = ctx;
	for (size_t i = 0; i < count; i++) {
		buf_append_str(output->out, i > 0 ? STR("|") : STR(""));
		value_append_text(output->out, values[i]);
	}
	buf_append_char(output->out, '\n');
	return ERR_OK;
}

static inline struct query_output fake_output(struct fake_output *output) {
	return (struct query_output){.ctx = output,
	                             .begin = fake_output_begin,
	                             .record = fake_output_record,
	                             .values = fake_output_values};
}

static inline struct query_options fake_options(void) {
	return (struct query_options){.now_ns = 1795341600 * INSTANT_SECOND, /* 2026-11-22T10:00:00Z */
	                              .from_ns = INSTANT_MIN,
	                              .to_ns = INSTANT_MAX,
	                              .limit = UINT64_MAX};
}
