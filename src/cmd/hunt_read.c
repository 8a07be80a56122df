/* The store is cut where its blocks begin; threads take one piece after the other, but not far
 * ahead of what the caller has taken, and give out what they find some records at a time. Results
 * of a piece that is not the next one wait; when these are too many, its thread waits, too.
 */
#include "cmd/hunt.h"

#include <pthread.h>
#include <time.h>

#include "cmd/hunt_rows.h"
#include "os/thread.h"
#include "store/table.h"

enum {
	PIECE_ROWS_MIN = 1 << 12,
	AHEAD = 16,                /* pieces that are read before the caller comes to them */
	TAKE_ROWS = 4096,          /* records of one result */
	HELD_BYTES_MAX = 64 << 20, /* of results that wait */
	WAIT_NS = 200 * 1000 * 1000,
	THREADS_MAX = 64,
};

struct piece {
	struct store *store;
	uint64_t from, to; /* index */
	/* under the lock */
	struct buf results; /* struct scanned * */
	size_t taken;       /* of them */
	bool done;
	enum err err;
	struct diag diag;
};

struct reader {
	const struct hunting *hunting;
	struct piece *pieces;
	size_t count;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	size_t next;  /* to be read */
	size_t first; /* the caller is there */
	size_t held_bytes;
	uint64_t rows_done, damaged;
	bool stop;
};

/* What one thread needs. */
struct worker {
	struct reader *reader;
	struct scan_worker *scan;
	struct hunt_judge *judge;
	struct thread *thread;
	size_t number; /* of the piece that is being read */
	struct hunt_rows rows;
	bool judged; /* the bytes of what is being read are counted */
	struct scanned *scanned;
	uint32_t results; /* records in it */
	uint64_t done;    /* records since results were given last */
};

static void lock(struct reader *reader) {
	ASSERT(pthread_mutex_lock(&reader->lock) == 0);
}

static void unlock(struct reader *reader) {
	ASSERT(pthread_mutex_unlock(&reader->lock) == 0);
}

static void wait(struct reader *reader) {
	ASSERT(pthread_cond_wait(&reader->changed, &reader->lock) == 0);
}

static void tell(struct reader *reader) {
	ASSERT(pthread_cond_broadcast(&reader->changed) == 0);
}

/* ---- reading ---- */

/* Hands out what was made of the last records; false: nobody wants more. */
static bool give(struct worker *worker) {
	struct reader *reader = worker->reader;
	lock(reader);
	while (!reader->stop && worker->number > reader->first && reader->held_bytes > HELD_BYTES_MAX) {
		wait(reader);
	}
	if (worker->scanned != NULL) {
		reader->held_bytes += scanned_bytes(worker->scanned);
		buf_append(&reader->pieces[worker->number].results, &worker->scanned,
		           sizeof(worker->scanned));
		worker->scanned = NULL;
	}
	reader->rows_done += worker->done;
	worker->done = worker->results = 0;
	bool stop = reader->stop;
	tell(reader);
	unlock(reader);
	return !stop;
}

static struct scanned *use_scanned(struct worker *worker) {
	if (worker->scanned == NULL) {
		worker->scanned = scanned_new();
	}
	return worker->scanned;
}

/* A part of the store cannot be read; the rest can, and the caller is told how many. */
static void count_damage(struct worker *worker) {
	lock(worker->reader);
	worker->reader->damaged++;
	unlock(worker->reader);
}

/* Whether the time of a record is that of receiving it; flags: of akashi.time_flags. */
static bool is_received(struct value flags) {
	struct value flag;
	size_t at = 0;
	while (flags.kind == VALUE_LIST && value_list_next(flags.text, &at, &flag)) {
		if (str_eq(flag.text, STR("received"))) {
			return true;
		}
	}
	return flags.kind == VALUE_STRING && str_eq(flags.text, STR("received"));
}

/* Lists the records of a page, and counts those that are asked for. */
static enum err list_page(struct worker *worker, struct store_view *view) {
	const struct scan *scan = worker->reader->hunting->scan;
	uint64_t from = worker->reader->pieces[worker->number].from; /* perhaps within the page */
	struct hunt_rows *rows = &worker->rows;
	const struct column *flags;
	const int64_t *times;
	uint32_t first = (uint32_t)rows->verdicts.len;
	const char *last = NULL;
	bool received = false;
	TRY(store_view_times(view, &times));
	TRY(store_view_column(view, STR("akashi.time_flags"), &flags));
	TRY(hunt_rows_add(rows, view, scan->from_ns, scan->to_ns));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		if (store_view_index(view, i) < from) {
			rows->verdicts.ptr[first + i] = HUNT_LEFT_OUT;
		}
		if (rows->verdicts.ptr[first + i] == HUNT_LEFT_OUT) {
			continue;
		}
		struct value flag = column_get(flags, i);
		if (flag.text.ptr != last) { /* mostly one text for all */
			last = flag.text.ptr;
			received = is_received(flag);
		}
		scan_count(use_scanned(worker), 0, times[i], received ? TIME_NONE : 0);
	}
	worker->done += store_view_rows(view);
	return ERR_OK;
}

