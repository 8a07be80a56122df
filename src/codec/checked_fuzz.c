/* Arbitrary bytes as checked parts. What opens must be exactly what a writer of its parts makes,
 * but for checksums, which fuzzing builds do not look at. */
#include "codec/checked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct checked *checked;
	if (checked_open(str_make((const char *)data, size), &checked) != ERR_OK) {
		return 0;
	}
	struct checked_writer writer = {0};
	struct buf out = {0};
	bool well = true;
	for (size_t i = 0; i < checked_count(checked); i++) {
		struct str part = STR("");
		well = checked_get(checked, i, &part) == ERR_OK && well;
		checked_part(&writer, part);
	}
	/* Bytes behind the parts matter to no reader, but they must be zero for verification. */
	ASSERT(well || !checked_holds(checked));
	checked_put(&writer, &out);
	ASSERT(!well || out.len == size);
	checked_writer_deinit(&writer);
	buf_deinit(&out);
	checked_free(checked);
	return 0;
}
