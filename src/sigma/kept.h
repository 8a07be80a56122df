/* The kept form of a closed set: docs/formats/rules.md. It is for caches: whoever keeps it sees to
 * it that it is whole, and is of the same files, tables and program.
 */
#pragma once

#include "base/err.h"
#include "sigma/set.h"

/* Appends the kept form. Not in it: the documents (meta.document), and what only readers need. */
void sigma_set_save(const struct sigma_set *set, struct buf *out);
/* The set, closed, and mapped when it was; meta.document is NULL. bytes may go. ERR_CORRUPT: they
 * are not what sigma_set_save wrote; every length, number and program is checked, but not that
 * equal atoms are one, which whoever compiles them finds. */
MUST_USE enum err sigma_set_load(struct str bytes, struct sigma_set **out_set);