static enum err list_pages(struct worker *worker, const struct piece *piece, struct diag *diag) {
	const struct scan *scan = worker->reader->hunting->scan;
	struct store_scan_options options = {.from_ns = scan->from_ns,
	                                     .to_ns = scan->to_ns,
	                                     .index_from = piece->from,
	                                     .index_to = piece->to,
	                                     .once = true};
	struct store_scan *pages;
	struct store_view *view;
	TRY(store_scan_new(piece->store, &options, &pages));
	enum err err;
	do {
		err = store_scan_next(pages, &view, diag);
		bool end = err == ERR_OK && view == NULL;
		if (err == ERR_OK && !end) {
			err = list_page(worker, view);
			store_view_free(view);
		}
		if (end) {
			break;
		}
		if (err == ERR_CORRUPT) {
			count_damage(worker);
			err = ERR_OK;
		}
	} while (err == ERR_OK);
	store_scan_free(pages);
	return err;
}

/* ---- the records of a page for which a rule may hold ---- */

struct page_reading {
	struct store *store;
	const struct hunt_page *page;
	struct store_view *place; /* where its records are from */
	const int64_t *numbers;
	struct store_view *some; /* records of which more has to be read; NULL: there are none */
	uint32_t some_next;
};

static enum err open_page(struct worker *worker, struct page_reading *reading, struct diag *diag) {
	const struct hunt_page *page = reading->page;
	const char *verdicts = worker->rows.verdicts.ptr + page->at;
	uint64_t indices[LIMIT_BATCH_ROWS];
	uint32_t count = 0;
	bool any = false;
	ASSERT(page->rows <= LIMIT_BATCH_ROWS);
	for (uint32_t i = 0; i < page->rows; i++) {
		indices[count] = page->first_index + i;
		count += verdicts[i] != HUNT_LEFT_OUT && verdicts[i] != HUNT_KEPT;
		any = any || verdicts[i] != HUNT_LEFT_OUT;
	}
	if (count > page->rows / 2) { /* cheaper than so many one by one */
		TRY(store_view_at(reading->store, page->first_index, &reading->some, diag));
	} else if (count > 0) {
		TRY(store_view_some(reading->store, indices, count, &reading->some, diag));
	}
	if (any) {
		TRY(store_view_at(reading->store, page->first_index, &reading->place, diag));
		TRY(store_view_numbers(reading->place, &reading->numbers));
	}
	return ERR_OK;
}

/* The same record in the other view. */
static enum err find_some(struct page_reading *reading, uint32_t i) {
	uint64_t index = reading->page->first_index + i;
	while (reading->some_next < store_view_rows(reading->some) &&
	       store_view_index(reading->some, reading->some_next) < index) {
		reading->some_next++; /* views of the first version have all records of the page */
	}
	return reading->some_next < store_view_rows(reading->some) ? ERR_OK : ERR_CORRUPT;
}

/* Record i of the page. */
static enum err get_row(struct worker *worker, struct page_reading *reading, uint32_t i,
                        struct row *out_row) {
	uint32_t at = reading->page->at + i;
	char verdict = worker->rows.verdicts.ptr[at];
	struct row text;
	TRY(store_view_row_place(reading->place, i, out_row));
	out_row->number = (uint64_t)reading->numbers[i];
	if (verdict != HUNT_READ) {
		uint32_t number = ((const uint32_t *)(void *)worker->rows.kept.ptr)[at];
		out_row->fields = hunt_judge_fields(worker->judge, number, &out_row->fields_count);
	}
	if (verdict == HUNT_KEPT) {
		return ERR_OK;
	}
	TRY(find_some(reading, i));
	TRY(store_view_row_text(reading->some, reading->some_next, &text));
	out_row->text = text.text;
	out_row->body = text.body;
	return verdict != HUNT_READ ? ERR_OK
	                            : store_view_row_fields(reading->some, reading->some_next,
	                                                    &out_row->fields, &out_row->fields_count);
}

