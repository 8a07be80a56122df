/* akashi hunt: Sigma rules over the store. Records are read in threads (hunt_read.c), with the
 * fields that were kept; what is found comes in the order in which they were received, and is told
 * as scan tells it, and kept as alerts. Where hunts have been before, only those records are read
 * for which a rule held then.
 */
#include "cmd/hunt.h"
#include "cmd/alerts.h"
#include "cmd/audit.h"
#include "os/priority.h"

enum { TAKE_ROWS = 4096 };

struct hunt {
	struct scan scan;
	struct store_set set;
	struct progress progress;
	uint64_t records; /* of the store */
	uint64_t pages_damaged;
	/* Where hunts have been before. */
	struct scan_worker *worker;
	struct scanned *scanned;
};

/* ---- records ---- */

static enum err take(void *ctx, struct scanned *scanned) {
	struct hunt *hunt = ctx;
	return scan_take(&hunt->scan, scanned);
}

static bool on_progress(void *ctx, uint64_t done) {
	struct hunt *hunt = ctx;
	if (progress_due(&hunt->progress)) {
		progress_show(&hunt->progress, "read %llu of %llu records, %llu with findings",
		              (unsigned long long)MIN_OF(done, hunt->records),
		              (unsigned long long)hunt->records,
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

static enum err take_scanned(struct hunt *hunt) {
	return hunt->scanned == NULL ? ERR_OK : scan_take(&hunt->scan, TAKE(hunt->scanned));
}

static enum err take_before(void *ctx, const struct row *row) {
	struct hunt *hunt = ctx;
	if (hunt->scanned == NULL) {
		hunt->scanned = scanned_new();
	}
	scan_row(&hunt->scan, hunt->worker, row, hunt->scanned);
	return hunt->scanned->records < TAKE_ROWS ? ERR_OK : take_scanned(hunt);
}

/* Where hunts have been before. */
static enum err run_before(struct hunt *hunt, struct diag *diag) {
	const struct alerts *alerts = hunt->scan.alerts;
	if (alerts == NULL) {
		return ERR_OK;
	}
	hunt->worker = scan_worker_new(&hunt->scan);
	enum err err = alerts_each_before(alerts, take_before, hunt, &hunt->pages_damaged, diag);
	enum err take_err = take_scanned(hunt); /* what was found before an interruption is told */
	alerts_count_before(alerts, hunt->scan.findings);
	return err != ERR_OK ? err : take_err;
}

static enum err run(struct hunt *hunt, struct diag *diag) {
	const struct alerts *alerts = hunt->scan.alerts;
	uint64_t pages_damaged = 0;
	struct hunting hunting = {
	    .scan = &hunt->scan, .set = &hunt->set, .take = take, .progress = on_progress, .ctx = hunt};
	hunting.from = alerts == NULL ? NULL : alerts_from(alerts);
	struct store_info info;
	store_set_info(&hunt->set, &info);
	hunt->records = info.records;
	TRY(run_before(hunt, diag));
	enum err err = hunt_read(&hunting, &pages_damaged, diag);
	hunt->pages_damaged += pages_damaged;
	return err;
}

/* ---- all ---- */

static enum err begin_alerts(struct hunt *hunt, struct diag *diag) {
	const struct args *args = hunt->scan.args;
	const struct alerts_options options = {.args = args,
	                                       .stores = &hunt->set,
	                                       .set = hunt->scan.set,
	                                       .part = args->from != NULL || args->to != NULL};
	if (args->dry_run && args->only_new) {
		return diag_set(diag, ERR_INVALID, "--new asks for alerts, of which --dry-run keeps none");
	}
	return args->dry_run ? ERR_OK : alerts_begin(&options, &hunt->scan.alerts, diag);
}

/* False: something was not kept. */
static bool end_alerts(struct hunt *hunt, enum err err) {
	struct store_info info;
	store_set_info(&hunt->set, &info);
	bool whole = err == ERR_OK && hunt->pages_damaged == 0 && info.missing == 0;
	return hunt->scan.alerts == NULL || alerts_end(hunt->scan.alerts, hunt->scan.findings, whole);
}

static enum err begin(struct hunt *hunt, struct diag *diag) {
	TRY(scan_read_options(&hunt->scan, diag));
	TRY(scan_read_rules(&hunt->scan, diag));
	TRY(console_open_stores(hunt->scan.args, &hunt->set, diag));
	TRY(write_down(hunt, diag));
	TRY(begin_alerts(hunt, diag));
	return scan_begin_output(&hunt->scan, diag);
}

/* Returns the exit status. err: of what was read; ERR_CANCELED: the user asked for an end. */
static int end(struct hunt *hunt, enum err err, struct diag *diag) {
	struct scan *scan = &hunt->scan;
	double seconds = progress_seconds(&hunt->progress);
	progress_end(&hunt->progress);
	if (err != ERR_OK && err != ERR_CANCELED && scan->output_err == ERR_OK) {
		(void)end_alerts(hunt, err); /* what was found before is kept; the error is told */
		output_abandon(scan->output);
		return console_fail(scan->args, err, diag, STR(""));
	}
	if (scan->output_err == ERR_OK) {
		scan->output_err = scan_write_rest(scan, seconds);
	}
	bool kept = end_alerts(hunt, err != ERR_OK ? err : scan->output_err);
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
	whole = !console_tell_losses(hunt->pages_damaged, &info) && whole && kept &&
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
	alerts_free(hunt.scan.alerts);
	store_set_close(&hunt.set);
	scan_deinit(&hunt.scan);
	return status;
}
