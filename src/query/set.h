/* Private to src/query: a set of texts in little memory, for one group of many: a run of bytes, and
 * a hash table over it as soon as there are more than a few. Order is that of insertion.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct set {
	char *bytes; /* entries: hash, length, text; aligned to 4 */
	size_t len, cap;
	uint32_t *slots; /* places of entries in units of 4, plus 1; 0: empty */
	uint32_t slots_cap;
	uint32_t count;
};

/* ERR_LIMIT: above 16 GiB. */
MUST_USE enum err set_add(struct set *set, struct str text, bool *out_added);
/* Memory held, for limits. */
size_t set_bytes(const struct set *set);
/* The entry at *at (0 at first) and moves on; false at the end. */
bool set_next(const struct set *set, size_t *at, struct str *out_text);
void set_deinit(struct set *set);
