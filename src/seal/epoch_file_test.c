/* epoch.key: its bytes, that no bit of it changes unseen, and where K may be on a disk. What cuts
 * and failing disks do to it is tried in epoch_file_cut_test.c.
 */
#include "seal/epoch_file.h"

#include <unistd.h>

#include "base/limits.h"
#include "os/os_record.h"
#include "seal/epoch_fixture.h"
#include "tap.h"

/* Made with Python as the vectors of epoch_keys_test.c; the sum with hashlib.sha256. */
static const struct str known =
    STR_INIT("akashi-epoch-key 1\n"
             "origin log.example/x\n"
             "epoch 0\n"
             "secret AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
             "public Ww8hJP9gvJpkphbSXdgLD6bUfms9DXtT0Cc96p6iIT4=\n"
             "sha256 2d9c0239c9afb0b6dda6b560575969406cd694e99c8f51ab538976bc426ff9c2\n");

TEST(the_text_is_the_documented_one) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(0);
	struct epoch_keys *again CLEANUP(epoch_keys_freep) = NULL;
	struct buf text CLEANUP(buf_deinit) = {0};
	epoch_text_format(keys, &text);
	CHECK(str_eq(buf_str(&text), known));
	CHECK_EQ(epoch_text_parse(buf_str(&text), &again), ERR_OK);
	CHECK(memcmp(epoch_keys_secret(keys), epoch_keys_secret(again), EPOCH_SECRET_SIZE) == 0);
}

/* ---- made, opened, gone on ---- */

static enum err try_open(const struct os *os, struct diag *diag) {
	struct epoch_keys *keys = NULL;
	enum err err = epoch_file_open(os, "/", &keys, diag);
	epoch_keys_free(keys);
	return err;
}

TEST(a_chain_is_made_once) {
	char folder[] = "/tmp/akashi-test-XXXXXX";
	char path[128];
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	struct epoch_keys *again CLEANUP(epoch_keys_freep) = NULL;
	struct os_stat st;
	const struct os *os = os_real();
	REQUIRE(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/epoch.key", folder);
	CHECK_EQ(epoch_file_open(os, folder, &keys, NULL), ERR_NOT_FOUND);
	CHECK_EQ(epoch_file_create(os, folder, STR("log"), 7, &keys, NULL), ERR_OK);
	CHECK_EQ(os->stat(os->ctx, path, false, &st), ERR_OK);
	CHECK_EQ(st.mode, 0600);
	CHECK_EQ(epoch_file_create(os, folder, STR("log"), 7, &again, NULL), ERR_EXISTS);
	CHECK_EQ(epoch_file_advance(os, folder, keys, 9, NULL), ERR_OK);
	CHECK_EQ(epoch_file_open(os, folder, &again, NULL), ERR_OK);
	CHECK_EQ(epoch_keys_epoch(again), 9);
	CHECK(memcmp(epoch_keys_secret(keys), epoch_keys_secret(again), EPOCH_SECRET_SIZE) == 0);
	CHECK_EQ(os->stat(os->ctx, path, false, &st), ERR_OK);
	CHECK_EQ(st.mode, 0600);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(rmdir(folder), 0); /* nothing else was left in it */
}

TEST(origins_and_epochs_that_cannot_be_are_refused) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	struct epoch_keys *keys = NULL;
	CHECK_EQ(epoch_file_create(os, "/", STR("a b"), 0, &keys, NULL), ERR_INVALID);
	CHECK_EQ(epoch_file_create(os, "/", STR("a"), LIMIT_EPOCH + 1, &keys, NULL), ERR_INVALID);
	CHECK_EQ(epoch_file_create(os, "/no", STR("a"), 0, &keys, NULL), ERR_NOT_FOUND);
	CHECK(keys == NULL);
}

static void put(const struct os *os, const char *name, struct str text) {
	ASSERT(os_replace_file(os, "/", name, text) == ERR_OK);
}

