/* akashi patterns: what its parts share. Records come from files or from the store, are mined, and
 * with --assign read once more. private to src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "cmd/inputs.h"
#include "cmd/output.h"
#include "query/miner_table.h"
#include "store/store.h"

enum patterns_format {
	PATTERNS_TEXT,
	PATTERNS_TABLE,
	PATTERNS_JSONL,
	PATTERNS_CSV,
};

struct patterns {
	const struct args *args;
	enum patterns_format format;
	enum miner_order order;
	struct render_style style;
	int64_t from_ns, to_ns; /* INSTANT_MIN, INSTANT_MAX */
	int64_t new_since_ns;   /* INSTANT_MIN: all */
	uint64_t seed;
	struct miner *miner;
	struct output *output;
	struct buf line;
	struct arena *arena;
	bool assigning; /* the second time */
	uint64_t records, bytes;
	uint64_t shown;
	struct str *tails; /* --assign: what is said of each pattern; in arena */
	struct buf title;  /* scratch */
	enum err output_err;
};

/* One record, by whichever way. Borrowed. */
struct patterns_record {
	struct miner_line line;
	const struct miner_key *key; /* NULL: not read yet */
	int64_t time_ns;             /* for --from and --to: of receiving where there is no other */
	struct str path;
	uint64_t number;
	struct str tree; /* empty: not in a store */
	uint64_t index;
};

/* Counts the record, or prints its pattern. ERR_* of the output. */
MUST_USE enum err patterns_take(struct patterns *patterns, const struct patterns_record *record);

/* Reads everything once, or twice (--assign), into patterns_take; out_status: of the command. */
MUST_USE enum err patterns_read_files(struct patterns *patterns, int *out_status,
                                      struct diag *diag);
MUST_USE enum err patterns_read_store(struct patterns *patterns, int *out_status,
                                      struct diag *diag);

/* Between the two times: groups, and makes ready for printing per record. */
MUST_USE enum err patterns_begin_assign(struct patterns *patterns);
MUST_USE enum err patterns_print_record(struct patterns *patterns,
                                        const struct patterns_record *record);
/* Prints the patterns that are wanted, in the order that is wanted. */
MUST_USE enum err patterns_print(struct patterns *patterns);
/* What is left out is told, and the summary. */
void patterns_summarize(const struct patterns *patterns, uint64_t files, uint64_t files_failed,
                        double seconds);
