/* An ordered parallel stage: batches go in one by one, several workers work on them, results come
 * out in the order of going in, in the caller's thread or in one of their own. `parse`, `ingest`
 * and later `scan` and `serve` run on it.
 */
#pragma once

#include "base/err.h"
#include "event/batch.h"

struct pipeline;

struct pipeline_options {
	uint32_t workers; /* 0: one for each CPU */
	void *ctx;
	/* One per worker thread, made and freed by the caller's thread. NULL is fine. */
	void *(*worker_new)(void *ctx);
	void (*worker_free)(void *worker);
	/* Runs in a worker: takes the batch over, returns a result (any pointer but NULL). */
	void *(*work)(void *ctx, void *worker, struct batch *batch);
	/* Runs in the caller's thread, or in one of its own with finish_apart, in order: takes the
	 * result over. After an error it is still called for what is under way, with discard set: only
	 * to free. */
	enum err (*finish)(void *ctx, void *result, bool discard);
	/* finish may take long now and then, and the caller goes on meanwhile. What it wrote is seen by
	 * the caller once its error was given back, or after pipeline_drain. */
	bool finish_apart;
	uint32_t waiting; /* batches on their way besides one for each worker; 0: 2 */
};

struct pipeline *pipeline_new(const struct pipeline_options *options);
/* Hands a batch over; may wait for the oldest result and finish it. Sticky: returns the first error
 * of finish from then on, or from a little later on with finish_apart (the batch is then freed). */
MUST_USE enum err pipeline_put(struct pipeline *pipeline, struct batch *batch);
/* Waits for everything under way and finishes it. */
MUST_USE enum err pipeline_drain(struct pipeline *pipeline);
/* Discards what is under way, ends the threads. NULL is fine. */
void pipeline_free(struct pipeline *pipeline);
