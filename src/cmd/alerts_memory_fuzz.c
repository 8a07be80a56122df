/* Records of the class alerts from any bytes, one on each line: whatever they say, hunts go on
 * within the trees that there are, and hits are before that, in order and each once.
 */
#include "cmd/alerts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const struct alerts_tree trees[] = {{STR("default"), 100}, {STR("1y"), 1000000}};
	const struct alerts_rules rules = {0}; /* every set has all of them */
	struct str rest = str_make((const char *)data, size);
	struct alerts_memory memory;
	struct alerts_reader *reader = alerts_reader_new(trees, ARRAY_LEN(trees), &rules);
	while (rest.len > 0) {
		alerts_reader_take(reader, str_cut(&rest, '\n'));
	}
	alerts_reader_end(reader, false, &memory);
	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		ASSERT(memory.from[i] <= trees[i].size);
	}
	for (size_t i = 0; i < memory.hits_count; i++) {
		const struct alerts_hit *hit = &memory.hits[i];
		ASSERT(hit->class_number < ARRAY_LEN(trees));
		ASSERT(hit->index < memory.from[hit->class_number]);
		if (i > 0 && hit->class_number == hit[-1].class_number) {
			ASSERT(hit->index > hit[-1].index);
		}
	}
	alerts_forget(&memory);
	return 0;
}
