/* akashi logons: what its parts share. Records come from files or from the store, are counted, and
 * printed at the end. private to src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "cmd/inputs.h"
#include "cmd/output.h"
#include "query/logons.h"
#include "store/store.h"

enum logons_format {
	LOGONS_TABLE,
	LOGONS_JSONL,
	LOGONS_CSV,
};

struct logons_run {
	const struct args *args;
	enum logons_format format;
	struct render_style style;
	int64_t from_ns, to_ns; /* INSTANT_MIN, INSTANT_MAX */
	struct logons *logons;
	struct output *output;
	struct buf line;
	uint64_t records, found, bytes, shown;
	enum err output_err;
};

/* Reads everything and counts it; out_status: of the command. */
MUST_USE enum err logons_read_files(struct logons_run *run, int *out_status, struct diag *diag);
MUST_USE enum err logons_read_store(struct logons_run *run, int *out_status, struct diag *diag);

MUST_USE enum err logons_print(struct logons_run *run);
/* What is left out is told, and the summary. */
void logons_summarize(const struct logons_run *run, uint64_t files, uint64_t files_failed,
                      double seconds);
