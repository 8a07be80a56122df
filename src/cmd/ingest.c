/* akashi ingest: reads logs into the store; returns when everything is durable and sealed. */
#include <malloc.h>

#include "cmd/alerts.h"
#include "cmd/console.h"
#include "cmd/inputs.h"
#include "cmd/output.h"
#include "cmd/version.gen.h"
#include "render/units.h"
#include "server/keeping.h"

#define BUILD "akashi " AKASHI_VERSION

struct ingest {
	struct arena *arena;
	struct inputs inputs;
	struct store *first;     /* of class default: it holds the lock */
	struct store *store;     /* of the class that is written; may be the first */
	struct store_set others; /* the other classes */
	struct keeping *keeping;
	struct output *ack; /* a file, or a FIFO that another process reads */
	const char *ack_path;
	bool ack_failed;
	uint64_t replayed;
	struct buf settings;
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
	if (args->class_name != NULL && (!store_class_valid(str_from(args->class_name)) ||
	                                 strcmp(args->class_name, STORE_AUDIT) == 0 ||
	                                 strcmp(args->class_name, ALERTS_CLASS) == 0)) {
		enum err err =
		    diag_set(diag, ERR_INVALID, "'%.80s' cannot name a retention class", args->class_name);
		diag_hint(diag, "small letters, digits and dashes, such as 1y; " STORE_AUDIT
		                " and " ALERTS_CLASS " are the store's own");
		return err;
	}
	return ERR_OK;
}

/* Whoever can read a key can sign in the store's name; who can write it can stop the sealing. */
static void check_key(const struct args *args, const char *folder, const char *name) {
	const struct os *os = os_real();
	struct os_stat stat;
	struct buf path CLEANUP(buf_deinit) = {0};
	buf_printf(&path, "%s/keys/%s%s%c", console_store_path(args), folder, name, '\0');
	if (os->stat(os->ctx, path.ptr, true, &stat) == ERR_OK && (stat.mode & 077) != 0) {
		console_note("others may %s the key that signs this store: chmod 600 %s",
		             (stat.mode & 044) != 0 ? "read" : "write to", path.ptr);
	}
}

static void check_keys(const struct args *args, struct str class_name) {
	struct buf folder CLEANUP(buf_deinit) = {0};
	buf_printf(&folder, "%.*s/%c", STR_ARG(class_name), '\0');
	check_key(args, "", "identity.key");
	check_key(args, folder.ptr, "epoch.key");
}

/* What decides how records are read and kept. */
static void describe_settings(struct ingest *ingest) {
	struct buf *out = &ingest->settings;
	buf_append_str(out, STR("{\"build\":\"" BUILD "\",\"formats\":"));
	buf_append_json(out, formats_names(ingest->inputs.formats));
	buf_append(out, "}", 2); /* with its NUL */
}

/* What a stop left in the log of a class goes into its segments. */
static enum err settle(struct ingest *ingest, struct store *store, struct diag *diag) {
	struct keeping *keeping = keeping_new(&(struct keeping_options){
	    .os = os_real(), .store = store, .formats = ingest->inputs.formats, .ctx = ingest});
	uint64_t replayed = 0;
	enum err err = keeping_replay(keeping, &replayed);
	if (err == ERR_OK) {
		err = keeping_commit(keeping);
	}
	if (err != ERR_OK) {
		*diag = *keeping_diag(keeping);
	}
	ingest->replayed += replayed;
	keeping_free(keeping);
	return err;
}

/* Whether the log of the class, in any of its trees, holds something. */
static bool has_log(const struct store_set *set, struct str class_name) {
	bool found = false;
	for (size_t i = 0; i < set->count; i++) {
		struct store_info info;
		store_get_info(set->stores[i], &info);
		found = found || (info.log_bytes > 0 &&
		                  str_eq(store_class_of(store_class(set->stores[i])), class_name));
	}
	return found;
}

/* After ingest no log holds anything, also of the classes that it was not about. */
static enum err settle_others(struct ingest *ingest, const struct store_options *options,
                              struct diag *diag) {
	struct str own = store_class_of(store_class(ingest->store));
	for (size_t i = 0; i < ingest->others.count; i++) {
		struct str name = store_class(ingest->others.stores[i]);
		bool later = store_class_of(name).len < name.len; /* the class was its first tree's turn */
		if (later || str_eq(name, own) || !has_log(&ingest->others, name)) {
			continue;
		}
		if (i == 0) {
			TRY(settle(ingest, ingest->first, diag));
			continue;
		}
		struct store_options more = *options;
		struct store *store CLEANUP(store_closep) = NULL;
		more.tree = name.ptr; /* ends in NUL */
		more.beside = ingest->first;
		TRY(store_open(&more, &store, diag));
		TRY(settle(ingest, store, diag));
	}
	return ERR_OK;
}

