/* Cutting bytes into records at line feeds. Joined again, each body followed by a line feed unless
 * it is flagged RECORD_NO_FINAL_LF or RECORD_CONTINUES, the records give the same bytes.
 * Private to this folder.
 */
#pragma once

#include "ingest/reading.h"

struct lines {
	struct reading *reading;
	struct reading_file *file;
	struct buf partial; /* bytes of a line whose end has not come */
};

/* The file's position and hash go on from where they are (a resumed file). */
void lines_init(struct lines *lines, struct reading *reading, struct reading_file *file);
void lines_deinit(struct lines *lines);
/* Takes the next bytes; a line without its LF waits for more. Receive times are stamped here. */
MUST_USE enum err lines_push(struct lines *lines, struct str bytes);
/* What waits becomes a record without final LF. */
MUST_USE enum err lines_end(struct lines *lines);
