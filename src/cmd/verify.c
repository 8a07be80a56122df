/* akashi verify: everything proved anew, every damage named. */
#include "cmd/command.h"
#include "cmd/console.h"
#include "render/units.h"
#include "store/store.h"

#include <time.h>

struct verify {
	struct progress progress;
	struct buf damages; /* lines: printed when they are final */
	struct buf listed;  /* those that are damage, as JSON, likewise */
	uint64_t count;
};

enum { DAMAGES_SHOWN = 100 };

static void name(struct verify *verify, const char *title, const struct store_damage *damage) {
	if (verify->count++ == DAMAGES_SHOWN) {
		buf_append_str(&verify->damages, STR("... and more\n"));
	}
	if (verify->count <= DAMAGES_SHOWN) {
		console_append_damage(title, damage, &verify->damages);
	}
}

static void list(struct verify *verify, const struct store_damage *damage) {
	struct buf *out = &verify->listed;
	if (verify->count >= DAMAGES_SHOWN) {
		return;
	}
	buf_append_str(out, out->len == 0 ? STR("{\"where\":") : STR(",{\"where\":"));
	buf_append_json(out, damage->where.len > 0 ? damage->where : STR("--against"));
	buf_append_str(out, STR(",\"what\":"));
	buf_append_json(out, damage->what);
	if (damage->has_range) {
		buf_printf(out, ",\"from\":%llu,\"to\":%llu", (unsigned long long)damage->index_from,
		           (unsigned long long)damage->index_to);
	}
	buf_append_char(out, '}');
}

static void damage(void *ctx, const struct store_damage *damage) {
	list(ctx, damage);
	name(ctx, "DAMAGED ", damage);
}

static void leftover(void *ctx, const struct store_damage *leftover) {
	name(ctx, "not checked: ", leftover);
}

static bool on_progress(void *ctx, uint64_t done, uint64_t all) {
	struct verify *verify = ctx;
	if (progress_due(&verify->progress)) {
		progress_show(&verify->progress, "checked %llu of %llu records", (unsigned long long)done,
		              (unsigned long long)all);
	}
	return !console_interrupted();
}

static bool all_signed(const struct store_verify_result *result) {
	return result->signed_size >= result->tree_size;
}

/* What no checkpoint covers is not proved: whoever removes checkpoints could change it at will. */
static void append_headline(const struct store_verify_result *result, struct buf *text) {
	if (!result->intact) {
		buf_printf(text, "NOT INTACT: %llu damage%s; ", (unsigned long long)result->damages,
		           result->damages == 1 ? "" : "s");
	} else if (!all_signed(result)) {
		buf_printf(text,
		           "NOT PROVED: leaves %llu to %llu are under no checkpoint. Either a stop came "
		           "before they\nwere sealed, and the next ingest seals them; or checkpoints were "
		           "removed. ",
		           (unsigned long long)result->signed_size,
		           (unsigned long long)result->tree_size - 1);
	} else {
		buf_append_str(text, STR("intact: "));
	}
}

static void render_some(struct buf *out, uint64_t count, const char *things) {
	render_count(out, count);
	buf_printf(out, " %s", things);
}

static int print_people(const struct store_verify_result *result, const struct args *args,
                        double seconds) {
	struct buf text = {0};
	struct buf root = {0};
	append_headline(result, &text);
	render_count(&text, result->records);
	buf_printf(&text, " record%s, ", result->records == 1 ? "" : "s");
	render_some(&text, result->tree_size, result->tree_size == 1 ? "leaf, " : "leaves, ");
	render_some(&text, result->segments, result->segments == 1 ? "segment, " : "segments, ");
	render_some(&text, result->objects, result->objects == 1 ? "object, " : "objects, ");
	render_some(&text, result->checkpoints,
	            result->checkpoints == 1 ? "checkpoint" : "checkpoints");
	buf_printf(&text, " in %.1f s\n", seconds);
	buf_append_base64(&root, result->root, sizeof(result->root));
	buf_printf(&text, "root %.*s\n", STR_ARG(buf_str(&root)));
	if (args->against == NULL) {
		buf_append_str(&text,
		               STR("not checked: whether the whole store was rolled back to an older "
		                   "state. Keep a\ncheckpoint elsewhere and give it with --against.\n"));
	} else if (result->against_held) {
		buf_append_str(
		    &text, STR("the outside checkpoint holds: nothing before it was changed or removed\n"));
	} else {
		buf_append_str(&text, STR("THE OUTSIDE CHECKPOINT DOES NOT HOLD\n"));
	}
	int status = console_print(&text);
	buf_deinit(&text);
	buf_deinit(&root);
	return status;
}

