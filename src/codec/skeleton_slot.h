/* How the number of a slot is written. Private to src/codec. */
#pragma once

#include "codec/skeleton.h"

/* Writes number as code (valid, not SLOT_TEXT) prints it to out, where SLOT_PRINT_MAX bytes may be
 * overwritten. The length. */
size_t slot_print_number(uint8_t code, uint64_t number, char *out);
