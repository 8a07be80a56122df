/* Literal text that every match of a regular expression has. */
#pragma once

#include "base/arena.h"

/* Calls need(ctx, text) for runs of plain characters of pattern (PCRE2 with PCRE2_UTF and
 * PCRE2_CASELESS) that stand at its top level, are neither optional nor one of several ways, and
 * are of ASCII without letters that have a case outside of ASCII (k, s): of these a run is cut.
 * Behind (?-i) at the beginning all letters of ASCII count.
 * Conservative: what is not surely needed is left out. Texts live in arena, in lower case. */
void regex_pieces(struct str pattern, struct arena *arena, void (*need)(void *ctx, struct str text),
                  void *ctx);
