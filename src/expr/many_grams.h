/* Many literals looked for in one pass. Each has a gram: four of its bytes that few others have
 * (two, of literals shorter than four). A bit for each gram's hash tells where one may stand in a
 * text; only there literals are compared. Private to src/expr (many*.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct many_literal {
	struct str bytes; /* at least 2; lower case unless cased */
	bool cased;       /* else ASCII letters are found in both cases */
};

enum { MANY_GRAMS_BEHIND = 8 };
struct many_grams;
/* Lives in arena, as the literals' bytes must. count is below 2^31. */
struct many_grams *many_grams_new(struct arena *arena, const struct many_literal *literals,
                                  uint32_t count);
/* Calls found for each place where a literal stands in text; end: behind it. folded: the text with
 * ASCII letters in lower case, and MANY_GRAMS_BEHIND bytes that may be read behind it. The order of
 * calls is not told. */
void many_grams_scan(const struct many_grams *grams, struct str text, const char *folded,
                     void (*found)(void *ctx, uint32_t literal, size_t end), void *ctx);
