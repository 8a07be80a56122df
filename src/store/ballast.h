/* The ballast: room kept for sealing on a full disk. A segment that was committed must be sealed
 * also when its own bytes took the last room there was; the file `ballast` in the store's folder
 * gives way to what sealing writes. It holds nothing but fixed bytes: its absence is no damage.
 */
#pragma once

#include "base/buf.h"
#include "os/os.h"

enum { BALLAST_SIZE = 65536 };

/* The bytes of the file: not compressible, so that they take their room everywhere. */
void ballast_format(struct buf *out);
/* Makes the file when it is absent. Not durable: it may be gone after a cut, whole. Without room
 * nothing is made, and that is no error. */
void ballast_make(const struct os *os, const char *folder);
/* Gives the room free; false: there was none. */
bool ballast_release(const struct os *os, const char *folder);
