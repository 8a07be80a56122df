/* Keys with values, and values in columns, as text formats take them (docs/howto/format.md): one
 * pass over the text, so that a line of a mebibyte of quotation marks costs no more than another.
 * Values are slices of the text, or stand in arena where escapes were taken out.
 */
#pragma once

#include "base/arena.h"

struct pairs_style {
	bool cef;       /* values hold blanks and end before the next " key=" */
	char separator; /* ' ': blanks and tabs */
	char sign;      /* between key and value */
};

/* "cef", "blank", "tab" or a sign, then perhaps a blank and the sign between key and value; empty:
 * "blank =". False for anything else. */
bool pairs_style(struct str argument, struct pairs_style *out_style);

/* What has neither key nor sign is passed over. Keys and values are without blanks at their ends
 * and without the marks around them; marked: the value stood between such. */
typedef void pairs_take(void *ctx, struct str key, struct str value, bool marked);
void pairs_read(struct str text, struct pairs_style style, struct arena *arena, pairs_take *take,
                void *ctx);

/* Values separated by commas or another sign (' ': blanks); "..." with "" for a mark inside (RFC
 * 4180), also where text goes on behind the mark. number: from 0. */
typedef void columns_take(void *ctx, uint32_t number, struct str value);
void columns_read(struct str text, char separator, struct arena *arena, columns_take *take,
                  void *ctx);

/* Takes backslashes away that stand before one of these signs; \n and \r become what they mean when
 * 'n' and 'r' are among them. Text itself when there is nothing to do. */
struct str text_unescape(struct arena *arena, struct str text, struct str signs);
