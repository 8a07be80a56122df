/* Requests, a root's signatures, and what is kept of them. */
#include "seal/epoch_manifest.h"
#include "tap.h"

#include "store/store_bench.h"

static enum err seal_once(struct bench *bench, struct store *store, const char *text) {
	struct taking taking = {.store = store, .rows_per_batch = 10};
	TRY(sample_take(&taking, str_from(text), str_from(text)));
	return store_commit(store, &bench->diag);
}

struct rooted {
	struct bench bench;
	struct signer *root;
	struct buf vkey;
};

static void rooted_deinit(struct rooted *rooted) {
	signer_free(rooted->root);
	buf_deinit(&rooted->vkey);
	bench_deinit(&rooted->bench);
}

static void rooted_init(struct rooted *rooted) {
	*rooted = (struct rooted){.bench = {.memory = os_memory_new(61)}};
	const struct os *os = os_memory_os(rooted->bench.memory);
	REQUIRE(os->make_folder(os->ctx, "/root") == ERR_OK);
	REQUIRE(signer_create(os, "/root", STR("csirt.example/root"), &rooted->bench.diag) == ERR_OK);
	REQUIRE(signer_open(os, "/root", &rooted->root, &rooted->bench.diag) == ERR_OK);
	struct verifier verifier = signer_verifier(rooted->root);
	verifier_format(&verifier, &rooted->vkey);
}

static enum err install(struct rooted *rooted, struct store *store, uint64_t count,
                        const struct signer *signer, struct str vkey) {
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	TRY(store_keys_request(store, count, &request, &rooted->bench.diag));
	TRY(epoch_manifest_sign(signer, buf_str(&request), &note, &rooted->bench.diag));
	return store_keys_install(store, buf_str(&note), vkey, &rooted->bench.diag);
}

TEST(sealing_stops_at_the_end_of_the_manifests_and_goes_on_with_the_roots) {
	struct rooted rooted CLEANUP(rooted_deinit);
	struct store_keys keys;
	char text[16];
	rooted_init(&rooted);
	struct bench *bench = &rooted.bench;
	struct store_options options = bench_options(bench, true);
	options.epoch_seals = 2;
	options.epoch_count = 3;
	struct store *store CLEANUP(store_closep) = open_or_fail(bench, &options);
	REQUIRE(store != NULL);
	for (int i = 0; i < 6; i++) {
		(void)snprintf(text, sizeof(text), "%d\n", i);
		CHECK(seal_once(bench, store, text) == ERR_OK);
	}
	REQUIRE(store_read_keys(store, &keys, &bench->diag) == ERR_OK);
	CHECK_EQ(keys.seals, 6);
	CHECK_EQ(keys.epoch, 3);
	CHECK_EQ(keys.listed_end, 3);
	CHECK(!keys.by_root);
	CHECK(seal_once(bench, store, "one too many\n") == ERR_LIMIT);
	store_close(TAKE(store));
	/* What was not sealed is there, and is not proved. */
	struct store_verify_result result = verify_quietly(os_memory_os(bench->memory));
	CHECK(result.signed_size < result.tree_size);
}

TEST(a_root_takes_over_and_is_asked_for_from_then_on) {
	struct rooted rooted CLEANUP(rooted_deinit);
	struct store_keys keys;
	char text[16];
	rooted_init(&rooted);
	struct bench *bench = &rooted.bench;
	struct store *store CLEANUP(store_closep) = open_writer(bench);
	REQUIRE(store != NULL);
	CHECK(seal_once(bench, store, "a\n") == ERR_OK);
	CHECK(install(&rooted, store, 5, rooted.root, STR("")) == ERR_INVALID); /* whose? */
	CHECK(install(&rooted, store, 5, rooted.root, buf_str(&rooted.vkey)) == ERR_OK);
	REQUIRE(store_read_keys(store, &keys, &bench->diag) == ERR_OK);
	CHECK_EQ(keys.manifests, 2);
	CHECK(keys.by_root);
	CHECK_STR(keys.root, "csirt.example/root");
	for (int i = 0; i < 5; i++) {
		(void)snprintf(text, sizeof(text), "%d\n", i);
		CHECK(seal_once(bench, store, text) == ERR_OK);
	}
	CHECK(install(&rooted, store, 9, rooted.root, STR("")) == ERR_OK);
	store_close(TAKE(store));
	CHECK(verify_bench(bench).intact);
	/* Without the root's key what it has signed is nobody's. */
	const struct os *os = os_memory_os(bench->memory);
	REQUIRE(os->unlink(os->ctx, "/data/keys/root.vkey") == ERR_OK);
	CHECK(!verify_quietly(os).intact);
}

TEST(a_lost_or_older_epoch_key_stops_sealing_and_is_never_made_anew) {
	struct rooted rooted CLEANUP(rooted_deinit);
	struct buf key CLEANUP(buf_deinit) = {0};
	char text[16];
	rooted_init(&rooted);
	struct bench *bench = &rooted.bench;
	const struct os *os = os_memory_os(bench->memory);
	struct store_options options = bench_options(bench, true);
	struct store *store = open_writer(bench);
	REQUIRE(store != NULL);
	CHECK(seal_once(bench, store, "a\n") == ERR_OK);
	REQUIRE(os_read_file(os, "/data/keys/default/epoch.key", 4096, &key) == ERR_OK);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(text, sizeof(text), "%d\n", i);
		CHECK(seal_once(bench, store, text) == ERR_OK);
	}
	store_close(store);
	/* The key of an epoch that is over, from a backup. */
	struct buf present CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os, "/data/keys/default/epoch.key", 4096, &present) == ERR_OK);
	CHECK(!str_eq(buf_str(&present), buf_str(&key)));
	REQUIRE(os_memory_set(bench->memory, "/data/keys/default/epoch.key", buf_str(&key)) == ERR_OK);
	CHECK(!verify_quietly(os).intact);
	REQUIRE(os->unlink(os->ctx, "/data/keys/default/epoch.key") == ERR_OK);
	CHECK(!verify_quietly(os).intact);
	CHECK(store_open(&options, &store, &bench->diag) == ERR_NOT_FOUND);
	REQUIRE(os->unlink(os->ctx, "/data/keys/default/epochs-000001.note") == ERR_OK);
	CHECK(store_open(&options, &store, &bench->diag) == ERR_CORRUPT);
}
