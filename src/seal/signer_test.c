/* The key's two files: made once, and no bit of them can change unseen. */
#include "seal/signer.h"

#include <unistd.h>

#include "os/os_fault.h"
#include "os/os_memory.h"
#include "os/os_record.h"
#include "tap.h"

struct place {
	char folder[64];
	char key[128];
	char vkey[128];
};

static void place_init(struct place *place) {
	*place = (struct place){.folder = "/tmp/akashi-test-XXXXXX"};
	ASSERT(mkdtemp(place->folder) != NULL);
	snprintf(place->key, sizeof(place->key), "%s/identity.key", place->folder);
	snprintf(place->vkey, sizeof(place->vkey), "%s/identity.vkey", place->folder);
}

static void place_deinit(struct place *place) {
	unlink(place->key);
	unlink(place->vkey);
	rmdir(place->folder);
}

static void write_file(const char *path, struct str bytes) {
	FILE *f = fopen(path, "wb");
	ASSERT(f != NULL);
	ASSERT(fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len);
	ASSERT(fclose(f) == 0);
}

static enum err try_open(const struct place *place) {
	struct signer *signer = NULL;
	enum err err = signer_open(os_real(), place->folder, &signer, NULL);
	signer_free(signer);
	return err;
}

TEST(a_key_is_made_once) {
	struct place place CLEANUP(place_deinit);
	struct diag diag = {0};
	struct os_stat st;
	place_init(&place);
	CHECK_EQ(try_open(&place), ERR_NOT_FOUND);
	CHECK_EQ(signer_create(os_real(), place.folder, STR("log"), &diag), ERR_OK);
	CHECK_EQ(os_real()->stat(NULL, place.key, false, &st), ERR_OK);
	CHECK_EQ(st.mode, 0600);
	CHECK_EQ(try_open(&place), ERR_OK);
	CHECK_EQ(signer_create(os_real(), place.folder, STR("log"), &diag), ERR_EXISTS);
	CHECK_EQ(signer_create(os_real(), place.folder, STR("lo g"), &diag), ERR_INVALID);
	CHECK_EQ(signer_create(os_real(), "/nowhere/at/all", STR("log"), &diag), ERR_NOT_FOUND);
}

static void check_every_bit(const struct place *place, const char *path) {
	struct buf text CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os_real(), path, 4096, &text) == ERR_OK);
	REQUIRE(text.len > 40);
	for (size_t i = 0; i < text.len * 8; i++) {
		char flip = (char)(1 << (i % 8));
		text.ptr[i / 8] = (char)(text.ptr[i / 8] ^ flip);
		write_file(path, buf_str(&text));
		CHECK_EQ(try_open(place), ERR_CORRUPT);
		text.ptr[i / 8] = (char)(text.ptr[i / 8] ^ flip);
	}
	for (size_t len = 0; len < text.len; len++) {
		write_file(path, str_slice(buf_str(&text), 0, len));
		CHECK_EQ(try_open(place), ERR_CORRUPT);
	}
	buf_append_char(&text, '\n');
	write_file(path, buf_str(&text));
	CHECK_EQ(try_open(place), ERR_CORRUPT);
	text.len--;
	write_file(path, buf_str(&text));
	CHECK_EQ(try_open(place), ERR_OK);
}

TEST(every_changed_bit_and_every_cut_of_the_key_files_is_seen) {
	struct place place CLEANUP(place_deinit);
	place_init(&place);
	REQUIRE(signer_create(os_real(), place.folder, STR("akashi/x"), NULL) == ERR_OK);
	check_every_bit(&place, place.key);
	check_every_bit(&place, place.vkey);
}

TEST(files_of_two_keys_do_not_go_together) {
	struct place a CLEANUP(place_deinit);
	struct place b CLEANUP(place_deinit);
	struct buf vkey CLEANUP(buf_deinit) = {0};
	place_init(&a);
	place_init(&b);
	REQUIRE(signer_create(os_real(), a.folder, STR("akashi/x"), NULL) == ERR_OK);
	REQUIRE(signer_create(os_real(), b.folder, STR("akashi/x"), NULL) == ERR_OK);
	REQUIRE(os_read_file(os_real(), b.vkey, 4096, &vkey) == ERR_OK);
	write_file(a.vkey, buf_str(&vkey));
	CHECK_EQ(try_open(&a), ERR_CORRUPT);
}

