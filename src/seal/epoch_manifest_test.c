/* Manifests: one text each, signed by whom they should be, and what they say of seals. */
#include "seal/epoch_manifest.h"

#include "base/limits.h"
#include "seal/epoch_fixture.h"
#include "tap.h"

/* Signs the request of a fixture's log. */
static void sign(const struct signer *signer, const struct buf *request, struct buf *out) {
	buf_clear(out);
	ASSERT(epoch_manifest_sign(signer, buf_str(request), out, NULL) == ERR_OK);
}

static enum err try_verify(struct str note, const struct verifier *root) {
	struct epoch_manifest manifest;
	enum epoch_authority authority;
	return epoch_manifest_verify(note, root, &manifest, &authority, NULL);
}

/* The golden files are checked by tests/tools/epochs_test.py, with OpenSSL and Python alone. */
TEST(the_signed_text_is_the_documented_one) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	fixture_init(&fixture);
	fixture_request(&fixture, 86400, 1, 3, &request);
	sign(fixture.root, &request, &note);
	CHECK(tap_check_golden("epochs/manifest", note.ptr, note.len));
	sign(fixture.log, &request, &note);
	CHECK(tap_check_golden("epochs/manifest_of_identity", note.ptr, note.len));
}

TEST(a_manifest_of_any_size_is_read_again) {
	static const uint64_t counts[] = {1, 2, EPOCH_COUNT_DEFAULT, LIMIT_EPOCHS_LISTED};
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	fixture_init(&fixture);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct epoch_manifest manifest = {0};
		enum epoch_authority authority;
		struct buf again CLEANUP(buf_deinit) = {0};
		fixture_request(&fixture, EPOCH_SEALS_DEFAULT, 5, counts[i], &request);
		sign(fixture.root, &request, &note);
		CHECK_EQ(epoch_manifest_verify(buf_str(&note), &fixture.root_verifier, &manifest,
		                               &authority, NULL),
		         ERR_OK);
		CHECK_EQ(authority, EPOCH_BY_ROOT);
		CHECK_EQ(manifest.seals, EPOCH_SEALS_DEFAULT);
		CHECK_EQ(manifest.first, 5);
		CHECK_EQ(manifest.count, counts[i]);
		epoch_manifest_format(&manifest, &again);
		CHECK(str_eq(buf_str(&again), buf_str(&request)));
	}
}

TEST(the_keys_listed_are_those_of_the_chain) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf name CLEANUP(buf_deinit) = {0};
	struct epoch_manifest manifest;
	struct verifier listed;
	fixture_init(&fixture);
	fixture_request(&fixture, 10, 3, 20, &request);
	CHECK_EQ(epoch_keys_epoch(fixture.keys), 0);
	REQUIRE(epoch_manifest_parse(buf_str(&request), &manifest, NULL) == ERR_OK);
	CHECK_EQ(epoch_manifest_key(&manifest, 2, &name, &listed), ERR_NOT_FOUND);
	CHECK_EQ(epoch_manifest_key(&manifest, 23, &name, &listed), ERR_NOT_FOUND);
	for (uint64_t epoch = 3; epoch < 23; epoch++) {
		struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(epoch);
		struct verifier own = epoch_keys_verifier(keys);
		CHECK_EQ(epoch_manifest_key(&manifest, epoch, &name, &listed), ERR_OK);
		CHECK(str_eq(own.name, listed.name));
		CHECK_EQ(own.key_id, listed.key_id);
		CHECK(memcmp(own.public_key, listed.public_key, KEY_PUBLIC_SIZE) == 0);
	}
}

/* ---- seals ---- */

TEST(the_epoch_of_a_seal_comes_from_its_number_alone) {
	struct epoch_manifest manifest = {.seals = 10, .first = 3, .count = 2};
	struct diag diag = {0};
	uint64_t epoch = 0;
	CHECK_EQ(epoch_of_seal(&manifest, 29, &epoch, &diag), ERR_NOT_FOUND);
	CHECK_STR(str_from(diag.message), "seal 29 is of epoch 2; the manifest begins with epoch 3");
	CHECK_EQ(epoch_of_seal(&manifest, 30, &epoch, NULL), ERR_OK);
	CHECK_EQ(epoch, 3);
	CHECK_EQ(epoch_of_seal(&manifest, 39, &epoch, NULL), ERR_OK);
	CHECK_EQ(epoch, 3);
	CHECK_EQ(epoch_of_seal(&manifest, 40, &epoch, NULL), ERR_OK);
	CHECK_EQ(epoch_of_seal(&manifest, 49, &epoch, NULL), ERR_OK);
	CHECK_EQ(epoch, 4);
	CHECK_EQ(epoch_of_seal(&manifest, 50, &epoch, &diag), ERR_LIMIT);
	CHECK_STR(str_from(diag.message), "sealing has stopped: the manifest's epoch keys end with "
	                                  "epoch 4, and seal 50 is of epoch 5");
	CHECK_STR(str_from(diag.hint), "have a new manifest signed with the root key, and install it");
	CHECK_EQ(epoch_of_seal(&manifest, UINT64_MAX, &epoch, NULL), ERR_LIMIT);
	CHECK_EQ(epoch, 4);
}

