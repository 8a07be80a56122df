/* What parse and ingest share: options of reading, problems listed at the end, progress. private to
 * src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "cmd/console.h"
#include "ingest/formats.h"
#include "ingest/ingest.h"

struct inputs {
	struct formats *formats;
	struct ingest_options options;
	struct os_stat store_stat; /* what options.own_folder points to */
	struct ingest_totals totals;
	struct progress progress;
	uint64_t bytes;
	uint64_t give_back_at, give_back_end; /* memory that lies free goes back at so many bytes */
	uint64_t problems;
	struct buf problem_text; /* the first of them, one line each */
	uint64_t problem_lines;
	/* The sink behind ours. */
	const struct sink *inner;
	struct sink sink;
};

/* Checks the options and compiles the formats. deinit also after a failure. */
MUST_USE enum err inputs_init(struct inputs *inputs, const struct args *args, struct diag *diag);
void inputs_deinit(struct inputs *inputs);
/* The store of args, when it is there, is not read by inputs_run: it may lie in a folder that is.
 */
void inputs_skip_store(struct inputs *inputs, const struct args *args);
/* Reads all paths of args (or the journal) into sink, whose problem and progress are replaced. */
MUST_USE enum err inputs_run(struct inputs *inputs, const struct args *args,
                             const struct sink *sink);
/* Before another pass over the same paths: problems are told, and files counted, as that pass finds
 * them. */
void inputs_begin_again(struct inputs *inputs);
/* Ends the progress line, lists the problems, and gives the exit status. */
int inputs_status(struct inputs *inputs, enum err err);
