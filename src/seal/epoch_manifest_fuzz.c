/* Arbitrary bytes as a manifest: as a signed note, and as the text without a signature. */
#include <stdint.h>

#include "base/limits.h"
#include "seal/epoch_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written the same again, and answers for its epochs and no others. */
static void check(struct str text, const struct epoch_manifest *manifest) {
	struct buf again CLEANUP(buf_deinit) = {0};
	struct buf name CLEANUP(buf_deinit) = {0};
	struct verifier verifier;
	uint64_t epoch = 0;
	uint64_t end = manifest->first + manifest->count;
	epoch_manifest_format(manifest, &again);
	ASSERT(str_eq(buf_str(&again), text));
	ASSERT(manifest->count > 0 && manifest->count <= LIMIT_EPOCHS_LISTED);
	ASSERT(epoch_manifest_key(manifest, manifest->first, &name, &verifier) == ERR_OK);
	ASSERT(epoch_manifest_key(manifest, end - 1, &name, &verifier) == ERR_OK);
	ASSERT(epoch_manifest_key(manifest, end, &name, &verifier) == ERR_NOT_FOUND);
	if (epoch_of_seal(manifest, UINT64_MAX, &epoch, NULL) == ERR_OK) {
		ASSERT(epoch >= manifest->first && epoch < end);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str bytes = str_make((const char *)data, size);
	struct verifier root = {.name = STR("fuzz.example/root")};
	struct epoch_manifest manifest;
	enum epoch_authority authority;
	struct diag diag = {0};
	memset(root.public_key, 0x42, sizeof(root.public_key));
	if (epoch_manifest_parse(bytes, &manifest, &diag) == ERR_OK) {
		check(bytes, &manifest);
	}
	if (epoch_manifest_verify(bytes, NULL, &manifest, &authority, &diag) == ERR_OK) {
		ASSERT(authority == EPOCH_BY_IDENTITY);
		check(str_slice(bytes, 0, str_find(bytes, STR("\n\n"), 0) + 1), &manifest);
	}
	ASSERT(epoch_manifest_verify(bytes, &root, &manifest, &authority, &diag) != ERR_OK);
	return 0;
}