static enum err read_rows(struct worker *worker, struct page_reading *reading, struct diag *diag) {
	const struct scan *scan = worker->reader->hunting->scan;
	const struct hunt_page *page = reading->page;
	TRY(open_page(worker, reading, diag));
	for (uint32_t i = 0; i < page->rows; i++) {
		struct row row;
		if (worker->rows.verdicts.ptr[page->at + i] == HUNT_LEFT_OUT) {
			continue;
		}
		TRY(get_row(worker, reading, i, &row));
		if (worker->rows.verdicts.ptr[page->at + i] == HUNT_WORDS) {
			if (!scan_try_row(worker->scan, &row)) {
				continue;
			}
			TRY(store_view_row_fields(reading->some, reading->some_next, &row.fields,
			                          &row.fields_count));
		}
		struct scanned *scanned = use_scanned(worker);
		scanned->bytes += worker->judged ? 0 : row.text.len;
		scan_found_row(scan, worker->scan, &row, scanned);
		worker->results++;
	}
	return ERR_OK;
}

static enum err read_page(struct worker *worker, struct store *store, const struct hunt_page *page,
                          struct diag *diag) {
	struct page_reading reading = {.store = store, .page = page};
	enum err err = read_rows(worker, &reading, diag);
	store_view_free(reading.place);
	store_view_free(reading.some);
	if (err == ERR_CORRUPT) {
		count_damage(worker);
		err = ERR_OK;
	}
	return err;
}

/* Reads what has to be read of pages [first, end) of those listed. *out_more: false: nobody wants
 * more. */
static enum err read_pages(struct worker *worker, struct store *store, size_t first, size_t end,
                           struct diag *diag, bool *out_more) {
	const struct hunt_page *pages = (const struct hunt_page *)(void *)worker->rows.pages.ptr;
	*out_more = true;
	for (size_t i = first; i < end && *out_more; i++) {
		TRY(read_page(worker, store, &pages[i], diag));
		*out_more = worker->results < TAKE_ROWS || give(worker);
	}
	return ERR_OK;
}

/* Block by block. Of one that cannot be judged the next page is read whole. */
static enum err read_listed(struct worker *worker, struct store *store, struct diag *diag) {
	const struct hunt_page *pages = (const struct hunt_page *)(void *)worker->rows.pages.ptr;
	size_t count = worker->rows.pages.len / sizeof(*pages);
	bool more = true;
	for (size_t i = 0; i < count && more;) {
		struct hunt_block block = {.next = i + 1};
		worker->judged = hunt_judge_block(worker->judge, store, &worker->rows, i, &block) == ERR_OK;
		if (worker->judged) {
			use_scanned(worker)->bytes += block.bytes;
		}
		TRY(read_pages(worker, store, i, block.next, diag, &more));
		hunt_judge_end(worker->judge);
		store_table_forget(store, pages[i].first_index);
		i = block.next;
	}
	return ERR_OK;
}

static void read_piece(struct worker *worker, size_t number) {
	struct reader *reader = worker->reader;
	struct piece *piece = &reader->pieces[number];
	struct diag diag = {0};
	worker->number = number;
	hunt_rows_clear(&worker->rows);
	enum err err = list_pages(worker, piece, &diag);
	err = err == ERR_OK ? read_listed(worker, piece->store, &diag) : err;
	(void)give(worker); /* nothing follows */
	lock(reader);
	piece->err = err;
	piece->diag = diag;
	piece->done = true;
	tell(reader);
	unlock(reader);
}

static void work(void *arg) {
	struct worker *worker = arg;
	struct reader *reader = worker->reader;
	lock(reader);
	while (!reader->stop && reader->next < reader->count) {
		if (reader->next > reader->first + AHEAD) {
			wait(reader);
			continue;
		}
		size_t number = reader->next++;
		unlock(reader);
		read_piece(worker, number);
		lock(reader);
	}
	unlock(reader);
}

/* ---- taking ---- */

static void wait_a_moment(struct reader *reader) {
	struct timespec until;
	ASSERT(clock_gettime(CLOCK_REALTIME, &until) == 0);
	until.tv_nsec += WAIT_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&reader->changed, &reader->lock, &until); /* it is looked at */
}

/* Under the lock: the next result of a piece, or NULL. */
static struct scanned *next_result(struct reader *reader, struct piece *piece) {
	struct scanned **results = (struct scanned **)(void *)piece->results.ptr;
	if (piece->taken == piece->results.len / sizeof(struct scanned *)) {
		return NULL;
	}
	struct scanned *scanned = TAKE(results[piece->taken]);
	piece->taken++;
	reader->held_bytes -= scanned_bytes(scanned);
	return scanned;
}

