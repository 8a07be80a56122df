/* Records of scrubs: what was read and what was found, and from them where the next one goes on.
 * docs/formats/store.md has the body. Private to src/store.
 */
#pragma once

#include "base/buf.h"
#include "store/store.h"

enum { SCRUB_DAMAGES_MAX = 20 }; /* named in a record; the others are counted */

/* One damage of the list, a comma before it when it is not the first. */
void scrub_damage_format(const struct store_damage *damage, bool first, struct buf *out);
/* The body; part->body is not looked at. damages: the list, without brackets. */
void scrub_record_format(const struct store_scrub_part *part, struct str damages, struct buf *out);
/* Reads tree, from, to and size of a body; the rest of *out_part is zero. ERR_CORRUPT: it is no
 * record of a scrub. */
MUST_USE enum err scrub_record_parse(struct str body, struct store_scrub_part *out_part);
/* Takes a record into account, in their order. ns: when it was written. */
void scrub_state_add(struct store_scrub_state *state, const struct store_scrub_part *part,
                     int64_t ns);
