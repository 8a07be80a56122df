/* One regular file of the disk, and the way down through folders to it. Private to this folder.
 */
#pragma once

#include "ingest/reading.h"

/* Reads the file at path (NUL-terminated), which must be regular: whole hash first, so that what
 * is known is not read again, then its content as far as it was hashed: what is appended meanwhile
 * is taken the next time. */
MUST_USE enum err file_take(struct reading *reading, const char *path);
/* Reads path: a regular file, or a folder with all that is below it, in the order of the names.
 * Links to files are followed, links to folders are not; nothing is read twice; what is neither
 * file nor folder is not opened. */
MUST_USE enum err walk_take(struct reading *reading, const char *path);
