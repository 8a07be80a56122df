/* Containers: files whose records are not lines of their own. The file is kept whole as an object,
 * a record's body is a slice of it. Private to this folder.
 */
#pragma once

#include "ingest/content.h"

/* Takes the records out of a file that is an event log, a JSON array or UTF-16 text. content has
 * hash and size; bytes are all of it. */
MUST_USE enum err container_take(struct reading *reading, const struct content *content,
                                 struct str bytes, enum carrier carrier);
