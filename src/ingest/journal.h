/* The systemd journal, read through its own library, which is opened only here. Private to this
 * folder.
 */
#pragma once

#include "ingest/reading.h"

enum { JOURNAL_MACHINE = 32 };

/* Whether a file begins like a journal file. *out_machine: 32 hex digits from its header. */
bool journal_recognise(struct str head, char out_machine[JOURNAL_MACHINE]);
/* Whether the journal's library can open this file: damaged ones it passes over in silence. */
bool journal_opens(const char *path);
/* Takes the entries of all journal files of a folder (NULL: of this machine), from behind the last
 * one taken before. machine names it: "journal:MACHINE". ERR_UNSUPPORTED: there is none, or no
 * library to read it with (not reported). */
MUST_USE enum err journal_take(struct reading *reading, const char *folder, struct str machine);
