/* The parts of akashi rules: reading rules from paths, events from JSON, showing rules. private to
 * src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "cmd/output.h"
#include "detect/detector.h"
#include "os/os.h"
#include "sigma/event.h"

struct rules_reach; /* cmd/rules_reach.h */

/* One run of the command. */
struct rules {
	const struct args *args;
	struct sigma_set *set;
	struct detector *detector; /* of rules test, unless --plain */
	struct output *output;
	bool json;                 /* --format jsonl */
	bool navigator;            /* --format navigator */
	struct rules_reach *reach; /* NULL: not asked for */
	uint64_t files, failed, events, events_failed, matches;
	uint32_t techniques, techniques_able; /* coverage */
};

/* rules test: tries the rules on the events of --event, in order of time when there are
 * correlations. */
MUST_USE enum err rules_try(struct rules *rules, struct diag *diag);
/* rules coverage: techniques of ATT&CK that rules are about, and that can fire in the store. */
MUST_USE enum err rules_coverage(struct rules *rules, struct diag *diag);
/* rules import: paths become a pack, or a new version of it; what changes is printed. */
MUST_USE enum err rules_import(struct rules *rules, struct diag *diag);
/* Appends the folder that packs are in: --rules-dir, or beside the store. */
void rules_packs_folder(const struct args *args, struct buf *out);
/* Prints all problems of the set. */
MUST_USE enum err rules_write_problems(struct rules *rules);
/* Commands that are not about problems tell them on standard error. */
void rules_tell_problems(const struct rules *rules);

/* Appends what the file at path has, which may be a FIFO; "-": standard input. ERR_LIMIT above max
 * bytes, ERR_CANCELED when the user asks for an end. */
MUST_USE enum err rules_read_text(const char *path, size_t max, struct buf *out);
/* One file of rules; path and text may go when it returns. */
typedef void (*rules_take_f)(void *ctx, struct str path, struct str text);
/* Reads rules from files, and from folders all files below that end in .yml or .yaml, in the order
 * of their names; of the folder of a pack (packs.h) the version that holds. What cannot be read is
 * told, and counted in *out_failed. */
void rules_read(rules_take_f take, void *ctx, const char *const *paths, size_t paths_count,
                uint64_t *out_files, uint64_t *out_failed);

/* The rules that akashi is shipped with, whose texts do not go; how many files. */
uint64_t rules_read_builtin(rules_take_f take, void *ctx);

/* The time in @timestamp of a JSON object, RFC 3339; 0: there is none. */
int64_t rules_event_time(struct str json);
/* One JSON object as an event of Sigma: nested names are joined with dots, elements of arrays are
 * several values of one field. Everything lives in arena. ERR_INVALID with a position: not an
 * object, or not JSON. */
MUST_USE enum err rules_event(struct arena *arena, struct str json, struct sigma_event *out_event,
                              struct diag *diag);

/* One line that `akashi parse` printed, as an event under the names of rules (sigma/record.h). */
MUST_USE enum err rules_record(struct arena *arena, struct str json, struct sigma_event *out_event,
                               struct diag *diag);

/* One line of rules list; a JSON object when json. */
void rules_list_rule(struct buf *out, const struct sigma_rule *rule, bool json);
void rules_list_correlation(struct buf *out, const struct sigma_correlation *correlation,
                            bool json);
/* "product/category/service", safe for a terminal; and an object of what all kinds of rules have,
 * left open. */
void rules_append_source(struct buf *out, const struct sigma_source *source);
void rules_append_meta_json(struct buf *out, const struct sigma_meta *meta, const char *type);
/* The compiled form, for people. */
void rules_explain_rule(struct buf *out, const struct sigma_set *set,
                        const struct sigma_rule *rule);
void rules_explain_correlation(struct buf *out, const struct sigma_set *set,
                               const struct sigma_correlation *correlation);
