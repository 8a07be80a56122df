/* Private to src/query: times by a pattern of %-letters, written and read (strftime, strptime of
 * POSIX, without locales: names are English).
 */
#pragma once

#include "base/buf.h"
#include "base/instant.h"

struct zone;

/* Whether every letter behind a % is known: YmdHMSyeIpbBaAjuwsfLNzZTF and %. Those that cannot be
 * read back (j u w) are only for writing. */
bool timefmt_valid(struct str pattern, bool reading);
/* Appends ns as the zone's clocks show it (NULL: UTC). Unknown letters stay as they are. */
void timefmt_write(struct buf *out, struct str pattern, int64_t ns, const struct zone *zone);
/* Reads the whole text. Without %z or %s it is a time of the zone; what the pattern leaves out is
 * that of 1970-01-01T00:00:00. False: it is not like that, or there is no such time. */
bool timefmt_read(struct str text, struct str pattern, const struct zone *zone, int64_t *out_ns);
