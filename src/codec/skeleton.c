/* Cutting: not yet. */
#include "codec/skeleton.h"

bool skeleton_cut(struct str text, struct cut_line *cut) {
	(void)text;
	(void)cut;
	ASSERT(false);
	return false;
}
