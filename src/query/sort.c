/* Sorting of rows: the implicit order of results (event time, then index) and the pipe sort. With a
 * limit only the first are kept. Rows of queries that name no fields take 16 bytes and a pointer.
 */
#include "base/instant.h"
#include "expr/compare.h"
#include "query/plan.h"
#include "query/records.h"
#include "query/run.h"

struct kept {
	int64_t time_ns;
	uint64_t index;
	struct row_copy *copy;    /* NULL when the query names no fields; extra: scalars of the keys */
	const struct row *record; /* read while its page was at hand; NULL: there was no room */
};

struct sorting {
	struct sort_options options;
	bool newest;
	bool by_index;
	struct kept *rows;
	size_t count, cap;
	uint64_t pushed; /* so far */
	size_t look_at;  /* at so many rows some may be given out early */
	struct arena *records;
	size_t records_bytes;
	bool sorted; /* so far they came in order */
	bool full; /* there are `keep` rows, and rows[keep - 1] was the last of them at the last cut */
};

/* Rows beyond the limit are cut off when so many have gathered. */
enum { SLACK = 256, KEYS_MAX = 64, EARLY_ROWS = 16384 };
enum { RECORDS_BYTES_MAX = 8 << 20, RECORDS_SHARE = 8 }; /* of the query's memory */

/* ---- copies ---- */

static size_t align(size_t bytes) {
	return (bytes + 15) & ~(size_t)15;
}

static bool is_kept(const struct run *run, size_t field, size_t from, struct value value) {
	return value.kind != VALUE_NONE && run->query->fields[field].last >= from;
}

enum err row_copy_new(struct run *run, const struct flow_row *row, size_t from, size_t extra_bytes,
                      struct row_copy **out_copy) {
	size_t count = run->query->fields_count;
	size_t head = align(sizeof(struct row_copy));
	size_t values_at = head + align(extra_bytes);
	size_t at = values_at + count * sizeof(struct value);
	size_t bytes = at;
	for (size_t i = 0; i < count; i++) {
		bytes += is_kept(run, i, from, row->values[i]) ? row->values[i].text.len : 0;
	}
	TRY(run_take(run, bytes));
	char *block = calloc(1, bytes);
	ASSERT(block != NULL);
	struct row_copy *copy = (void *)block;
	struct value *values = (void *)(block + values_at);
	for (size_t i = 0; i < count; i++) {
		struct value value = row->values[i];
		if (is_kept(run, i, from, value)) {
			if (value.text.len > 0) {
				memcpy(block + at, value.text.ptr, value.text.len);
			}
			values[i] = (struct value){value.kind, str_make(block + at, value.text.len)};
			at += value.text.len;
		}
	}
	*copy = (struct row_copy){.row = *row, .bytes = bytes, .extra = block + head};
	copy->row.values = values;
	copy->row.page = NULL;
	*out_copy = copy;
	return ERR_OK;
}

void row_copy_free(struct run *run, struct row_copy *copy) {
	if (copy != NULL) {
		run_give_back(run, copy->bytes);
		free(copy);
	}
}

/* ---- order ---- */

struct sort_value {
	bool present;
	struct scalar scalar;
};

static struct sort_value read_sort_value(struct value value) {
	size_t at = 0;
	struct value first = value;
	if (value.kind == VALUE_LIST && !value_list_next(value.text, &at, &first)) {
		first = VALUE_ABSENT;
	}
	struct sort_value out = {.present = first.kind != VALUE_NONE};
	if (out.present) {
		out.scalar = scalar_read(first.text);
	}
	return out;
}

/* Rows without the field come last either way. */
static int compare_keys(const struct sorting *sorting, const struct row_copy *a,
                        const struct row_copy *b) {
	const struct sort_value *x = (const void *)a->extra;
	const struct sort_value *y = (const void *)b->extra;
	for (size_t i = 0; i < sorting->options.keys_count; i++) {
		if (x[i].present != y[i].present) {
			return x[i].present ? -1 : 1;
		}
		int order = x[i].present ? scalar_order(&x[i].scalar, &y[i].scalar) : 0;
		if (order != 0) {
			return (order < 0) != sorting->options.keys[i].descending ? -1 : 1;
		}
	}
	return 0;
}

static int compare_forward(const struct sorting *sorting, const struct kept *a,
                           const struct kept *b) {
	if (sorting->options.keys_count > 0) {
		int order = compare_keys(sorting, a->copy, b->copy);
		if (order != 0) {
			return order;
		}
	}
	if (a->time_ns != b->time_ns && !sorting->by_index) {
		return (a->time_ns < b->time_ns) != sorting->newest ? -1 : 1;
	}
	if (a->index != b->index || a->copy == NULL) {
		return a->index < b->index ? -1 : a->index > b->index;
	}
	return a->copy->number < b->copy->number ? -1 : 1; /* one record several times: join */
}

