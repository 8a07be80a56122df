/* Lines cut into values at separators, and what values look like. Private to src/ingest. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* All cut text into at most max values, which point into it; the number of them, or max + 1 when
 * there are more. */
uint32_t split_plain(struct str text, char separator, struct str *values, uint32_t max);
/* Blanks, as many as there are; "..." may hold some. */
uint32_t split_blanks(struct str text, struct str *values, uint32_t max);
/* CSV: "..." holds anything, and "" inside for one. Values keep their quotation marks. SIZE_MAX of
 * *out_open: none is open at the end, else where it begins. */
uint32_t split_csv(struct str text, char separator, struct str *values, uint32_t max,
                   size_t *out_open);
/* What a value of split_csv or split_blanks says: without marks. doubled: it has "" inside, to be
 * halved by split_halve. */
struct str split_unquote(struct str value, bool *out_doubled);
void split_halve(struct buf *out, struct str value);

/* A number as JSON writes them. */
bool split_is_number(struct str text);
bool split_is_integer(struct str text);
bool split_is_ip(struct str text);
/* Zeek's \xHH and \\ resolved; what would not be text stays as it is written. */
void split_unescape(struct buf *out, struct str text);
