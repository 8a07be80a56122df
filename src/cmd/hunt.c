/* akashi hunt: Sigma rules over the store. Records are read in threads (hunt_read.c), with the
 * fields that were kept; what is found comes in the order in which they were received, and is told
 * as scan tells it.
 */
#include "cmd/hunt.h"
#include "cmd/audit.h"
#include "os/priority.h"

struct hunt {
	struct scan scan;
	struct store_set set;
	struct progress progress;
	uint64_t records; /* of the store */
	uint64_t pages_damaged;
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

static enum err run(struct hunt *hunt, struct diag *diag) {
	struct hunting hunting = {
	    .scan = &hunt->scan, .set = &hunt->set, .take = take, .progress = on_progress, .ctx = hunt};
	struct store_info info;
	store_set_info(&hunt->set, &info);
	hunt->records = info.records;
	return hunt_read(&hunting, &hunt->pages_damaged, diag);
}

/* ---- all ---- */

static enum err begin(struct hunt *hunt, struct diag *diag) {
	TRY(scan_read_options(&hunt->scan, diag));
	TRY(scan_read_rules(&hunt->scan, diag));
	TRY(console_open_stores(hunt->scan.args, &hunt->set, diag));
	TRY(write_down(hunt, diag));
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
	whole = !console_tell_losses(hunt->pages_damaged, &info) && whole && scan->output_err == ERR_OK;
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
	store_set_close(&hunt.set);
	scan_deinit(&hunt.scan);
	return status;
}
