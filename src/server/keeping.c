/* The path of every record: reserve -> [log] -> parse and encode (workers) -> append -> commit.
 * What is not logged is appended in a thread of its own, so that reading goes on while a block is
 * made.
 */
#include "server/keeping.h"

#include "server/pipeline.h"

/* While a long log is encoded, at most so many bytes of new batches wait behind it: by then it is
 * done. */
enum { REPLAY_FIRST_BYTES = 256 << 20, WAITING_BYTES = 64 << 20 };
/* Batches that may be encoded while a block is made: each holds some two MiB. */
enum { WAITING_BATCHES = 12 };

struct keeping {
	struct keeping_options options;
	struct pipeline *pipeline;
	struct sink sink;
	struct keeping_totals totals; /* appended; of the thread that appends until that is drained */
	struct keeping_totals committed; /* and sealed */
	struct diag diag;
	struct diag append_diag; /* why a batch could not be encoded or appended; as totals */
	bool pending;            /* batches were taken since the last commit */
	bool logging;            /* and they went through the log */
	bool log_full;
	uint64_t replay_frames; /* found in the log; 0: none is left to be encoded */
	struct buf waiting;     /* struct batch *: logged, to be encoded behind them */
	uint64_t waiting_bytes;
};

/* What a worker hands back: a page, or why there is none. */
struct encoded {
	struct store_page *page;
	enum err err;
	struct diag diag;
	uint64_t records, records_unparsed, records_fields_left_out, bytes_raw;
};

static void *worker_new(void *ctx) {
	const struct keeping *keeping = ctx;
	return parser_new(keeping->options.os, keeping->options.formats);
}

static void worker_free(void *worker) {
	parser_free(worker);
}

static void count_rows(const struct batch *batch, struct encoded *encoded) {
	for (uint32_t i = 0; i < batch->count; i++) {
		if (batch->records[i].type != RECORD_DATA) {
			continue;
		}
		const struct field_row *row = &batch->fields.rows[i];
		struct str format = batch->fields.formats[row->format];
		encoded->records++;
		encoded->records_unparsed += str_eq(format, STR("text"));
		encoded->records_fields_left_out += (row->time_flags & FIELDS_LEFT_OUT) != 0;
		encoded->bytes_raw += batch->records[i].body_len;
	}
}

static void *work(void *ctx, void *worker, struct batch *batch) {
	struct keeping *keeping = ctx;
	struct encoded *encoded = calloc(1, sizeof(*encoded));
	ASSERT(encoded != NULL);
	parser_run_cutting(worker, batch);
	count_rows(batch, encoded);
	encoded->err = store_encode(keeping->options.store, batch, &encoded->page, &encoded->diag);
	return encoded;
}

static enum err finish(void *ctx, void *result, bool discard) {
	struct keeping *keeping = ctx;
	struct encoded *encoded = result;
	enum err err = encoded->err;
	if (discard) {
		store_page_free(encoded->page);
		err = ERR_OK;
	} else if (err != ERR_OK) {
		keeping->append_diag = encoded->diag;
	} else {
		err = store_append(keeping->options.store, encoded->page, &keeping->append_diag);
		keeping->totals.records += encoded->records;
		keeping->totals.records_unparsed += encoded->records_unparsed;
		keeping->totals.records_fields_left_out += encoded->records_fields_left_out;
		keeping->totals.bytes_raw += encoded->bytes_raw;
	}
	free(encoded);
	return err;
}

/* After an error of the pipeline: it says why. */
static enum err told(struct keeping *keeping, enum err err) {
	if (err != ERR_OK) {
		keeping->diag = keeping->append_diag;
	}
	return err;
}

static enum err hand_over(struct keeping *keeping, struct batch *batch) {
	return told(keeping, pipeline_put(keeping->pipeline, batch));
}

static enum err drain(struct keeping *keeping) {
	return told(keeping, pipeline_drain(keeping->pipeline));
}

static bool has_container(const struct batch *batch) {
	for (uint32_t i = 0; i < batch->sources_count; i++) {
		if (batch->sources[i].container) {
			return true;
		}
	}
	return false;
}

/* Bodies of containers lie in their object and do not go through the log; between batches that do
 * and batches that do not stands a commit (store.h). */
