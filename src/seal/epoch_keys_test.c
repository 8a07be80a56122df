/* The chain of keys gives what BLAKE2b and Ed25519 of others give, and goes one way only. */
#include "seal/epoch_keys.h"

#include "base/limits.h"
#include "seal/epoch_fixture.h"
#include "tap.h"

/* Made with Python, where B is hashlib.blake2b and key is Ed25519PrivateKey of `cryptography`:
 *   kdf = lambda k, n: B(b"", digest_size=32, key=k, salt=n.to_bytes(8, "little"),
 *                        person=b"akepoch1").digest()
 *   secret = bytes(range(32)), then kdf(secret, 2) as often as the epoch's number;
 *   public_key = key.from_private_bytes(kdf(secret, 1)).public_key()
 */
static const struct {
	uint64_t epoch;
	const char *secret;
	const char *public_key;
} vectors[] = {
    {0, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "5b0f2124ff60bc9a64a616d25dd80b0fa6d47e6b3d0d7b53d0273dea9ea2213e"},
    {1, "7a472a4a679bffd27531909a78438c7bce06fe3317924831c5b859cc8e91dc44",
     "395731309f85a904bb511b4a4d41d44e52d95ff0755e5d13ede772e60c4425a5"},
    {2, "84d7da413afdaed331babd9881c157561185d1fb6e9fe70c2887a315cfd4dba4",
     "2da6648e8aa273badef2f07f9cbd4a5ba6665e37658e1beeb554927c0ffcff1f"},
    {400, "ab0bc213ee96d4bfc1bbe35ed45fb36bc3fa15d0341b43e7e36a8bc2226c3b00",
     "cf32c1d8fb3475bccc1f3719a27706f29c6bbc8dd840d1e89a6550ee252743c5"},
};

static bool is_hex_of(const uint8_t bytes[32], const char *hex) {
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_append_hex(&text, bytes, 32);
	return str_eq(buf_str(&text), str_from(hex));
}

TEST(keys_are_those_that_other_programs_derive) {
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(vectors[i].epoch);
		struct verifier verifier = epoch_keys_verifier(keys);
		CHECK(is_hex_of(epoch_keys_secret(keys), vectors[i].secret));
		CHECK(is_hex_of(verifier.public_key, vectors[i].public_key));
		CHECK_EQ(epoch_keys_epoch(keys), vectors[i].epoch);
	}
}

TEST(a_signature_is_that_which_other_programs_make) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(1);
	struct buf text CLEANUP(buf_deinit) = {0};
	uint8_t signature[SIGNATURE_SIZE];
	epoch_keys_sign(keys, STR("text\n"), signature);
	buf_append_hex(&text, signature, sizeof(signature));
	CHECK_STR(buf_str(&text), "c80df40ad478339638b9a5ab4b86757107db198b26ade9fff4503ee4c6807f4d"
	                          "cfc936f772e90c476cce90c227548be54ee90f5442541b35f2e19ceed1894909");
}

TEST(a_key_is_named_by_its_origin_and_epoch) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(12);
	CHECK_STR(epoch_keys_verifier(keys).name, "log.example/x/epoch/12");
	CHECK_STR(epoch_keys_origin(keys), "log.example/x");
	epoch_keys_go_on(keys, 13);
	CHECK_STR(epoch_keys_verifier(keys).name, "log.example/x/epoch/13");
}

TEST(many_small_steps_and_one_large_one_lead_to_the_same_key) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(0);
	for (uint64_t epoch = 0; epoch <= 40; epoch++) {
		struct epoch_keys *jump CLEANUP(epoch_keys_freep) = fixture_keys(epoch);
		struct epoch_keys *copy CLEANUP(epoch_keys_freep) = NULL;
		epoch_keys_go_on(keys, epoch);
		copy = epoch_keys_copy(keys);
		CHECK(memcmp(epoch_keys_secret(keys), epoch_keys_secret(jump), EPOCH_SECRET_SIZE) == 0);
		CHECK(memcmp(epoch_keys_secret(keys), epoch_keys_secret(copy), EPOCH_SECRET_SIZE) == 0);
		CHECK_EQ(epoch_keys_verifier(keys).key_id, epoch_keys_verifier(copy).key_id);
	}
}

static void go_back(void) {
	struct epoch_keys *keys = fixture_keys(5);
	epoch_keys_go_on(keys, 4);
}

TEST(there_is_no_way_back) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(5);
	struct diag diag = {0};
	CHECK_EQ(epoch_keys_reach(keys, 4, &diag), ERR_CORRUPT);
	CHECK_STR(str_from(diag.message),
	          "the log is at epoch 4, its key has gone on to 5 and cannot go back");
	CHECK_EQ(epoch_keys_reach(keys, 5, NULL), ERR_OK);
	CHECK_EQ(epoch_keys_reach(keys, 5 + LIMIT_EPOCHS_LISTED, NULL), ERR_OK);
	CHECK_EQ(epoch_keys_reach(keys, 6 + LIMIT_EPOCHS_LISTED, NULL), ERR_LIMIT);
	CHECK_EQ(epoch_keys_reach(keys, UINT64_MAX, NULL), ERR_LIMIT);
	CHECK(tap_aborts(go_back));
}

TEST(there_is_a_last_epoch) {
	static const uint8_t secret[EPOCH_SECRET_SIZE] = {1};
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) =
	    epoch_keys_new(STR("log"), LIMIT_EPOCH - 1, secret);
	CHECK_EQ(epoch_keys_reach(keys, LIMIT_EPOCH, NULL), ERR_OK);
	CHECK_EQ(epoch_keys_reach(keys, LIMIT_EPOCH + 1, NULL), ERR_LIMIT);
}

TEST(nothing_that_is_derived_from_a_later_key_is_an_earlier_one) {
	enum { STOLEN = 5, TRIED = 500 };
	uint8_t earlier[STOLEN][KEY_PUBLIC_SIZE];
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = fixture_keys(0);
	for (uint64_t epoch = 0; epoch < STOLEN; epoch++) {
		epoch_keys_go_on(keys, epoch);
		memcpy(earlier[epoch], epoch_keys_verifier(keys).public_key, KEY_PUBLIC_SIZE);
	}
	for (uint64_t epoch = STOLEN; epoch < STOLEN + TRIED; epoch++) {
		epoch_keys_go_on(keys, epoch);
		struct verifier verifier = epoch_keys_verifier(keys);
		for (size_t i = 0; i < STOLEN; i++) {
			CHECK(memcmp(earlier[i], verifier.public_key, KEY_PUBLIC_SIZE) != 0);
		}
	}
}

TEST(an_origin_leaves_room_for_the_epoch_in_a_name) {
	struct buf name CLEANUP(buf_deinit) = {0};
	while (name.len < LIMIT_KEY_NAME - 32) {
		buf_append_char(&name, 'a');
	}
	CHECK(epoch_origin_valid(buf_str(&name)));
	buf_append_char(&name, 'a');
	CHECK(!epoch_origin_valid(buf_str(&name)));
	CHECK(!epoch_origin_valid(STR("")));
	CHECK(!epoch_origin_valid(STR("a b")));
}
