/* Rules over events, all at once: what sigma/event.h says of each rule of a set, at the price of
 * few (expr/many.h). All atoms of all rules are matched together, and only rules are run that could
 * hold: those whose log source fits, which is decided once for each kind of record, and that an
 * atom which holds asks for. A field that no rule of that kind asks for is not looked at.
 *
 * Flow: a closed (and mapped) set is compiled to a detector; each thread has a run of its own, and
 * gives it one event after another.
 */
#pragma once

#include "event/batch.h"
#include "sigma/event.h"

struct detector;
/* The set must outlive the detector. ERR_LIMIT: the set is too large (LIMIT_MANY_*). */
MUST_USE enum err detector_new(const struct sigma_set *set, struct detector **out_detector,
                               struct diag *diag);
void detector_free(struct detector *detector); /* NULL is fine */

/* Appends the kept form of the detector and its set: docs/formats/rules.md. key is of
 * DETECTOR_KEY_SIZE bytes: a hash of all that they were made of. */
enum { DETECTOR_KEY_SIZE = 32 };
void detector_save(const struct detector *detector, const void *key, struct buf *out);
/* Both are the caller's, bytes may go. ERR_NOT_FOUND: bytes are of another key; ERR_CORRUPT:
 * damaged, or of another version. Then make them anew. As many_load: the
 * checksum tells damage, not malice. */
MUST_USE enum err detector_load(struct str bytes, const void *key, struct sigma_set **out_set,
                                struct detector **out_detector);

/* What one thread needs; the detector, which threads share, must outlive it. */
struct detector_run;
struct detector_run *detector_run_new(const struct detector *detector);
void detector_run_free(struct detector_run *run); /* NULL is fine */

/* The rules of the set that hold for the event, ascending, until the next event. */
const uint32_t *detector_event(struct detector_run *run, const struct sigma_event *event,
                               uint32_t *out_count);
/* The same for a row of a parsed batch, under the names of rules (sigma/record.h). Rows of one
 * batch follow one another after a detector_batch. */
void detector_batch(struct detector_run *run, const struct batch *batch);
const uint32_t *detector_row(struct detector_run *run, uint32_t row, uint32_t *out_count);

/* ---- records whose fields come one by one ----
 * What is asked of a record is known from the fields that tell its log source, before the others
 * are read. Fields have numbers, which are good until the next detector_names.
 */

void detector_names(struct detector_run *run);
uint32_t detector_name(struct detector_run *run, struct str field);
/* The field tells the log source. */
bool detector_tells_source(const struct detector_run *run, uint32_t name);
enum detector_wish {
	DETECTOR_NONE,     /* no rule holds for such a record */
	DETECTOR_FIELDS,   /* detector_put_rules wants those fields that detector_wants says */
	DETECTOR_KEYWORDS, /* keywords are asked for: only the whole record tells */
	DETECTOR_WHOLE,    /* it is not known before */
};
/* A record begins. */
void detector_put_begin(struct detector_run *run);
/* A field of it, each once; the value lives until the next record begins. */
void detector_put(struct detector_run *run, uint32_t name, struct value value);
/* All fields that tell the log source were put. */
enum detector_wish detector_put_source(struct detector_run *run, struct str format);
/* After detector_put_source said DETECTOR_FIELDS: whether such records need this field. */
bool detector_wants(const struct detector_run *run, uint32_t name);
/* All fields that it needs were put, those that tell the log source among them, after
 * detector_put_begin: the rules that hold, as detector_row's. */
const uint32_t *detector_put_rules(struct detector_run *run, struct str format,
                                   uint32_t *out_count);

/* True when the atom of the set is known to hold for the event: all are that a rule which holds
 * needs. */
bool detector_atom(const struct detector_run *run, uint32_t atom);
/* ERR_LIMIT when a regex gave up in this event, and so counted as no. */
enum err detector_error(const struct detector_run *run);