TEST(going_on_to_where_one_is_touches_nothing_and_back_is_refused) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(memory), NULL, NULL);
	const struct os *os = os_record_os(record);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	REQUIRE(epoch_file_create(os, "/", STR("log"), 7, &keys, NULL) == ERR_OK);
	os_record_clear(record);
	CHECK_EQ(epoch_file_advance(os, "/", keys, 7, NULL), ERR_OK);
	CHECK_EQ(epoch_file_advance(os, "/", keys, 6, NULL), ERR_CORRUPT);
	CHECK_EQ(epoch_file_advance(os, "/", keys, 8 + LIMIT_EPOCHS_LISTED, NULL), ERR_LIMIT);
	CHECK_EQ(os_record_count(record), 0);
	CHECK_EQ(epoch_keys_epoch(keys), 7);
}

/* ---- damage ---- */

static void check_damage(struct os_memory *memory, const char *path) {
	const struct os *os = os_memory_os(memory);
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_append_str(&text, known);
	for (size_t i = 0; i < text.len * 8; i++) {
		char flip = (char)(1 << (i % 8));
		text.ptr[i / 8] = (char)(text.ptr[i / 8] ^ flip);
		ASSERT(os_memory_set(memory, path, buf_str(&text)) == ERR_OK);
		CHECK_EQ(try_open(os, NULL), ERR_CORRUPT);
		text.ptr[i / 8] = (char)(text.ptr[i / 8] ^ flip);
	}
	for (size_t len = 0; len < text.len; len++) {
		ASSERT(os_memory_set(memory, path, str_slice(known, 0, len)) == ERR_OK);
		CHECK_EQ(try_open(os, NULL), ERR_CORRUPT);
	}
	buf_append_char(&text, '\n');
	ASSERT(os_memory_set(memory, path, buf_str(&text)) == ERR_OK);
	CHECK_EQ(try_open(os, NULL), ERR_CORRUPT);
	ASSERT(os_memory_set(memory, path, known) == ERR_OK);
	CHECK_EQ(try_open(os, NULL), ERR_OK);
}

TEST(every_changed_bit_and_every_cut_is_seen) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	put(os_memory_os(memory), "epoch.key", known);
	check_damage(memory, "/epoch.key");
	put(os_memory_os(memory), "epoch.key.next", known);
	check_damage(memory, "/epoch.key.next");
}

TEST(texts_with_a_right_sum_and_wrong_content_are_refused) {
	static const struct str heads[] = {
	    STR_INIT("akashi-epoch-key 2\norigin log.example/x\nepoch 0\n"),
	    STR_INIT("akashi-epoch-key 1\norigin log.example x\nepoch 0\n"),
	    STR_INIT("akashi-epoch-key 1\norigin log.example/x\nepoch 00\n"),
	    STR_INIT("akashi-epoch-key 1\norigin log.example/x\nepoch 1099511627777\n"),
	    STR_INIT("akashi-epoch-key 1\nOrigin log.example/x\nepoch 0\n"),
	    STR_INIT("akashi-epoch-key 1\norigin log.example/x\nepoch \n"),
	};
	size_t body = str_find(known, STR("secret"), 0);
	size_t sum = str_find(known, STR("sha256"), 0);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct buf text CLEANUP(buf_deinit) = {0};
		struct epoch_keys *keys = NULL;
		uint8_t digest[SHA256_SIZE];
		buf_append_str(&text, heads[i]);
		buf_append_str(&text, str_slice(known, body, sum));
		sha256(text.ptr, text.len, digest);
		buf_append_str(&text, STR("sha256 "));
		buf_append_hex(&text, digest, sizeof(digest));
		buf_append_char(&text, '\n');
		CHECK_EQ(epoch_text_parse(buf_str(&text), &keys), ERR_CORRUPT);
	}
}

/* ---- where K may be ---- */

enum { LAST_EPOCH = 6 };

