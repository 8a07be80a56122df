/* akashi ingest: reads logs into the store; returns when everything is durable and sealed. */
#include "cmd/command.h"
#include "cmd/console.h"
#include "cmd/inputs.h"
#include "render/units.h"
#include "server/keeping.h"

struct ingest {
	struct arena *arena;
	struct inputs inputs;
	struct store *store;
	struct keeping *keeping;
	struct output *ack; /* a file, or a FIFO that another process reads */
	const char *ack_path;
	bool ack_failed;
	uint64_t replayed;
};

/* A name may hold anything but NUL: in the ledger it may not end its field or its line. */
static void append_ledger_name(struct buf *line, struct str name) {
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
			buf_append_char(line, '\\');
			c = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
		}
		buf_append_char(line, c);
	}
}

/* A line for each durable piece, written at once: the ledger must not lag behind. */
static void durable(void *ctx, const struct store_piece *piece) {
	struct ingest *ingest = ctx;
	struct buf line = {0};
	if (ingest->ack == NULL) {
		return;
	}
	append_ledger_name(&line, piece->path);
	buf_printf(&line, "\t%llu\t%.*s\t%llu\n", (unsigned long long)piece->position,
	           STR_ARG(piece->tree), (unsigned long long)piece->index);
	enum err err = output_write(ingest->ack, line.ptr, line.len);
	if (err == ERR_OK) {
		err = output_flush(ingest->ack);
	}
	if (err != ERR_OK && !ingest->ack_failed) {
		ingest->ack_failed = true;
		console_note("cannot write %s: %s", ingest->ack_path, err_text(err));
	}
	buf_deinit(&line);
}

static void notice(void *ctx, struct str message) {
	(void)ctx;
	console_note("%.*s", STR_ARG(message));
}

static bool has_stream(const struct args *args) {
	bool stream = false;
	for (size_t i = 0; i < args->paths_count; i++) {
		stream = stream || strcmp(args->paths[i], "-") == 0;
	}
	return stream;
}

/* Standard input is followed by reading it: it ends when its writer ends. */
static bool follows_files(const struct args *args) {
	return args->follow && !has_stream(args);
}

static enum err check_usage(const struct args *args, struct diag *diag) {
	if (args->paths_count == 0 && !args->journal) {
		enum err err = diag_set(diag, ERR_INVALID, "ingest wants PATH...");
		diag_hint(diag, "for example: akashi ingest /var/log, or - for standard input");
		return err;
	}
	if (args->follow && has_stream(args) && args->paths_count > 1) {
		enum err err =
		    diag_set(diag, ERR_INVALID, "--follow takes standard input or files, not both at once");
		diag_hint(diag, "one store has one writer: pipe everything into it, or name only files");
		return err;
	}
	if (args->class_name != NULL && strcmp(args->class_name, "default") != 0) {
		enum err err =
		    diag_set(diag, ERR_INVALID, "there is no retention class '%.80s'", args->class_name);
		diag_hint(diag, "this version has one class, default");
		return err;
	}
	return ERR_OK;
}

static enum err open_all(struct ingest *ingest, const struct args *args, struct diag *diag) {
	TRY(check_usage(args, diag));
	/* A file is known by its path from the root, wherever ingest was started. */
	for (size_t i = 0; i < args->paths_count; i++) {
		args->paths[i] = console_absolute_path(ingest->arena, args->paths[i]);
	}
	TRY(inputs_init(&ingest->inputs, args, diag));
	if (args->ack != NULL) {
		ingest->ack_path = args->ack;
		TRY(output_append(args->ack, &ingest->ack, diag));
	}
	TRY(store_open(&(struct store_options){.os = os_real(),
	                                       .path = console_store_path(args),
	                                       .writable = true,
	                                       .create = true,
	                                       .take_again = args->again,
	                                       .durable = durable,
	                                       .notice = notice,
	                                       .ctx = ingest},
	               &ingest->store, diag));
	inputs_skip_store(&ingest->inputs, args);
	ingest->keeping = keeping_new(
	    &(struct keeping_options){.os = os_real(),
	                              .store = ingest->store,
	                              .formats = ingest->inputs.formats,
	                              .log = args->follow || args->journal || has_stream(args),
	                              .ctx = ingest});
	return ERR_OK;
}

static void close_all(struct ingest *ingest) {
	keeping_free(ingest->keeping);
	store_close(ingest->store);
	output_abandon(ingest->ack); /* every line was flushed when it came */
	inputs_deinit(&ingest->inputs);
	arena_free(ingest->arena);
}

static void print_json(const struct ingest *ingest, const struct store_info *info, double seconds) {
	struct keeping_totals totals = keeping_get_totals(ingest->keeping);
	(void)fprintf(stderr,
	              "{\"akashi.schema\":%d,\"records\":%llu,\"bytes_raw\":%llu,\"bytes_stored\":%llu,"
	              "\"records_unparsed\":%llu,\"records_fields_left_out\":%llu,"
	              "\"files\":%llu,\"files_known\":%llu,"
	              "\"files_failed\":%llu,\"seconds\":%.3f,\"tree_size\":%llu}\n",
	              JSON_SCHEMA, (unsigned long long)totals.records,
	              (unsigned long long)totals.bytes_raw, (unsigned long long)info->bytes_stored,
	              (unsigned long long)totals.records_unparsed,
	              (unsigned long long)totals.records_fields_left_out,
	              (unsigned long long)ingest->inputs.totals.files,
	              (unsigned long long)ingest->inputs.totals.files_known,
	              (unsigned long long)ingest->inputs.totals.files_failed, seconds,
	              (unsigned long long)info->tree_size);
}

