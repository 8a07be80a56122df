/* Options of reading, the walk over the paths, problems at the end. */
#include "cmd/inputs.h"

#include "codec/charset.h"
#include "ingest/zones.h"
#include "os/heap.h"
#include "render/units.h"

enum { PROBLEM_LINES_MAX = 50 };
/* Such a file is worth room of its own: records of other kinds fill memory in other pieces. */
enum { FILE_LARGE = 32 << 20, GIVE_BACK_EVERY = 16 << 20, GIVE_BACK_FIRST = 96 << 20 };

static enum err check_names(const struct args *args, const struct formats *formats,
                            struct diag *diag) {
	enum charset_id charset;
	if (args->format != NULL && !formats_has(formats, str_from(args->format))) {
		enum err err = diag_set(diag, ERR_INVALID, "there is no format '%.80s'", args->format);
		diag_hint(diag, "formats: %.*s", STR_ARG(formats_names(formats)));
		return err;
	}
	if (args->encoding != NULL && !charset_by_name(str_from(args->encoding), &charset)) {
		enum err err =
		    diag_set(diag, ERR_INVALID, "there is no character set '%.80s'", args->encoding);
		diag_hint(diag, "utf-8, shift_jis, euc-jp, iso-2022-jp, utf-16le, utf-16be, latin1");
		return err;
	}
	if (args->year != 0 && (args->year < 1970 || args->year > 2261)) {
		return diag_set(diag, ERR_INVALID, "--year wants a year from 1970 to 2261");
	}
	if (args->zone != NULL) {
		CLEANUP(zones_freep) struct zones *zones = zones_new(os_real());
		if (zones_get(zones, str_from(args->zone), diag) == NULL) {
			return ERR_INVALID;
		}
	}
	return ERR_OK;
}

enum err inputs_init(struct inputs *inputs, const struct args *args, struct diag *diag) {
	*inputs = (struct inputs){0};
	progress_begin(&inputs->progress);
	TRY(formats_new(os_real(), args->formats, &inputs->formats, diag));
	TRY(check_names(args, inputs->formats, diag));
	inputs->options = (struct ingest_options){
	    .os = os_real(),
	    .formats = inputs->formats,
	    .source = str_from(args->source),
	    .host = str_from(args->host),
	    .format = str_from(args->format),
	    .zone = str_from(args->zone),
	    .year = (int32_t)args->year,
	    .charset = str_from(args->encoding),
	    .keep_objects = !args->hash_only,
	};
	return ERR_OK;
}

void inputs_deinit(struct inputs *inputs) {
	formats_free(inputs->formats);
	buf_deinit(&inputs->problem_text);
}

void inputs_skip_store(struct inputs *inputs, const struct args *args) {
	const struct os *os = os_real();
	if (os->stat(os->ctx, console_store_path(args), true, &inputs->store_stat) == ERR_OK) {
		inputs->options.own_folder = &inputs->store_stat;
	}
}

static void problem(void *ctx, struct str path, uint64_t offset, enum err err, struct str message) {
	struct inputs *inputs = ctx;
	inputs->problems++;
	if (inputs->problem_lines >= PROBLEM_LINES_MAX) {
		return;
	}
	inputs->problem_lines++;
	buf_append_str(&inputs->problem_text, STR("  "));
	render_safe(&inputs->problem_text, path);
	if (offset != UINT64_MAX) {
		buf_printf(&inputs->problem_text, " at byte %llu", (unsigned long long)offset);
	}
	buf_append_str(&inputs->problem_text, STR(": "));
	render_safe(&inputs->problem_text, message.len > 0 ? message : str_from(err_text(err)));
	buf_append_char(&inputs->problem_text, '\n');
}

/* While the blocks of the files before are still made, and a little longer. */
static void give_back_memory(struct inputs *inputs) {
	if (inputs->bytes >= inputs->give_back_at && inputs->bytes < inputs->give_back_end) {
		inputs->give_back_at = inputs->bytes + GIVE_BACK_EVERY;
		heap_give_back();
	}
}

