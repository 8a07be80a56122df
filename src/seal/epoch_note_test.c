/* Checkpoints with the signature of an epoch: who can make one, and what a checker takes. */
#include "seal/epoch_note.h"

#include "os/os_record.h"
#include "seal/epoch_file.h"
#include "seal/epoch_fixture.h"
#include "seal/note.h"
#include "tap.h"

enum { SEALS = 10, FIRST = 1, COUNT = 8 };

struct house {
	struct fixture fixture;
	struct buf request;
	struct epoch_manifest manifest; /* epochs 1 to 8, of ten seals each */
	struct buf note;
};

static void house_init(struct house *house) {
	*house = (struct house){0};
	fixture_init(&house->fixture);
	fixture_request(&house->fixture, SEALS, FIRST, COUNT, &house->request);
	ASSERT(epoch_manifest_parse(buf_str(&house->request), &house->manifest, NULL) == ERR_OK);
}

static void house_deinit(struct house *house) {
	fixture_deinit(&house->fixture);
	buf_deinit(&house->request);
	buf_deinit(&house->note);
}

/* The identity's signature over a checkpoint of `size` leaves. */
static void begin_note(struct house *house, uint64_t size) {
	uint8_t root[SHA256_SIZE];
	memset(root, 0x5a, sizeof(root));
	buf_clear(&house->note);
	checkpoint_sign(house->fixture.log, size, root, &house->note);
}

static void add_epoch(struct house *house, uint64_t epoch) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(epoch);
	ASSERT(checkpoint_sign_epoch(keys, &house->note, NULL) == ERR_OK);
}

/* The line that an epoch would sign this note with, by whatever key and under whatever id. */
static void add_line(struct house *house, uint64_t epoch, const struct epoch_keys *keys,
                     uint32_t key_id) {
	struct buf name CLEANUP(buf_deinit) = {0};
	struct note parts;
	uint8_t signature[SIGNATURE_SIZE];
	ASSERT(note_open(buf_str(&house->note), &parts, NULL) == ERR_OK);
	epoch_keys_sign(keys, parts.text, signature);
	epoch_name_format(house->manifest.origin, epoch, &name);
	struct verifier verifier = {.name = buf_str(&name), .key_id = key_id};
	note_append_signature(&verifier, signature, &house->note);
}

static enum err check(const struct house *house, uint64_t *out_epoch, struct diag *diag) {
	struct checkpoint checkpoint;
	struct epoch_policy policy = {0};
	return checkpoint_check_epoch(buf_str(&house->note), &house->manifest, &policy, &checkpoint,
	                              out_epoch, diag);
}

TEST(the_epoch_that_signed_is_told) {
	struct house house CLEANUP(house_deinit);
	house_init(&house);
	for (uint64_t signer = FIRST; signer < FIRST + COUNT; signer++) {
		struct checkpoint checkpoint = {0};
		struct epoch_policy policy = {0};
		uint64_t epoch = 0;
		begin_note(&house, 77);
		add_epoch(&house, signer);
		CHECK_EQ(checkpoint_check_epoch(buf_str(&house.note), &house.manifest, &policy, &checkpoint,
		                                &epoch, NULL),
		         ERR_OK);
		CHECK_EQ(epoch, signer);
		CHECK_EQ(checkpoint.size, 77);
		/* readers who know nothing of epochs read it as before */
		CHECK_EQ(
		    checkpoint_open(buf_str(&house.note), &house.fixture.log_verifier, &checkpoint, NULL),
		    ERR_OK);
	}
}

/* Checked with OpenSSL by tests/tools/epochs_test.py. */
TEST(the_note_is_the_documented_one) {
	struct house house CLEANUP(house_deinit);
	house_init(&house);
	begin_note(&house, 5000);
	add_epoch(&house, 2);
	CHECK(tap_check_golden("epochs/checkpoint", house.note.ptr, house.note.len));
}

TEST(every_changed_bit_and_every_cut_is_seen) {
	struct house house CLEANUP(house_deinit);
	uint64_t epoch;
	house_init(&house);
	begin_note(&house, 12345);
	add_epoch(&house, 4);
	for (size_t i = 0; i < house.note.len * 8; i++) {
		char flip = (char)(1 << (i % 8));
		house.note.ptr[i / 8] = (char)(house.note.ptr[i / 8] ^ flip);
		CHECK(check(&house, &epoch, NULL) != ERR_OK);
		house.note.ptr[i / 8] = (char)(house.note.ptr[i / 8] ^ flip);
	}
	while (house.note.len-- > 0) {
		CHECK(check(&house, &epoch, NULL) != ERR_OK);
	}
	house.note.len = 0;
}

