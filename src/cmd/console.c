/* Terminal, signals, messages, buffered output: the only place that prints. */
#include "cmd/console.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/instant.h"
#include "ingest/zones.h"
#include "render/units.h"
#include "store/store.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
	(void)number;
	if (interrupted) {
		_exit(EXIT_INTERRUPTED); /* asked twice: at once; the store is safe at any moment */
	}
	interrupted = 1;
}

/* A descriptor below 3 that is closed would be given to the next file opened, such as one of the
 * store, and what is printed would go there. So it is held, in a way that fails when used. */
static void hold_standard_descriptors(void) {
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
			int held = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
			ASSERT(held < 0 || held == fd); /* the lowest that is free */
		}
	}
}

void console_init(void) {
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL); /* `ulimit -f`: seen as ERR_NO_SPACE */
	hold_standard_descriptors();
}

bool console_interrupted(void) {
	return interrupted != 0;
}

bool console_stdout_is_terminal(void) {
	return isatty(STDOUT_FILENO) == 1;
}

bool console_stderr_is_terminal(void) {
	return isatty(STDERR_FILENO) == 1;
}

/* The bytes of text that are shown around a place: all of a short one. Cut between characters. */
static void cut_around(struct str text, size_t at, size_t end, size_t *out_first,
                       size_t *out_last) {
	enum { AROUND = 120 };
	size_t first = at > AROUND ? at - AROUND : 0;
	size_t last = text.len - end > AROUND ? end + AROUND : text.len;
	while (first > 0 && ((unsigned char)text.ptr[first] & 0xc0) == 0x80) {
		first--;
	}
	while (last < text.len && ((unsigned char)text.ptr[last] & 0xc0) == 0x80) {
		last++;
	}
	*out_first = first;
	*out_last = last;
}

/* Shows the user's text on one line with a caret line below. */
static void show_place(const struct diag *diag, struct str text) {
	CLEANUP(buf_deinit) struct buf line = {0};
	CLEANUP(buf_deinit) struct buf marked = {0};
	size_t at = MIN_OF(diag->position, text.len);
	size_t end = at + MIN_OF(MIN_OF(MAX_OF(diag->length, (size_t)1), (size_t)120), text.len - at);
	size_t first;
	size_t last;
	cut_around(text, at, end, &first, &last);
	buf_append_str(&line, first > 0 ? STR("…") : STR(""));
	render_safe(&line, str_slice(text, first, at));
	size_t before = render_width(buf_str(&line));
	render_safe(&marked, str_slice(text, at, end));
	size_t width = MAX_OF(render_width(buf_str(&marked)), (size_t)1);
	render_safe(&line, str_slice(text, at, last));
	buf_append_str(&line, last < text.len ? STR("…") : STR(""));
	(void)fprintf(stderr, "  %.*s\n  %*s", STR_ARG(buf_str(&line)), (int)before, "");
	for (size_t i = 0; i < width; i++) {
		(void)fputc('^', stderr);
	}
	(void)fputc('\n', stderr);
}

void console_error(const struct diag *diag, struct str text) {
	struct buf safe = {0};
	render_safe(&safe, str_from(diag->message));
	(void)fprintf(stderr, "akashi: %.*s\n", STR_ARG(buf_str(&safe)));
	if (diag->has_position && text.len > 0) {
		show_place(diag, text);
	}
	if (diag->hint[0] != '\0') {
		buf_clear(&safe);
		render_safe(&safe, str_from(diag->hint));
		(void)fprintf(stderr, "  %.*s\n", STR_ARG(buf_str(&safe)));
	}
	buf_deinit(&safe);
}

void console_json_error(const struct diag *diag) {
	struct buf out = {0};
	buf_printf(&out, "{\"akashi.schema\":%d,\"error\":", JSON_SCHEMA);
	buf_append_json(&out, str_from(diag->message));
	buf_append_str(&out, STR(",\"hint\":"));
	buf_append_json(&out, str_from(diag->hint));
	buf_append_str(&out, STR("}\n"));
	(void)console_print_error(&out);
	buf_deinit(&out);
}

