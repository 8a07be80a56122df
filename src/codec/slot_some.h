/* Values of some rows of a slot, by their ranks: where these lie near each other, what is between
 * them is decoded too, for to begin anew costs more.
 */
#pragma once

#include "codec/slots.h"

/* ranks: count of them, ascending. Of a number slot that is no STAMP; of a dictionary form: numbers
 * of entries; of SLOT_AS_TEXTS: numbers of strings (texts_string), which are below
 * texts_strings_count. */
void slot_numbers_some(const struct slots *slots, const struct slot *slot, const uint32_t *ranks,
                       size_t count, uint64_t *out);
void slot_codes_some(const struct slot *slot, const uint32_t *ranks, size_t count, uint64_t *out);
void slot_strings_some(const struct slots *slots, const struct slot *slot, const uint32_t *ranks,
                       size_t count, uint64_t *out);
