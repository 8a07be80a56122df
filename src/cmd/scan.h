/* The parts of akashi scan and hunt: rules, one row and what was found in it, correlations over all
 * that was found, the table and the summary. private to src/cmd
 */
#pragma once

#include "cmd/inputs.h"
#include "cmd/output.h"
#include "detect/findings.h"
#include "detect/pivots.h"
#include "server/pipeline.h"
#include "sigma/correlate.h"

enum scan_format { SCAN_TABLE, SCAN_JSONL, SCAN_CSV, SCAN_HTML };

/* A line of the timeline, whose order is only known at the end. */
struct scan_line {
	int64_t time_ns;
	uint64_t number; /* in the order in which they came */
	size_t offset, len;
};

/* A record that a correlation is about; everything lives in the arena of its batch's result. */
struct sighting {
	int64_t time_ns;
	uint64_t number;
	struct sigma_event event; /* the fields that correlations ask for */
	const uint32_t *rules;
	uint32_t rules_count;
	struct finding finding; /* where it is; no fields */
};

struct scan {
	const struct args *args;
	struct inputs inputs; /* of scan */
	bool stored;          /* hunt: records come from the store */
	struct render_style style;
	enum scan_format format;
	enum sigma_level level;
	int64_t from_ns, to_ns;
	struct sigma_set *set;
	uint64_t rule_files, rule_files_failed;
	bool *correlated;  /* by rule: a correlation is about it */
	struct map *asked; /* names of fields that correlations ask for */
	struct detector *detector;
	struct alerts *alerts; /* of a hunt that keeps what it finds; else NULL */
	struct pipeline *pipeline;
	struct output *output;
	struct findings *findings;
	struct buf lines; /* SCAN_CSV */
	struct buf order; /* struct scan_line */
	struct buf sightings;
	struct buf arenas;     /* struct arena *: where sightings live */
	struct pivots *pivots; /* of --pivot and reports; else NULL */
	bool pivot_lines;      /* as JSON lines */
	uint64_t lines_dropped, sightings_dropped, gave_up;
	enum err output_err;
};

/* A record in the store for which any rule held, or could not be tried to its end. */
struct scan_hit {
	struct str tree;
	uint64_t index;
};

/* A record for which a rule held has this value. */
struct scan_pivot {
	enum pivot_kind kind;
	enum sigma_level level;
	int64_t time_ns;
	struct str value;
};

/* What a worker made of one batch. */
struct scanned {
	struct arena *arena;
	struct buf findings;  /* struct finding */
	struct buf out;       /* lines of the format */
	struct buf order;     /* struct scan_line, numbers from 0 */
	struct buf sightings; /* struct sighting */
	struct buf hits;      /* struct scan_hit; only where alerts are kept */
	struct buf pivots;    /* struct scan_pivot */
	uint64_t records, records_hit, bytes, gave_up;
	int64_t first_ns, last_ns;
};

struct scan_worker;
struct scan_worker *scan_worker_new(const struct scan *scan);
void scan_worker_free(struct scan_worker *worker);
struct scanned *scanned_new(void);
/* Takes one record; in a worker's thread, as scan_batch. */
void scan_row(const struct scan *scan, struct scan_worker *worker, const struct row *row,
              struct scanned *scanned);
/* The same for a record that is counted apart: by scan_count. */
void scan_found_row(const struct scan *scan, struct scan_worker *worker, const struct row *row,
                    struct scanned *scanned);
/* Whether scan_found_row would find anything, or cannot tell. Fields that no rule of its log source
 * asks for may be left out of the row. */
bool scan_try_row(struct scan_worker *worker, const struct row *row);
/* Counts a record. bytes: of its text; time_flags: enum time_flag. */
void scan_count(struct scanned *scanned, uint64_t bytes, int64_t time_ns, uint8_t time_flags);
struct detector_run *scan_worker_run(struct scan_worker *worker);
/* Takes the batch over. In a worker's thread: of scan only what does not change is read. */
struct scanned *scan_batch(const struct scan *scan, struct scan_worker *worker,
                           struct batch *batch);
void scanned_free(struct scanned *scanned);
/* Memory that it holds, about. */
size_t scanned_bytes(const struct scanned *scanned);

/* What scan and hunt have in common: options; the output, with its header; what was made of some
 * records, which is freed; what can only be written when all was read; what has to be told at the
 * end. */
MUST_USE enum err scan_read_options(struct scan *scan, struct diag *diag);
/* --level; left as it is without one. */
MUST_USE enum err scan_read_level(const struct args *args, enum sigma_level *out_level,
                                  struct diag *diag);
MUST_USE enum err scan_begin_output(struct scan *scan, struct diag *diag);
MUST_USE enum err scan_take(struct scan *scan, struct scanned *scanned);
MUST_USE enum err scan_write_rest(struct scan *scan, double seconds);
/* False: something is missing in what was found. */
bool scan_tell_troubles(const struct scan *scan);
void scan_print_summary(const struct scan *scan, double seconds);
void scan_deinit(struct scan *scan);

/* Reads the rules, maps and compiles them. */
MUST_USE enum err scan_read_rules(struct scan *scan, struct diag *diag);

/* Appends one finding as a line of the scan's format. record: what scan_append_record made of it;
 * NULL for correlations, whose object is left open. */
void scan_append_json(struct buf *out, const struct findings *findings,
                      const struct finding *finding, const struct str *record);
/* Appends the place in the store and the fields of an event of Windows as members of a JSON object,
 * each behind a comma. */
void scan_append_record(struct buf *out, const struct row *row);
void scan_append_csv_header(struct buf *out);
void scan_append_csv(struct buf *out, const struct scan *scan, const struct sigma_meta *meta,
                     const struct finding *finding);

/* Values that recur around findings: of a record for which rules of at most this level held, in a
 * worker's thread; what was made of some records is summed up; all of them, as --pivot shows them.
 */
void scan_collect_pivots(struct scanned *scanned, const struct row *row, enum sigma_level level);
void scan_take_pivots(struct scan *scan, const struct scanned *scanned);
void scan_append_pivots(struct buf *out, const struct scan *scan);

/* Runs the correlations over all sightings. */
void scan_correlate(struct scan *scan);

/* What was found, rule by rule, and the summary, for a terminal. */
void scan_append_table(struct buf *out, const struct scan *scan);
void scan_append_summary(struct buf *out, const struct scan *scan, double seconds);
void scan_append_summary_json(struct buf *out, const struct scan *scan, double seconds);
/* The same as one page that needs nothing else. */
void scan_append_html(struct buf *out, const struct scan *scan);
/* What begins a level's colour; empty: none. */
const char *scan_colour(enum sigma_level level);
/* Appends a time as the zone of --display-tz has it. */
void scan_append_time(struct buf *out, const struct scan *scan, int64_t ns);
