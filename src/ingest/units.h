/* Characters of texts that are cut as they stand: one byte each, or two in UTF-16. Private to
 * src/ingest.
 */
#pragma once

#include "base/str.h"
#include "event/batch.h"

enum units { UNITS_BYTES, UNITS_UTF16LE, UNITS_UTF16BE };

static inline enum units units_of(enum charset charset) {
	return charset == CHARSET_UTF16LE   ? UNITS_UTF16LE
	       : charset == CHARSET_UTF16BE ? UNITS_UTF16BE
	                                    : UNITS_BYTES;
}
static inline size_t units_width(enum units units) {
	return units == UNITS_BYTES ? 1 : 2;
}
/* The character at a byte offset; 0 for those beyond ASCII in UTF-16, and at the end. */
static inline char unit_at(struct str bytes, enum units units, size_t at) {
	if (units == UNITS_BYTES) {
		return at < bytes.len ? bytes.ptr[at] : '\0';
	}
	bool big = units == UNITS_UTF16BE;
	return at + 1 < bytes.len && bytes.ptr[at + !big] == 0 ? bytes.ptr[at + big] : '\0';
}