static enum err choose_log(struct keeping *keeping, const struct batch *batch) {
	bool log = keeping->options.log && !has_container(batch);
	if (keeping->pending && log != keeping->logging) {
		TRY(keeping_commit(keeping));
	}
	keeping->logging = log;
	keeping->pending = true;
	return ERR_OK;
}

static enum err reserve(struct keeping *keeping, struct batch *batch) {
	enum err err = store_reserve(keeping->options.store, batch);
	if (err != ERR_OK) {
		TRY(drain(keeping)); /* the store is broken because of what was appended */
		return diag_set(&keeping->diag, err, "cannot take a batch into the store: %s",
		                err_text(err));
	}
	return ERR_OK;
}

static enum err reserve_and_log(struct keeping *keeping, struct batch *batch) {
	TRY(choose_log(keeping, batch));
	TRY(reserve(keeping, batch));
	if (!keeping->logging) {
		return ERR_OK;
	}
	struct diag diag = {0};
	enum err err = store_log(keeping->options.store, batch, &diag);
	keeping->log_full = err == ERR_LIMIT;
	if (err != ERR_OK && !keeping->log_full) {
		keeping->diag = diag;
	}
	return keeping->log_full ? ERR_OK : err;
}

/* ---- behind a long log ---- */

static enum err encode_waiting(struct keeping *keeping) {
	struct batch **waiting = (struct batch **)(void *)keeping->waiting.ptr;
	size_t count = keeping->waiting.len / sizeof(struct batch *);
	enum err err = ERR_OK;
	for (size_t i = 0; i < count; i++) {
		if (err == ERR_OK) {
			err = hand_over(keeping, waiting[i]);
		} else {
			batch_free(waiting[i]);
		}
	}
	keeping->replay_frames = 0;
	keeping->waiting_bytes = 0;
	buf_clear(&keeping->waiting);
	return err;
}

/* Encodes what was found in the log, as far as the new batches ask for: share of WAITING_BYTES. */
static enum err replay_until(struct keeping *keeping, uint64_t share) {
	uint64_t frames = keeping->replay_frames;
	if (frames == 0) {
		return ERR_OK;
	}
	for (;;) {
		struct batch *batch = NULL;
		uint64_t done = frames - store_replay_left(keeping->options.store);
		if (done < frames && done * WAITING_BYTES >= share * frames) {
			return ERR_OK;
		}
		TRY(store_replay_next(keeping->options.store, &batch, &keeping->diag));
		if (batch == NULL) {
			return encode_waiting(keeping);
		}
		TRY(hand_over(keeping, batch));
	}
}

static enum err encode(struct keeping *keeping, struct batch *batch) {
	if (keeping->replay_frames == 0) {
		return hand_over(keeping, batch);
	}
	buf_append(&keeping->waiting, &batch, sizeof(struct batch *));
	keeping->waiting_bytes += batch->raw.len;
	return replay_until(keeping, keeping->waiting_bytes);
}

static enum err put(void *ctx, struct batch *batch) {
	struct keeping *keeping = ctx;
	enum err err = reserve_and_log(keeping, batch);
	if (err != ERR_OK) {
		batch_free(batch);
		return err;
	}
	TRY(encode(keeping, batch));
	/* Its sender waits for the segment instead of the log. */
	return keeping->log_full ? keeping_commit(keeping) : ERR_OK;
}

/* ---- several with one sync ---- */

enum err keeping_reserve(struct keeping *keeping, struct batch *const *batches, size_t count) {
	ASSERT(keeping->options.log);
	for (size_t i = 0; i < count; i++) {
		TRY(choose_log(keeping, batches[i]));
		TRY(reserve(keeping, batches[i]));
	}
	return ERR_OK;
}

enum err keeping_log(struct keeping *keeping, struct batch *const *batches, size_t count,
                     bool *out_durable) {
	struct diag diag = {0};
	enum err err = store_log_many(keeping->options.store, batches, count, &diag);
	keeping->log_full = err == ERR_LIMIT;
	if (err != ERR_OK && !keeping->log_full) {
		keeping->diag = diag;
		return err;
	}
	*out_durable = err == ERR_OK;
	return ERR_OK;
}

