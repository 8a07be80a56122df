#include "server/pipeline.h"

#include <pthread.h>

#include "tap.h"

enum { BATCHES = 500 };

struct state {
	uint32_t next; /* number that must come out next */
	uint32_t fail_at;
	uint32_t discarded;
};

static void *work(void *ctx, void *worker, struct batch *batch) {
	(void)ctx;
	(void)worker;
	uint64_t *result = malloc(sizeof(*result));
	*result = batch->first_index;
	/* Uneven work, so that results are ready out of order. */
	for (volatile uint64_t i = 0; i < (batch->first_index * 7919) % 20000; i++) {
	}
	batch_free(batch);
	return result;
}

static enum err finish(void *ctx, void *result, bool discard) {
	struct state *state = ctx;
	uint64_t number = *(uint64_t *)result;
	free(result);
	if (discard) {
		state->discarded++;
		return ERR_OK;
	}
	CHECK_EQ(number, state->next);
	state->next++;
	return number == state->fail_at ? ERR_NO_SPACE : ERR_OK;
}

static struct pipeline *start(struct state *state, uint32_t workers) {
	return pipeline_new(&(struct pipeline_options){
	    .workers = workers, .ctx = state, .work = work, .finish = finish});
}

TEST(results_come_out_in_order) {
	struct state state = {.fail_at = UINT32_MAX};
	struct pipeline *pipeline = start(&state, 3);
	for (uint32_t i = 0; i < BATCHES; i++) {
		struct batch *batch = batch_new();
		batch->first_index = i;
		CHECK(pipeline_put(pipeline, batch) == ERR_OK);
	}
	CHECK(pipeline_drain(pipeline) == ERR_OK);
	CHECK_EQ(state.next, BATCHES);
	pipeline_free(pipeline);
}

TEST(an_error_is_told_and_what_is_under_way_is_freed) {
	struct state state = {.fail_at = 20};
	struct pipeline *pipeline = start(&state, 2);
	uint32_t refused = 0;
	for (uint32_t i = 0; i < 60; i++) {
		struct batch *batch = batch_new();
		batch->first_index = i;
		refused += pipeline_put(pipeline, batch) == ERR_NO_SPACE;
	}
	CHECK(pipeline_drain(pipeline) == ERR_NO_SPACE);
	CHECK_EQ(state.next, 21);
	CHECK_EQ(state.next + state.discarded + refused, 60);
	pipeline_free(pipeline);
}

TEST(a_pipeline_may_be_dropped_while_busy) {
	struct state state = {.fail_at = UINT32_MAX};
	struct pipeline *pipeline = start(&state, 2);
	for (uint32_t i = 0; i < 4; i++) {
		struct batch *batch = batch_new();
		batch->first_index = i;
		CHECK(pipeline_put(pipeline, batch) == ERR_OK);
	}
	pipeline_free(pipeline);
	CHECK_EQ(state.discarded, 4);
}

TEST(without_threads_the_caller_does_the_work) {
	pthread_attr_t attributes;
	struct state state = {.fail_at = UINT32_MAX};
	CHECK_EQ(pthread_getattr_default_np(&attributes), 0);
	size_t stack_bytes;
	CHECK_EQ(pthread_attr_getstacksize(&attributes, &stack_bytes), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attributes, (size_t)1 << 60), 0);
	CHECK_EQ(pthread_setattr_default_np(&attributes), 0); /* no thread fits any more */
	struct pipeline *pipeline = start(&state, 3);
	for (uint32_t i = 0; i < 20; i++) {
		struct batch *batch = batch_new();
		batch->first_index = i;
		CHECK(pipeline_put(pipeline, batch) == ERR_OK);
	}
	CHECK(pipeline_drain(pipeline) == ERR_OK);
	CHECK_EQ(state.next, 20);
	pipeline_free(pipeline);
	CHECK_EQ(pthread_attr_setstacksize(&attributes, stack_bytes), 0);
	CHECK_EQ(pthread_setattr_default_np(&attributes), 0);
	(void)pthread_attr_destroy(&attributes);
}