int console_fail(const struct args *args, enum err err, struct diag *diag, struct str text) {
	if (err == ERR_CLOSED) {
		return console_status(err);
	}
	if (diag->message[0] == '\0') {
		(void)diag_set(diag, err, "%s", err_text(err));
	}
	console_error(diag, text);
	if (args->json) {
		console_json_error(diag);
	}
	return console_status(err);
}

void console_note(const char *format, ...) {
	char text[2048];
	struct buf safe = {0};
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	render_safe(&safe, str_from(text));
	(void)fprintf(stderr, "akashi: %.*s\n", STR_ARG(buf_str(&safe)));
	buf_deinit(&safe);
}

static bool print_to(FILE *stream, const struct buf *text) {
	return text->len == 0 || fwrite(text->ptr, 1, text->len, stream) == text->len;
}

int console_print(const struct buf *text) {
	if (print_to(stdout, text) && fflush(stdout) == 0) {
		return EXIT_DONE;
	}
	enum err err = err_from_errno(errno);
	if (err != ERR_CLOSED) {
		console_note("cannot write standard output: %s", err_text(err));
	}
	return console_status(err);
}

void console_append_damage(const char *title, const struct store_damage *damage, struct buf *out) {
	buf_append_str(out, str_from(title));
	render_safe(out, damage->where.len > 0 ? damage->where : STR("--against"));
	buf_append_str(out, STR(": "));
	render_safe(out, damage->what);
	if (damage->has_range && damage->index_to == damage->index_from + 1) {
		buf_printf(out, " (record %llu)", (unsigned long long)damage->index_from);
	} else if (damage->has_range) {
		buf_printf(out, " (records %llu to %llu)", (unsigned long long)damage->index_from,
		           (unsigned long long)damage->index_to - 1);
	}
	buf_append_char(out, '\n');
}

bool console_print_error(const struct buf *text) {
	return print_to(stderr, text);
}

void console_append_left_out(struct buf *out, uint64_t records) {
	render_count(out, records);
	buf_printf(out,
	           " record%s more fields than are kept (akashi.flags:fields_left_out); the text has "
	           "all of them",
	           records == 1 ? " has" : "s have");
}

int console_status(enum err err) {
	switch (err) {
	case ERR_OK:
	case ERR_CLOSED: /* the reader of our output went away: a silent end */
		return EXIT_DONE;
	case ERR_INVALID:
		return EXIT_USAGE;
	case ERR_CANCELED:
		return interrupted ? EXIT_INTERRUPTED : EXIT_FAILED;
	case ERR_IO:
	case ERR_NO_SPACE:
	case ERR_DENIED:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_LOCKED:
	case ERR_CORRUPT:
	case ERR_UNSUPPORTED:
	case ERR_LIMIT:
	case ERR_COUNT:
	default:
		return EXIT_FAILED;
	}
}

/* ---- progress ---- */

static int64_t now_ns(void) {
	const struct os *os = os_real();
	return os->monotonic_ns(os->ctx);
}

void progress_begin(struct progress *progress) {
	*progress = (struct progress){.started_ns = now_ns()};
}

bool progress_due(struct progress *progress) {
	int64_t now = now_ns();
	if (!console_stderr_is_terminal() || now - progress->last_ns < 100000000 ||
	    now - progress->started_ns < 300000000) {
		return false;
	}
	progress->last_ns = now;
	return true;
}

void progress_show(struct progress *progress, const char *format, ...) {
	char text[256];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)fprintf(stderr, "\r\033[K%s", text);
	(void)fflush(stderr);
	progress->shown = true;
}

void progress_end(struct progress *progress) {
	if (progress->shown) {
		(void)fputs("\r\033[K", stderr);
		(void)fflush(stderr);
		progress->shown = false;
	}
}

double progress_seconds(const struct progress *progress) {
	return (double)(now_ns() - progress->started_ns) / 1e9;
}

/* ---- settings ---- */

struct display_zone {
	struct zones *zones;
	const struct zone *zone;
};

static int32_t zone_offset(void *ctx, int64_t ns) {
	const struct display_zone *display = ctx;
	int64_t seconds = ns / INSTANT_SECOND - (ns % INSTANT_SECOND < 0);
	return zone_offset_at(display->zone, seconds);
}

static bool to_terminal(const struct args *args) {
	return console_stdout_is_terminal() && (args->out == NULL || strcmp(args->out, "-") == 0);
}