TEST(a_manifest_follows_another_without_a_gap_and_with_the_same_counting) {
	struct fixture fixture CLEANUP(fixture_deinit);
	fixture_init(&fixture);
	const struct epoch_manifest before = {.origin = fixture.log_verifier.name,
	                                      .identity = fixture.log_verifier,
	                                      .seals = 10,
	                                      .first = 3,
	                                      .count = 4};
	struct epoch_manifest after = before;
	CHECK_EQ(epoch_manifest_follows(&before, &after, NULL), ERR_OK);
	after.first = 7;
	CHECK_EQ(epoch_manifest_follows(&before, &after, NULL), ERR_OK);
	after.first = 8;
	CHECK_EQ(epoch_manifest_follows(&before, &after, NULL), ERR_INVALID);
	after.first = 2;
	CHECK_EQ(epoch_manifest_follows(&before, &after, NULL), ERR_INVALID);
	after = before;
	after.seals = 11;
	CHECK_EQ(epoch_manifest_follows(&before, &after, NULL), ERR_INVALID);
	after = before;
	after.identity = fixture.root_verifier;
	CHECK_EQ(epoch_manifest_follows(&before, &after, NULL), ERR_INVALID);
	after = before;
	after.origin = STR("log.example/y");
	CHECK_EQ(epoch_manifest_follows(&before, &after, NULL), ERR_INVALID);
}

/* ---- what is refused ---- */

#define HEAD "akashi-epochs/v1\norigin log.example/x\n"
#define IDENTITY "identity log.example/x+54021735+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n"
#define KEY "AVsPIST/YLyaZKYW0l3YCw+m1H5rPQ17U9AnPeqeoiE+\n"

TEST(texts_that_are_no_manifest_are_refused) {
	static const struct {
		struct str text;
		enum err err;
	} cases[] = {
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 1\n" KEY), ERR_OK},
	    {STR_INIT(HEAD IDENTITY "seals 18446744073709551615\nfirst 0\ncount 1\n" KEY), ERR_OK},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 1099511627775\ncount 1\n" KEY), ERR_OK},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 1099511627776\ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 18446744073709551615\ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 0\nfirst 0\ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 0\n"), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 2\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 1\n" KEY KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 1\n" KEY "x\n"), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 1025\n"), ERR_LIMIT},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 18446744073709551615\n"), ERR_LIMIT},
	    {STR_INIT(HEAD IDENTITY "seals 01\nfirst 0\ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals +1\nfirst 0\ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "Seals 1\nfirst 0\ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0 \ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\r\nfirst 0\r\ncount 1\r\n" KEY), ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "first 0\nseals 1\ncount 1\n" KEY), ERR_INVALID},
	    /* the key is of the identity type, has padding, is of another type, too short */
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 1\n"
	                            "AlsPIST/YLyaZKYW0l3YCw+m1H5rPQ17U9AnPeqeoiE+\n"),
	     ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 1\n"
	                            "Ww8hJP9gvJpkphbSXdgLD6bUfms9DXtT0Cc96p6iIT4=\n"),
	     ERR_INVALID},
	    {STR_INIT(HEAD IDENTITY "seals 1\nfirst 0\ncount 1\n"
	                            "AVsPIST/YLyaZKYW0l3YCw+m1H5rPQ17U9AnPeqeoiE\n\n"),
	     ERR_INVALID},
	    {STR_INIT(HEAD "identity sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8O"
	                   "uAn8\nseals 1\nfirst 0\ncount 1\n" KEY),
	     ERR_INVALID},
	    {STR_INIT(HEAD "identity log.example/x\nseals 1\nfirst 0\ncount 1\n" KEY), ERR_INVALID},
	    {STR_INIT("akashi-epochs/v2\norigin log.example/x\n" IDENTITY
	              "seals 1\nfirst 0\ncount 1\n" KEY),
	     ERR_INVALID},
	    {STR_INIT("akashi-epochs/v1\n"), ERR_INVALID},
	    {STR_INIT(""), ERR_INVALID},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct epoch_manifest manifest;
		if (!CHECK_EQ(epoch_manifest_parse(cases[i].text, &manifest, NULL), cases[i].err)) {
			printf("# case %zu\n", i);
		}
	}
}

