/* patterns [rare|count|first|last]: the kinds of lines that the rows are of (docs/patterns.md), one
 * row each: the reader's table of contents.
 */
#include "os/os.h"
#include "query/group.h"
#include "query/miner_table.h"

struct patterns {
	enum miner_order order;
	uint32_t message, provider, code, original, host; /* what is read */
	uint32_t columns[MINER_COLUMNS];
};

struct mining {
	struct miner *miner;
	uint64_t seed;
	struct buf title;
	size_t accounted;
};

static uint32_t source_field(struct parser *p, struct str name) {
	uint32_t field = parser_field(p, name);
	p->fields[field].from_source = true;
	return field;
}

static enum err read_order(struct parser *p, enum miner_order *out_order) {
	struct str name;
	*out_order = MINER_RAREST;
	if (pipe_at_end(p)) {
		return ERR_OK;
	}
	parser_skip(p);
	size_t first = p->at;
	TRY(pipe_name(p, &name));
	if (miner_order_parse(name, out_order) != ERR_OK) {
		enum err err = diag_set_at(p->diag, ERR_INVALID, first, p->at - first,
		                           "there is no such order of patterns");
		diag_hint(p->diag, "rare, count, first or last");
		return err;
	}
	return ERR_OK;
}

static enum err patterns_parse(struct parser *p, void **out_spec) {
	struct patterns *patterns = ARENA_NEW(p->arena, struct patterns);
	if (p->table) {
		enum err err = pipe_expected(p, "patterns before other tables");
		diag_hint(p->diag, "a table has no lines left; put patterns first");
		return err;
	}
	TRY(read_order(p, &patterns->order));
	patterns->message = source_field(p, STR("message"));
	patterns->provider = source_field(p, STR("event.provider"));
	patterns->code = source_field(p, STR("event.code"));
	patterns->original = source_field(p, STR("event.original"));
	patterns->host = source_field(p, STR("host.name"));
	uint32_t *columns = ARENA_ARRAY(p->arena, MINER_COLUMNS, uint32_t);
	for (size_t i = 0; i < MINER_COLUMNS; i++) {
		patterns->columns[i] = group_result_field(p, miner_column_name((enum miner_column)i));
		columns[i] = patterns->columns[i];
	}
	p->table = true;
	p->columns = columns;
	p->columns_count = MINER_COLUMNS;
	*out_spec = patterns;
	return ERR_OK;
}

/* The text of one value; of a list (of hosts, say) there is none. */
static struct str text_of(const struct flow_row *row, uint32_t field) {
	struct value value = row->values[field];
	return value.kind == VALUE_NONE || value.kind == VALUE_LIST ? STR("") : value.text;
}

static enum err patterns_push(struct op *op, const struct flow_row *row) {
	const struct patterns *patterns = op->stage->spec;
	struct mining *mining = op->state;
	struct miner_key key;
	struct miner_line line = {
	    .text = miner_choose(text_of(row, patterns->message), text_of(row, patterns->provider),
	                         text_of(row, patterns->code), text_of(row, patterns->original),
	                         &mining->title),
	    .example = text_of(row, patterns->original),
	    .time_ns = row->time_ns,
	    .host = text_of(row, patterns->host),
	};
	miner_read(mining->seed, &line.text, &key);
	miner_add(mining->miner, &key, &line);
	size_t bytes = miner_bytes(mining->miner);
	if (bytes > mining->accounted) {
		TRY(run_take(op->run, bytes - mining->accounted));
		mining->accounted = bytes;
	}
	return ERR_OK;
}

static enum err patterns_finish(struct op *op) {
	const struct patterns *patterns = op->stage->spec;
	struct mining *mining = op->state;
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct value *values = ARENA_ARRAY(op->run->arena, op->run->query->fields_count, struct value);
	miner_end(mining->miner);
	const struct miner_pattern **sorted =
	    miner_sorted(mining->miner, patterns->order, op->run->arena);
	for (size_t i = 0; i < miner_count(mining->miner) && !op->next->full; i++) {
		struct value columns[MINER_COLUMNS];
		struct flow_row row = {.values = values, .index = i};
		TRY(run_tick(op->run));
		arena_reset(scratch);
		miner_values(sorted[i], op->run->options->zone, scratch, columns);
		for (size_t j = 0; j < MINER_COLUMNS; j++) {
			values[patterns->columns[j]] = columns[j];
		}
		TRY(op->next->push(op->next, &row));
	}
	return op->next->finish(op->next);
}

static void patterns_free(struct op *op) {
	struct mining *mining = op->state;
	miner_free(mining->miner);
	buf_deinit(&mining->title);
}

static struct op *patterns_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct mining *mining = ARENA_NEW(run->arena, struct mining);
	const struct os *os = run->options->os;
	(void)stage;
	if (os == NULL || os->random(os->ctx, &mining->seed, sizeof(mining->seed)) != ERR_OK) {
		mining->seed = (uint64_t)run->options->now_ns; /* it only makes collisions hard to plan */
	}
	mining->miner = miner_new(mining->seed);
	*op = (struct op){
	    .state = mining, .push = patterns_push, .finish = patterns_finish, .free = patterns_free};
	return op;
}

const struct pipe_kind pipe_patterns = {
    .name = STR_INIT("patterns"),
    .usage = STR_INIT("patterns [rare|count|first|last]"),
    .help = STR_INIT("the kinds of lines there are, the rarest first"),
    .flags = PIPE_ANY_ORDER,
    .parse = patterns_parse,
    .make = patterns_make,
};