struct hunt {
	struct os_memory *memory;
	uint8_t secrets[LAST_EPOCH + 1][EPOCH_SECRET_SIZE];
	uint64_t live_from; /* K before this epoch may be nowhere */
	bool anywhere;      /* but under names of epoch.key, while a change is on its way */
	size_t found;
};

static bool holds(struct str bytes, const uint8_t secret[EPOCH_SECRET_SIZE]) {
	struct buf spelled CLEANUP(buf_deinit) = {0};
	if (str_find(bytes, str_make((const char *)secret, EPOCH_SECRET_SIZE), 0) != (size_t)-1) {
		return true;
	}
	buf_append_base64(&spelled, secret, EPOCH_SECRET_SIZE);
	bool base64 = str_find(bytes, buf_str(&spelled), 0) != (size_t)-1;
	buf_clear(&spelled);
	buf_append_hex(&spelled, secret, EPOCH_SECRET_SIZE);
	return base64 || str_find(bytes, buf_str(&spelled), 0) != (size_t)-1;
}

static void hunt_file(void *ctx, const char *path) {
	struct hunt *hunt = ctx;
	struct buf bytes CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os_memory_os(hunt->memory), path, LIMIT_NOTE_SIZE, &bytes) == ERR_OK);
	for (uint64_t epoch = 0; epoch <= LAST_EPOCH; epoch++) {
		if (holds(buf_str(&bytes), hunt->secrets[epoch])) {
			hunt->found++;
			CHECK(str_starts(str_from(path), STR("/epoch.key")));
			CHECK(hunt->anywhere || strcmp(path, "/epoch.key") == 0);
			CHECK(epoch >= hunt->live_from);
		}
	}
}

static void hunt_at_call(void *ctx, const struct os_call *call) {
	struct hunt *hunt = ctx;
	(void)call;
	os_memory_each_file(hunt->memory, hunt_file, hunt);
}

TEST(an_earlier_secret_is_in_no_file_and_a_present_one_only_in_its_own) {
	struct hunt hunt = {.memory = os_memory_new(1)};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(hunt.memory), hunt_at_call, &hunt);
	const struct os *os = os_record_os(record);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	for (uint64_t epoch = 0; epoch <= LAST_EPOCH; epoch++) {
		struct epoch_keys *at CLEANUP(epoch_keys_freep) = fixture_keys(epoch);
		memcpy(hunt.secrets[epoch], epoch_keys_secret(at), EPOCH_SECRET_SIZE);
	}
	put(os_memory_os(hunt.memory), "epoch.key", known);
	REQUIRE(epoch_file_open(os, "/", &keys, NULL) == ERR_OK);
	for (uint64_t epoch = 0; epoch <= LAST_EPOCH; epoch += 1 + epoch / 3) {
		hunt.anywhere = true;
		CHECK_EQ(epoch_file_advance(os, "/", keys, epoch, NULL), ERR_OK);
		hunt.anywhere = false;
		hunt.live_from = epoch;
		hunt.found = 0;
		os_memory_each_file(hunt.memory, hunt_file, &hunt);
		CHECK_EQ(hunt.found, 1);
	}
	os_memory_free(hunt.memory);
}

TEST(what_a_cut_write_left_is_overwritten_and_removed) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(memory), NULL, NULL);
	const struct os *os = os_record_os(record);
	struct os_stat st;
	put(os, "epoch.key", known);
	put(os, "epoch.key.next.tmp", str_slice(known, 0, 100));
	os_record_clear(record);
	CHECK_EQ(try_open(os, NULL), ERR_OK);
	CHECK_EQ(os->stat(os->ctx, "/epoch.key.next.tmp", false, &st), ERR_NOT_FOUND);
	CHECK_EQ(os_record_count_of(record, OS_CALL_BIT(OS_CALL_PWRITE)), 1);
	CHECK_EQ(os_record_count_of(record, OS_CALL_BIT(OS_CALL_SYNC_DATA)), 1);
	CHECK_EQ(os_record_count_of(record, OS_CALL_BIT(OS_CALL_UNLINK)), 1);
}
