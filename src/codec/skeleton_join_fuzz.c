/* Any bytes as a skeleton of a file, with any numbers: refused, or joined within bounds. */
#include "base/endian.h"
#include "codec/skeleton.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const struct str word = STR_INIT("word");
	uint64_t numbers[SKELETON_VALUES_MAX];
	struct str texts[SKELETON_VALUES_MAX];
	uint64_t seed = size < 8 ? size : le64_load(data);
	uint32_t values;
	char *own = malloc(size + 1);
	if (size > 0) {
		memcpy(own, data, size);
	}
	struct str skeleton = str_make(own, size);
	if (skeleton_valid(skeleton, &values)) {
		struct buf out = {0};
		struct skeleton_part part;
		uint32_t marks = 0;
		for (uint32_t i = 0; i < values; i++) {
			seed = seed * 0x9e3779b97f4a7c15u + 1;
			numbers[i] = seed >> (seed % 64);
			texts[i] = word;
		}
		skeleton_join(skeleton, numbers, texts, &out);
		ASSERT(out.len <= size + (size_t)values * SLOT_PRINT_MAX);
		for (struct str rest = skeleton; skeleton_next(&rest, &part);) {
			marks += part.code != 0;
		}
		ASSERT(marks == values);
		buf_deinit(&out);
	}
	free(own);
	return 0;
}
