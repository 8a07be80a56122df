/* tail N: the last rows in the order of the results, in that order. */
#include "query/pipe.h"

struct tail {
	uint64_t rows;
};

struct ring {
	struct row_copy **copies; /* grows up to rows */
	size_t rows, cap;
	size_t count, first;
};

static enum err tail_parse(struct parser *p, void **out_spec) {
	struct tail *tail = ARENA_NEW(p->arena, struct tail);
	tail->rows = 10;
	if (!pipe_at_end(p)) {
		TRY(pipe_number(p, UINT32_MAX, &tail->rows));
	}
	*out_spec = tail;
	return ERR_OK;
}

/* The ring is straight (first == 0) as long as it grows. */
static enum err grow(struct op *op, struct ring *ring) {
	size_t cap = MIN_OF(MAX_OF(ring->cap * 2, (size_t)64), ring->rows);
	TRY(run_take(op->run, (cap - ring->cap) * sizeof(*ring->copies)));
	ring->copies = reallocarray(ring->copies, cap, sizeof(*ring->copies));
	ASSERT(ring->copies != NULL);
	ring->cap = cap;
	return ERR_OK;
}

static uint64_t tail_wanted(const void *spec) {
	const struct tail *tail = spec;
	return tail->rows;
}

static enum err tail_push(struct op *op, const struct flow_row *row) {
	struct ring *ring = op->state;
	struct row_copy *copy = NULL;
	if (ring->rows == 0) {
		op->full = true;
		return ERR_OK;
	}
	TRY(row_copy_new(op->run, row, op->stage->number, 0, &copy));
	if (ring->count == ring->rows) {
		row_copy_free(op->run, ring->copies[ring->first]);
		ring->copies[ring->first] = copy;
		ring->first = (ring->first + 1) % ring->rows;
		return ERR_OK;
	}
	if (ring->count == ring->cap) {
		enum err err = grow(op, ring);
		if (err != ERR_OK) {
			row_copy_free(op->run, copy);
			return err;
		}
	}
	ring->copies[ring->count++] = copy;
	return ERR_OK;
}

static enum err tail_finish(struct op *op) {
	struct ring *ring = op->state;
	for (size_t i = 0; i < ring->count && !op->next->full; i++) {
		TRY(op->next->push(op->next, &ring->copies[(ring->first + i) % ring->rows]->row));
	}
	return op->next->finish(op->next);
}

static void tail_free(struct op *op) {
	struct ring *ring = op->state;
	for (size_t i = 0; i < ring->count; i++) {
		row_copy_free(op->run, ring->copies[i]);
	}
	free(ring->copies);
}

static struct op *tail_make(struct run *run, const struct stage *stage) {
	const struct tail *tail = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct ring *ring = ARENA_NEW(run->arena, struct ring);
	ring->rows = (size_t)tail->rows;
	*op = (struct op){.state = ring, .push = tail_push, .finish = tail_finish, .free = tail_free};
	return op;
}

const struct pipe_kind pipe_tail = {
    .name = STR_INIT("tail"),
    .usage = STR_INIT("tail [N]"),
    .help = STR_INIT("the last N rows (10)"),
    .parse = tail_parse,
    .make = tail_make,
    .wanted = tail_wanted,
    .wants_last = true,
};
