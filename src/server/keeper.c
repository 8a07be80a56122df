/* See keeper.h. */
#include "server/keeper.h"

#include "os/thread.h"
#include "server/keeping.h"

enum {
	RETRY_NS = 1000000000,
	SHORT_COMMIT_NS = 300000000,
	FEW_EPOCHS = 40, /* of 400 */
	COUNT_SEALS_EVERY = 1000,
	STOP_RETRIES = 3, /* before a stop gives up what cannot be written */
};

struct keeper {
	struct keeper_options options;
	struct store *store;
	struct keeping *keeping;
	struct thread *thread;
	bool pending;          /* something is durable and not in segments */
	int64_t pending_ns;    /* since when (monotonic) */
	int64_t not_before_ns; /* no commit before: see next_commit */
	uint64_t counted;      /* records in segments that the metrics know of */
	uint64_t commits;
	bool told_seals; /* that few are left */
	bool failing;    /* and somebody was told */
	enum err err;    /* why the thread has ended */
	struct diag diag;
};

static int64_t now_ns(const struct keeper *keeper) {
	const struct os *os = keeper->options.os;
	return os->monotonic_ns(os->ctx);
}

static void tell(const struct keeper *keeper, struct str message) {
	if (keeper->options.tell != NULL) {
		keeper->options.tell(keeper->options.ctx, message);
	}
}

static void notice(void *ctx, struct str message) {
	tell(ctx, message);
}

/* ---- the store ---- */

static void close_store(struct keeper *keeper) {
	keeping_free(TAKE(keeper->keeping));
	store_close(TAKE(keeper->store));
	keeper->counted = 0;
}

/* Sealing stops behind the last epoch that a manifest lists (docs/formats/keys.md): said in time.
 */
static void count_seals(struct keeper *keeper) {
	struct store_keys keys;
	struct diag diag = {0};
	if (store_read_keys(keeper->store, &keys, &diag) != ERR_OK || keys.manifests == 0) {
		return; /* the first commit makes one; what is wrong with it, sealing says */
	}
	uint64_t epochs = keys.listed_end > keys.epoch ? keys.listed_end - keys.epoch : 0;
	uint64_t left = epochs * keys.epoch_seals;
	uint64_t used = epochs > 0 ? keys.seals % keys.epoch_seals : 0;
	metrics_set(keeper->options.metrics, METRIC_SEALS_LEFT, left - used);
	if (epochs < FEW_EPOCHS && !keeper->told_seals) {
		char text[DIAG_TEXT_MAX];
		(void)snprintf(
		    text, sizeof(text),
		    "keys are listed for %llu more epochs of %llu seals each; then sealing stops: "
		    "akashi keys lists more",
		    (unsigned long long)epochs, (unsigned long long)keys.epoch_seals);
		keeper->told_seals = true;
		tell(keeper, str_from(text));
	}
}

static enum err open_store(struct keeper *keeper, struct diag *diag) {
	const struct keeper_options *options = &keeper->options;
	struct store_options about = {.os = options->os,
	                              .path = options->store,
	                              .settings = options->settings,
	                              .build = options->build,
	                              .segment_bytes = options->segment_bytes,
	                              .log_bytes = options->log_bytes,
	                              .writable = true,
	                              .create = true,
	                              .notice = notice,
	                              .ctx = keeper};
	uint64_t replayed = 0;
	TRY(store_open(&about, &keeper->store, diag));
	keeper->keeping = keeping_new(&(struct keeping_options){
	    .os = options->os, .store = keeper->store, .formats = options->formats, .log = true});
	enum err err = keeping_replay(keeper->keeping, &replayed);
	keeper->pending = store_replay_left(keeper->store) > 0;
	if (err != ERR_OK) {
		*diag = *keeping_diag(keeper->keeping);
		close_store(keeper);
	} else {
		count_seals(keeper);
	}
	return err;
}

