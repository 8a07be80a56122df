/* A ring of slots in order of arrival; each slot has a queue of one through which its worker hands
 * the result back. The caller waits for the oldest slot only when the ring is full. With a thread
 * that finishes, each slot goes to it when it goes to the workers, and comes back when it is free.
 */
#include "server/pipeline.h"

#include "os/thread.h"

enum { WORKERS_MAX = 64, WAITING_DEFAULT = 2 };

struct slot {
	struct batch *batch;
	void *result;
	struct queue *done;
	enum err err; /* of finish, when it was done apart */
};

struct pipeline {
	struct pipeline_options options;
	struct queue *jobs;
	struct thread *finisher;            /* NULL: the caller finishes */
	struct queue *to_finish, *finished; /* slots in order; closed: what is left is discarded */
	struct thread *threads[WORKERS_MAX];
	struct worker {
		struct pipeline *pipeline;
		void *state;
	} workers[WORKERS_MAX];
	struct slot *slots;
	uint32_t slots_count;
	uint32_t first; /* the oldest slot in use */
	uint32_t used;
	enum err err; /* the first error of finish */
};

static void worker_main(void *arg) {
	struct worker *worker = arg;
	struct pipeline *pipeline = worker->pipeline;
	void *item;
	while (queue_get(pipeline->jobs, &item) == ERR_OK) {
		struct slot *slot = item;
		slot->result = pipeline->options.work(pipeline->options.ctx, worker->state, slot->batch);
		ASSERT(slot->result != NULL);
		enum err err = queue_put(slot->done, slot);
		ASSERT(err == ERR_OK); /* the caller closes no queue while slots are in use */
	}
}

static void finisher_main(void *arg) {
	struct pipeline *pipeline = arg;
	enum err failed = ERR_OK;
	void *item;
	while (queue_get(pipeline->to_finish, &item) == ERR_OK) {
		struct slot *slot = item;
		enum err err = queue_get(slot->done, &item);
		ASSERT(err == ERR_OK && item == slot);
		bool discard = failed != ERR_OK || queue_is_closed(pipeline->to_finish);
		err = pipeline->options.finish(pipeline->options.ctx, slot->result, discard);
		failed = discard ? failed : err;
		slot->err = failed;
		err = queue_put(pipeline->finished, slot);
		ASSERT(err == ERR_OK); /* it is never closed */
	}
}

static void start_finisher(struct pipeline *pipeline) {
	pipeline->to_finish = queue_new(pipeline->slots_count);
	pipeline->finished = queue_new(pipeline->slots_count);
	if (pipeline->options.finish_apart) {
		pipeline->finisher = thread_start("finisher", finisher_main, pipeline);
	}
}

struct pipeline *pipeline_new(const struct pipeline_options *options) {
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	ASSERT(pipeline != NULL);
	pipeline->options = *options;
	uint32_t workers = options->workers > 0 ? options->workers : thread_cpu_count();
	workers = MIN_OF(workers, (uint32_t)WORKERS_MAX);
	pipeline->options.workers = workers;
	pipeline->slots_count =
	    workers + (options->waiting > 0 ? options->waiting : (uint32_t)WAITING_DEFAULT);
	pipeline->slots = calloc(pipeline->slots_count, sizeof(*pipeline->slots));
	ASSERT(pipeline->slots != NULL);
	pipeline->jobs = queue_new(pipeline->slots_count);
	for (uint32_t i = 0; i < pipeline->slots_count; i++) {
		pipeline->slots[i].done = queue_new(1);
	}
	for (uint32_t i = 0; i < workers; i++) {
		struct worker *worker = &pipeline->workers[i];
		worker->pipeline = pipeline;
		worker->state = options->worker_new != NULL ? options->worker_new(options->ctx) : NULL;
		pipeline->options.workers = i + 1;
		pipeline->threads[i] = thread_start("worker", worker_main, worker);
		if (pipeline->threads[i] == NULL) {
			break; /* those that are there do it, or else the caller, with the first state */
		}
	}
	start_finisher(pipeline);
	return pipeline;
}

/* In the caller's thread when there is no other. */
static void start_work(struct pipeline *pipeline, struct slot *slot) {
	enum err err;
	if (pipeline->threads[0] != NULL) {
		err = queue_put(pipeline->jobs, slot);
	} else {
		slot->result =
		    pipeline->options.work(pipeline->options.ctx, pipeline->workers[0].state, slot->batch);
		ASSERT(slot->result != NULL);
		err = queue_put(slot->done, slot);
	}
	if (err == ERR_OK && pipeline->finisher != NULL) {
		err = queue_put(pipeline->to_finish, slot);
	}
	ASSERT(err == ERR_OK); /* no queue is closed while slots are in use */
}

static enum err finish_here(struct pipeline *pipeline, struct slot *slot, bool discard) {
	void *item;
	enum err got = queue_get(slot->done, &item);
	ASSERT(got == ERR_OK && item == slot);
	discard = discard || pipeline->err != ERR_OK;
	enum err err = pipeline->options.finish(pipeline->options.ctx, slot->result, discard);
	return discard ? ERR_OK : err;
}

static enum err wait_finished(struct pipeline *pipeline, const struct slot *slot) {
	void *item;
	enum err got = queue_get(pipeline->finished, &item);
	ASSERT(got == ERR_OK && item == slot);
	return slot->err;
}

/* Waits for the oldest slot and finishes it. */
static void finish_oldest(struct pipeline *pipeline, bool discard) {
	struct slot *slot = &pipeline->slots[pipeline->first];
	enum err err = pipeline->finisher != NULL ? wait_finished(pipeline, slot)
	                                          : finish_here(pipeline, slot, discard);
	if (pipeline->err == ERR_OK) {
		pipeline->err = err;
	}
	slot->result = NULL;
	slot->batch = NULL;
	pipeline->first = (pipeline->first + 1) % pipeline->slots_count;
	pipeline->used--;
}

enum err pipeline_put(struct pipeline *pipeline, struct batch *batch) {
	if (pipeline->used == pipeline->slots_count) {
		finish_oldest(pipeline, false);
	}
	if (pipeline->err != ERR_OK) {
		batch_free(batch);
		return pipeline->err;
	}
	struct slot *slot =
	    &pipeline->slots[(pipeline->first + pipeline->used) % pipeline->slots_count];
	slot->batch = batch;
	pipeline->used++;
	start_work(pipeline, slot);
	return ERR_OK;
}

enum err pipeline_drain(struct pipeline *pipeline) {
	while (pipeline->used > 0) {
		finish_oldest(pipeline, false);
	}
	return pipeline->err;
}

void pipeline_free(struct pipeline *pipeline) {
	if (pipeline == NULL) {
		return;
	}
	queue_close(pipeline->to_finish);
	while (pipeline->used > 0) {
		finish_oldest(pipeline, true);
	}
	thread_join(pipeline->finisher);
	queue_close(pipeline->jobs);
	for (uint32_t i = 0; i < pipeline->options.workers; i++) {
		thread_join(pipeline->threads[i]);
		if (pipeline->options.worker_free != NULL) {
			pipeline->options.worker_free(pipeline->workers[i].state);
		}
	}
	for (uint32_t i = 0; i < pipeline->slots_count; i++) {
		queue_free(pipeline->slots[i].done);
	}
	queue_free(pipeline->jobs);
	queue_free(pipeline->to_finish);
	queue_free(pipeline->finished);
	free(pipeline->slots);
	free(pipeline);
}
