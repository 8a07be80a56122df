/* What must stand in a value for a test to hold, as bytes that can be looked for without the value
 * at hand: in columns, in shapes of lines, in an index.
 */
#pragma once

#include "expr/expr.h"

struct expr_piece {
	struct str bytes; /* not empty */
	const char *mask; /* for each byte the bits that do not count, set in bytes */
	bool whole;       /* any text that has these bytes passes the test: nothing else is asked */
	bool word;        /* the test asks for a word border at both ends of it */
	bool bordered;    /* whole, but for those borders */
};

/* Calls need for each such piece of a test (EXPR_TEST); none when nothing is sure. Pieces live as
 * long as the expr and arena. */
void expr_test_pieces(const struct expr *expr, struct arena *arena,
                      void (*need)(void *ctx, const struct expr_piece *piece), void *ctx);
