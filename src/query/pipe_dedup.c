/* dedup FIELD, FIELD: of rows with the same values only the first, in the order of the results. */
#include "base/map.h"
#include "query/pipe.h"

struct dedup {
	struct field_list fields;
};

struct seen {
	struct map *keys;
	struct buf key;
};

static enum err dedup_parse(struct parser *p, void **out_spec) {
	struct dedup *dedup = ARENA_NEW(p->arena, struct dedup);
	TRY(pipe_fields_list(p, &dedup->fields));
	*out_spec = dedup;
	return ERR_OK;
}

static enum err dedup_push(struct op *op, const struct flow_row *row) {
	const struct dedup *dedup = op->stage->spec;
	struct seen *seen = op->state;
	bool added;
	buf_clear(&seen->key);
	for (size_t i = 0; i < dedup->fields.count; i++) {
		pipe_append_key(&seen->key, row->values[dedup->fields.items[i]]);
	}
	(void)map_put(seen->keys, buf_str(&seen->key), 0, &added);
	if (!added) {
		return ERR_OK;
	}
	TRY(run_take(op->run, seen->key.len + PIPE_MAP_ENTRY_BYTES));
	return op_pass(op, row);
}

static void dedup_free(struct op *op) {
	struct seen *seen = op->state;
	map_free(seen->keys);
	buf_deinit(&seen->key);
}

static struct op *dedup_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct seen *seen = ARENA_NEW(run->arena, struct seen);
	(void)stage;
	seen->keys = map_new();
	*op = (struct op){
	    .state = seen, .push = dedup_push, .finish = op_finish_next, .free = dedup_free};
	return op;
}

const struct pipe_kind pipe_dedup = {
    .name = STR_INIT("dedup"),
    .usage = STR_INIT("dedup FIELD, FIELD..."),
    .help = STR_INIT("the first row of each combination of values"),
    .parse = dedup_parse,
    .make = dedup_make,
};