TEST(a_checkpoint_without_an_epoch_is_told_from_a_wrong_one) {
	struct house house CLEANUP(house_deinit);
	struct diag diag = {0};
	uint64_t epoch = 99;
	house_init(&house);
	begin_note(&house, 7);
	CHECK_EQ(check(&house, &epoch, &diag), ERR_NOT_FOUND);
	CHECK_STR(str_from(diag.message), "no epoch key of the manifest has signed the checkpoint");
	add_epoch(&house, FIRST + COUNT); /* not listed, so nobody's */
	CHECK_EQ(check(&house, &epoch, NULL), ERR_NOT_FOUND);
	begin_note(&house, 7);
	add_epoch(&house, 0);
	CHECK_EQ(check(&house, &epoch, NULL), ERR_NOT_FOUND);
	buf_append_str(&house.note, STR("\xe2\x80\x94 log.example/x/epoch/02 AAAAAAAA\n"
	                                "\xe2\x80\x94 log.example/x/epoch/ AAAAAAAA\n"
	                                "\xe2\x80\x94 log.example/x/epoch/2/2 AAAAAAAA\n"
	                                "\xe2\x80\x94 log.example/y/epoch/2 AAAAAAAA\n"));
	CHECK_EQ(check(&house, &epoch, NULL), ERR_NOT_FOUND);
	CHECK_EQ(epoch, 99);
}

TEST(one_epoch_signs_not_two) {
	struct house house CLEANUP(house_deinit);
	struct diag diag = {0};
	uint64_t epoch;
	struct epoch_keys *second CLEANUP(epoch_keys_freep) = fixture_keys(2);
	struct epoch_keys *third CLEANUP(epoch_keys_freep) = fixture_keys(3);
	house_init(&house);
	begin_note(&house, 7);
	add_epoch(&house, 2);
	size_t alone = house.note.len;
	add_line(&house, 3, third, epoch_keys_verifier(third).key_id);
	CHECK_EQ(check(&house, &epoch, &diag), ERR_CORRUPT);
	CHECK_STR(str_from(diag.message), "epoch keys have signed the checkpoint 2 times, not once");
	house.note.len = alone;
	add_line(&house, 2, second, epoch_keys_verifier(second).key_id);
	CHECK_EQ(check(&house, &epoch, NULL), ERR_CORRUPT);
	house.note.len = alone;
	CHECK_EQ(checkpoint_sign_epoch(third, &house.note, NULL), ERR_EXISTS);
	CHECK_EQ(checkpoint_sign_epoch(second, &house.note, NULL), ERR_EXISTS);
	CHECK_EQ(house.note.len, alone);
}

TEST(a_note_that_is_not_the_logs_own_gets_no_signature) {
	struct house house CLEANUP(house_deinit);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(2);
	uint8_t root[SHA256_SIZE] = {0};
	house_init(&house);
	checkpoint_sign(house.fixture.root, 1, root, &house.note);
	CHECK_EQ(checkpoint_sign_epoch(keys, &house.note, NULL), ERR_INVALID);
	buf_clear(&house.note);
	CHECK_EQ(checkpoint_sign_epoch(keys, &house.note, NULL), ERR_INVALID);
	buf_append_str(&house.note, STR("log.example/y\n1\n\n\xe2\x80\x94 log.example/x AAAAAAAA\n"));
	CHECK_EQ(checkpoint_sign_epoch(keys, &house.note, NULL), ERR_INVALID);
}

/* ---- what is known beforehand ---- */

static enum err check_policy(struct house *house, struct epoch_policy policy) {
	struct checkpoint checkpoint;
	uint64_t epoch;
	return checkpoint_check_epoch(buf_str(&house->note), &house->manifest, &policy, &checkpoint,
	                              &epoch, NULL);
}

TEST(the_epoch_must_be_that_of_the_seal_and_not_go_back) {
	struct house house CLEANUP(house_deinit);
	house_init(&house);
	begin_note(&house, 7);
	add_epoch(&house, 4);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.has_seal = true, .seal = 39}),
	         ERR_CORRUPT);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.has_seal = true, .seal = 40}), ERR_OK);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.has_seal = true, .seal = 49}), ERR_OK);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.has_seal = true, .seal = 50}),
	         ERR_CORRUPT);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.has_seal = true, .seal = 9}),
	         ERR_NOT_FOUND);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.has_seal = true, .seal = 90}), ERR_LIMIT);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.epoch_min = 4}), ERR_OK);
	CHECK_EQ(check_policy(&house, (struct epoch_policy){.epoch_min = 5}), ERR_CORRUPT);
}

