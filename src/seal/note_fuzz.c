/* Arbitrary bytes as a verifier key and a note: the first line is the key, the rest the note. */
#include <stdint.h>

#include "base/macros.h"
#include "seal/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key that nobody changed: what is not signed by it must be refused in every case. */
static struct verifier fixed_verifier(void) {
	struct verifier verifier = {.name = STR("fuzz.example/log")};
	memset(verifier.public_key, 0x42, sizeof(verifier.public_key));
	return verifier;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str rest = str_make((const char *)data, size);
	struct str line = str_cut(&rest, '\n');
	struct verifier verifier;
	struct verifier fixed = fixed_verifier();
	struct checkpoint checkpoint;
	struct diag diag = {0};
	if (verifier_parse(line, &verifier, &diag) == ERR_OK) {
		struct buf again CLEANUP(buf_deinit) = {0};
		verifier_format(&verifier, &again);
		ASSERT(str_eq(buf_str(&again), line));
	} else {
		verifier = fixed;
	}
	if (checkpoint_open(rest, &verifier, &checkpoint, &diag) == ERR_OK) {
		ASSERT(str_eq(checkpoint.origin, verifier.name));
	}
	ASSERT(checkpoint_open(rest, &fixed, &checkpoint, &diag) != ERR_OK);
	return 0;
}
