/* One slot of some rows, without the rest of them. */
#pragma once

#include "codec/lines.h"

enum { LINES_NO_SLOT = 0xffff };

/* Appends to out the values that rows have in a slot of their shape, one behind the other; lens:
 * how long each is. shapes and ranks: as lines_order gives them; slots: for each row the slot, or
 * LINES_NO_SLOT for no value; times: of the rows. More than bytes_max: ERR_LIMIT; a slot that the
 * shape has not, or a shape 0: ERR_CORRUPT. */
MUST_USE enum err lines_column(struct lines *lines, const uint32_t *shapes, const uint32_t *ranks,
                               const uint16_t *slots, const int64_t *times, uint32_t count,
                               size_t bytes_max, struct buf *out, uint32_t *lens);
