/* akashi hunt: Sigma rules over the store. Records come one after another, in the order in which
 * they were received, with the fields that were kept; what is found is told as scan tells it.
 */
#include "cmd/audit.h"
#include "cmd/scan.h"
#include "os/priority.h"
#include "query/query.h"

enum { TAKE_ROWS = 4096 };

struct hunt {
	struct scan scan;
	struct store_set set;
	struct scan_worker *worker;
	struct scanned *scanned;
	uint32_t rows; /* in scanned */
	struct progress progress;
	struct query_stats stats;
};

/* ---- records ---- */

static enum err begin_columns(void *ctx, const struct str *columns, size_t count) {
	(void)ctx;
	(void)columns;
	(void)count;
	return ERR_OK;
}

static enum err take_scanned(struct hunt *hunt) {
	hunt->rows = 0;
	return hunt->scanned == NULL ? ERR_OK : scan_take(&hunt->scan, TAKE(hunt->scanned));
}

static enum err take_record(void *ctx, const struct row *row) {
	struct hunt *hunt = ctx;
	if (row->type != RECORD_DATA) {
		return ERR_OK;
	}
	if (hunt->scanned == NULL) {
		hunt->scanned = scanned_new();
	}
	scan_row(&hunt->scan, hunt->worker, row, hunt->scanned);
	return ++hunt->rows < TAKE_ROWS ? ERR_OK : take_scanned(hunt);
}

static bool on_progress(void *ctx, uint64_t done, uint64_t all, uint64_t found) {
	struct hunt *hunt = ctx;
	(void)found;
	if (progress_due(&hunt->progress)) {
		progress_show(&hunt->progress, "read %llu of %llu records, %llu with findings",
		              (unsigned long long)MIN_OF(done, all), (unsigned long long)all,
		              (unsigned long long)hunt->scan.findings->records_hit);
	}
	return !console_interrupted();
}

/* Durable before anything of the answer is seen. */
static enum err write_down(const struct hunt *hunt, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf body = {0};
	const struct args *args = hunt->scan.args;
	if (!audit_wanted(args)) {
		return ERR_OK;
	}
	audit_begin(args, "hunt", &hunt->set, &body);
	audit_add_time(&body, "from", hunt->scan.from_ns);
	audit_add_time(&body, "to", hunt->scan.to_ns);
	audit_add_option(&body, "output", args->out);
	return audit_write(args, RECORD_AUDIT, &body, diag);
}

static enum err run(struct hunt *hunt, struct diag *diag) {
	struct query_options options = {.from_ns = hunt->scan.from_ns,
	                                .to_ns = hunt->scan.to_ns,
	                                .limit = UINT64_MAX,
	                                .order = QUERY_BY_INDEX,
	                                .os = os_real(),
	                                .progress = on_progress,
	                                .progress_ctx = hunt};
	struct query_output output = {.ctx = hunt, .begin = begin_columns, .record = take_record};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	TRY(query_parse(arena, STR("*"), &options, &query, diag));
	enum err err = query_run(query, &hunt->set, &options, &output, &hunt->stats, diag);
	enum err take_err = take_scanned(hunt); /* what was found before an interruption is told */
	return err != ERR_OK ? err : take_err;
}

/* ---- all ---- */

static enum err begin(struct hunt *hunt, struct diag *diag) {
	TRY(scan_read_options(&hunt->scan, diag));
	TRY(scan_read_rules(&hunt->scan, diag));
	TRY(console_open_stores(hunt->scan.args, &hunt->set, diag));
	TRY(write_down(hunt, diag));
	hunt->worker = scan_worker_new(&hunt->scan);
	return scan_begin_output(&hunt->scan, diag);
}

/* Returns the exit status. err: of what was read; ERR_CANCELED: the user asked for an end. */
static int end(struct hunt *hunt, enum err err, struct diag *diag) {
	struct scan *scan = &hunt->scan;
	double seconds = progress_seconds(&hunt->progress);
	progress_end(&hunt->progress);
	if (err != ERR_OK && err != ERR_CANCELED && scan->output_err == ERR_OK) {
		output_abandon(scan->output);
		return console_fail(scan->args, err, diag, STR(""));
	}
	if (scan->output_err == ERR_OK) {
		scan->output_err = scan_write_rest(scan, seconds);
	}
	enum err close_err = output_close(scan->output, diag);
	scan->output_err = scan->output_err == ERR_OK ? close_err : scan->output_err;
	if (scan->output_err == ERR_CLOSED) {
		return console_fail(scan->args, ERR_CLOSED, diag, STR(""));
	}
	if (scan->output_err != ERR_OK) {
		console_note("cannot write the output: %s", err_text(scan->output_err));
	}
	bool whole = scan_tell_troubles(scan);
	struct store_info info;
	store_set_info(&hunt->set, &info);
	whole = !console_tell_losses(hunt->stats.pages_damaged, &info) && whole &&
	        scan->output_err == ERR_OK;
	scan_print_summary(scan, seconds);
	if (err == ERR_CANCELED) {
		return console_fail(scan->args, err, diag, STR(""));
	}
	return whole ? EXIT_DONE : EXIT_FAILED;
}

int cmd_hunt(const struct args *args) {
	struct hunt hunt = {.scan = {.args = args, .stored = true}};
	struct diag diag = {0};
	int status;
	priority_give_way();
	progress_begin(&hunt.progress);
	enum err err = begin(&hunt, &diag);
	if (err != ERR_OK) {
		output_abandon(hunt.scan.output);
		status = console_fail(args, err, &diag, STR(""));
	} else {
		status = end(&hunt, run(&hunt, &diag), &diag);
	}
	progress_end(&hunt.progress);
	if (hunt.worker != NULL) {
		scan_worker_free(hunt.worker);
	}
	if (hunt.scanned != NULL) {
		scanned_free(hunt.scanned);
	}
	store_set_close(&hunt.set);
	scan_deinit(&hunt.scan);
	return status;
}
