/* sort FIELD, -FIELD: by values as what they are (numbers, addresses, times, text). */
#include "query/pipe.h"

struct sort {
	struct sort_key *keys;
	size_t count;
};

enum { KEYS_MAX = 64 };

static enum err sort_parse(struct parser *p, void **out_spec) {
	struct sort *sort = ARENA_NEW(p->arena, struct sort);
	sort->keys = ARENA_ARRAY(p->arena, KEYS_MAX, struct sort_key);
	(void)pipe_take_word(p, STR("by"));
	do {
		if (sort->count == KEYS_MAX) {
			return diag_set_at(p->diag, ERR_LIMIT, p->at, 0, "sort takes at most %d fields",
			                   KEYS_MAX);
		}
		struct sort_key *key = &sort->keys[sort->count++];
		key->descending = pipe_take(p, '-');
		if (!key->descending) {
			(void)pipe_take(p, '+');
		}
		TRY(pipe_field(p, &key->field));
		if (pipe_take_word(p, STR("desc"))) {
			key->descending = true;
		} else {
			(void)pipe_take_word(p, STR("asc"));
		}
	} while (pipe_take(p, ','));
	*out_spec = sort;
	return ERR_OK;
}

struct sort_options pipe_sort_options(const struct run *run, const struct stage *stage) {
	const struct sort *sort = stage->spec;
	const struct query *query = run->query;
	struct sort_options options = {
	    .keys = sort->keys, .keys_count = sort->count, .keep = UINT64_MAX, .from = stage->number};
	if (stage->number + 1 == query->stages_count) {
		options.keep = run->options->limit;
	} else {
		const struct stage *next = stage + 1;
		options.keep = next->kind->wanted == NULL ? UINT64_MAX : next->kind->wanted(next->spec);
		options.last = next->kind->wanted != NULL && next->kind->wants_last;
	}
	return options;
}

static struct op *sort_make(struct run *run, const struct stage *stage) {
	struct sort_options options = pipe_sort_options(run, stage);
	return op_sort_new(run, &options);
}

const struct pipe_kind pipe_sort = {
    .name = STR_INIT("sort"),
    .usage = STR_INIT("sort [-]FIELD, [-]FIELD..."),
    .help = STR_INIT("orders rows by fields; - or desc: the greatest first"),
    .flags = PIPE_SORTS,
    .parse = sort_parse,
    .make = sort_make,
};