/* ---- a thief ---- */

/* Has the identity key, and everything of epoch 5: so K_5, and whatever can be derived from it. */
TEST(who_steals_an_epoch_cannot_sign_as_an_earlier_one) {
	enum { STOLEN = 5 };
	struct house house CLEANUP(house_deinit);
	struct epoch_keys *stolen CLEANUP(epoch_keys_freep) = fixture_keys(STOLEN);
	house_init(&house);
	for (uint64_t guess = STOLEN; guess < STOLEN + 40; guess++) {
		epoch_keys_go_on(stolen, guess);
		for (uint64_t victim = FIRST; victim < STOLEN; victim++) {
			struct buf name CLEANUP(buf_deinit) = {0};
			struct verifier listed;
			uint64_t epoch;
			REQUIRE(epoch_manifest_key(&house.manifest, victim, &name, &listed) == ERR_OK);
			CHECK(memcmp(listed.public_key, epoch_keys_verifier(stolen).public_key,
			             KEY_PUBLIC_SIZE) != 0);
			begin_note(&house, 666);
			add_line(&house, victim, stolen, epoch_keys_verifier(stolen).key_id);
			CHECK_EQ(check(&house, &epoch, NULL), ERR_NOT_FOUND);
			begin_note(&house, 666);
			add_line(&house, victim, stolen, listed.key_id);
			CHECK_EQ(check(&house, &epoch, NULL), ERR_CORRUPT);
		}
	}
}

/* ---- before a seal ---- */

static enum err prepare(struct house *house, uint64_t seal, struct diag *diag) {
	return epoch_prepare_seal(house->fixture.os, "/", house->fixture.keys, &house->manifest, seal,
	                          diag);
}

TEST(before_a_seal_the_keys_are_brought_to_its_epoch_on_disk_too) {
	struct house house CLEANUP(house_deinit);
	struct epoch_keys *made CLEANUP(epoch_keys_freep) = NULL;
	house_init(&house);
	REQUIRE(epoch_file_create(house.fixture.os, "/", STR("log.example/x"), 0, &made, NULL) ==
	        ERR_OK);
	for (uint64_t seal = 0; seal < SEALS * (FIRST + COUNT); seal++) {
		struct epoch_keys *found CLEANUP(epoch_keys_freep) = NULL;
		enum err expected = seal < SEALS * FIRST ? ERR_NOT_FOUND : ERR_OK;
		CHECK_EQ(prepare(&house, seal, NULL), expected);
		if (expected == ERR_OK) {
			CHECK_EQ(epoch_keys_epoch(house.fixture.keys), seal / SEALS);
			CHECK_EQ(epoch_file_open(house.fixture.os, "/", &found, NULL), ERR_OK);
			CHECK_EQ(epoch_keys_epoch(found), seal / SEALS);
		}
	}
	struct diag diag = {0};
	CHECK_EQ(prepare(&house, SEALS * (FIRST + COUNT), &diag), ERR_LIMIT);
	CHECK(str_starts(str_from(diag.message), STR("sealing has stopped: ")));
	CHECK_EQ(epoch_keys_epoch(house.fixture.keys), FIRST + COUNT - 1);
	CHECK_EQ(prepare(&house, SEALS * FIRST, NULL), ERR_CORRUPT); /* the log was put back */
}

TEST(keys_that_the_manifest_does_not_list_are_not_used_up) {
	struct house house CLEANUP(house_deinit);
	uint8_t secret[EPOCH_SECRET_SIZE] = {7};
	struct diag diag = {0};
	house_init(&house);
	struct os_record *record CLEANUP(os_record_freep) = os_record_new(house.fixture.os, NULL, NULL);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) =
	    epoch_keys_new(STR("log.example/x"), 1, secret);
	CHECK_EQ(epoch_prepare_seal(os_record_os(record), "/", keys, &house.manifest, 10, &diag),
	         ERR_CORRUPT);
	CHECK_STR(str_from(diag.message),
	          "the key of log.example/x/epoch/1 is not the one that the manifest lists");
	CHECK_EQ(epoch_prepare_seal(os_record_os(record), "/", keys, &house.manifest, 30, &diag),
	         ERR_CORRUPT);
	CHECK_EQ(epoch_keys_epoch(keys), 1);
	CHECK_EQ(os_record_count(record), 0);
}
