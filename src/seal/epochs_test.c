/* Manifests in their folder: read in order, each checked, and found by the number of a seal. */
#include "seal/epochs.h"

#include "seal/epoch_fixture.h"
#include "tap.h"

enum { SEALS = 10 };

static void keep(const struct fixture *fixture, uint64_t number, uint64_t first, uint64_t count,
                 const struct signer *signer) {
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	fixture_request(fixture, SEALS, first, count, &request);
	ASSERT(epoch_manifest_sign(signer, buf_str(&request), &note, NULL) == ERR_OK);
	CHECK(epochs_keep(fixture->os, "/class", number, buf_str(&note), NULL) == ERR_OK);
}

static enum err read_all(const struct fixture *fixture, struct epochs *epochs, uint64_t *number) {
	struct diag diag = {0};
	return epochs_read(epochs, fixture->os, "/", "/class", &fixture->log_verifier, number, &diag);
}

static void begin(struct fixture *fixture, bool with_root) {
	fixture_init(fixture);
	REQUIRE(fixture->os->make_folder(fixture->os->ctx, "/class") == ERR_OK);
	keep(fixture, 1, 0, 4, fixture->log);
	if (with_root) {
		REQUIRE(os_replace_file(fixture->os, "/", "root.vkey", str_from(fixture_root_vkey)) ==
		        ERR_OK);
	}
}

TEST(a_name_of_a_manifest_has_its_number_and_one_form) {
	static const char *const wrong[] = {"epochs-1.note",       "epochs-000000.note",
	                                    "epochs-000001.note~", "epochs-0000001.note",
	                                    "epochs-00000a.note",  "epoch.key"};
	char name[EPOCHS_NAME_SIZE];
	uint64_t number = 0;
	epochs_name(42, name);
	CHECK_STR(str_from(name), "epochs-000042.note");
	CHECK(epochs_name_parse(str_from(name), &number) && number == 42);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK(!epochs_name_parse(str_from(wrong[i]), &number));
	}
}

TEST(a_seal_is_checked_by_the_latest_manifest_that_lists_its_epoch) {
	struct fixture fixture CLEANUP(fixture_deinit);
	struct epochs epochs CLEANUP(epochs_deinit) = {0};
	const struct epoch_manifest *manifest = NULL;
	uint64_t number = 0;
	begin(&fixture, true);
	keep(&fixture, 2, 2, 5, fixture.root);
	REQUIRE(read_all(&fixture, &epochs, &number) == ERR_OK);
	CHECK_EQ(epochs.count, 2);
	CHECK(epochs.has_root);
	CHECK_EQ(epochs_of_seal(&epochs, 39), 3);
	CHECK(epochs_for_seal(&epochs, 19, &manifest, NULL) == ERR_OK && manifest->first == 0);
	CHECK(epochs_for_seal(&epochs, 20, &manifest, NULL) == ERR_OK && manifest->first == 2);
	CHECK(epochs_for_seal(&epochs, 69, &manifest, NULL) == ERR_OK && manifest->first == 2);
	CHECK(epochs_for_seal(&epochs, 70, &manifest, NULL) == ERR_LIMIT);
	CHECK(epochs_find(&epochs, 7) == NULL);
}

TEST(none_may_be_missing_or_be_signed_by_less_than_the_one_before) {
	struct fixture fixture CLEANUP(fixture_deinit);
	uint64_t number = 0;
	begin(&fixture, true);
	keep(&fixture, 2, 2, 5, fixture.root);
	keep(&fixture, 4, 4, 5, fixture.root);
	struct epochs gap CLEANUP(epochs_deinit) = {0};
	CHECK(read_all(&fixture, &gap, &number) == ERR_CORRUPT);
	keep(&fixture, 3, 3, 5, fixture.log); /* the root is asked for from its first on */
	struct epochs weaker CLEANUP(epochs_deinit) = {0};
	CHECK(read_all(&fixture, &weaker, &number) == ERR_CORRUPT);
	CHECK_EQ(number, 3);
	keep(&fixture, 3, 3, 5, fixture.root);
	struct epochs whole CLEANUP(epochs_deinit) = {0};
	CHECK(read_all(&fixture, &whole, &number) == ERR_OK);
	CHECK_EQ(whole.count, 4);
}

TEST(no_manifest_at_all_is_no_error_and_a_root_of_another_log_is_one) {
	struct fixture fixture CLEANUP(fixture_deinit);
	uint64_t number = 0;
	fixture_init(&fixture);
	REQUIRE(fixture.os->make_folder(fixture.os->ctx, "/class") == ERR_OK);
	struct epochs none CLEANUP(epochs_deinit) = {0};
	CHECK(read_all(&fixture, &none, &number) == ERR_OK);
	CHECK_EQ(none.count, 0);
	keep(&fixture, 1, 0, 4, fixture.root); /* whose key is not there */
	struct epochs strange CLEANUP(epochs_deinit) = {0};
	CHECK(read_all(&fixture, &strange, &number) == ERR_CORRUPT);
	CHECK_EQ(number, 1);
}
