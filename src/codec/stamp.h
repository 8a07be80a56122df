/* What the time of a row makes of the times that stand in its text: a value that the time gives
 * again need not be kept. Times of rows are nanoseconds since 1970 (base/instant.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stamp_kind {
	STAMP_TIME,     /* SLOT_TIME + form: as a clock shows it that is offset seconds before UTC */
	STAMP_FRACTION, /* SLOT_DIGITS + n: the first n digits of the second's fraction */
	STAMP_SECONDS,  /* SLOT_INT: since 1970, cut off downwards, as the three below */
	STAMP_MILLIS,
	STAMP_MICROS,
	STAMP_NANOS,
	STAMP_COUNT,
};

/* What kind gives value for a slot of this code at time_ns, if any. *out_offset: seconds east of
 * UTC for STAMP_TIME (a multiple of 15 minutes, at most 14 hours), else 0. One row proves little:
 * the caller asks stamp_value for the others. */
bool stamp_guess(uint8_t code, uint64_t value, int64_t time_ns, enum stamp_kind *out_kind,
                 int64_t *out_offset);
/* The value at time_ns. kind, code and offset may come from a file: any give some number. */
uint64_t stamp_value(enum stamp_kind kind, uint8_t code, int64_t offset, int64_t time_ns);
/* The same for count times. */
void stamp_values(enum stamp_kind kind, uint8_t code, int64_t offset, const int64_t *times,
                  size_t count, uint64_t *out);
