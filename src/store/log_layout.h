/* Where things stand in a log file; docs/formats/store.md is the page for it. */
#pragma once

#include <stdint.h>

#include "store/log.h"

#define LOG_MAGIC "AKLOG001"
#define FRAME_MAGIC "AKFR"

enum {
	LOG_AT_MAGIC = 0,
	LOG_AT_FILE = 8,
	LOG_AT_STORE = 24,
	LOG_AT_FIRST = 40,
	LOG_AT_ZERO = 48,
	LOG_AT_CRC = 60, /* over everything before it */

	FRAME_AT_MAGIC = 0,
	FRAME_AT_CRC = 4, /* over everything behind it in the header */
	FRAME_AT_FILE = 8,
	FRAME_AT_NUMBER = 24,
	FRAME_AT_LENGTH = 32,
	FRAME_AT_PAYLOAD_CRC = 40,
	FRAME_AT_MORE = 44, /* batches beyond the first: numbers go on from the frame's */
};
_Static_assert(LOG_AT_CRC + 4 == LOG_HEADER_SIZE, "layout of the file header");
_Static_assert(FRAME_AT_MORE + 4 == LOG_FRAME_HEADER_SIZE, "layout of the frame header");

/* Zero bytes behind a payload, so that frames begin at multiples of 8. */
static inline uint64_t log_padding(uint64_t len) {
	return (8 - len % 8) % 8;
}
