/* For tests: keys that everybody can compute (tests/tools/epochs_test.py does). K of epoch 0 is the
 * bytes 0 to 31, the seed of log.example/x is 32 times 0x01, that of csirt.example/root 32 times
 * 0x02.
 */
#pragma once

#include "os/os_memory.h"
#include "seal/epoch_manifest.h"

static const char fixture_log_key[] = "akashi-identity-key 1\n"
                                      "name log.example/x\n"
                                      "seed AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
                                      "public iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\n"
                                      "sha256 00e5464e324c8673bdab7f5f2d83d84c"
                                      "da6a9bbd178f25945079142908b36911\n";
static const char fixture_log_vkey[] =
    "log.example/x+54021735+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n";
static const char fixture_root_key[] = "akashi-identity-key 1\n"
                                       "name csirt.example/root\n"
                                       "seed AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n"
                                       "public gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=\n"
                                       "sha256 c21fd171b0cb63efd8164e8af2282637"
                                       "f73a0c26491f50145a5c8a64f9e8a10b\n";
static const char fixture_root_vkey[] =
    "csirt.example/root+6bd95eaf+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\n";

struct fixture {
	struct os_memory *memory;
	const struct os *os;
	struct signer *log;
	struct signer *root;
	struct verifier log_verifier;
	struct verifier root_verifier;
	struct epoch_keys *keys; /* of epoch 0 */
};

static inline struct signer *fixture_signer(const struct os *os, const char *key,
                                            const char *vkey) {
	struct signer *signer = NULL;
	ASSERT(os_replace_file(os, "/", "identity.key", str_from(key)) == ERR_OK);
	ASSERT(os_replace_file(os, "/", "identity.vkey", str_from(vkey)) == ERR_OK);
	ASSERT(signer_open(os, "/", &signer, NULL) == ERR_OK);
	return signer;
}

static inline struct epoch_keys *fixture_keys(uint64_t epoch) {
	uint8_t secret[EPOCH_SECRET_SIZE];
	for (size_t i = 0; i < sizeof(secret); i++) {
		secret[i] = (uint8_t)i;
	}
	struct epoch_keys *keys = epoch_keys_new(STR("log.example/x"), 0, secret);
	epoch_keys_go_on(keys, epoch);
	return keys;
}

static inline void fixture_init(struct fixture *fixture) {
	fixture->memory = os_memory_new(1);
	fixture->os = os_memory_os(fixture->memory);
	fixture->root = fixture_signer(fixture->os, fixture_root_key, fixture_root_vkey);
	fixture->log = fixture_signer(fixture->os, fixture_log_key, fixture_log_vkey);
	fixture->root_verifier = signer_verifier(fixture->root);
	fixture->log_verifier = signer_verifier(fixture->log);
	fixture->keys = fixture_keys(0);
}

static inline void fixture_deinit(struct fixture *fixture) {
	epoch_keys_free(fixture->keys);
	signer_free(fixture->log);
	signer_free(fixture->root);
	os_memory_free(fixture->memory);
}

/* The request for count epochs from first on, of `seals` seals each. */
static inline void fixture_request(const struct fixture *fixture, uint64_t seals, uint64_t first,
                                   uint64_t count, struct buf *out) {
	struct epoch_plan plan = {
	    .identity = fixture->log_verifier, .seals = seals, .first = first, .count = count};
	buf_clear(out);
	ASSERT(epoch_manifest_request(fixture->keys, &plan, out, NULL) == ERR_OK);
}