static void print_people(const struct ingest *ingest, const struct store_info *info,
                         double seconds) {
	struct keeping_totals totals = keeping_get_totals(ingest->keeping);
	const struct ingest_totals *read = &ingest->inputs.totals;
	struct buf text = {0};
	buf_append_str(&text, STR("kept "));
	render_count(&text, totals.records);
	buf_append_str(&text, STR(" records ("));
	render_bytes(&text, totals.bytes_raw);
	buf_printf(&text, ") from %llu file%s in %.1f s", (unsigned long long)read->files,
	           read->files == 1 ? "" : "s", seconds);
	if (read->files_known > 0) {
		buf_printf(&text, "; %llu known already", (unsigned long long)read->files_known);
	}
	if (totals.records_fields_left_out > 0) {
		buf_append_str(&text, STR("\n"));
		console_append_left_out(&text, totals.records_fields_left_out);
	}
	buf_append_str(&text, STR("\nthe store holds "));
	render_count(&text, info->records);
	buf_append_str(&text, STR(" records, "));
	render_bytes(&text, info->bytes_raw);
	buf_append_str(&text, STR(" raw in "));
	render_bytes(&text, info->bytes_stored);
	buf_append_str(&text, STR(", sealed\n"));
	(void)console_print_error(&text);
	buf_deinit(&text);
}

static int64_t monotonic_ns(void) {
	const struct os *os = os_real();
	return os->monotonic_ns(os->ctx);
}

/* Waits in small steps; false when the user asked to stop. */
static bool wait_ns(int64_t ns) {
	int64_t end = monotonic_ns() + ns;
	while (!console_interrupted() && monotonic_ns() < end) {
		struct timespec step = {.tv_nsec = 50000000};
		(void)nanosleep(&step, NULL); /* an early return only shortens the step */
	}
	return !console_interrupted();
}

/* Goes over the files again and again; what has grown is taken and sealed. A pass hashes what was
 * taken before, so the pause is ten times as long as a pass took: a tenth of one core at most. */
static enum err follow(struct ingest *ingest, const struct args *args) {
	enum { PAUSE_MIN_MS = 250, PAUSE_MAX_MS = 60000 };
	for (;;) {
		int64_t started = monotonic_ns();
		TRY(inputs_run(&ingest->inputs, args, keeping_sink(ingest->keeping)));
		TRY(keeping_commit(ingest->keeping));
		int64_t pause = (monotonic_ns() - started) * 10;
		pause = MAX_OF(pause, PAUSE_MIN_MS * (int64_t)1000000);
		if (!wait_ns(MIN_OF(pause, PAUSE_MAX_MS * (int64_t)1000000))) {
			return ERR_CANCELED;
		}
		inputs_forget_problems(&ingest->inputs);
	}
}

/* Interrupting keeps what was read so far: it is committed like the rest. */
static enum err run(struct ingest *ingest, const struct args *args) {
	TRY(keeping_replay(ingest->keeping, &ingest->replayed));
	if (ingest->replayed > 0) {
		console_note("%llu records were in the log of a run that was cut off; they are sealed now",
		             (unsigned long long)ingest->replayed);
	}
	enum err err = follows_files(args)
	                   ? follow(ingest, args)
	                   : inputs_run(&ingest->inputs, args, keeping_sink(ingest->keeping));
	if (err != ERR_OK && err != ERR_CANCELED) {
		return err;
	}
	enum err commit_err = keeping_commit(ingest->keeping);
	return commit_err != ERR_OK ? commit_err : err;
}

int cmd_ingest(const struct args *args) {
	struct ingest ingest = {.arena = arena_new(SIZE_MAX)};
	struct diag diag = {0};
	enum err err = open_all(&ingest, args, &diag);
	if (err != ERR_OK) {
		console_error(&diag, STR(""));
		close_all(&ingest);
		return console_status(err);
	}
	err = run(&ingest, args);
	progress_end(&ingest.inputs.progress);
	if (err != ERR_OK && err != ERR_CANCELED && keeping_diag(ingest.keeping)->message[0] != '\0') {
		console_error(keeping_diag(ingest.keeping), STR(""));
	} else if (err != ERR_OK && err != ERR_CANCELED) {
		console_note("%s", err_text(err));
	}
	int status = inputs_status(&ingest.inputs, err);
	struct store_info info;
	store_get_info(ingest.store, &info);
	double seconds = progress_seconds(&ingest.inputs.progress);
	if (args->json) {
		print_json(&ingest, &info, seconds);
	} else if (err == ERR_OK || err == ERR_CANCELED) {
		print_people(&ingest, &info, seconds);
	}
	if (status == EXIT_DONE && ingest.ack_failed) {
		status = EXIT_FAILED;
	}
	close_all(&ingest);
	return status;
}