TEST(the_verifier_is_read_without_the_key) {
	struct place place CLEANUP(place_deinit);
	struct buf text CLEANUP(buf_deinit) = {0};
	struct signer *signer = NULL;
	struct verifier verifier;
	place_init(&place);
	REQUIRE(signer_create(os_real(), place.folder, STR("akashi/x"), NULL) == ERR_OK);
	REQUIRE(signer_open(os_real(), place.folder, &signer, NULL) == ERR_OK);
	struct verifier own = signer_verifier(signer);
	CHECK_EQ(verifier_open(os_real(), place.folder, &text, &verifier, NULL), ERR_OK);
	CHECK_STR(verifier.name, "akashi/x");
	CHECK(memcmp(own.public_key, verifier.public_key, KEY_PUBLIC_SIZE) == 0);
	signer_free(signer);
}

/* ---- cuts ---- */

struct making {
	struct os_memory *memory;
	bool spoiled; /* some cut left files that are neither a key nor nothing */
};

/* After a stop there is a whole key, or none and one can be made. */
static bool whole_or_none(struct os_memory *memory) {
	const struct os *os = os_memory_os(memory);
	struct signer *signer = NULL;
	enum err err = signer_create(os, "/", STR("akashi/x"), NULL);
	if (err != ERR_OK && err != ERR_EXISTS) {
		return false;
	}
	err = signer_open(os, "/", &signer, NULL);
	signer_free(signer);
	return err == ERR_OK;
}

static void cut_making(void *ctx, const struct os_call *call) {
	struct making *making = ctx;
	(void)call;
	for (uint64_t seed = 0; seed < 32; seed++) {
		enum os_crash mode = seed == 0   ? OS_CRASH_FORGET
		                     : seed == 1 ? OS_CRASH_KEEP
		                                 : OS_CRASH_SEEDED;
		struct os_memory *after CLEANUP(os_memory_freep) =
		    os_memory_crash(making->memory, mode, seed);
		making->spoiled |= !whole_or_none(after);
	}
}

/* Makes a key while every step is cut; skip: the sync that is left out, 0 none. Returns false when
 * there is no such sync. */
static bool make_under_cuts(uint64_t skip, bool *out_spoiled) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(3);
	struct making making = {.memory = memory};
	struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(memory));
	size_t rule =
	    os_fault_add(fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_SYNC_DATA) |
	                                                        OS_CALL_BIT(OS_CALL_SYNC_FOLDER),
	                                               .nth = skip,
	                                               .action = OS_FAULT_SKIP});
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_fault_os(fault), cut_making, &making);
	struct signer *signer = NULL;
	CHECK_EQ(signer_create(os_record_os(record), "/", STR("akashi/x"), NULL), ERR_OK);
	cut_making(&making, NULL);
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, OS_CRASH_FORGET, 0);
	making.spoiled |= signer_open(os_memory_os(after), "/", &signer, NULL) != ERR_OK;
	signer_free(signer); /* it was made, so it must be there */
	*out_spoiled = making.spoiled;
	return skip == 0 || os_fault_strikes(fault, rule) > 0;
}

TEST(a_cut_while_a_key_is_made_leaves_a_whole_key_or_none) {
	bool spoiled = true;
	CHECK(make_under_cuts(0, &spoiled));
	CHECK(!spoiled);
}

TEST(no_sync_of_making_a_key_can_be_left_out) {
	uint64_t nth = 1;
	bool spoiled = false;
	while (make_under_cuts(nth, &spoiled)) {
		if (!CHECK(spoiled)) {
			printf("# sync %llu is not missed\n", (unsigned long long)nth);
		}
		nth++;
	}
	CHECK_EQ(nth, 5);
}
