/* What every command shares with the world outside: the streams, the terminal, interruption,
 * messages, the closing summary. private to src/cmd
 */
#pragma once

#include "base/buf.h"
#include "cmd/command.h"
#include "os/os.h"

enum { JSON_SCHEMA = 1 }; /* version of all JSON output (akashi.schema) */

/* Installs handlers: SIGINT and SIGTERM ask for an end, SIGPIPE is seen as ERR_CLOSED. */
void console_init(void);
/* True once the user asked to stop. */
bool console_interrupted(void);
bool console_stdout_is_terminal(void);
bool console_stderr_is_terminal(void);

/* "akashi: message" and "  hint" on standard error; the place in text, when the diag has one, is
 * shown under it. */
void console_error(const struct diag *diag, struct str text);
void console_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* Prints a buffer (also an empty one) on standard output or standard error; false when it failed.
 */
bool console_print(const struct buf *text);
bool console_print_error(const struct buf *text);
/* What the closing summary says of records with the flag fields_left_out. */
void console_append_left_out(struct buf *out, uint64_t records);
/* The exit status for an err. */
int console_status(enum err err);

/* Standard output, or --out FILE ("-": standard output), buffered. */
struct output;
MUST_USE enum err output_open(const char *path, struct output **out_output, struct diag *diag);
/* Behind what the file holds already; FIFOs too. */
MUST_USE enum err output_append(const char *path, struct output **out_output, struct diag *diag);
MUST_USE enum err output_write(struct output *output, const void *bytes, size_t len);
/* Writes what is buffered. */
MUST_USE enum err output_flush(struct output *output);
/* Flushes and closes; frees in every case. A file is synced. */
MUST_USE enum err output_close(struct output *output, struct diag *diag);
/* Closes after an error: what was written so far stays. NULL is fine. */
void output_abandon(struct output *output);

/* One line on the terminal that is written over: at most ten times a second, only on a terminal. */
struct progress {
	bool shown;
	int64_t last_ns;
	int64_t started_ns;
};
void progress_begin(struct progress *progress);
/* True when it is time to show something. */
bool progress_due(struct progress *progress);
void progress_show(struct progress *progress, const char *format, ...) PRINTF_LIKE(2, 3);
void progress_end(struct progress *progress);
double progress_seconds(const struct progress *progress);

/* Display settings from --display-tz, --color and the terminal. */
MUST_USE enum err console_style(const struct args *args, struct render_style *out_style,
                                struct diag *diag);
/* The zone of --display-tz, as long as the style lives; NULL: UTC. */
const struct zone *console_zone(const struct render_style *style);
void console_style_deinit(struct render_style *style);
/* "512M", "2G", "65536" in bytes. */
MUST_USE enum err console_size(const char *text, size_t *out_bytes, struct diag *diag);
/* The path as it stands from the root, with "." and ".." taken out by text (symbolic links stay as
 * they are named), in arena. "-" stays "-". */
const char *console_absolute_path(struct arena *arena, const char *path);
/* The store's folder by --store, AKASHI_STORE, ./akashi-data. */
const char *console_store_path(const struct args *args);