TEST(every_changed_bit_and_every_cut_of_a_signed_manifest_is_seen) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	fixture_init(&fixture);
	fixture_request(&fixture, 86400, 0, 2, &request);
	for (int of_root = 0; of_root < 2; of_root++) {
		const struct verifier *root = of_root ? &fixture.root_verifier : NULL;
		sign(of_root ? fixture.root : fixture.log, &request, &note);
		CHECK_EQ(try_verify(buf_str(&note), root), ERR_OK);
		for (size_t i = 0; i < note.len * 8; i++) {
			char flip = (char)(1 << (i % 8));
			note.ptr[i / 8] = (char)(note.ptr[i / 8] ^ flip);
			CHECK(try_verify(buf_str(&note), root) != ERR_OK);
			note.ptr[i / 8] = (char)(note.ptr[i / 8] ^ flip);
		}
		for (size_t len = 0; len < note.len; len++) {
			CHECK(try_verify(str_slice(buf_str(&note), 0, len), root) != ERR_OK);
		}
		buf_append_char(&note, '\n');
		CHECK(try_verify(buf_str(&note), root) != ERR_OK);
	}
}

TEST(a_log_with_a_root_takes_no_manifest_without_its_signature) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	struct epoch_manifest manifest;
	enum epoch_authority authority = EPOCH_BY_ROOT;
	struct diag diag = {0};
	fixture_init(&fixture);
	fixture_request(&fixture, 86400, 0, 2, &request);
	CHECK_EQ(try_verify(buf_str(&request), NULL), ERR_INVALID);
	sign(fixture.log, &request, &note);
	CHECK_EQ(epoch_manifest_verify(buf_str(&note), NULL, &manifest, &authority, NULL), ERR_OK);
	CHECK_EQ(authority, EPOCH_BY_IDENTITY);
	CHECK_EQ(
	    epoch_manifest_verify(buf_str(&note), &fixture.root_verifier, &manifest, &authority, &diag),
	    ERR_CORRUPT);
	CHECK_STR(str_from(diag.message), "the manifest is not signed by csirt.example/root");
	sign(fixture.root, &request, &note);
	CHECK_EQ(try_verify(buf_str(&note), NULL), ERR_CORRUPT);
}

TEST(a_wrong_signature_beside_a_right_one_is_not_ignored) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	struct buf other CLEANUP(buf_deinit) = {0};
	fixture_init(&fixture);
	fixture_request(&fixture, 86400, 0, 2, &request);
	sign(fixture.root, &request, &note);
	size_t line = request.len + 1;
	fixture_request(&fixture, 86400, 0, 1, &request);
	sign(fixture.log, &request, &other);
	size_t alone = note.len;
	buf_append_str(&note, STR("\xe2\x80\x94 witness.example/w AAAAAAA=\n"));
	CHECK_EQ(try_verify(buf_str(&note), &fixture.root_verifier), ERR_OK);
	note.len = alone;
	buf_append_str(&note, str_slice(buf_str(&other), request.len + 1, other.len));
	CHECK_EQ(try_verify(buf_str(&note), &fixture.root_verifier), ERR_CORRUPT);
	note.len = alone;
	buf_append_str(&note, str_slice(buf_str(&note), line, alone)); /* twice the same is harmless */
	CHECK_EQ(try_verify(buf_str(&note), &fixture.root_verifier), ERR_OK);
}

TEST(plans_that_cannot_be_are_refused) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct buf out CLEANUP(buf_deinit) = {0};
	fixture_init(&fixture);
	epoch_keys_go_on(fixture.keys, 5);
	struct epoch_plan plan = {.identity = fixture.log_verifier, .seals = 1, .first = 5, .count = 1};
	CHECK_EQ(epoch_manifest_request(fixture.keys, &plan, &out, NULL), ERR_OK);
	buf_clear(&out);
	plan.first = 4;
	CHECK_EQ(epoch_manifest_request(fixture.keys, &plan, &out, NULL), ERR_INVALID);
	plan.first = 6 + LIMIT_EPOCHS_LISTED;
	CHECK_EQ(epoch_manifest_request(fixture.keys, &plan, &out, NULL), ERR_INVALID);
	plan.first = LIMIT_EPOCH;
	CHECK_EQ(epoch_manifest_request(fixture.keys, &plan, &out, NULL), ERR_INVALID);
	plan.first = 5;
	plan.count = LIMIT_EPOCHS_LISTED + 1;
	CHECK_EQ(epoch_manifest_request(fixture.keys, &plan, &out, NULL), ERR_LIMIT);
	plan.count = 1;
	plan.identity = fixture.root_verifier;
	CHECK_EQ(epoch_manifest_request(fixture.keys, &plan, &out, NULL), ERR_INVALID);
	CHECK_EQ(out.len, 0);
	CHECK_EQ(epoch_manifest_sign(fixture.root, STR("akashi-epochs/v1\n"), &out, NULL), ERR_INVALID);
	CHECK_EQ(out.len, 0);
}
