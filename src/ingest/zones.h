/* Time zones by name, loaded once from the system's zone files and kept. Not thread-safe: each
 * parser has its own.
 */
#pragma once

#include "base/zone.h"
#include "os/os.h"

struct zones;

/* os may be NULL: then only names that need no file are known. */
struct zones *zones_new(const struct os *os);
void zones_free(struct zones *zones);
void zones_freep(struct zones **zones);
/* The zone of a name: "" and "UTC", fixed offsets (base/zone.h), or a file's name
 * ("Asia/Tokyo"). NULL when there is none, with what to do in diag. Lives as long as zones. */
const struct zone *zones_get(struct zones *zones, struct str name, struct diag *diag);