static bool wants_colour(const struct args *args) {
	struct str when = str_from(args->colour);
	if (str_eq(when, STR("always"))) {
		return true;
	}
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	return !str_eq(when, STR("never")) && (no_colour == NULL || *no_colour == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0) && to_terminal(args);
}

enum err console_style(const struct args *args, struct render_style *out_style, struct diag *diag) {
	struct render_style style = {
	    .utf8 = true, .terminal = to_terminal(args), .colour = wants_colour(args)};
	struct winsize size;
	struct str colour = str_from(args->colour);
	if (colour.len > 0 && !str_eq(colour, STR("always")) && !str_eq(colour, STR("never")) &&
	    !str_eq(colour, STR("auto"))) {
		return diag_set(diag, ERR_INVALID, "--color wants auto, always or never, not '%.40s'",
		                args->colour);
	}
	if (console_stdout_is_terminal() && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		style.columns = size.ws_col;
	}
	if (args->display_zone != NULL) {
		struct zones *zones = zones_new(os_real());
		const struct zone *zone = zones_get(zones, str_from(args->display_zone), diag);
		if (zone == NULL) {
			zones_free(zones);
			return ERR_INVALID;
		}
		struct display_zone *display = malloc(sizeof(*display));
		ASSERT(display != NULL);
		*display = (struct display_zone){zones, zone};
		style.offset_at = zone_offset;
		style.offset_ctx = display;
	}
	*out_style = style;
	return ERR_OK;
}

const struct zone *console_zone(const struct render_style *style) {
	const struct display_zone *display = style->offset_ctx;
	return display != NULL ? display->zone : NULL;
}

void console_style_deinit(struct render_style *style) {
	struct display_zone *display = style->offset_ctx;
	if (display != NULL) {
		zones_free(display->zones);
		free(display);
	}
	*style = (struct render_style){0};
}

enum err console_size(const char *text, size_t *out_bytes, struct diag *diag) {
	static const char letters[] = "KMGT";
	struct str s = str_from(text);
	unsigned shift = 0;
	uint64_t number;
	if (str_ends(s, STR("iB"))) {
		s.len -= 2;
	} else if (str_ends(s, STR("B"))) {
		s.len -= 1;
	}
	if (s.len > 0) {
		const char *at = strchr(letters, s.ptr[s.len - 1]);
		if (at != NULL && *at != '\0') {
			shift = 10 * (unsigned)(at - letters + 1);
			s.len--;
		}
	}
	if (!str_to_u64(s, SIZE_MAX >> shift, &number) || number == 0) {
		enum err err = diag_set(diag, ERR_INVALID, "'%.80s' is not a size", text);
		diag_hint(diag, "write 512M, 2G or a number of bytes");
		return err;
	}
	*out_bytes = (size_t)number << shift;
	return ERR_OK;
}

const char *console_absolute_path(struct arena *arena, const char *path) {
	char folder[LIMIT_PATH];
	struct buf out = {0};
	if (strcmp(path, "-") == 0) {
		return path;
	}
	struct str rest = str_from(path);
	if (path[0] != '/') {
		if (getcwd(folder, sizeof(folder)) == NULL) {
			return path;
		}
		buf_append_str(&out, str_from(folder));
	}
	while (rest.len > 0) {
		struct str part = str_cut(&rest, '/');
		if (str_eq(part, STR(".."))) {
			while (out.len > 0 && out.ptr[--out.len] != '/') {
			}
		} else if (part.len > 0 && !str_eq(part, STR("."))) {
			buf_append_char(&out, '/');
			buf_append_str(&out, part);
		}
	}
	const char *absolute = out.len == 0 ? "/" : arena_cstr(arena, buf_str(&out));
	buf_deinit(&out);
	return absolute;
}

