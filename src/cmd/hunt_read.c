/* The store is cut where its blocks begin; threads take one piece after the other, but not far
 * ahead of what the caller has taken, and give out what they find some records at a time. Results
 * of a piece that is not the next one wait; when these are too many, its thread waits, too.
 */
#include "cmd/hunt.h"

#include <pthread.h>
#include <time.h>

#include "os/thread.h"

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
	struct thread *thread;
	size_t number; /* of the piece that is being read */
	struct scanned *scanned;
	uint32_t rows; /* in scanned */
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
	reader->rows_done += worker->rows;
	worker->rows = 0;
	bool stop = reader->stop;
	tell(reader);
	unlock(reader);
	return !stop;
}

static enum err read_page(struct worker *worker, struct store_view *view) {
	const struct scan *scan = worker->reader->hunting->scan;
	uint64_t from = worker->reader->pieces[worker->number].from; /* perhaps within the page */
	const int64_t *times;
	const uint8_t *types;
	TRY(store_view_times(view, &times));
	TRY(store_view_types(view, &types));
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		worker->rows++;
		if (types[i] != RECORD_DATA || store_view_index(view, i) < from ||
		    times[i] < scan->from_ns || (times[i] >= scan->to_ns && scan->to_ns != INT64_MAX)) {
			continue;
		}
		TRY(store_view_row(view, i, &row));
		if (worker->scanned == NULL) {
			worker->scanned = scanned_new();
		}
		scan_row(scan, worker->scan, &row, worker->scanned);
	}
	return ERR_OK;
}

static enum err read_pages(struct worker *worker, struct store_scan *pages, struct diag *diag) {
	struct reader *reader = worker->reader;
	bool wanted = true;
	while (wanted) {
		struct store_view *view;
		enum err err = store_scan_next(pages, &view, diag);
		if (err == ERR_OK && view == NULL) {
			break;
		}
		if (err == ERR_OK) {
			err = read_page(worker, view);
			store_view_free(view);
		}
		if (err == ERR_CORRUPT) { /* the rest can still be read; the caller is told how many */
			lock(reader);
			reader->damaged++;
			unlock(reader);
			err = ERR_OK;
		}
		TRY(err);
		wanted = worker->rows < TAKE_ROWS || give(worker);
	}
	return ERR_OK;
}

static void read_piece(struct worker *worker, size_t number) {
	struct reader *reader = worker->reader;
	struct piece *piece = &reader->pieces[number];
	const struct scan *scan = reader->hunting->scan;
	struct store_scan_options options = {.from_ns = scan->from_ns,
	                                     .to_ns = scan->to_ns,
	                                     .index_from = piece->from,
	                                     .index_to = piece->to,
	                                     .once = true};
	struct diag diag = {0};
	struct store_scan *pages;
	worker->number = number;
	enum err err = store_scan_new(piece->store, &options, &pages);
	if (err == ERR_OK) {
		err = read_pages(worker, pages, &diag);
		store_scan_free(pages);
	}
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
