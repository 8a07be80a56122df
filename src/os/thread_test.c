#include "os/thread.h"

#include "tap.h"

struct work {
	struct queue *in;
	struct queue *out;
};

static void pass_on(void *arg) {
	struct work *work = arg;
	void *item;
	while (queue_get(work->in, &item) == ERR_OK) {
		if (queue_put(work->out, item) != ERR_OK) {
			return;
		}
	}
}

TEST(every_item_passes_the_queues_once) {
	enum { ITEMS = 5000, THREADS = 3 };
	static char items[ITEMS];
	struct work work = {queue_new(4), queue_new(ITEMS)};
	struct thread *threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		threads[i] = thread_start("test", pass_on, &work);
	}
	for (int i = 0; i < ITEMS; i++) {
		CHECK(queue_put(work.in, &items[i]) == ERR_OK);
	}
	queue_close(work.in);
	for (int i = 0; i < THREADS; i++) {
		thread_join(threads[i]);
	}
	queue_close(work.out);
	void *item;
	size_t count = 0;
	while (queue_get(work.out, &item) == ERR_OK) {
		*(char *)item = (char)(*(char *)item + 1);
		count++;
	}
	CHECK_EQ(count, ITEMS);
	for (int i = 0; i < ITEMS; i++) {
		CHECK_EQ(items[i], 1);
	}
	queue_free(work.in);
	queue_free(work.out);
}

TEST(a_closed_queue_refuses_items) {
	struct queue *queue = queue_new(1);
	int item = 0;
	void *got;
	CHECK(!queue_is_closed(queue));
	queue_close(queue);
	CHECK(queue_is_closed(queue));
	CHECK(queue_put(queue, &item) == ERR_CLOSED);
	CHECK(queue_get(queue, &got) == ERR_CLOSED);
	queue_free(queue);
}