enum err console_read_checkpoint(const char *path, struct buf *out_note, struct diag *diag) {
	enum { CHECKPOINT_MAX = 64 << 10 };
	const char *source = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
	struct os_stat stat;
	enum err err = os_read_file(os_real(), source, CHECKPOINT_MAX, out_note);
	if (err != ERR_OK && os_real()->stat(os_real()->ctx, source, true, &stat) == ERR_OK &&
	    stat.kind == OS_FILE_FOLDER) {
		return diag_set(diag, ERR_INVALID, "the checkpoint %s is a folder", path);
	}
	if (err == ERR_LIMIT) {
		return diag_set(diag, ERR_INVALID, "%s is too large to be a checkpoint", path);
	}
	if (err == ERR_OK && out_note->len == 0) {
		return diag_set(diag, ERR_INVALID, "the checkpoint %s is empty", path);
	}
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "cannot read the checkpoint %s: %s", path, err_text(err));
}

const char *console_store_path(const struct args *args) {
	const char *environment = getenv("AKASHI_STORE");
	if (args->store != NULL) {
		return args->store;
	}
	return environment != NULL && environment[0] != '\0' ? environment : "./akashi-data";
}

enum err console_check_store(const struct args *args, struct diag *diag) {
	const struct os *os = os_real();
	const char *path = console_store_path(args);
	struct os_stat stat;
	if (os->stat(os->ctx, path, true, &stat) != ERR_OK || stat.kind == OS_FILE_FOLDER) {
		return ERR_OK; /* whatever else is wrong, opening it tells */
	}
	enum err err = diag_set(diag, ERR_NOT_FOUND, "'%s' is not a folder, so it is no store", path);
	diag_hint(diag, "name the store's folder with --store or AKASHI_STORE");
	return err;
}

enum err console_open_stores(const struct args *args, struct store_set *out_set,
                             struct diag *diag) {
	const struct store_options options = {.os = os_real(), .path = console_store_path(args)};
	TRY(console_check_store(args, diag));
	return store_set_open(&options, out_set, diag);
}

struct marking {
	const char *folder; /* DIR/tree */
	struct seal_mark mark;
};

static enum err mark_class(void *ctx, struct str name, enum os_file_kind kind) {
	struct marking *marking = ctx;
	const struct os *os = os_real();
	struct os_stat stat = {0};
	struct buf path CLEANUP(buf_deinit) = {0};
	(void)kind;
	buf_printf(&path, "%s/%.*s/checkpoint%c", marking->folder, STR_ARG(name), '\0');
	if (os->stat(os->ctx, path.ptr, true, &stat) == ERR_OK) {
		marking->mark.inodes += stat.inode;
		marking->mark.modified_ns = MAX_OF(marking->mark.modified_ns, stat.modified_ns);
	}
	return ERR_OK;
}

struct seal_mark console_mark_seal(const struct args *args) {
	const struct os *os = os_real();
	struct buf path CLEANUP(buf_deinit) = {0};
	buf_printf(&path, "%s/tree%c", console_store_path(args), '\0');
	struct marking marking = {.folder = path.ptr};
	enum err err = os->list(os->ctx, path.ptr, mark_class, &marking);
	return err == ERR_OK ? marking.mark : (struct seal_mark){0};
}

bool seal_mark_equal(struct seal_mark a, struct seal_mark b) {
	return a.inodes == b.inodes && a.modified_ns == b.modified_ns;
}

bool console_wait(int64_t ns) {
	const struct os *os = os_real();
	int64_t end = os->monotonic_ns(os->ctx) + ns;
	while (!console_interrupted() && os->monotonic_ns(os->ctx) < end) {
		struct timespec step = {.tv_nsec = 50000000};
		(void)nanosleep(&step, NULL); /* an early return only shortens the step */
	}
	return !console_interrupted();
}

bool console_tell_losses(uint64_t pages_damaged, const struct store_info *info) {
	uint64_t missing = info->missing;
	if (info->log_bytes > 0) {
		console_note("%llu bytes of the log are not searched: they were received, but are not yet "
		             "in segments; the next ingest takes them over",
		             (unsigned long long)info->log_bytes);
	}
	if (pages_damaged > 0) {
		console_note("%llu damaged part%s of the store could not be read; akashi verify names "
		             "the records",
		             (unsigned long long)pages_damaged, pages_damaged == 1 ? "" : "s");
	}
	if (missing > 0) {
		console_note("%llu leaves cannot be read: segments are missing or damaged; akashi verify "
		             "names them",
		             (unsigned long long)missing);
	}
	return pages_damaged > 0 || missing > 0;
}
