/* How long something took, as logs write it. */
#pragma once

#include "base/str.h"

/* The whole of text as a decimal number ("3", "0.004") of units of unit_ns; at most nine digits of
 * the fraction count. False: it is none, negative, or too long for an int64_t. */
bool duration_number(struct str text, int64_t unit_ns, int64_t *out_ns);
/* "1:02:03", "02:03", "2h:28m:09s", "1d 2h 3m", "2d4h", "3s": from the largest unit to the
 * smallest. Without letters the last part is seconds. */
bool duration_clock(struct str text, int64_t *out_ns);