/* Takes what comes of the next piece, until there is no more. */
static enum err take_piece(struct reader *reader, struct piece *piece, struct diag *diag) {
	const struct hunting *hunting = reader->hunting;
	enum err err = ERR_OK;
	bool more = true;
	while (more && err == ERR_OK) {
		lock(reader);
		struct scanned *scanned = next_result(reader, piece);
		more = scanned != NULL || !piece->done;
		if (more && scanned == NULL) {
			wait_a_moment(reader);
		}
		uint64_t rows_done = reader->rows_done;
		unlock(reader);
		if (scanned != NULL) {
			err = hunting->take(hunting->ctx, scanned);
		}
		if (err == ERR_OK && !hunting->progress(hunting->ctx, rows_done)) {
			err = ERR_CANCELED;
		}
	}
	if (err == ERR_OK && piece->err != ERR_OK) {
		err = piece->err;
		*diag = piece->diag;
	}
	return err;
}

static enum err take_all(struct reader *reader, struct worker *own, struct diag *diag) {
	enum err err = ERR_OK;
	for (size_t i = 0; i < reader->count && err == ERR_OK; i++) {
		if (own != NULL) {
			read_piece(own, i);
		}
		err = take_piece(reader, &reader->pieces[i], diag);
		lock(reader);
		reader->first = i + 1;
		tell(reader);
		unlock(reader);
	}
	return err;
}

/* ---- all ---- */

static void cut(struct reader *reader, struct buf *pieces) {
	const struct store_set *set = reader->hunting->set;
	for (size_t i = 0; i < set->count; i++) {
		uint64_t from = reader->hunting->from == NULL ? 0 : reader->hunting->from[i];
		uint64_t *borders;
		size_t count = store_pieces(set->stores[i], PIECE_ROWS_MIN, &borders);
		for (size_t k = 0; k < count; k++) {
			struct piece piece = {
			    .store = set->stores[i], .from = MAX_OF(borders[k], from), .to = borders[k + 1]};
			if (piece.from < piece.to) {
				buf_append(pieces, &piece, sizeof(piece));
			}
		}
		free(borders);
	}
	reader->pieces = (struct piece *)(void *)pieces->ptr; /* of malloc */
	reader->count = pieces->len / sizeof(struct piece);
}

static void stop(struct reader *reader, struct worker *workers, uint32_t count) {
	lock(reader);
	reader->stop = true;
	tell(reader);
	unlock(reader);
	for (uint32_t i = 0; i < count; i++) {
		thread_join(workers[i].thread);
		hunt_judge_free(workers[i].judge);
		hunt_rows_deinit(&workers[i].rows);
		scan_worker_free(workers[i].scan);
	}
	for (size_t i = 0; i < reader->count; i++) {
		struct scanned *scanned;
		while ((scanned = next_result(reader, &reader->pieces[i])) != NULL) {
			scanned_free(scanned);
		}
		buf_deinit(&reader->pieces[i].results);
	}
}

static uint32_t threads_of(const struct scan *scan) {
	uint64_t asked = (uint64_t)scan->args->threads;
	return (uint32_t)MIN_OF(asked > 0 ? asked : thread_cpu_count(), (uint64_t)THREADS_MAX);
}

enum err hunt_read(const struct hunting *hunting, uint64_t *out_damaged, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf pieces = {0};
	struct reader reader = {.hunting = hunting};
	struct worker workers[THREADS_MAX] = {0};
	uint32_t threads = threads_of(hunting->scan);
	uint32_t count = 0;
	cut(&reader, &pieces);
	ASSERT(pthread_mutex_init(&reader.lock, NULL) == 0);
	ASSERT(pthread_cond_init(&reader.changed, NULL) == 0);
	do {
		struct worker *worker = &workers[count];
		worker->reader = &reader;
		worker->scan = scan_worker_new(hunting->scan);
		worker->judge = hunt_judge_new(scan_worker_run(worker->scan));
		worker->thread = threads > 1 ? thread_start("hunt", work, worker) : NULL;
		count++;
	} while (count < threads && count < reader.count && workers[count - 1].thread != NULL);
	/* Where the system gives no thread the caller reads by itself. */
	enum err err = take_all(&reader, workers[0].thread == NULL ? &workers[0] : NULL, diag);
	stop(&reader, workers, count);
	*out_damaged = reader.damaged;
	(void)pthread_cond_destroy(&reader.changed);
	(void)pthread_mutex_destroy(&reader.lock);
	return err;
}
