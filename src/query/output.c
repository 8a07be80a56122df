/* The last operator: gives table rows out at once; records are fetched from their pages again, some
 * thousands at a time, so that each page is opened once for all of them.
 */
#include "query/plan.h"
#include "query/records.h"
#include "query/run.h"

enum { WAITING_MAX = 4096, COPIES_BYTES_MAX = 64 << 20, COPIES_SHARE = 4 };

struct waiting {
	uint64_t index;
	uint32_t position;    /* in the order of the output */
	struct value *values; /* of added fields, or NULL */
	struct row *copy;     /* fetched, but not yet its turn */
};

struct output {
	bool begun;
	uint64_t left; /* --limit */
	struct waiting *waiting;
	uint32_t count;
	struct arena *values; /* of waiting rows */
	struct arena *copies; /* fetched rows */
	size_t copies_max;    /* bytes of either */
	struct query_page page;
	struct value *row_values;
	struct row_field *fields;
	size_t fields_cap;
};

static enum err begin(struct op *op) {
	struct output *output = op->state;
	const struct query *query = op->run->query;
	if (output->begun || op->run->options->count_only) {
		return ERR_OK;
	}
	output->begun = true;
	struct str *names = ARENA_ARRAY(op->run->arena, query->columns_count + 1, struct str);
	for (size_t i = 0; i < query->columns_count; i++) {
		names[i] = query->fields[query->columns[i]].name;
	}
	return op->run->output->begin(op->run->output->ctx, names,
	                              query->table ? query->columns_count : 0);
}

/* ---- records ---- */

static bool is_dropped(const struct query *query, struct str name) {
	for (size_t i = 0; i < query->dropped_count; i++) {
		if (str_eq(query->fields[query->dropped[i]].name, name)) {
			return true;
		}
	}
	return false;
}

static bool is_added(const struct query *query, const struct value *values, struct str name) {
	for (size_t i = 0; i < query->added_count; i++) {
		const struct field_use *field = &query->fields[query->added[i]];
		if ((values[i].kind != VALUE_NONE || field->replaced) && str_eq(field->name, name)) {
			return true;
		}
	}
	return false;
}

/* The record's fields without the dropped ones and with the added ones. added: in the order of
 * query->added. */
static void mend_fields(struct op *op, const struct value *added, struct row *row) {
	struct output *output = op->state;
	const struct query *query = op->run->query;
	size_t need = row->fields_count + query->added_count;
	size_t count = 0;
	if (query->added_count == 0 && query->dropped_count == 0) {
		return;
	}
	if (need > output->fields_cap) {
		output->fields_cap = need * 2;
		output->fields = reallocarray(output->fields, output->fields_cap, sizeof(*output->fields));
		ASSERT(output->fields != NULL);
	}
	for (size_t i = 0; i < row->fields_count; i++) {
		struct row_field field = row->fields[i];
		if (!is_dropped(query, field.name) &&
		    (added == NULL || !is_added(query, added, field.name))) {
			output->fields[count++] = field;
		}
	}
	for (size_t i = 0; added != NULL && i < query->added_count; i++) {
		struct str name = query->fields[query->added[i]].name;
		if (added[i].kind != VALUE_NONE && !is_dropped(query, name)) {
			output->fields[count++] = (struct row_field){name, added[i]};
		}
	}
	row->fields = output->fields;
	row->fields_count = count;
}

static enum err give_row(struct op *op, const struct row *row, const struct value *added) {
	struct row mended = *row;
	mend_fields(op, added, &mended);
	return op->run->output->record(op->run->output->ctx, &mended);
}

static void release(struct op *op) {
	struct output *output = op->state;
	if (output->page.page != NULL) {
		op->run->source->release(op->run->source->ctx, &output->page);
		output->page = (struct query_page){0};
	}
}

/* Finds the row of index in the page, whose indices ascend. */
static bool find_row(const struct query_page *page, uint64_t index, uint32_t *out_row) {
	uint32_t low = 0;
	uint32_t high = page->page == NULL ? 0 : page->rows;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (query_page_index(page, middle) < index) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*out_row = low;
	return page->page != NULL && low < page->rows && query_page_index(page, low) == index;
}

/* The row of waiting[0]; those behind it, in order of index, are looked at next. */
static enum err fetch(struct op *op, const struct waiting *waiting, size_t count,
                      struct row *out_row) {
	enum { AHEAD = 256 };
	struct output *output = op->state;
	uint64_t indices[AHEAD];
	uint32_t row;
	if (!find_row(&output->page, waiting->index, &row)) {
		struct query_page opened = {0};
		release(op);
		count = MIN_OF(count, (size_t)AHEAD);
		for (size_t i = 0; i < count; i++) {
			indices[i] = waiting[i].index;
		}
		TRY(op->run->source->at(op->run->source->ctx, indices, count, &opened, op->run->diag));
		output->page = opened;
		if (!find_row(&opened, waiting->index, &row)) {
			return ERR_CORRUPT;
		}
	}
	return record_read(op->run, &output->page, row, out_row);
}

static int by_index(const void *a, const void *b) {
	const struct waiting *x = a;
	const struct waiting *y = b;
	return (x->index > y->index) - (x->index < y->index);
}

