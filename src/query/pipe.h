/* What the pipes share: their kinds, and reading of what stands behind a pipe's name. */
#pragma once

#include "query/plan.h"
#include "query/run.h"

extern const struct pipe_kind pipe_where;
extern const struct pipe_kind pipe_eval;
extern const struct pipe_kind pipe_extract;
extern const struct pipe_kind pipe_fields;
extern const struct pipe_kind pipe_sort;
extern const struct pipe_kind pipe_head;
extern const struct pipe_kind pipe_tail;
extern const struct pipe_kind pipe_dedup;
extern const struct pipe_kind pipe_stats;
extern const struct pipe_kind pipe_timechart;
extern const struct pipe_kind pipe_top;
extern const struct pipe_kind pipe_rare;
extern const struct pipe_kind pipe_patterns;
extern const struct pipe_kind pipe_join;
extern const struct pipe_kind pipe_transaction;
extern const struct pipe_kind pipe_rename;
extern const struct pipe_kind pipe_expand;
extern const struct pipe_kind pipe_fillnull;

/* ---- reading; all skip blanks first ---- */

/* True at the end of this pipe: at '|' or the end of the text; in a query in parentheses at ')'. */
bool pipe_at_end(struct parser *p);
/* Reads a name: letters, digits, '_', '.', '@', inner '-'; or anything in "..." or `...`. */
MUST_USE enum err pipe_name(struct parser *p, struct str *out_name);
/* Reads the name of a field that there is here: any of a record, a column of a table. */
MUST_USE enum err pipe_field(struct parser *p, uint32_t *out_field);
/* The same for a name that was read already, at position. */
MUST_USE enum err pipe_field_named(struct parser *p, struct str name, size_t position,
                                   uint32_t *out_field);
/* The field that a pipe makes under this name, which was read at position: a column of the table,
 * an added field of records. ERR_INVALID: records have one of that name that is not to be changed.
 */
MUST_USE enum err pipe_new_field(struct parser *p, struct str name, size_t position, size_t length,
                                 uint32_t *out_field);
/* Whether every record has this beside its fields: @timestamp, akashi.index... */
bool pipe_is_of_record(struct str name);
/* From here on records are shown without the field. */
void pipe_drop_field(struct parser *p, uint32_t field);
/* They are shown with it again, but never with their own value; false when it was not dropped. */
bool pipe_undrop_field(struct parser *p, uint32_t field);
/* Appends field; false when it is there already. */
bool pipe_append_field(struct parser *p, const uint32_t **list, size_t *count, uint32_t field);
/* Takes c when it comes next. */
bool pipe_take(struct parser *p, char c);
/* Takes the word (any case) when it comes next as a whole. */
bool pipe_take_word(struct parser *p, struct str word);
MUST_USE enum err pipe_number(struct parser *p, uint64_t max, uint64_t *out_value);
/* ERR_INVALID: what is expected at the position. */
enum err pipe_expected(struct parser *p, const char *what);
/* Bytes of the plain name at the position. */
size_t pipe_name_length(const struct parser *p);

struct field_list {
	uint32_t *items;
	size_t count;
};
enum { PIPE_FIELDS_MAX = 256 };
/* ERR_LIMIT above PIPE_FIELDS_MAX. */
MUST_USE enum err field_list_add(struct parser *p, struct field_list *list, uint32_t field);
/* Reads FIELD, FIELD...; commas may be left out. Ends before the end of the pipe or a word that is
 * no name. */
MUST_USE enum err pipe_fields_list(struct parser *p, struct field_list *out_list);

/* ---- running ---- */

/* How this stage of pipe_sort sorts. */
struct sort_options pipe_sort_options(const struct run *run, const struct stage *stage);
/* Appends a value to a key under which equal values are the same, absent ones too. */
void pipe_append_key(struct buf *key, struct value value);
/* What stands there before a value's text, and for an absent value. */
enum { PIPE_KEY_HEAD_BYTES = 1 + sizeof(uint64_t), PIPE_KEY_ABSENT_BYTES = 1 };
/* What an entry of a map takes beside its key, for accounting. */
enum { PIPE_MAP_ENTRY_BYTES = 72 };
