/* Any bytes as lines of a segment: every line comes back from its shape. */
#include "codec/shapes_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	uint32_t numbers[LINES_MAX];
	uint32_t count = 0;
	struct str text = str_make((const char *)data, size);
	struct cut_line cut = {0};
	struct shapes *shapes = shapes_new();
	for (struct str rest = text; rest.len > 0 && count < LINES_MAX;) {
		numbers[count++] = add_line(shapes, str_cut(&rest, '\n'), &cut);
	}
	shapes_mine(shapes);
	ASSERT(shapes_count(shapes) <= shapes_skeletons(shapes));
	struct str rest = text;
	for (uint32_t i = 0; i < count; i++) {
		struct str line = str_cut(&rest, '\n');
		ASSERT(numbers[i] == SHAPES_NONE || line_fits(shapes, numbers[i], line, &cut));
	}
	shapes_free(shapes);
	cut_line_deinit(&cut);
	return 0;
}
