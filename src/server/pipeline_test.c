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

static struct pipeline *start_apart(struct state *state, uint32_t workers, uint32_t waiting) {
	return pipeline_new(&(struct pipeline_options){.workers = workers,
	                                               .waiting = waiting,
	                                               .ctx = state,
	                                               .work = work,
	                                               .finish = finish,
	                                               .finish_apart = true});
}

static enum err put_one(struct pipeline *pipeline, uint32_t number) {
	struct batch *batch = batch_new();
	batch->first_index = number;
	return pipeline_put(pipeline, batch);
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

TEST(a_thread_that_finishes_keeps_the_order) {
	struct state state = {.fail_at = UINT32_MAX};
	struct pipeline *pipeline = start_apart(&state, 3, 5);
	for (uint32_t i = 0; i < BATCHES; i++) {
		CHECK(put_one(pipeline, i) == ERR_OK);
		if (i % 100 == 50) { /* and may be waited for in between */
			CHECK(pipeline_drain(pipeline) == ERR_OK);
			CHECK_EQ(state.next, i + 1);
		}
	}
	CHECK(pipeline_drain(pipeline) == ERR_OK);
	CHECK_EQ(state.next, BATCHES);
	pipeline_free(pipeline);
}

TEST(an_error_of_a_thread_that_finishes_is_told_a_little_later) {
	struct state state = {.fail_at = 20};
	struct pipeline *pipeline = start_apart(&state, 2, 5);
	uint32_t refused = 0;
	for (uint32_t i = 0; i < 60; i++) {
		refused += put_one(pipeline, i) == ERR_NO_SPACE;
	}
	CHECK(refused >= 60 - 21 - 7); /* no more than there are places for were under way */
	CHECK(pipeline_drain(pipeline) == ERR_NO_SPACE);
	CHECK_EQ(state.next, 21);
	CHECK_EQ(state.next + state.discarded + refused, 60);
	pipeline_free(pipeline);
}

/* Waits until the gate is opened. */
struct gate {
	pthread_mutex_t lock;
	uint32_t finished, discarded;
};

static enum err finish_at_gate(void *ctx, void *result, bool discard) {
	struct gate *gate = ctx;
	free(result);
	CHECK_EQ(pthread_mutex_lock(&gate->lock), 0);
	gate->finished += !discard;
	gate->discarded += discard;
	CHECK_EQ(pthread_mutex_unlock(&gate->lock), 0);
	return ERR_OK;
}

TEST(batches_go_in_while_one_is_being_finished) {
	struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct pipeline *pipeline = pipeline_new(&(struct pipeline_options){.workers = 2,
	                                                                    .waiting = 6,
	                                                                    .ctx = &gate,
	                                                                    .work = work,
	                                                                    .finish = finish_at_gate,
	                                                                    .finish_apart = true});
	CHECK_EQ(pthread_mutex_lock(&gate.lock), 0);
	for (uint32_t i = 0; i < 8; i++) {
		CHECK(put_one(pipeline, i) == ERR_OK); /* would wait for ever in one thread */
	}
	CHECK_EQ(gate.finished, 0);
	CHECK_EQ(pthread_mutex_unlock(&gate.lock), 0);
	CHECK(pipeline_drain(pipeline) == ERR_OK);
	CHECK_EQ(gate.finished, 8);
	CHECK_EQ(pthread_mutex_lock(&gate.lock), 0);
	for (uint32_t i = 0; i < 8; i++) {
		CHECK(put_one(pipeline, i) == ERR_OK);
	}
	CHECK_EQ(pthread_mutex_unlock(&gate.lock), 0);
	pipeline_free(pipeline); /* what is not finished yet is discarded */
	CHECK_EQ(gate.finished + gate.discarded, 16);
}
