/* Threads and bounded queues over pthreads. */
#include "os/thread.h"

#include <pthread.h>
#include <sched.h>

struct thread {
	pthread_t id;
	char name[16];
	void (*run)(void *arg);
	void *arg;
};

struct queue {
	pthread_mutex_t lock; /* guards what follows; a leaf in the order of locks */
	pthread_cond_t has_room;
	pthread_cond_t has_item;
	uint32_t capacity;
	uint32_t first;
	uint32_t count;
	bool closed;
	void *items[];
};

static void *thread_main(void *arg) {
	struct thread *thread = arg;
	(void)pthread_setname_np(pthread_self(), thread->name); /* only for people who look */
	thread->run(thread->arg);
	return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *arg), void *arg) {
	struct thread *thread = calloc(1, sizeof(*thread));
	ASSERT(thread != NULL);
	(void)snprintf(thread->name, sizeof(thread->name), "%s", name);
	thread->run = run;
	thread->arg = arg;
	if (pthread_create(&thread->id, NULL, thread_main, thread) != 0) {
		free(thread);
		return NULL;
	}
	return thread;
}

void thread_join(struct thread *thread) {
	if (thread != NULL) {
		int failed = pthread_join(thread->id, NULL);
		ASSERT(failed == 0);
		free(thread);
	}
}

uint32_t thread_cpu_count(void) {
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) != 0) {
		return 1;
	}
	int count = CPU_COUNT(&set);
	return count > 0 ? (uint32_t)count : 1;
}

struct queue *queue_new(uint32_t capacity) {
	ASSERT(capacity > 0 && capacity < 1u << 20);
	struct queue *queue = calloc(1, sizeof(*queue) + capacity * sizeof(void *));
	ASSERT(queue != NULL);
	queue->capacity = capacity;
	ASSERT(pthread_mutex_init(&queue->lock, NULL) == 0);
	ASSERT(pthread_cond_init(&queue->has_room, NULL) == 0);
	ASSERT(pthread_cond_init(&queue->has_item, NULL) == 0);
	return queue;
}

void queue_free(struct queue *queue) {
	if (queue != NULL) {
		ASSERT(queue->count == 0);
		(void)pthread_cond_destroy(&queue->has_item);
		(void)pthread_cond_destroy(&queue->has_room);
		(void)pthread_mutex_destroy(&queue->lock);
		free(queue);
	}
}

enum err queue_put(struct queue *queue, void *item) {
	enum err err = ERR_OK;
	ASSERT(pthread_mutex_lock(&queue->lock) == 0);
	while (queue->count == queue->capacity && !queue->closed) {
		ASSERT(pthread_cond_wait(&queue->has_room, &queue->lock) == 0);
	}
	if (queue->closed) {
		err = ERR_CLOSED;
	} else {
		queue->items[(queue->first + queue->count) % queue->capacity] = item;
		queue->count++;
		ASSERT(pthread_cond_signal(&queue->has_item) == 0);
	}
	ASSERT(pthread_mutex_unlock(&queue->lock) == 0);
	return err;
}

enum err queue_get(struct queue *queue, void **out_item) {
	enum err err = ERR_OK;
	ASSERT(pthread_mutex_lock(&queue->lock) == 0);
	while (queue->count == 0 && !queue->closed) {
		ASSERT(pthread_cond_wait(&queue->has_item, &queue->lock) == 0);
	}
	if (queue->count == 0) {
		err = ERR_CLOSED;
	} else {
		*out_item = queue->items[queue->first];
		queue->first = (queue->first + 1) % queue->capacity;
		queue->count--;
		ASSERT(pthread_cond_signal(&queue->has_room) == 0);
	}
	ASSERT(pthread_mutex_unlock(&queue->lock) == 0);
	return err;
}

void queue_close(struct queue *queue) {
	ASSERT(pthread_mutex_lock(&queue->lock) == 0);
	queue->closed = true;
	ASSERT(pthread_cond_broadcast(&queue->has_room) == 0);
	ASSERT(pthread_cond_broadcast(&queue->has_item) == 0);
	ASSERT(pthread_mutex_unlock(&queue->lock) == 0);
}

bool queue_is_closed(struct queue *queue) {
	ASSERT(pthread_mutex_lock(&queue->lock) == 0);
	bool closed = queue->closed;
	ASSERT(pthread_mutex_unlock(&queue->lock) == 0);
	return closed;
}