/* For the last rows everything is turned round, until they are given out. */
static int compare(const struct sorting *sorting, const struct kept *a, const struct kept *b) {
	int order = compare_forward(sorting, a, b);
	return sorting->options.last ? -order : order;
}

static int compare_rows(const void *a, const void *b, void *sorting) {
	return compare(sorting, a, b);
}

/* ---- the operator ---- */

static void sort_rows(struct sorting *sorting) {
	if (!sorting->sorted) {
		qsort_r(sorting->rows, sorting->count, sizeof(*sorting->rows), compare_rows, sorting);
		sorting->sorted = true;
	}
}

/* By time alone: what is behind the last row that is wanted cannot become one. Equal times stay in:
 * their order is that of the index, and pages may come from behind. */
static void narrow(const struct op *op) {
	const struct sorting *sorting = op->state;
	struct run *run = op->run;
	if (!sorting->full || sorting->options.keys_count > 0 || sorting->by_index) {
		return;
	}
	int64_t last = sorting->rows[sorting->options.keep - 1].time_ns;
	if (sorting->newest != sorting->options.last) {
		run->wanted_from_ns = MAX_OF(run->wanted_from_ns, last);
	} else if (last < INSTANT_MAX) {
		run->wanted_to_ns = MIN_OF(run->wanted_to_ns, last + 1);
	}
}

static void cut(struct op *op) {
	struct sorting *sorting = op->state;
	sort_rows(sorting);
	for (size_t i = sorting->options.keep; i < sorting->count; i++) {
		row_copy_free(op->run, sorting->rows[i].copy);
	}
	sorting->count = MIN_OF(sorting->count, sorting->options.keep);
	sorting->full = sorting->count == sorting->options.keep;
	narrow(op);
}

/* True for a row that comes behind all that are wanted: it needs no copy. */
static bool is_behind(const struct sorting *sorting, const struct flow_row *row) {
	struct sort_value values[KEYS_MAX];
	struct row_copy copy = {.number = sorting->pushed, .extra = (char *)values};
	struct kept kept = {.time_ns = row->time_ns, .index = row->index, .copy = &copy};
	const struct kept *last = &sorting->rows[sorting->options.keep - 1];
	for (size_t i = 0; i < sorting->options.keys_count; i++) {
		values[i] = read_sort_value(row->values[sorting->options.keys[i].field]);
	}
	kept.copy = last->copy == NULL ? NULL : &copy;
	return compare(sorting, last, &kept) < 0;
}

static enum err make_room(struct op *op) {
	struct sorting *sorting = op->state;
	uint64_t keep = sorting->options.keep;
	if (keep < SIZE_MAX / 4 && sorting->count >= 2 * keep + SLACK) {
		cut(op);
	}
	if (sorting->count < sorting->cap) {
		return ERR_OK;
	}
	size_t cap = sorting->cap == 0 ? 1024 : sorting->cap * 2;
	TRY(run_take(op->run, (cap - sorting->cap) * sizeof(*sorting->rows)));
	sorting->rows = reallocarray(sorting->rows, cap, sizeof(*sorting->rows));
	ASSERT(sorting->rows != NULL);
	sorting->cap = cap;
	return ERR_OK;
}

static enum err keep_values(struct op *op, const struct flow_row *row, struct kept *kept) {
	const struct sorting *sorting = op->state;
	size_t keys = sorting->options.keys_count;
	if (op->run->query->fields_count == 0) {
		return ERR_OK;
	}
	TRY(row_copy_new(op->run, row, sorting->options.from, keys * sizeof(struct sort_value),
	                 &kept->copy));
	kept->copy->number = sorting->pushed;
	struct sort_value *values = (void *)kept->copy->extra;
	for (size_t i = 0; i < keys; i++) {
		values[i] = read_sort_value(kept->copy->row.values[sorting->options.keys[i].field]);
	}
	return ERR_OK;
}

/* Few results are read while their page is open, which the output would open again. Not of a page
 * that has more rows than are wanted in all. */
static void keep_record(struct op *op, const struct flow_row *row, struct kept *kept) {
	struct sorting *sorting = op->state;
	struct run *run = op->run;
	size_t most = MIN_OF((size_t)RECORDS_BYTES_MAX, run->budget->max / RECORDS_SHARE);
	struct row record;
	if (row->page == NULL || run->query->table || run->options->count_only ||
	    row->page->rows > sorting->options.keep || sorting->records_bytes >= most) {
		return;
	}
	if (record_read(run, row->page, row->row, &record) != ERR_OK) {
		return; /* the output will say it */
	}
	size_t bytes = record_bytes(&record);
	if (bytes <= most - sorting->records_bytes && bytes <= run->budget->max - run->budget->used &&
	    run_take(run, bytes) == ERR_OK) {
		sorting->records_bytes += bytes;
		kept->record = record_copy(sorting->records, &record);
	}
}

