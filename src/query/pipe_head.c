/* head N: the first rows in the order of the results. */
#include "query/pipe.h"

struct head {
	uint64_t rows;
};

static enum err head_parse(struct parser *p, void **out_spec) {
	struct head *head = ARENA_NEW(p->arena, struct head);
	head->rows = 10;
	if (!pipe_at_end(p)) {
		TRY(pipe_number(p, UINT64_MAX, &head->rows));
	}
	*out_spec = head;
	return ERR_OK;
}

static uint64_t head_wanted(const void *spec) {
	const struct head *head = spec;
	return head->rows;
}

static enum err head_push(struct op *op, const struct flow_row *row) {
	struct head *left = op->state;
	if (left->rows == 0) {
		op->full = true;
		return ERR_OK;
	}
	left->rows--;
	TRY(op_pass(op, row));
	op->full = op->full || left->rows == 0;
	return ERR_OK;
}

static struct op *head_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct head *left = ARENA_NEW(run->arena, struct head);
	*left = *(const struct head *)stage->spec;
	*op = (struct op){.state = left, .push = head_push, .finish = op_finish_next};
	return op;
}

const struct pipe_kind pipe_head = {
    .name = STR_INIT("head"),
    .usage = STR_INIT("head [N]"),
    .help = STR_INIT("the first N rows (10)"),
    .parse = head_parse,
    .make = head_make,
    .wanted = head_wanted,
};
