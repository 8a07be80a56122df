/* What the pipes share: their kinds, and reading of what stands behind a pipe's name. */
#pragma once

#include "query/plan.h"
#include "query/run.h"

extern const struct pipe_kind pipe_head;

/* ---- reading; all skip blanks first ---- */

/* True at the end of this pipe: at '|' or the end of the text. */
bool pipe_at_end(struct parser *p);
/* Reads a field's name: letters, digits, '_', '.', '@', inner '-'; or in quotation marks. */
MUST_USE enum err pipe_name(struct parser *p, struct str *out_name);
/* Takes c when it comes next. */
bool pipe_take(struct parser *p, char c);
/* Takes the word (any case) when it comes next as a whole. */
bool pipe_take_word(struct parser *p, struct str word);
MUST_USE enum err pipe_number(struct parser *p, uint64_t max, uint64_t *out_value);
/* ERR_INVALID: what is expected at the position. */
enum err pipe_expected(struct parser *p, const char *what);