/* The first one holds the lock; another class is written beside it. */
static enum err open_stores(struct ingest *ingest, const struct args *args, struct diag *diag) {
	describe_settings(ingest);
	struct store_options options = {.os = os_real(),
	                                .path = console_store_path(args),
	                                .settings = ingest->settings.ptr,
	                                .build = BUILD,
	                                .writable = true,
	                                .create = true,
	                                .take_again = args->again,
	                                .others = &ingest->others,
	                                .durable = durable,
	                                .notice = notice,
	                                .ctx = ingest};
	bool first = args->class_name == NULL || strcmp(args->class_name, "default") == 0;
	TRY(store_open(&options, &ingest->first, diag));
	ingest->store = ingest->first;
	if (!first) {
		options.tree = args->class_name;
		options.beside = ingest->first;
		ingest->store = NULL;
		TRY(store_open(&options, &ingest->store, diag));
	}
	const struct str *classes;
	if (store_classes(ingest->first, &classes) == 1) {
		return ERR_OK;
	}
	TRY(store_set_open(&(struct store_options){.os = os_real(), .path = options.path},
	                   &ingest->others, diag));
	TRY(settle_others(ingest, &options, diag));
	if (ingest->replayed == 0) {
		return ERR_OK;
	}
	store_set_close(&ingest->others); /* they hold more now */
	return store_set_open(&(struct store_options){.os = os_real(), .path = options.path},
	                      &ingest->others, diag);
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
		TRY(output_append(args->ack, &ingest->ack, diag)); /* also "-": standard output */
	}
	TRY(console_check_store(args, diag));
	TRY(open_stores(ingest, args, diag));
	check_keys(args, store_class(ingest->store));
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
	if (ingest->store != ingest->first) {
		store_close(ingest->store);
	}
	store_close(ingest->first);
	store_set_close(&ingest->others);
	output_abandon(ingest->ack); /* every line was flushed when it came */
	inputs_deinit(&ingest->inputs);
	buf_deinit(&ingest->settings);
	arena_free(ingest->arena);
}

/* Also when nothing could be opened: then with zeros, and the error. */
static void print_json(const struct ingest *ingest, const struct store_info *info,
                       const struct diag *diag) {
	struct keeping_totals totals = {0};
	const struct ingest_totals *read = &ingest->inputs.totals;
	struct buf out = {0};
	if (ingest->keeping != NULL) {
		totals = keeping_get_totals(ingest->keeping);
	}
	buf_printf(&out,
	           "{\"akashi.schema\":%d,\"records\":%llu,\"bytes_raw\":%llu,\"bytes_stored\":%llu,"
	           "\"records_unparsed\":%llu,\"records_fields_left_out\":%llu,\"files\":%llu,\"files_"
	           "known\":%llu,"
	           "\"files_failed\":%llu,\"seconds\":%.3f,\"tree_size\":%llu",
	           JSON_SCHEMA, (unsigned long long)totals.records,
	           (unsigned long long)totals.bytes_raw, (unsigned long long)info->bytes_stored,
	           (unsigned long long)totals.records_unparsed,
	           (unsigned long long)totals.records_fields_left_out, (unsigned long long)read->files,
	           (unsigned long long)read->files_known, (unsigned long long)read->files_failed,
	           progress_seconds(&ingest->inputs.progress), (unsigned long long)info->tree_size);
	if (diag->message[0] != '\0') {
		buf_append_str(&out, STR(",\"error\":"));
		buf_append_json(&out, str_from(diag->message));
	}
	buf_append_str(&out, STR("}\n"));
	(void)console_print_error(&out);
	buf_deinit(&out);
}

/* What there is now, also in frozen trees: of the whole store, or of another class that was named.
 */
static void sum_up(const struct ingest *ingest, struct store_info *out_info) {
	struct store_set set = {.count = 1, .stores = {ingest->store}};
	struct str own = store_class(ingest->store);
	for (size_t i = 0; i < ingest->others.count; i++) {
		struct str name = store_class(ingest->others.stores[i]);
		bool counts =
		    ingest->store == ingest->first || str_eq(store_class_of(name), store_class_of(own));
		if (counts && !str_eq(name, own)) {
			set.stores[set.count++] = ingest->others.stores[i];
		}
	}
	store_set_info(&set, out_info);
}