/* False: it is stopping, and has tried often enough. */
static bool wait_to_retry(struct keeper *keeper, uint32_t *tries) {
	struct intake_group all = {.ticket = UINT64_MAX};
	const struct os *os = keeper->options.os;
	metrics_add(keeper->options.metrics, METRIC_WRITE_FAILURES, 1);
	intake_done(keeper->options.intake, &all, keeper->err);
	if (intake_stopped(keeper->options.intake) && ++*tries > STOP_RETRIES) {
		return false;
	}
	os->sleep(os->ctx, RETRY_NS);
	return true;
}

static void tell_failure(struct keeper *keeper, const struct diag *diag) {
	if (!keeper->failing) {
		keeper->failing = true;
		tell(keeper, str_from(diag->message));
		tell(keeper, STR("nothing is acknowledged until it can be written; trying each second"));
	}
}

static void tell_success(struct keeper *keeper) {
	if (keeper->failing) {
		keeper->failing = false;
		tell(keeper, STR("the store can be written again"));
	}
}

/* The store cannot be written any more: what is durable lies in its log. Opened anew, it goes on.
 */
static enum err open_again(struct keeper *keeper, enum err err, const struct diag *why) {
	struct diag diag = *why;
	uint32_t tries = 0;
	keeper->err = err;
	do {
		tell_failure(keeper, &diag);
		close_store(keeper);
		if (!wait_to_retry(keeper, &tries)) {
			keeper->diag = diag;
			return keeper->err;
		}
		diag = (struct diag){0};
		keeper->err = open_store(keeper, &diag);
	} while (keeper->err != ERR_OK);
	tell_success(keeper);
	return ERR_OK;
}

/* ---- groups ---- */

static enum err note_losses(struct keeper *keeper, struct str notes) {
	while (notes.len > 0) {
		struct str body = str_cut(&notes, '\n');
		TRY(store_note(keeper->store, RECORD_LOSS, body, &keeper->diag));
		keeper->pending_ns = keeper->pending ? keeper->pending_ns : now_ns(keeper);
		keeper->pending = true;
	}
	return ERR_OK;
}

/* *out_durable false: the log is full. */
static enum err make_durable(struct keeper *keeper, const struct intake_group *group,
                             bool *out_durable) {
	uint32_t tries = 0;
	TRY(keeping_reserve(keeper->keeping, group->batches, group->count));
	for (;;) {
		keeper->err = keeping_log(keeper->keeping, group->batches, group->count, out_durable);
		if (keeper->err == ERR_OK) {
			tell_success(keeper);
			metrics_add(keeper->options.metrics, METRIC_SYNCS, 1);
			return ERR_OK;
		}
		tell_failure(keeper, keeping_diag(keeper->keeping));
		if (!wait_to_retry(keeper, &tries)) {
			return keeper->err;
		}
	}
}

static void say_done(struct keeper *keeper, const struct intake_group *group) {
	metrics_add(keeper->options.metrics, METRIC_RECORDS_DURABLE, group->records);
	intake_done(keeper->options.intake, group, ERR_OK);
	metrics_set(keeper->options.metrics, METRIC_INTAKE_BYTES, intake_bytes(keeper->options.intake));
}

static void drop_batches(const struct intake_group *group) {
	for (size_t i = 0; i < group->count; i++) {
		batch_free(group->batches[i]);
	}
}

static enum err keep_group(struct keeper *keeper, const struct intake_group *group) {
	bool durable = false;
	enum err err = note_losses(keeper, buf_str(&group->notes));
	if (group->count == 0) {
		intake_done(keeper->options.intake, group, err);
		return err;
	}
	if (err == ERR_OK) {
		err = make_durable(keeper, group, &durable);
	}
	if (err != ERR_OK) {
		drop_batches(group);
		return err;
	}
	if (!keeper->pending) {
		keeper->pending = true;
		keeper->pending_ns = now_ns(keeper);
	}
	if (durable) {
		say_done(keeper, group);
	}
	err = keeping_encode(keeper->keeping, group->batches, group->count);
	if (err == ERR_OK && !durable) {
		say_done(keeper, group);
	}
	return err != ERR_OK && durable ? open_again(keeper, err, keeping_diag(keeper->keeping)) : err;
}

