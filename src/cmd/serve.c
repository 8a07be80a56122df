/* akashi serve: the server, until it is told to stop. */
#include <malloc.h>
#include <signal.h>

#include "cmd/console.h"
#include "cmd/version.gen.h"
#include "server/serve.h"

#define BUILD "akashi " AKASHI_VERSION

struct serving {
	struct arena *arena;
	struct config config;
	struct formats *formats;
	struct buf settings;
};

/* FILE:LINE:COLUMN: what is wrong. */
static enum err place_error(const char *path, struct place place, enum err err, struct diag *diag) {
	struct diag inner = *diag;
	(void)diag_set(diag, err, "%s:%u:%u: %s", path, place.line, place.column, inner.message);
	diag_hint(diag, "%s", inner.hint);
	return err;
}

static enum err read_config(struct serving *serving, const struct args *args, struct diag *diag) {
	struct buf text CLEANUP(buf_deinit) = {0};
	struct place place = {0};
	config_default(&serving->config);
	if (args->config != NULL) {
		enum err err = os_read_file(os_real(), args->config, LIMIT_CONFIG_FILE, &text);
		if (err != ERR_OK) {
			return diag_set(diag, err, "%s cannot be read: %s", args->config, err_text(err));
		}
		err = config_read(&serving->config, serving->arena, buf_str(&text), &place, diag);
		if (err != ERR_OK) {
			return place_error(args->config, place, err, diag);
		}
	}
	if (args->listen != NULL &&
	    !net_address_parse(str_from(args->listen), &serving->config.listen)) {
		enum err err = diag_set(diag, ERR_INVALID,
		                        "--listen wants an address and a port, not '%.80s'", args->listen);
		diag_hint(diag, "such as 127.0.0.1:8514, or [::1]:8514");
		return err;
	}
	return config_check(&serving->config, diag) == ERR_OK ? ERR_OK : ERR_INVALID;
}

/* --store, then the configuration, then as other commands. */
static const char *store_path(const struct serving *serving, const struct args *args) {
	return args->store == NULL && serving->config.store.len > 0
	           ? arena_cstr(serving->arena, serving->config.store)
	           : console_store_path(args);
}

static void tell(void *ctx, struct str message) {
	(void)ctx;
	console_note("%.*s", STR_ARG(message));
}

static void ready(void *ctx) {
	(void)ctx;
	console_note("ready");
}

/* What decides how records are read and kept; as ingest says it. */
static void describe_settings(struct serving *serving) {
	struct buf *out = &serving->settings;
	buf_append_str(out, STR("{\"build\":\"" BUILD "\",\"formats\":"));
	buf_append_json(out, formats_names(serving->formats));
	buf_append(out, "}", 2); /* with its NUL */
}

static enum err serve(struct serving *serving, const struct args *args, int *out_signal,
                      struct diag *diag) {
	TRY(formats_new(os_real(), args->formats, &serving->formats, diag));
	describe_settings(serving);
	return serve_run(&(struct serve_options){.os = os_real(),
	                                         .config = &serving->config,
	                                         .store = store_path(serving, args),
	                                         .settings = serving->settings.ptr,
	                                         .build = BUILD,
	                                         .version = STR(AKASHI_VERSION),
	                                         .formats = serving->formats,
	                                         .tell = tell,
	                                         .ready = ready},
	                 out_signal, diag);
}

/* Batches and blocks come and go in pieces of ever other sizes: large ones are given back at once
 * (as in ingest), for a server stays. */
static void give_back_memory(void) {
	enum { MAPPED = 2 << 20, KEPT = 16 << 20 };
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED); /* refused values change nothing */
	(void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

int cmd_serve(const struct args *args) {
	struct serving serving = {.arena = arena_new(SIZE_MAX)};
	struct diag diag = {0};
	int signal_number = 0;
	int status = EXIT_DONE;
	give_back_memory();
	enum err err = read_config(&serving, args, &diag);
	if (err != ERR_OK) {
		status = console_fail(args, err, &diag, STR(""));
		status = args->check && status == EXIT_USAGE ? EXIT_NO : status;
	} else if (args->check) {
		console_note("the configuration is right");
	} else {
		err = serve(&serving, args, &signal_number, &diag);
		status = err != ERR_OK             ? console_fail(args, err, &diag, STR(""))
		         : signal_number == SIGINT ? EXIT_INTERRUPTED
		                                   : EXIT_DONE;
	}
	formats_free(serving.formats);
	buf_deinit(&serving.settings);
	arena_free(serving.arena);
	return status;
}
