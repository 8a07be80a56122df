/* Numbers for people: "12.3 MiB", "1,234,567".
 */
#pragma once

#include "base/buf.h"

/* Binary units with at most one digit behind the point. */
void render_bytes(struct buf *out, uint64_t bytes);
/* Decimal with commas between groups of three. */
void render_count(struct buf *out, uint64_t count);