static bool progress(void *ctx, uint64_t bytes) {
	struct inputs *inputs = ctx;
	inputs->bytes = bytes; /* of all inputs so far */
	give_back_memory(inputs);
	if (progress_due(&inputs->progress)) {
		struct buf text = {0};
		render_bytes(&text, inputs->bytes);
		progress_show(&inputs->progress, "read %.*s, %.0f MB/s", STR_ARG(buf_str(&text)),
		              (double)inputs->bytes / 1e6 / progress_seconds(&inputs->progress));
		buf_deinit(&text);
	}
	return !console_interrupted();
}

static enum err put(void *ctx, struct batch *batch) {
	const struct inputs *inputs = ctx;
	return inputs->inner->put(inputs->inner->ctx, batch);
}

static enum err file_begin(void *ctx, const struct sink_file *file, bool fresh, uint32_t *out_file,
                           enum sink_verdict *out_verdict, struct sink_resume *out_resume) {
	struct inputs *inputs = ctx;
	if (file->size >= FILE_LARGE && inputs->bytes > 0) {
		inputs->give_back_at = inputs->bytes;
		inputs->give_back_end = inputs->bytes + GIVE_BACK_FIRST;
	}
	return inputs->inner->file_begin(inputs->inner->ctx, file, fresh, out_file, out_verdict,
	                                 out_resume);
}

static bool size_known(void *ctx, uint64_t size) {
	const struct inputs *inputs = ctx;
	return inputs->inner->size_known(inputs->inner->ctx, size);
}

/* A machine without a journal is a problem to be told, not the end of the run. */
static enum err read_journal(struct inputs *inputs, const char *path) {
	enum err err = ingest_journal(&inputs->options, path, &inputs->sink, &inputs->totals);
	if (err == ERR_UNSUPPORTED) {
		problem(inputs, path != NULL ? str_from(path) : STR("journal"), UINT64_MAX, err,
		        path != NULL ? STR("no systemd journal is there")
		                     : STR("this machine has no systemd journal that can be read"));
		return ERR_OK;
	}
	return err;
}

static enum err read_path(struct inputs *inputs, const struct args *args, const char *path) {
	if (args->journal) {
		return read_journal(inputs, path);
	}
	if (strcmp(path, "-") == 0) {
		struct str shown = args->source != NULL ? str_from(args->source) : STR("-");
		return ingest_stream(&inputs->options, 0, shown, &inputs->sink, &inputs->totals);
	}
	return ingest_path(&inputs->options, path, &inputs->sink, &inputs->totals);
}

enum err inputs_run(struct inputs *inputs, const struct args *args, const struct sink *sink) {
	inputs->inner = sink;
	inputs->sink = (struct sink){.ctx = inputs,
	                             .put = put,
	                             .file_begin = sink->file_begin != NULL ? file_begin : NULL,
	                             .size_known = sink->size_known != NULL ? size_known : NULL,
	                             .problem = problem,
	                             .progress = progress};
	if (args->journal && args->paths_count == 0) {
		return read_journal(inputs, NULL);
	}
	for (size_t i = 0; i < args->paths_count; i++) {
		TRY(read_path(inputs, args, args->paths[i]));
	}
	return ERR_OK;
}

void inputs_begin_again(struct inputs *inputs) {
	inputs->totals = (struct ingest_totals){0};
	inputs->problems = 0;
	inputs->problem_lines = 0;
	buf_clear(&inputs->problem_text);
}

int inputs_status(struct inputs *inputs, enum err err) {
	progress_end(&inputs->progress);
	if (inputs->problems > 0) {
		(void)fprintf(stderr, "akashi: %llu problem%s while reading; the rest was read:\n%.*s",
		              (unsigned long long)inputs->problems, inputs->problems == 1 ? "" : "s",
		              STR_ARG(buf_str(&inputs->problem_text)));
		if (inputs->problems > inputs->problem_lines) {
			(void)fprintf(stderr, "  and %llu more\n",
			              (unsigned long long)(inputs->problems - inputs->problem_lines));
		}
	}
	if (err == ERR_CANCELED) {
		console_note("interrupted; what was taken so far is kept");
	}
	int status = console_status(err);
	return status == EXIT_DONE && err == ERR_OK && inputs->problems > 0 ? EXIT_FAILED : status;
}
