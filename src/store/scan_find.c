/* Threads take the blocks one after the other, but not far ahead of the scan, so that little is
 * held at a time.
 */
#include "store/scan_find.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/bits.h"
#include "os/thread.h"
#include "store/page.h"
#include "store/segment_table.h"

enum {
	AHEAD = 8, /* blocks that are searched before the scan asks for them */
	THREADS_MAX = 16,
	KEPT_BYTES_MAX = 48 << 20, /* of opened blocks, for who looks at their rows afterwards */
};

struct scan_find {
	struct scan_block *blocks;
	size_t count;
	const struct expr *filter;
	struct thread *threads[THREADS_MAX];
	uint32_t threads_count;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	size_t next;  /* to be searched */
	size_t asked; /* the scan is there */
	bool stop;
	size_t kept_bytes;
	struct scan_found *found; /* count of them */
	bool *done;
};

/* ---- one block ---- */

static void list_pages(const struct segment_table *table, const struct segment_block *block,
                       struct block_find_page *out_pages) {
	for (uint32_t i = 0; i < block->pages; i++) {
		const struct segment_page *page = &table->pages[block->first_page + i];
		out_pages[i] =
		    (struct block_find_page){.rows = page->rows,
		                             .has_data = page->has_data,
		                             .all_data = page->types == page_type_bit(RECORD_DATA),
		                             .time_min_ns = page->time_min_ns,
		                             .time_max_ns = page->time_max_ns};
	}
}

/* Opened blocks stay with their segments as long as they are few. */
static void give_back(struct scan_find *find, const struct scan_block *at, uint32_t page,
                      struct block *block) {
	size_t bytes = block_bytes(block);
	pthread_mutex_lock(&find->lock);
	bool keep = find->kept_bytes + bytes <= KEPT_BYTES_MAX;
	find->kept_bytes += keep ? bytes : 0;
	pthread_mutex_unlock(&find->lock);
	if (keep) {
		segment_give_block(at->segment, page, block);
	} else {
		block_free(block);
	}
}

static void search_block(struct scan_find *find, const struct scan_block *at,
                         struct scan_found *out_found) {
	const struct segment_table *table = segment_table(at->segment);
	const struct segment_block *entry = &table->blocks[at->block];
	struct block_find_page *pages = reallocarray(NULL, entry->pages, sizeof(*pages));
	size_t words = bits_words(entry->rows) + 1;
	struct block *block;
	uint32_t first;
	uint32_t kept;
	ASSERT(pages != NULL);
	out_found->maybe = calloc(words, sizeof(uint64_t));
	out_found->sure = calloc(words, sizeof(uint64_t));
	ASSERT(out_found->maybe != NULL && out_found->sure != NULL);
	list_pages(table, entry, pages);
	out_found->err = segment_take_block(at->segment, entry->first_page, &block, &first, &kept);
	if (out_found->err == ERR_OK) {
		out_found->err =
		    block_find(block, find->filter, pages, entry->pages, out_found->maybe, out_found->sure);
		give_back(find, at, entry->first_page, block);
	}
	if (out_found->err != ERR_OK) {
		bits_fill(out_found->maybe, entry->rows, true);
		memset(out_found->sure, 0, words * sizeof(uint64_t));
	}
	free(pages);
}

static void forget(struct scan_found *found) {
	free(found->maybe);
	free(found->sure);
	*found = (struct scan_found){0};
}

/* ---- threads ---- */

/* Takes the next block and searches it; the lock is held before and after. False: there is none. */
static bool search_next(struct scan_find *find) {
	if (find->stop || find->next >= find->count) {
		return false;
	}
	size_t number = find->next++;
	struct scan_found found = {0};
	pthread_mutex_unlock(&find->lock);
	search_block(find, &find->blocks[number], &found);
	pthread_mutex_lock(&find->lock);
	find->found[number] = found;
	find->done[number] = true;
	pthread_cond_broadcast(&find->changed);
	return true;
}

static void work(void *arg) {
	struct scan_find *find = arg;
	pthread_mutex_lock(&find->lock);
	do {
		while (!find->stop && find->next < find->count && find->next > find->asked + AHEAD) {
			pthread_cond_wait(&find->changed, &find->lock);
		}
	} while (search_next(find));
	pthread_mutex_unlock(&find->lock);
}

struct scan_find *scan_find_new(const struct scan_block *blocks, size_t count,
                                const struct expr *filter, uint32_t threads) {
	struct scan_find *find = calloc(1, sizeof(*find));
	ASSERT(find != NULL);
	*find = (struct scan_find){.count = count, .filter = filter};
	find->blocks = reallocarray(NULL, count + 1, sizeof(*blocks));
	find->found = calloc(count + 1, sizeof(*find->found));
	find->done = calloc(count + 1, sizeof(*find->done));
	ASSERT(find->blocks != NULL && find->found != NULL && find->done != NULL);
	if (count > 0) {
		memcpy(find->blocks, blocks, count * sizeof(*blocks));
	}
	ASSERT(pthread_mutex_init(&find->lock, NULL) == 0);
	ASSERT(pthread_cond_init(&find->changed, NULL) == 0);
	threads = MIN_OF(threads, (uint32_t)THREADS_MAX);
	while (find->threads_count < threads && find->threads_count + 1 < count) {
		struct thread *thread = thread_start("find", work, find);
		if (thread == NULL) {
			break; /* the caller does what is left */
		}
		find->threads[find->threads_count++] = thread;
	}
	return find;
}

void scan_find_free(struct scan_find *find) {
	if (find == NULL) {
		return;
	}
	pthread_mutex_lock(&find->lock);
	find->stop = true;
	pthread_cond_broadcast(&find->changed);
	pthread_mutex_unlock(&find->lock);
	for (uint32_t i = 0; i < find->threads_count; i++) {
		thread_join(find->threads[i]);
	}
	for (size_t i = 0; i < find->count; i++) {
		forget(&find->found[i]);
	}
	(void)pthread_cond_destroy(&find->changed);
	(void)pthread_mutex_destroy(&find->lock);
	free(find->blocks);
	free(find->found);
	free(find->done);
	free(find);
}

const struct scan_found *scan_find_get(struct scan_find *find, size_t number) {
	ASSERT(number < find->count);
	pthread_mutex_lock(&find->lock);
	ASSERT(number >= find->asked);
	for (size_t i = find->asked; i < number; i++) {
		if (find->done[i]) {
			forget(&find->found[i]);
		}
	}
	find->asked = number;
	find->next = MAX_OF(find->next, number); /* nobody will ask for what lies before */
	pthread_cond_broadcast(&find->changed);
	while (!find->done[number]) {
		/* While another thread is at this block, the next one is searched here. */
		if (find->next > number + AHEAD || !search_next(find)) {
			pthread_cond_wait(&find->changed, &find->lock);
		}
	}
	pthread_mutex_unlock(&find->lock);
	return &find->found[number];
}
