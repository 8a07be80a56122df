/* What every command shares with the world outside: the streams, the terminal, interruption,
 * messages, the closing summary. private to src/cmd
 */
#pragma once

#include "base/buf.h"
#include "cmd/command.h"
#include "os/os.h"

enum { JSON_SCHEMA = 1 }; /* version of all JSON output (akashi.schema) */

/* Installs handlers: SIGINT and SIGTERM ask for an end, SIGPIPE is seen as ERR_CLOSED.
 * Closed standard descriptors are held, so that no file takes their place. */
void console_init(void);
/* True once the user asked to stop. */
bool console_interrupted(void);
/* Waits in small steps; false when the user asked to stop. */
bool console_wait(int64_t ns);
bool console_stdout_is_terminal(void);
bool console_stderr_is_terminal(void);

/* "akashi: message" and "  hint" on standard error; the place in text, when the diag has one, is
 * shown under it. */
void console_error(const struct diag *diag, struct str text);
/* What --json says instead of a summary: the error. */
void console_json_error(const struct diag *diag);
/* The end of a command that could not do its work: message (err's own when diag has none), --json,
 * exit status. ERR_CLOSED is silent. */
int console_fail(const struct args *args, enum err err, struct diag *diag, struct str text);
void console_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* Prints a buffer (also an empty one) on standard output, and flushes it. EXIT_DONE, or the status
 * for what went wrong, which was told. */
int console_print(const struct buf *text);
/* One line about what verify or scrub has found, safe for a terminal. */
struct store_damage;
void console_append_damage(const char *title, const struct store_damage *damage, struct buf *out);
/* On standard error; false when it failed. */
bool console_print_error(const struct buf *text);
/* What the closing summary says of records with the flag fields_left_out. */
void console_append_left_out(struct buf *out, uint64_t records);
/* The exit status for an err. */
int console_status(enum err err);

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
/* Appends the text of a checkpoint kept outside; "-" is standard input. */
MUST_USE enum err console_read_checkpoint(const char *path, struct buf *out_note,
                                          struct diag *diag);
/* The store's folder by --store, AKASHI_STORE, ./akashi-data. */
const char *console_store_path(const struct args *args);
/* A store that is a file is told before anything is tried with it. */
MUST_USE enum err console_check_store(const struct args *args, struct diag *diag);
/* Tells what an answer from the store lacks. False: nothing that is damaged. */
struct store_info;
bool console_tell_losses(uint64_t pages_damaged, const struct store_info *info);
/* Opens all classes of that store for reading. */
struct store_set;
MUST_USE enum err console_open_stores(const struct args *args, struct store_set *out_set,
                                      struct diag *diag);

/* The newest checkpoints of that store: other ones when a writer has sealed meanwhile. */
struct seal_mark {
	uint64_t inodes; /* sum over the classes */
	int64_t modified_ns;
};
struct seal_mark console_mark_seal(const struct args *args);
bool seal_mark_equal(struct seal_mark a, struct seal_mark b);