enum err keeping_encode(struct keeping *keeping, struct batch *const *batches, size_t count) {
	enum err err = ERR_OK;
	for (size_t i = 0; i < count; i++) {
		if (err == ERR_OK) {
			err = encode(keeping, batches[i]);
		} else {
			batch_free(batches[i]);
		}
	}
	TRY(err);
	return keeping->log_full ? keeping_commit(keeping) : ERR_OK;
}

static enum err file_begin(void *ctx, const struct sink_file *file, bool fresh, uint32_t *out_file,
                           enum sink_verdict *out_verdict, struct sink_resume *out_resume) {
	struct keeping *keeping = ctx;
	return store_file_begin(keeping->options.store, file, fresh, out_file, out_verdict, out_resume,
	                        &keeping->diag);
}

static bool size_known(void *ctx, uint64_t size) {
	struct keeping *keeping = ctx;
	return store_size_known(keeping->options.store, size);
}

static void problem(void *ctx, struct str path, uint64_t offset, enum err err, struct str message) {
	struct keeping *keeping = ctx;
	if (keeping->options.problem != NULL) {
		keeping->options.problem(keeping->options.ctx, path, offset, err, message);
	}
}

static bool progress(void *ctx, uint64_t bytes) {
	struct keeping *keeping = ctx;
	return keeping->options.progress == NULL ||
	       keeping->options.progress(keeping->options.ctx, bytes);
}

struct keeping *keeping_new(const struct keeping_options *options) {
	struct keeping *keeping = calloc(1, sizeof(*keeping));
	ASSERT(keeping != NULL);
	keeping->options = *options;
	if (options->replay_first_bytes == 0) {
		keeping->options.replay_first_bytes = REPLAY_FIRST_BYTES;
	}
	keeping->sink = (struct sink){.ctx = keeping,
	                              .put = put,
	                              .file_begin = file_begin,
	                              .size_known = size_known,
	                              .problem = problem,
	                              .progress = progress};
	keeping->pipeline =
	    pipeline_new(&(struct pipeline_options){.workers = options->workers,
	                                            .ctx = keeping,
	                                            .worker_new = worker_new,
	                                            .worker_free = worker_free,
	                                            .work = work,
	                                            .finish = finish,
	                                            .finish_apart = !options->log,
	                                            .waiting = options->log ? 0 : WAITING_BATCHES});
	return keeping;
}

const struct sink *keeping_sink(struct keeping *keeping) {
	return &keeping->sink;
}

static enum err commit(struct keeping *keeping) {
	TRY(store_commit(keeping->options.store, &keeping->diag));
	keeping->committed = keeping->totals;
	return ERR_OK;
}

enum err keeping_replay(struct keeping *keeping, uint64_t *out_records) {
	uint64_t before = keeping->totals.records;
	struct store_info info;
	store_get_info(keeping->options.store, &info);
	keeping->replay_frames = store_replay_left(keeping->options.store);
	*out_records = 0;
	if (keeping->options.log && info.log_bytes > keeping->options.replay_first_bytes) {
		keeping->pending = keeping->logging = true;
		return ERR_OK;
	}
	TRY(replay_until(keeping, WAITING_BYTES));
	TRY(drain(keeping));
	*out_records = keeping->totals.records - before;
	return *out_records > 0 ? commit(keeping) : ERR_OK;
}

enum err keeping_commit(struct keeping *keeping) {
	TRY(replay_until(keeping, WAITING_BYTES));
	TRY(drain(keeping));
	keeping->pending = false;
	keeping->log_full = false;
	return commit(keeping);
}

struct keeping_totals keeping_get_totals(const struct keeping *keeping) {
	return keeping->committed;
}

const struct diag *keeping_diag(const struct keeping *keeping) {
	return &keeping->diag;
}

void keeping_free(struct keeping *keeping) {
	if (keeping != NULL) {
		struct batch **waiting = (struct batch **)(void *)keeping->waiting.ptr;
		for (size_t i = 0; i < keeping->waiting.len / sizeof(struct batch *); i++) {
			batch_free(waiting[i]);
		}
		buf_deinit(&keeping->waiting);
		pipeline_free(keeping->pipeline);
		free(keeping);
	}
}
