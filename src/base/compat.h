/* Characters that are the same but for their form: full and half width, ligatures, circled digits,
 * letters with marks written as one or as two (Unicode's NFKD, UAX #15).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COMPAT_MAX = 18 }; /* U+FDFA */

/* The code points that NFKD writes for code_point, 1 to COMPAT_MAX of them: itself when it has no
 * other form. Marks are not put in order: each code point stands for itself alone. */
size_t compat_expand(uint32_t code_point, uint32_t out_codes[COMPAT_MAX]);
/* Marks that belong to the letter before them: their canonical combining class is not 0. */
bool compat_is_mark(uint32_t code_point);