/* ---- commits ---- */

static int64_t commit_at(const struct keeper *keeper) {
	return keeper->pending
	           ? MAX_OF(keeper->pending_ns + keeper->options.commit_ns, keeper->not_before_ns)
	           : INT64_MAX;
}

/* Commits take at most half of the time while they are short, which keeps the promise of a second,
 * and a third beyond that. */
static int64_t next_commit(int64_t began, int64_t took) {
	return began + took * (took < SHORT_COMMIT_NS ? 2 : 3);
}

static enum err commit(struct keeper *keeper) {
	int64_t began = now_ns(keeper);
	keeper->pending = false;
	enum err err = keeping_commit(keeper->keeping);
	if (err != ERR_OK) {
		return open_again(keeper, err, keeping_diag(keeper->keeping));
	}
	int64_t took = now_ns(keeper) - began;
	uint64_t records = keeping_get_totals(keeper->keeping).records;
	keeper->not_before_ns = next_commit(began, took);
	metrics_add(keeper->options.metrics, METRIC_COMMITS, 1);
	metrics_add(keeper->options.metrics, METRIC_COMMIT_NS, (uint64_t)took);
	metrics_add(keeper->options.metrics, METRIC_RECORDS_SEARCHABLE, records - keeper->counted);
	keeper->counted = records;
	if (keeper->commits++ % COUNT_SEALS_EVERY == 0) {
		count_seals(keeper);
	}
	return ERR_OK;
}

static enum err run(struct keeper *keeper) {
	struct intake_group group;
	while (intake_take(keeper->options.intake, commit_at(keeper), &group)) {
		enum err err = keep_group(keeper, &group);
		free(group.batches);
		buf_deinit(&group.notes);
		TRY(err);
		if (now_ns(keeper) >= commit_at(keeper)) {
			TRY(commit(keeper));
		}
	}
	return keeper->pending ? commit(keeper) : ERR_OK;
}

static void thread_main(void *arg) {
	struct keeper *keeper = arg;
	keeper->err = run(keeper);
	if (keeper->err == ERR_OK) {
		return;
	}
	if (keeper->diag.message[0] == '\0' && keeper->keeping != NULL) {
		keeper->diag = *keeping_diag(keeper->keeping);
	}
	/* Nobody is left waiting. */
	struct intake_group all = {.ticket = UINT64_MAX};
	intake_fail(keeper->options.intake);
	intake_done(keeper->options.intake, &all, keeper->err);
	if (keeper->options.ended != NULL) {
		keeper->options.ended(keeper->options.ctx);
	}
}

/* ---- from outside ---- */

enum err keeper_open(const struct keeper_options *options, struct keeper **out_keeper,
                     struct diag *diag) {
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	ASSERT(keeper != NULL);
	keeper->options = *options;
	enum err err = open_store(keeper, diag);
	if (err != ERR_OK) {
		keeper_free(keeper);
		return err;
	}
	*out_keeper = keeper;
	return ERR_OK;
}

enum err keeper_start(struct keeper *keeper) {
	keeper->thread = thread_start("keeper", thread_main, keeper);
	return keeper->thread != NULL ? ERR_OK : ERR_LIMIT;
}

enum err keeper_stop(struct keeper *keeper, struct diag *diag) {
	struct intake_group all = {.ticket = UINT64_MAX};
	thread_join(TAKE(keeper->thread));
	intake_fail(keeper->options.intake); /* who comes later is told so */
	intake_done(keeper->options.intake, &all, ERR_CLOSED);
	if (keeper->err != ERR_OK) {
		*diag = keeper->diag;
		if (diag->message[0] == '\0') {
			(void)diag_set(diag, keeper->err, "the store cannot be written: %s",
			               err_text(keeper->err));
		}
	}
	return keeper->err;
}

void keeper_free(struct keeper *keeper) {
	if (keeper != NULL) {
		ASSERT(keeper->thread == NULL);
		close_store(keeper);
		free(keeper);
	}
}
