/* An event loop over epoll: one thread runs it and is called back for descriptors that can be read.
 * Level-triggered: who reads only a part is called again in the next round, behind the others, so
 * that one busy descriptor starves none.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct loop;

/* One descriptor, embedded in what it belongs to; the loop borrows both. */
struct loop_watch {
	int fd;
	void (*ready)(void *ctx); /* it can be read, has ended, or has failed */
	void *ctx;
	bool paused; /* as the loop keeps it */
};

MUST_USE enum err loop_new(struct loop **out_loop);
void loop_free(struct loop *loop); /* NULL is fine; closes no watched descriptor */

MUST_USE enum err loop_add(struct loop *loop, struct loop_watch *watch);
/* May be called from any ready, also for another watch. Before its descriptor is closed. */
void loop_remove(struct loop *loop, struct loop_watch *watch);
/* While paused it is not called. */
void loop_pause(struct loop *loop, struct loop_watch *watch, bool paused);

/* Waits for at most timeout_ms (-1: for ever) and calls whoever is ready, each once. */
MUST_USE enum err loop_run(struct loop *loop, int timeout_ms);
/* Ends the wait of loop_run, now or the next one. From any thread. */
void loop_wake(struct loop *loop);

/* From now on these signals come as numbers from loop_signal instead of to a handler: to be called
 * before other threads are started, which inherit it. They end the wait of loop_run. */
MUST_USE enum err loop_take_signals(struct loop *loop, const int *numbers, size_t count);
/* The next signal that came, or 0. */
int loop_signal(struct loop *loop);