/* Gives out what has been fetched and is next; without room for a copy it is fetched again. */
static enum err give_ready(struct op *op, struct waiting *const *in_order, uint32_t *next,
                           bool all) {
	struct output *output = op->state;
	while (*next < output->count && (in_order[*next]->copy != NULL || all)) {
		const struct waiting *waiting = in_order[*next];
		struct row row;
		if (waiting->copy == NULL) {
			TRY(fetch(op, waiting, 1, &row));
		}
		TRY(give_row(op, waiting->copy != NULL ? waiting->copy : &row, waiting->values));
		(*next)++;
	}
	return ERR_OK;
}

/* Fetches the waiting rows page by page and gives them out in their order. */
static enum err flush(struct op *op) {
	struct output *output = op->state;
	struct waiting *in_order[WAITING_MAX];
	uint32_t next = 0;
	qsort(output->waiting, output->count, sizeof(*output->waiting), by_index);
	for (uint32_t i = 0; i < output->count; i++) {
		in_order[output->waiting[i].position] = &output->waiting[i];
	}
	for (uint32_t i = 0; i < output->count; i++) {
		struct waiting *waiting = &output->waiting[i];
		struct row row;
		TRY(run_tick(op->run));
		if (waiting->position != next && arena_used(output->copies) >= output->copies_max) {
			continue;
		}
		TRY(fetch(op, waiting, output->count - i, &row));
		if (waiting->position == next) {
			TRY(give_row(op, &row, waiting->values));
			next++;
			TRY(give_ready(op, in_order, &next, false));
		} else {
			waiting->copy = record_copy(output->copies, &row);
		}
	}
	TRY(give_ready(op, in_order, &next, true));
	output->count = 0;
	arena_reset(output->copies);
	arena_reset(output->values);
	return ERR_OK;
}

/* The values of added fields, in the order of query->added; copied when they have to wait. */
static struct value *added_values(struct op *op, const struct flow_row *row, struct arena *copy) {
	struct output *output = op->state;
	const struct query *query = op->run->query;
	if (query->added_count == 0 || row->values == NULL) {
		return NULL;
	}
	struct value *values =
	    copy != NULL ? ARENA_ARRAY(copy, query->added_count, struct value) : output->row_values;
	for (size_t i = 0; i < query->added_count; i++) {
		values[i] = row->values[query->added[i]];
		if (copy != NULL) {
			values[i].text = arena_str(copy, values[i].text);
		}
	}
	return values;
}

static enum err push_record(struct op *op, const struct flow_row *row) {
	struct output *output = op->state;
	if (row->record != NULL) {
		TRY(output->count > 0 ? flush(op) : ERR_OK);
		return give_row(op, row->record, added_values(op, row, NULL));
	}
	if (row->page != NULL) {
		struct row record;
		TRY(record_read(op->run, row->page, row->row, &record));
		return give_row(op, &record, added_values(op, row, NULL));
	}
	output->waiting[output->count] =
	    (struct waiting){.index = row->index,
	                     .position = output->count,
	                     .values = added_values(op, row, output->values)};
	output->count++;
	return output->count == WAITING_MAX || arena_used(output->values) > output->copies_max
	           ? flush(op)
	           : ERR_OK;
}

/* ---- tables ---- */

static enum err push_values(struct op *op, const struct flow_row *row) {
	struct output *output = op->state;
	const struct query *query = op->run->query;
	for (size_t i = 0; i < query->columns_count; i++) {
		output->row_values[i] = row->values[query->columns[i]];
	}
	return op->run->output->values(op->run->output->ctx, output->row_values, query->columns_count);
}

static enum err push(struct op *op, const struct flow_row *row) {
	struct output *output = op->state;
	if (output->left == 0) {
		op->full = true;
		return ERR_OK;
	}
	output->left--;
	op->full = output->left == 0;
	op->run->stats->results++;
	if (op->run->options->count_only) {
		return ERR_OK;
	}
	TRY(begin(op));
	return op->run->query->table ? push_values(op, row) : push_record(op, row);
}

static enum err finish(struct op *op) {
	TRY(begin(op));
	return flush(op);
}

static void output_free(struct op *op) {
	struct output *output = op->state;
	release(op);
	arena_free(output->values);
	arena_free(output->copies);
	free(output->fields);
}

struct op *op_output_new(struct run *run) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct output *output = ARENA_NEW(run->arena, struct output);
	size_t values = MAX_OF(run->query->columns_count, run->query->added_count);
	*output = (struct output){
	    .left = run->options->limit,
	    .waiting = ARENA_ARRAY(run->arena, WAITING_MAX, struct waiting),
	    .values = arena_new(SIZE_MAX),
	    .copies = arena_new(SIZE_MAX),
	    .copies_max = MIN_OF((size_t)COPIES_BYTES_MAX, run->budget->max / COPIES_SHARE),
	    .row_values = ARENA_ARRAY(run->arena, values + 1, struct value),
	};
	*op = (struct op){
	    .run = run, .state = output, .push = push, .finish = finish, .free = output_free};
	return op;
}
