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

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
	(void)number;
	if (interrupted) {
		_exit(EXIT_INTERRUPTED); /* asked twice: at once; the store is safe at any moment */
	}
	interrupted = 1;
}

void console_init(void) {
	struct sigaction action = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
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

bool console_print(const struct buf *text) {
	return print_to(stdout, text) && fflush(stdout) == 0;
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

/* ---- output ---- */

enum { OUTPUT_BUFFER = 256 << 10 };

struct output {
	int fd;
	bool is_file;
	const char *path;
	struct buf pending;
};

static enum err open_file(const char *path, int flags, struct output **out_output,
                          struct diag *diag) {
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	if (fd < 0) {
		enum err err = err_from_errno(errno);
		return diag_set(diag, err, "cannot write %s: %s", path, strerror(errno));
	}
	struct output *output = calloc(1, sizeof(*output));
	ASSERT(output != NULL);
	*output = (struct output){.fd = fd, .is_file = true, .path = path};
	*out_output = output;
	return ERR_OK;
}

enum err output_append(const char *path, struct output **out_output, struct diag *diag) {
	return open_file(path, O_APPEND, out_output, diag);
}

enum err output_open(const char *path, struct output **out_output, struct diag *diag) {
	if (path != NULL && strcmp(path, "-") != 0) {
		return open_file(path, O_TRUNC, out_output, diag);
	}
	struct output *output = calloc(1, sizeof(*output));
	ASSERT(output != NULL);
	output->fd = STDOUT_FILENO;
	*out_output = output;
	return ERR_OK;
}

static enum err write_all(int fd, struct str bytes) {
	while (bytes.len > 0) {
		ssize_t put = write(fd, bytes.ptr, bytes.len);
		if (put < 0 && errno == EINTR) {
			if (interrupted) {
				return ERR_CANCELED;
			}
			continue;
		}
		if (put < 0) {
			return err_from_errno(errno);
		}
		bytes = str_slice(bytes, (size_t)put, bytes.len);
	}
	return ERR_OK;
}

enum err output_flush(struct output *output) {
	enum err err = write_all(output->fd, buf_str(&output->pending));
	buf_clear(&output->pending);
	return err;
}

enum err output_write(struct output *output, const void *bytes, size_t len) {
	if (len >= OUTPUT_BUFFER) {
		TRY(output_flush(output));
		return write_all(output->fd, str_make(bytes, len));
	}
	buf_append(&output->pending, bytes, len);
	return output->pending.len >= OUTPUT_BUFFER ? output_flush(output) : ERR_OK;
}

void output_abandon(struct output *output) {
	if (output != NULL) {
		if (output->is_file) {
			(void)close(output->fd); /* an error was reported already */
		}
		buf_deinit(&output->pending);
		free(output);
	}
}

enum err output_close(struct output *output, struct diag *diag) {
	enum err err = output_flush(output);
	if (err == ERR_OK && output->is_file && fsync(output->fd) < 0 && errno != EINVAL) {
		err = err_from_errno(errno);
	}
	if (err != ERR_OK && err != ERR_CLOSED) {
		(void)diag_set(diag, err, "cannot write %s: %s",
		               output->is_file ? output->path : "standard output", err_text(err));
	}
	output_abandon(output);
	return err;
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

const char *console_store_path(const struct args *args) {
	const char *environment = getenv("AKASHI_STORE");
	if (args->store != NULL) {
		return args->store;
	}
	return environment != NULL && environment[0] != '\0' ? environment : "./akashi-data";
}
