/* The command line as data: one table of commands, one table of options, from which parsing, help,
 * completion and the manual come. private to src/cmd
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "render/record.h"

/* docs: CLI contract of exit statuses. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_NO = 1,
	EXIT_USAGE = 2,
	EXIT_FAILED = 3,
	EXIT_INTERRUPTED = 130,
};

/* Values of an option that may stand several times. */
enum { OPTION_LIST_MAX = 64 };
struct option_values {
	const char *items[OPTION_LIST_MAX];
	size_t count;
};

/* Values of all options; what a command does not list stays zero. Strings are those of argv. */
struct args {
	const char *store;
	const char *source;
	const char *host;
	const char *class_name;
	const char *format;
	const char *zone;
	const char *encoding;
	const char *output;
	const char *ack;
	const char *from;
	const char *to;
	const char *order;
	const char *timeout;
	const char *memory;
	const char *out;
	const char *display_zone;
	const char *against;
	const char *original;
	const char *proof;
	const char *consistency;
	const char *colour;
	const char *formats;
	const char *case_id;
	const char *purpose;
	const char *root;
	const char *rate;
	const char *new_since;
	const char *sort;
	const char *event;
	const char *placeholders;
	const char *sources;
	const char *level;
	struct option_values rules;
	const char *name;
	const char *rules_dir;
	const char *silent;
	const char *since;
	const char *rule;
	const char *config;
	const char *listen;
	uint64_t limit;
	uint64_t year;
	uint64_t epochs;
	uint64_t threads;
	bool follow;
	bool again;
	bool journal;
	bool hash_only;
	bool count;
	bool explain;
	bool json;
	bool gaps;
	bool audit;
	bool files;
	bool assign;
	bool records;
	bool all;
	bool plain;
	bool dry_run;
	bool pivot;
	bool no_cache;
	bool only_new;
	bool check;
	bool help;
	const char **paths;
	size_t paths_count;
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_LIST };

struct option {
	struct str name; /* without "--" */
	char letter;     /* '\0': none */
	enum option_kind kind;
	size_t offset;     /* in struct args */
	const char *value; /* shown in help: "DIR" */
	const char *help;
};

enum option_id {
#define OPTION(id, ...) OPTION_##id,
#include "cmd/options_list.h"
#undef OPTION
	OPTION_COUNT,
};

struct command {
	struct str name;
	const char *arguments; /* "PATH..." */
	const char *summary;   /* one line */
	const char *details;   /* paragraphs, 80 columns, with examples */
	const enum option_id *options;
	size_t options_count;
	size_t paths_min, paths_max;
	int (*run)(const struct args *args);
};

const struct option *option_get(enum option_id id);
/* NULL when there is none of that name. */
const struct command *command_find(struct str name);
size_t command_count(void);
const struct command *command_get(size_t i);
/* The nearest name to text among the commands, or empty. */
struct str command_nearest(struct str text);

/* Fills args from argv (without program and command names). ERR_INVALID with message and hint. */
MUST_USE enum err options_parse(const struct command *command, int argc, char **argv,
                                struct arena *arena, struct args *out_args, struct diag *diag);
/* The nearest of names by edit distance (at most 2, or a third of its length), or empty. */
struct str nearest_name(struct str text, const struct str *names, size_t count);

/* One function per subcommand, in the file of its name. */
int cmd_parse(const struct args *args);
int cmd_ingest(const struct args *args);
int cmd_serve(const struct args *args);
int cmd_search(const struct args *args);
int cmd_patterns(const struct args *args);
int cmd_logons(const struct args *args);
int cmd_scan(const struct args *args);
int cmd_hunt(const struct args *args);
int cmd_alerts(const struct args *args);
int cmd_rules(const struct args *args);
int cmd_verify(const struct args *args);
int cmd_scrub(const struct args *args);
int cmd_export(const struct args *args);
int cmd_keys(const struct args *args);
int cmd_info(const struct args *args);
int cmd_help(const struct args *args);
int cmd_completion(const struct args *args);

void help_overview(struct buf *out);
void help_command(const struct command *command, struct buf *out);