static void print_json(const struct store_verify_result *result, const struct args *args,
                       struct str listed, double seconds) {
	struct buf root = {0};
	buf_append_base64(&root, result->root, sizeof(result->root));
	(void)fprintf(stderr,
	              "{\"akashi.schema\":%d,\"intact\":%s,\"damages\":%llu,\"leftovers\":%llu,"
	              "\"records\":%llu,"
	              "\"tree_size\":%llu,\"signed_size\":%llu,\"segments\":%llu,\"objects\":%llu,"
	              "\"checkpoints\":%llu,"
	              "\"root\":\"%.*s\",\"against\":%s,\"damaged\":[%.*s],\"seconds\":%.3f}\n",
	              JSON_SCHEMA, result->intact && all_signed(result) ? "true" : "false",
	              (unsigned long long)result->damages, (unsigned long long)result->leftovers,
	              (unsigned long long)result->records, (unsigned long long)result->tree_size,
	              (unsigned long long)result->signed_size, (unsigned long long)result->segments,
	              (unsigned long long)result->objects, (unsigned long long)result->checkpoints,
	              STR_ARG(buf_str(&root)),
	              args->against == NULL  ? "null"
	              : result->against_held ? "true"
	                                     : "false",
	              STR_ARG(listed), seconds);
	buf_deinit(&root);
}

/* Whether another program holds the store's lock; also when that cannot be known. */
static bool writer_at_work(const char *store) {
	const struct os *os = os_real();
	struct buf path = {0};
	int fd;
	buf_printf(&path, "%s/lock%c", store, '\0');
	enum err err = os->open(os->ctx, path.ptr, OS_READ, &fd);
	buf_deinit(&path);
	if (err != ERR_OK) {
		return err != ERR_NOT_FOUND;
	}
	err = os->lock(os->ctx, fd);
	(void)os->close(os->ctx, fd); /* only read; lets the lock go */
	return err != ERR_OK;
}

/* What a writer does between two of our steps looks like damage. So a fault counts when no writer
 * was there, or when a second look finds the seal as it was. */
static enum err check(struct verify *verify, const struct args *args, struct str against,
                      struct store_verify_result *out_result, struct diag *diag) {
	enum { LOOKS_MAX = 10 };
	const char *store = console_store_path(args);
	struct store_verify_options options = {.against = against,
	                                       .damage = damage,
	                                       .leftover = leftover,
	                                       .progress = on_progress,
	                                       .ctx = verify};
	uint64_t signed_before = UINT64_MAX;
	for (int look = 0;; look++) {
		struct seal_mark before = console_mark_seal(args);
		buf_clear(&verify->damages);
		buf_clear(&verify->listed);
		verify->count = 0;
		TRY(store_verify(os_real(), store, &options, out_result, diag));
		bool clean = out_result->intact && all_signed(out_result);
		if (clean || look == LOOKS_MAX || out_result->signed_size == signed_before) {
			return ERR_OK;
		}
		bool writer = writer_at_work(store); /* asked first: one that has gone has sealed */
		struct seal_mark after = console_mark_seal(args);
		if (!writer && seal_mark_equal(before, after)) {
			return ERR_OK;
		}
		signed_before = out_result->signed_size;
		struct timespec pause = {.tv_nsec = 300000000};
		(void)nanosleep(&pause, NULL);
	}
}

int cmd_verify(const struct args *args) {
	struct verify verify = {0};
	struct buf against = {0};
	struct diag diag = {0};
	struct store_verify_result result = {0};
	progress_begin(&verify.progress);
	enum err err =
	    args->against == NULL ? ERR_OK : console_read_checkpoint(args->against, &against, &diag);
	err = err == ERR_OK ? console_check_store(args, &diag) : err;
	if (err == ERR_OK) {
		err = check(&verify, args, buf_str(&against), &result, &diag);
	}
	buf_deinit(&against);
	progress_end(&verify.progress);
	int printed = console_print(&verify.damages);
	buf_deinit(&verify.damages);
	if (err != ERR_OK) {
		buf_deinit(&verify.listed);
		return console_fail(args, err, &diag, STR(""));
	}
	double seconds = progress_seconds(&verify.progress);
	printed = printed == EXIT_DONE ? print_people(&result, args, seconds) : printed;
	if (args->json) {
		print_json(&result, args, buf_str(&verify.listed), seconds);
	}
	buf_deinit(&verify.listed);
	bool holds =
	    result.intact && all_signed(&result) && (args->against == NULL || result.against_held);
	return printed != EXIT_DONE ? printed : holds ? EXIT_DONE : EXIT_NO;
}
