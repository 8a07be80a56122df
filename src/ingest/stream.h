/* Streams: read once, from the first byte to the last, and handed on as they come. Private to this
 * folder.
 */
#pragma once

#include "ingest/reading.h"

/* Takes fd to its end. What is compressed, an archive or a container is held first, and then an
 * object like any other; lines are handed on after at most 200 ms. A stop keeps what was read.
 * fifo: a FIFO opened non-blocking, which without a writer is empty. */
MUST_USE enum err stream_take(struct reading *reading, int fd, bool fifo, struct str shown);
