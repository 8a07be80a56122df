/* A reserved batch as the payload of a log frame, and back: everything needed to give its records
 * the same places again after a crash. Fields are not in it: they are made anew by the parser.
 */
#pragma once

#include "base/buf.h"
#include "store/files.h"
#include "store/reservation.h"

/* Appends the payload. ERR_UNSUPPORTED for batches with container bodies: those come from files,
 * which can be read again. */
MUST_USE enum err frame_encode(const struct batch *batch, const struct file_table *files,
                               struct buf *out);

/* The files that the batch speaks of, as they were (path, source, object or not). */
struct frame_files {
	struct segment_file *rows; /* strings in the batch's arena */
	uint32_t count;
};
/* Everything is checked; ERR_CORRUPT when it is not what frame_encode writes. The batch owns the
 * reservation and the files. */
MUST_USE enum err frame_decode(struct str payload, struct batch **out_batch,
                               struct frame_files *out_files);