/* Whether rows can be given out before all have come: in order of time, all of them wanted. */
static bool gives_early(const struct sorting *sorting) {
	return sorting->options.keep == UINT64_MAX && sorting->options.keys_count == 0 &&
	       !sorting->by_index && !sorting->options.last;
}

static enum err give(struct op *op, size_t count) {
	struct sorting *sorting = op->state;
	size_t given = 0;
	enum err err = ERR_OK;
	for (; given < count && !op->next->full && err == ERR_OK; given++) {
		const struct kept *kept = &sorting->rows[sorting->options.last ? count - 1 - given : given];
		struct flow_row row = {.time_ns = kept->time_ns, .index = kept->index};
		if (kept->copy != NULL) {
			row = kept->copy->row;
		}
		row.record = kept->record;
		err = run_tick(op->run);
		if (err == ERR_OK) {
			err = op->next->push(op->next, &row);
		}
	}
	op->full = op->next->full;
	return err;
}

/* Rows before all that is still to come go on at once: logs come nearly in order. Looked at when
 * the rows have doubled, so that sorting what has to wait costs little. */
static enum err give_early(struct op *op) {
	struct sorting *sorting = op->state;
	const struct run *run = op->run;
	size_t count = 0;
	if (sorting->count < MAX_OF(sorting->look_at, (size_t)EARLY_ROWS)) {
		return ERR_OK;
	}
	sort_rows(sorting);
	while (count < sorting->count &&
	       (sorting->newest ? sorting->rows[count].time_ns > run->rest_high_ns
	                        : sorting->rows[count].time_ns < run->rest_low_ns)) {
		count++;
	}
	TRY(give(op, count));
	for (size_t i = 0; i < count; i++) {
		row_copy_free(op->run, sorting->rows[i].copy);
	}
	sorting->count -= count;
	memmove(sorting->rows, sorting->rows + count, sorting->count * sizeof(*sorting->rows));
	sorting->look_at = sorting->count * 2 + EARLY_ROWS;
	return ERR_OK;
}

static enum err sort_push(struct op *op, const struct flow_row *row) {
	struct sorting *sorting = op->state;
	struct kept kept = {.time_ns = row->time_ns, .index = row->index};
	if (sorting->options.keep == 0) {
		op->full = true;
		return ERR_OK;
	}
	TRY(run_tick(op->run));
	if (sorting->full && is_behind(sorting, row)) {
		sorting->pushed++;
		return ERR_OK;
	}
	TRY(gives_early(sorting) ? give_early(op) : ERR_OK);
	if (op->full) {
		return ERR_OK;
	}
	TRY(make_room(op));
	TRY(keep_values(op, row, &kept));
	keep_record(op, row, &kept);
	if (sorting->count > 0 && sorting->sorted) {
		sorting->sorted = compare(sorting, &sorting->rows[sorting->count - 1], &kept) <= 0;
	}
	sorting->rows[sorting->count++] = kept;
	sorting->pushed++;
	return ERR_OK;
}

static enum err sort_finish(struct op *op) {
	struct sorting *sorting = op->state;
	sort_rows(sorting);
	TRY(give(op, (size_t)MIN_OF(sorting->count, sorting->options.keep)));
	return op->next->finish(op->next);
}

static void sort_free(struct op *op) {
	struct sorting *sorting = op->state;
	for (size_t i = 0; i < sorting->count; i++) {
		row_copy_free(op->run, sorting->rows[i].copy);
	}
	run_give_back(op->run, sorting->records_bytes);
	arena_free(sorting->records);
	free(sorting->rows);
}

struct op *op_sort_new(struct run *run, const struct sort_options *options) {
	ASSERT(options->keys_count <= KEYS_MAX);
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct sorting *sorting = ARENA_NEW(run->arena, struct sorting);
	*sorting =
	    (struct sorting){.options = *options,
	                     .sorted = true,
	                     .records = arena_new(SIZE_MAX),
	                     .newest = run->options->order == QUERY_BY_TIME_NEWEST && !options->by_time,
	                     .by_index = run->options->order == QUERY_BY_INDEX && !options->by_time};
	*op = (struct op){
	    .run = run, .state = sorting, .push = sort_push, .finish = sort_finish, .free = sort_free};
	return op;
}
