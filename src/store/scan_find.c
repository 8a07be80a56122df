/* Threads take the blocks one after the other, but not far ahead of the scan, so that little is
 * held at a time.
 */
#include "store/scan_find.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/bits.h"
#include "codec/lines_ask.h"
#include "os/thread.h"
#include "store/block_judge.h"
#include "store/page.h"
#include "store/scan_block.h"
#include "store/segment_table.h"
#include "store/store.h"

enum {
	AHEAD = 8, /* blocks that are searched before the scan asks for them */
	THREADS_MAX = 16,
	KEPT_BYTES_MAX = 48 << 20, /* of opened blocks, for who looks at their rows afterwards */
};

struct scan_find {
	struct scan_block *blocks;
	size_t count;
	uint8_t *pages; /* enum scan_page */
	const struct expr *filter;
	const struct store_reduction *reduction;
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

/* Opened blocks of which rows will be looked at stay with their segments as long as they are few.
 */
static void give_back(struct scan_find *find, const struct scan_block *at, uint32_t page,
                      struct block *block, bool wanted) {
	size_t bytes = block_bytes(block);
	pthread_mutex_lock(&find->lock);
	bool keep = wanted && find->kept_bytes + bytes <= KEPT_BYTES_MAX;
	find->kept_bytes += keep ? bytes : 0;
	pthread_mutex_unlock(&find->lock);
	if (keep) {
		segment_give_block(at->segment, page, block);
	} else {
		block_free(block);
		segment_forget_block(at->segment, at->block);
	}
}

/* Bits of a block's rows that a reduction may have: of pages that are known, beside each other. */
struct chosen {
	uint64_t *bits;
	uint32_t from, to; /* pages of the segment */
};

/* Leaves in the page's bits of maybe the records of type data. */
static enum err drop_own(const struct scan_block *at, uint32_t number, uint64_t *maybe) {
	const struct segment_page *page = &segment_table(at->segment)->pages[number];
	uint64_t bits[LIMIT_BATCH_ROWS / 64 + 1] = {0};
	bits_fill(bits, page->rows, true);
	TRY(scan_block_drop_own(at->segment, number, bits));
	for (uint32_t row = 0; row < page->rows; row++) {
		if (!bits_get(bits, row)) {
			bits_clear(maybe, page->block_first + row);
		}
	}
	return ERR_OK;
}

enum page_known { PAGE_NOTHING, PAGE_KNOWN, PAGE_UNKNOWN };

/* Bits of a word that are of rows [first, end). */
static uint64_t mask_of(uint32_t first, uint32_t end, size_t word) {
	uint64_t mask = UINT64_MAX;
	if (word == first / 64) {
		mask &= UINT64_MAX << first % 64;
	}
	if (word == end / 64) {
		mask &= ((uint64_t)1 << end % 64) - 1;
	}
	return mask;
}

/* Puts the page's bits of maybe into chosen; false: there are none. */
static bool take_page(const struct segment_page *page, const uint64_t *maybe, uint64_t *chosen) {
	uint32_t end = page->block_first + page->rows;
	uint64_t any = 0;
	for (size_t i = page->block_first / 64; i <= end / 64; i++) {
		uint64_t some = maybe[i] & mask_of(page->block_first, end, i);
		chosen[i] |= some;
		any |= some;
	}
	return any != 0;
}

/* Takes the page's bits out of chosen unless all of them are in sure. */
static bool keep_page(const struct segment_page *page, const uint64_t *sure, uint64_t *chosen) {
	uint32_t end = page->block_first + page->rows;
	uint64_t unsure = 0;
	for (size_t i = page->block_first / 64; i <= end / 64; i++) {
		unsure |= chosen[i] & ~sure[i] & mask_of(page->block_first, end, i);
	}
	for (size_t i = page->block_first / 64; unsure != 0 && i <= end / 64; i++) {
		chosen[i] &= ~mask_of(page->block_first, end, i);
	}
	return unsure == 0;
}

/* What is known of a page; chosen has its bits then. */
static enum page_known know_page(const struct scan_find *find, const struct scan_block *at,
                                 uint32_t i, const struct scan_found *found, uint64_t *chosen) {
	static const uint64_t none[LIMIT_BLOCK_ROWS / 64 + 1];
	const struct segment_table *table = segment_table(at->segment);
	uint32_t number = table->blocks[at->block].first_page + i;
	const struct segment_page *page = &table->pages[number];
	if (find->pages[at->pages + i] == SCAN_PAGE_NONE || !take_page(page, found->maybe, chosen)) {
		return PAGE_NOTHING;
	}
	bool own = page->types != page_type_bit(RECORD_DATA);
	bool known = find->pages[at->pages + i] == SCAN_PAGE_WHOLE &&
	             (!own || drop_own(at, number, chosen) == ERR_OK);
	return keep_page(page, known ? found->sure : none, chosen) ? PAGE_KNOWN : PAGE_UNKNOWN;
}

/* False: there are no such pages, or others between them. */
static bool choose(const struct scan_find *find, const struct scan_block *at,
                   const struct scan_found *found, struct chosen *chosen) {
	const struct segment_block *entry = &segment_table(at->segment)->blocks[at->block];
	bool behind = false; /* an unknown page behind known ones */
	chosen->from = UINT32_MAX;
	for (uint32_t i = 0; i < entry->pages; i++) {
		enum page_known known = know_page(find, at, i, found, chosen->bits);
		if (known == PAGE_KNOWN && behind) {
			return false;
		}
		if (known == PAGE_KNOWN) {
			chosen->from = MIN_OF(chosen->from, entry->first_page + i);
			chosen->to = entry->first_page + i + 1;
		}
		behind |= known == PAGE_UNKNOWN && chosen->from != UINT32_MAX;
	}
	return chosen->from != UINT32_MAX;
}

static void reduce_rows(const struct scan_find *find, const struct scan_block *at,
                        struct block *block, const struct store_block_chosen *rows,
                        const struct chosen *chosen, struct scan_found *out_found) {
	const struct store_reduction *reduction = find->reduction;
	struct store_block *columns = store_block_new(at->segment, at->block, block, rows);
	void *result;
	if (reduction->reduce(reduction->ctx, columns, &result) == ERR_OK) {
		out_found->reduced = result;
		out_found->reduced_from = chosen->from;
		out_found->reduced_to = chosen->to;
	}
	store_block_free(columns);
}

static void reduce_block(const struct scan_find *find, const struct scan_block *at,
                         struct block *block, struct scan_found *out_found) {
	const struct segment_block *entry = &segment_table(at->segment)->blocks[at->block];
	struct chosen chosen = {.bits = calloc(bits_words(entry->rows) + 1, sizeof(uint64_t))};
	ASSERT(chosen.bits != NULL);
	if (choose(find, at, out_found, &chosen)) {
		struct store_block_chosen rows = {.bits = chosen.bits};
		reduce_rows(find, at, block, &rows, &chosen, out_found);
	}
	free(chosen.bits);
}

/* ---- whole shapes ---- */

/* All records of type data of the block are asked for. */
static bool is_whole(const struct scan_find *find, const struct scan_block *at) {
	const struct segment_table *table = segment_table(at->segment);
	const struct segment_block *entry = &table->blocks[at->block];
	for (uint32_t i = 0; i < entry->pages; i++) {
		bool data = (table->pages[entry->first_page + i].types & page_type_bit(RECORD_DATA)) != 0;
		if (data && find->pages[at->pages + i] != SCAN_PAGE_WHOLE) {
			return false;
		}
	}
	return true;
}

/* Appends (uint32_t) the rows of a page whose records are not of type data. */
static enum err add_own(const struct scan_block *at, uint32_t number, struct buf *rows) {
	const struct segment_page *page = &segment_table(at->segment)->pages[number];
	uint64_t bits[LIMIT_BATCH_ROWS / 64 + 1] = {0};
	if (page->types == page_type_bit(RECORD_DATA)) {
		return ERR_OK;
	}
	bits_fill(bits, page->rows, true);
	if ((page->types & page_type_bit(RECORD_DATA)) != 0) {
		TRY(scan_block_drop_own(at->segment, number, bits));
	} else {
		bits_fill(bits, page->rows, false);
	}
	for (uint32_t row = 0; row < page->rows; row++) {
		uint32_t own = page->block_first + row;
		if (!bits_get(bits, row)) {
			buf_append(rows, &own, sizeof(own));
		}
	}
	return ERR_OK;
}

/* Whether some row of these shapes has a record that is not of type data. */
static enum err have_own(const struct scan_block *at, struct lines *lines, const bool *shapes,
                         bool *out_have) {
	const struct segment_block *entry = &segment_table(at->segment)->blocks[at->block];
	CLEANUP(buf_deinit) struct buf rows = {0};
	uint32_t some[256];
	uint32_t ranks[256];
	*out_have = false;
	for (uint32_t i = 0; i < entry->pages; i++) {
		TRY(add_own(at, entry->first_page + i, &rows));
	}
	const uint32_t *own = (const uint32_t *)(const void *)rows.ptr;
	size_t count = rows.len / sizeof(*own);
	for (size_t i = 0; i < count; i += ARRAY_LEN(some)) {
		uint32_t n = (uint32_t)MIN_OF(count - i, ARRAY_LEN(some));
		TRY(lines_order_some(lines, own + i, n, some, ranks));
		for (uint32_t k = 0; k < n; k++) {
			*out_have |= shapes[some[k]];
		}
	}
	return ERR_OK;
}

/* The rows of these shapes match, and no others. When they cannot be reduced as a whole, they
 * become bits. */
static enum err reduce_shapes(const struct scan_find *find, const struct scan_block *at,
                              struct block *block, const bool *shapes,
                              struct scan_found *out_found) {
	const struct segment_block *entry = &segment_table(at->segment)->blocks[at->block];
	struct store_block_chosen rows = {.shapes = shapes};
	struct chosen chosen = {.from = entry->first_page, .to = entry->first_page + entry->pages};
	struct lines *lines;
	bool own;
	TRY(block_texts(block, &lines));
	if (memchr(shapes, true, lines_shapes(lines)) == NULL) {
		return ERR_OK;
	}
	TRY(have_own(at, lines, shapes, &own));
	if (!own) {
		reduce_rows(find, at, block, &rows, &chosen, out_found);
	}
	if (out_found->reduced == NULL) {
		TRY(lines_shape_bits(lines, shapes, out_found->maybe));
		memcpy(out_found->sure, out_found->maybe, bits_words(entry->rows) * sizeof(uint64_t));
	}
	if (own) {
		reduce_block(find, at, block, out_found);
	}
	return ERR_OK;
}

static enum err find_and_reduce(const struct scan_find *find, const struct scan_block *at,
                                const struct block_find_page *pages, struct block *block,
                                struct scan_found *out_found) {
	const struct segment_block *entry = &segment_table(at->segment)->blocks[at->block];
	bool *shapes = NULL;
	if (!is_whole(find, at)) {
		TRY(block_find(block, find->filter, pages, entry->pages, out_found->maybe,
		               out_found->sure));
	} else {
		TRY(block_find_shapes(block, find->filter, pages, entry->pages, out_found->maybe,
		                      out_found->sure, &shapes));
	}
	if (shapes == NULL) {
		reduce_block(find, at, block, out_found);
		return ERR_OK;
	}
	enum err err = reduce_shapes(find, at, block, shapes, out_found);
	free(shapes);
	return err;
}

/* Of a block that says not by itself that no row can be found. */
static enum err search_rows(struct scan_find *find, const struct scan_block *at,
                            struct block *block, struct scan_found *out_found) {
	const struct segment_table *table = segment_table(at->segment);
	const struct segment_block *entry = &table->blocks[at->block];
	struct block_find_page *pages = reallocarray(NULL, entry->pages, sizeof(*pages));
	size_t words = bits_words(entry->rows) + 1;
	ASSERT(pages != NULL);
	list_pages(table, entry, pages);
	out_found->maybe = calloc(words, sizeof(uint64_t));
	out_found->sure = calloc(words, sizeof(uint64_t));
	ASSERT(out_found->maybe != NULL && out_found->sure != NULL);
	enum err err = find->reduction != NULL ? find_and_reduce(find, at, pages, block, out_found)
	                                       : block_find(block, find->filter, pages, entry->pages,
	                                                    out_found->maybe, out_found->sure);
	free(pages);
	return err;
}

static void find_all_perhaps(struct scan_found *found, uint32_t rows) {
	size_t words = bits_words(rows) + 1;
	free(found->maybe);
	free(found->sure);
	found->maybe = calloc(words, sizeof(uint64_t));
	found->sure = calloc(words, sizeof(uint64_t));
	ASSERT(found->maybe != NULL && found->sure != NULL);
	bits_fill(found->maybe, rows, true);
}

/* Whether the block says by itself, in the first bytes of it, that no row can be found. What is
 * wrong with them is found by who opens all of it. */
static bool front_has_none(const struct scan_find *find, const struct scan_block *at) {
	const struct segment_block *entry = &segment_table(at->segment)->blocks[at->block];
	enum block_verdict verdict = BLOCK_SOME;
	struct block *block = NULL;
	struct buf front = {0};
	enum err err = find->filter->kind == EXPR_ALL
	                   ? ERR_NOT_FOUND
	                   : segment_block_front(at->segment, at->block, &front);
	if (err == ERR_OK) {
		struct str bytes = str_make(front.ptr, entry->len);
		err = block_open_front(bytes, front.len, entry->rows, entry->kept, &block);
	}
	err = err == ERR_OK ? block_judge(block, find->filter, &verdict) : err;
	block_free(block);
	buf_deinit(&front);
	return err == ERR_OK && verdict == BLOCK_NONE;
}

static void search_block(struct scan_find *find, const struct scan_block *at,
                         struct scan_found *out_found) {
	const struct segment_block *entry = &segment_table(at->segment)->blocks[at->block];
	enum block_verdict verdict = BLOCK_SOME;
	struct block *block;
	uint32_t first;
	uint32_t kept;
	if (front_has_none(find, at)) {
		out_found->none = true;
		return;
	}
	out_found->err = segment_take_block(at->segment, entry->first_page, &block, &first, &kept);
	if (out_found->err == ERR_OK) {
		out_found->err = block_judge(block, find->filter, &verdict);
		out_found->none = out_found->err == ERR_OK && verdict == BLOCK_NONE;
		if (out_found->err == ERR_OK && !out_found->none) {
			out_found->err = search_rows(find, at, block, out_found);
		}
		bool wanted = out_found->maybe != NULL && bits_count(out_found->maybe, entry->rows) > 0;
		give_back(find, at, entry->first_page, block, wanted);
	}
	if (out_found->err != ERR_OK) {
		find_all_perhaps(out_found, entry->rows);
	}
}

static void forget(const struct scan_find *find, struct scan_found *found) {
	if (found->reduced != NULL) {
		find->reduction->free(find->reduction->ctx, found->reduced);
	}
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

static void *copy_array(const void *array, size_t count, size_t size) {
	void *copy = reallocarray(NULL, count + 1, size);
	ASSERT(copy != NULL);
	if (count > 0) {
		memcpy(copy, array, count * size);
	}
	return copy;
}

struct scan_find *scan_find_new(const struct scan_find_options *options) {
	struct scan_find *find = calloc(1, sizeof(*find));
	size_t count = options->count;
	ASSERT(find != NULL);
	*find = (struct scan_find){
	    .count = count, .filter = options->filter, .reduction = options->reduction};
	find->blocks = copy_array(options->blocks, count, sizeof(*find->blocks));
	find->pages = copy_array(options->pages, options->pages_count, sizeof(*find->pages));
	find->found = calloc(count + 1, sizeof(*find->found));
	find->done = calloc(count + 1, sizeof(*find->done));
	ASSERT(find->found != NULL && find->done != NULL);
	ASSERT(pthread_mutex_init(&find->lock, NULL) == 0);
	ASSERT(pthread_cond_init(&find->changed, NULL) == 0);
	uint32_t threads = MIN_OF(options->threads, (uint32_t)THREADS_MAX);
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
		forget(find, &find->found[i]);
	}
	(void)pthread_cond_destroy(&find->changed);
	(void)pthread_mutex_destroy(&find->lock);
	free(find->blocks);
	free(find->pages);
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
			forget(find, &find->found[i]);
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

void *scan_find_take(struct scan_find *find, size_t number) {
	pthread_mutex_lock(&find->lock);
	ASSERT(number == find->asked && find->done[number]);
	void *reduced = find->found[number].reduced;
	find->found[number].reduced = NULL;
	pthread_mutex_unlock(&find->lock);
	return reduced;
}
