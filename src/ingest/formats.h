/* Formats of lines: the table of carriers written in C (syslog, JSON) and of text formats compiled
 * from YAML (docs/howto/format.md), and the parser that turns a batch of raw records into fields.
 */
#pragma once

#include "base/err.h"
#include "event/batch.h"
#include "os/os.h"

struct formats; /* all formats, compiled; immutable, shared by threads */
struct parser;  /* one thread's state: scratch, caches */

/* The formats built into the program; user_folder (or NULL): further .yml files, compiled now. */
MUST_USE enum err formats_new(const struct os *os, const char *user_folder,
                              struct formats **out_formats, struct diag *diag);
void formats_free(struct formats *formats);
/* Whether a name given by --format exists; containers ("evtx") too. */
bool formats_has(const struct formats *formats, struct str name);
/* Names for messages: comma-separated. */
struct str formats_names(const struct formats *formats);
/* The format that most lines of a sample are in, or "" when no single one. */
struct str formats_recognise(const struct formats *formats, struct str sample);

struct parser *parser_new(const struct os *os, const struct formats *formats);
void parser_free(struct parser *parser);
/* Fills batch->fields (does nothing when batch->parsed): text from body by the source's charset,
 * then the source's format or the first that takes the line, else "text". Never fails. */
void parser_run(struct parser *parser, struct batch *batch);
/* The same for a batch that goes into a store: its texts are cut too (batch->cut), and rows may be
 * like others (struct field_row). */
void parser_run_cutting(struct parser *parser, struct batch *batch);
/* Why row was parsed as it was, one line per format tried, for parse --explain. */
void parser_explain(struct parser *parser, const struct batch *batch, uint32_t row,
                    struct buf *out);
