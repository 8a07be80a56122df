/* A batch, its page and the block that is made of them, for tests, which include tap.h before. */
#pragma once

#include "store/page_sample.h"
#include "store/view_sample.h"

struct fixture {
	struct batch *batch;
	struct store_page *page;
	struct viewed viewed;
	struct arena *arena;
};

static inline bool setup(struct fixture *f, uint32_t rows, uint64_t first, bool containers) {
	struct diag diag = {0};
	*f = (struct fixture){.batch = sample_batch(rows, tap_random(), containers)};
	f->arena = arena_new(SIZE_MAX);
	return CHECK_EQ(page_encode(f->batch, sample_plan(f->batch, first), &f->page, &diag), ERR_OK) &&
	       CHECK(viewed_make(&f->viewed, f->page, NULL));
}

static inline void teardown(struct fixture *f) {
	viewed_deinit(&f->viewed);
	page_free(f->page);
	batch_free(f->batch);
	arena_free(f->arena);
}