static void print_people(const struct ingest *ingest) {
	struct store_info info;
	struct keeping_totals totals = keeping_get_totals(ingest->keeping);
	const struct ingest_totals *read = &ingest->inputs.totals;
	struct buf text = {0};
	sum_up(ingest, &info);
	buf_append_str(&text, STR("kept "));
	render_count(&text, totals.records);
	buf_printf(&text, " record%s (", totals.records == 1 ? "" : "s");
	render_bytes(&text, totals.bytes_raw);
	buf_printf(&text, ") from %llu file%s in %.1f s", (unsigned long long)read->files,
	           read->files == 1 ? "" : "s", progress_seconds(&ingest->inputs.progress));
	if (read->files_known > 0) {
		buf_printf(&text, "; %llu known already", (unsigned long long)read->files_known);
	}
	if (totals.records_fields_left_out > 0) {
		buf_append_str(&text, STR("\n"));
		console_append_left_out(&text, totals.records_fields_left_out);
	}
	if (ingest->store == ingest->first) {
		buf_append_str(&text, STR("\nthe store holds "));
	} else {
		buf_printf(&text, "\nclass %.*s holds ",
		           STR_ARG(store_class_of(store_class(ingest->store))));
	}
	render_count(&text, info.records);
	buf_printf(&text, " record%s, ", info.records == 1 ? "" : "s");
	render_bytes(&text, info.bytes_raw);
	buf_append_str(&text, STR(" raw in "));
	render_bytes(&text, info.bytes_stored);
	buf_append_str(&text, STR(", sealed\n"));
	(void)console_print_error(&text);
	buf_deinit(&text);
}

static int64_t monotonic_ns(void) {
	const struct os *os = os_real();
	return os->monotonic_ns(os->ctx);
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
		if (!console_wait(MIN_OF(pause, PAUSE_MAX_MS * (int64_t)1000000))) {
			return ERR_CANCELED;
		}
		inputs_begin_again(&ingest->inputs);
	}
}

/* Interrupting keeps what was read so far: it is committed like the rest. */
static enum err run(struct ingest *ingest, const struct args *args) {
	uint64_t replayed = 0;
	TRY(keeping_replay(ingest->keeping, &replayed));
	ingest->replayed += replayed;
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
	if (console_interrupted()) {
		err = ERR_CANCELED; /* a stream only ends then */
	}
	enum err commit_err = keeping_commit(ingest->keeping);
	return commit_err != ERR_OK ? commit_err : err;
}

/* The end of a run whose store was opened: problems, summary, exit status. */
static int conclude(struct ingest *ingest, const struct args *args, enum err err) {
	struct diag diag = {0};
	struct store_info info;
	progress_end(&ingest->inputs.progress);
	if (err != ERR_OK && err != ERR_CANCELED) {
		diag = *keeping_diag(ingest->keeping);
		if (diag.message[0] == '\0') {
			(void)diag_set(&diag, err, "%s", err_text(err));
		}
		console_error(&diag, STR(""));
	}
	int status = inputs_status(&ingest->inputs, err);
	store_get_info(ingest->store, &info);
	if (args->json) {
		print_json(ingest, &info, &diag);
	} else if (err == ERR_OK || err == ERR_CANCELED) {
		print_people(ingest);
	}
	return status == EXIT_DONE && ingest->ack_failed ? EXIT_FAILED : status;
}

/* What a block is made of comes and goes in large pieces of ever other sizes: the largest are given
 * back at once, or else the heap grows by a tenth with each segment. What a batch brings stays for
 * the next. */
static void give_back_memory(void) {
	enum { MAPPED = 2 << 20, KEPT = 16 << 20 };
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED); /* refused values change nothing */
	(void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

int cmd_ingest(const struct args *args) {
	struct ingest ingest = {.arena = arena_new(SIZE_MAX)};
	struct diag diag = {0};
	int status;
	give_back_memory();
	progress_begin(&ingest.inputs.progress);
	enum err err = open_all(&ingest, args, &diag);
	if (err == ERR_OK) {
		status = conclude(&ingest, args, run(&ingest, args));
	} else {
		console_error(&diag, STR(""));
		if (args->json) {
			print_json(&ingest, &(struct store_info){0}, &diag);
		}
		status = console_status(err);
	}
	close_all(&ingest);
	return status;
}
