/* Private to src/codec: packed.h in AVX2, eight numbers at a time, for widths up to
 * PACKED_WIDTH_ONE_LOAD, and 64 for searching. Only where packed_has_simd() says so.
 */
#pragma once

#include "codec/packed.h"

enum { PACKED_GROUP = 8 }; /* numbers that begin and end at a whole byte, whatever their width */

bool packed_has_simd(void);
/* As packed_get_many for count groups from number first on, which begins a group. */
void packed_get_groups(const char *bytes, unsigned width, size_t first, size_t groups,
                       uint64_t *out);
/* As packed_find_range for groups. */
void packed_find_groups(const char *bytes, unsigned width, size_t first, size_t groups,
                        const struct packed_range *range, struct buf *hits);

/* The portable way; packed.h takes it where the other cannot be taken. */
void packed_get_portable(const char *bytes, unsigned width, size_t first, size_t count,
                         uint64_t *out);
void packed_find_portable(const char *bytes, unsigned width, size_t first, size_t count,
                          const struct packed_range *range, struct buf *hits);
