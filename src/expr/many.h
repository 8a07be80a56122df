/* Thousands of atoms and rules matched together, at about the price of ten: what atom.h says of
 * each atom, for all of them at once. All literals of a field are looked for in one pass
 * (many_grams.h), equal values in a hash table, numbers and networks in sorted tables; a regex is
 * run (PCRE2) where a literal that it needs was seen. What a filter finds is confirmed by
 * atom_match wherever the two could differ. A rule is a program over atoms (program.h); only rules
 * are run that could hold after what was found.
 *
 * Flow: many_build_* collects, many_build_finish compiles, or many_load reads what many_save wrote;
 * then for every event, in one many_run for each thread: many_event, many_match for each value,
 * many_rules.
 */
#pragma once

#include "expr/atom.h"
#include "expr/program.h"

struct many;
struct many_build;

/* ---- building ---- */

struct many_build *many_build_new(void);
void many_build_free(struct many_build *build); /* NULL is fine */
/* Everything is matched by atom_match, one atom after another: what the tests compare with. */
void many_build_plain(struct many_build *build);
/* *out_atom: the atom's number, counted from 0 in the order in which atoms come; equal atoms share
 * one. ERR_INVALID, ERR_LIMIT: as atom_test_new; also ERR_LIMIT above LIMIT_MANY_ATOMS and
 * LIMIT_MANY_TEXT. Texts may go. */
MUST_USE enum err many_build_atom(struct many_build *build, const struct atom *atom,
                                  uint32_t *out_atom, struct diag *diag);
/* A rule over atoms that were numbered before; it belongs to group (the kind of its log source, as
 * the caller numbers them, below LIMIT_MANY_GROUPS). Rules are numbered from 0. ERR_INVALID: the
 * program is not valid; ERR_LIMIT: above LIMIT_MANY_OPS operations in all. Operations may go. */
MUST_USE enum err many_build_rule(struct many_build *build, const struct program *program,
                                  uint32_t group, struct diag *diag);
/* Compiles. build is freed. */
struct many *many_build_finish(struct many_build *build);

/* ---- what is compiled ---- */

/* Read-only: threads may share it. */
void many_free(struct many *many); /* NULL is fine */
#define MANY_NO_FIELD UINT32_MAX
/* The number of the field that atoms name so, or MANY_NO_FIELD: no atom asks for it. The field ""
 * is that of keywords. */
uint32_t many_field(const struct many *many, struct str name);
uint32_t many_fields_count(const struct many *many);
struct str many_field_name(const struct many *many, uint32_t field);
uint32_t many_atoms_count(const struct many *many);
uint32_t many_rules_count(const struct many *many);
const struct atom *many_atom(const struct many *many, uint32_t atom);
const struct program *many_program(const struct many *many, uint32_t rule, uint32_t *out_group);

/* From now on atoms that every value would have to be asked for (a regex without a literal), and
 * that call no rule, are only asked when a rule that is run hangs on them: many_hits and many_bits
 * may lack them, values must live until many_rules, and many_value is of no use. Before runs are
 * made.
 */
void many_put_off(struct many *many);
bool many_is_put_off(const struct many *many, uint32_t atom);

/* ---- matching ---- */

/* What one thread needs; many must outlive it. */
struct many_run;
struct many_run *many_run_new(const struct many *many);
void many_run_free(struct many_run *run); /* NULL is fine */

/* A new event begins: no atom holds. */
void many_event(struct many_run *run);
/* Atoms of the field that hold for value do from now on. Fields with several values: once for each.
 * An absent field need not be told: see many_rules. text is at most 4 GiB - 1. */
void many_match(struct many_run *run, uint32_t field, struct value value);
/* The same in two steps, for callers that have the values of many events field by field: one
 * field's tables stay in the processor's caches. First many_value, between events, for each value:
 * appends its atoms (uint32_t each) to out. Then, within each event, many_hold_value with them. */
void many_value(struct many_run *run, uint32_t field, struct value value, struct buf *out);
void many_hold_value(struct many_run *run, uint32_t field, const uint32_t *atoms, uint32_t count);
/* The atom holds: for ATOM_FIELD, which only the caller can match. */
void many_hold(struct many_run *run, uint32_t atom);
/* Fields that had no value in this event are absent. many_rules says so by itself. */
void many_absent(struct many_run *run);
/* The atoms that hold, each once, in no order; and the same as bits. Until the next event. */
const uint32_t *many_hits(const struct many_run *run, uint32_t *out_count);
const uint64_t *many_bits(const struct many_run *run);
/* The rules that hold for the event, ascending. groups: bit g is set when rules of group g are
 * asked for; NULL: all are. Until the next event. */
const uint32_t *many_rules(struct many_run *run, const uint64_t *groups, uint32_t *out_count);
/* ERR_LIMIT when a regex gave up since the run was made or the error was cleared; it was "no". */
enum err many_error(const struct many_run *run);
void many_error_clear(struct many_run *run);

/* ---- kept ---- */

/* Appends the compiled form. key is of MANY_KEY_SIZE bytes: a hash of all that it was made of.
 * extra: bytes of the caller that are kept beside. docs/formats/many.md. */
enum { MANY_KEY_SIZE = 32 };
void many_save(const struct many *many, const void *key, struct str extra, struct buf *out);
/* bytes: what many_save wrote. ERR_NOT_FOUND: it is of another key; ERR_CORRUPT: damaged, or
 * of another version. Then make it anew. The checksum tells damage, not
 * malice: whoever may write the file may say which rules hold. extra (may be NULL) is part of
 * bytes.
 */
MUST_USE enum err many_load(struct str bytes, const void *key, struct many **out_many,
                            struct str *out_extra);
