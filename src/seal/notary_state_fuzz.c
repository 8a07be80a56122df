/* Arbitrary bytes as the notary's file `signed`; with the right checksum, too. */
#include "base/sha256.h"
#include "seal/notary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_state(struct str text) {
	struct notary_state state;
	struct buf again CLEANUP(buf_deinit) = {0};
	if (notary_state_parse(text, STR("log.example/x"), &state) == ERR_OK) {
		notary_state_format(&state, STR("log.example/x"), &again);
		ASSERT(str_eq(buf_str(&again), text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str text = str_make((const char *)data, size);
	struct buf sealed CLEANUP(buf_deinit) = {0};
	uint8_t digest[SHA256_SIZE];
	read_state(text);
	sha256(text.ptr, text.len, digest);
	buf_append_str(&sealed, text);
	buf_append_str(&sealed, STR("sha256 "));
	buf_append_hex(&sealed, digest, sizeof(digest));
	buf_append_char(&sealed, '\n');
	read_state(buf_str(&sealed));
	return 0;
}
