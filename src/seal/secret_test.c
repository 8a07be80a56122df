/* Secrets lie where no core takes them, and whoever opens a key hides the process first. */
#include "seal/secret.h"

#include <inttypes.h>

#include "os/os_memory.h"
#include "seal/epoch_file.h"
#include "tap.h"

/* Whether the mapping that holds the address has a flag among its VmFlags (proc_pid_smaps(5)). */
static bool mapping_has(const void *address, const char *flag) {
	FILE *f = fopen("/proc/self/smaps", "r");
	ASSERT(f != NULL);
	char line[1024];
	bool inside = false;
	bool found = false;
	while (fgets(line, sizeof(line), f) != NULL) {
		uintptr_t from;
		uintptr_t to;
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
			inside = (uintptr_t)address >= from && (uintptr_t)address < to;
		} else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
			found = strstr(line, flag) != NULL;
		}
	}
	ASSERT(fclose(f) == 0);
	return found;
}

TEST(a_core_does_not_take_a_secret_along) {
	uint8_t *secret = secret_new(32);
	struct buf text CLEANUP(secret_text_deinit) = secret_text_new();
	void *plain = malloc(32);
	CHECK(mapping_has(secret, " dd"));
	CHECK(mapping_has(text.ptr, " dd"));
	CHECK(!mapping_has(plain, " dd")); /* the flag can be absent */
	CHECK_EQ(secret[0] | secret[31], 0);
	free(plain);
	secret_free(secret);
}

TEST(a_text_that_holds_a_key_file_does_not_move) {
	struct buf text CLEANUP(secret_text_deinit) = secret_text_new();
	const char *at = text.ptr;
	for (int i = 0; i < SECRET_TEXT_ROOM; i++) {
		buf_append_char(&text, 'x');
	}
	CHECK(text.ptr == at);
}

TEST(a_file_that_is_no_key_file_is_too_long) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	struct buf long_text CLEANUP(buf_deinit) = {0};
	memset(buf_reserve(&long_text, SECRET_TEXT_ROOM), 'x', SECRET_TEXT_ROOM);
	for (size_t len = SECRET_TEXT_ROOM - 1; len <= SECRET_TEXT_ROOM; len++) {
		struct buf text CLEANUP(secret_text_deinit) = {0};
		long_text.len = len;
		CHECK_EQ(os_replace_file(os, "/", "key", buf_str(&long_text)), ERR_OK);
		CHECK_EQ(secret_read_file(os, "/key", &text), len < SECRET_TEXT_ROOM ? ERR_OK : ERR_LIMIT);
		CHECK_EQ(text.len, len);
	}
	struct buf none CLEANUP(secret_text_deinit) = {0};
	CHECK_EQ(secret_read_file(os, "/none", &none), ERR_NOT_FOUND);
	CHECK_EQ(os_memory_open_count(memory), 0);
}

TEST(whoever_makes_or_opens_a_key_hides_first) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct signer *signer = NULL;
	struct epoch_keys *keys = NULL;
	CHECK(!os_memory_hidden(memory));
	CHECK_EQ(signer_create(os_memory_os(memory), "/", STR("log"), NULL), ERR_OK);
	CHECK(os_memory_hidden(memory));
	struct os_memory *again CLEANUP(os_memory_freep) = os_memory_crash(memory, OS_CRASH_FORGET, 1);
	CHECK(!os_memory_hidden(again));
	CHECK_EQ(signer_open(os_memory_os(again), "/", &signer, NULL), ERR_OK);
	CHECK(os_memory_hidden(again));
	signer_free(signer);
	struct os_memory *epochs CLEANUP(os_memory_freep) = os_memory_new(1);
	CHECK_EQ(epoch_file_create(os_memory_os(epochs), "/", STR("log"), 0, &keys, NULL), ERR_OK);
	CHECK(os_memory_hidden(epochs));
	epoch_keys_free(keys);
	struct os_memory *opened CLEANUP(os_memory_freep) = os_memory_crash(epochs, OS_CRASH_FORGET, 1);
	CHECK_EQ(epoch_file_open(os_memory_os(opened), "/", &keys, NULL), ERR_OK);
	CHECK(os_memory_hidden(opened));
	epoch_keys_free(keys);
}
