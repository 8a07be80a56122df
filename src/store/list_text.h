/* Lists that stand in a row's text as a JSON array: then the text is kept, and the list made of it
 * again. Private to src/store.
 */
#pragma once

#include "event/value.h"

/* Makes the packed list (event/value.h) of an array of strings without escapes, numbers, true,
 * false and null, without blanks between them; replaces what list holds. False: the text is none.
 */
bool list_text_read(struct str array, struct buf *list);
/* Where text has an array that list_text_read makes just this list of. scratch is overwritten. */
bool list_text_find(struct str text, struct str list, struct buf *scratch, size_t *out_offset,
                    size_t *out_len);
