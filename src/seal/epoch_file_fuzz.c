/* Arbitrary bytes as epoch.key. */
#include <stdint.h>

#include "seal/epoch_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str text = str_make((const char *)data, size);
	struct buf again CLEANUP(buf_deinit) = {0};
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	if (epoch_text_parse(text, &keys) == ERR_OK) {
		epoch_text_format(keys, &again);
		ASSERT(str_eq(buf_str(&again), text));
	} else {
		ASSERT(keys == NULL);
	}
	return 0;
}
