/* Any bytes as a line: it comes back to the byte, and its values are what their codes say. */
#include "codec/skeleton_shown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct cut_line cut = {0};
	struct str rest = str_make((const char *)data, size);
	do {
		struct str line = str_cut(&rest, '\n');
		char *own = malloc(line.len + 1);
		if (line.len > 0) {
			memcpy(own, line.ptr, line.len);
		}
		ASSERT(comes_back(str_make(own, line.len), &cut));
		free(own);
	} while (rest.len > 0);
	cut_line_deinit(&cut);
	return 0;
}
