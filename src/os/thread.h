/* Threads and bounded queues. A queue hands owned pointers from any number of producers to any
 * number of consumers; closing it wakes everybody. Real threads only: tests of durability run the
 * same code on one thread.
 */
#pragma once

#include "base/err.h"

struct thread;
struct queue;

/* Starts run(arg); name (<= 15 bytes) is seen in ps and perf. NULL when the system
 * refuses (a limit on processes or memory). */
struct thread *thread_start(const char *name, void (*run)(void *arg), void *arg);
/* Waits for its end and frees it. NULL is fine. */
void thread_join(struct thread *thread);
/* Usable CPUs, at least 1. */
uint32_t thread_cpu_count(void);

struct queue *queue_new(uint32_t capacity);
void queue_free(struct queue *queue); /* must be empty or its items owned elsewhere */
/* Waits for room. ERR_CLOSED (item stays the caller's) after queue_close. */
MUST_USE enum err queue_put(struct queue *queue, void *item);
/* Waits for an item. ERR_CLOSED when closed and empty. */
MUST_USE enum err queue_get(struct queue *queue, void **out_item);
void queue_close(struct queue *queue);
bool queue_is_closed(struct queue *queue);
