/* akashi without its seal, to measure what the seal costs (bench/seal.py): linked with --wrap, so
 * that no salt, leaf, tree or signature is made. What it writes proves nothing and is thrown away.
 */
#include "seal/leaf.h"
#include "store/sealing.h"

void __wrap_salt_bundle(const uint8_t seed[SALT_SEED_SIZE],
                        uint8_t out_salts[SALT_BUNDLE * SALT_SIZE]);
void __wrap_leaf_hash_many(struct leaf *leaves, const struct leaf_body *bodies,
                           const uint8_t *salts, size_t count, uint8_t *out_hashes);
void __wrap_tree_append_many(struct tree *tree, const uint8_t *leaf_hashes, size_t count);
enum err __wrap_sealing_commit(struct sealing *sealing, struct diag *diag);

void __wrap_salt_bundle(const uint8_t seed[SALT_SEED_SIZE],
                        uint8_t out_salts[SALT_BUNDLE * SALT_SIZE]) {
	(void)seed;
	memset(out_salts, 0, SALT_BUNDLE * SALT_SIZE);
}

void __wrap_leaf_hash_many(struct leaf *leaves, const struct leaf_body *bodies,
                           const uint8_t *salts, size_t count, uint8_t *out_hashes) {
	(void)leaves;
	(void)bodies;
	(void)salts;
	memset(out_hashes, 0, count * SHA256_SIZE);
}

void __wrap_tree_append_many(struct tree *tree, const uint8_t *leaf_hashes, size_t count) {
	(void)tree;
	(void)leaf_hashes;
	(void)count;
}

enum err __wrap_sealing_commit(struct sealing *sealing, struct diag *diag) {
	(void)sealing;
	(void)diag;
	return ERR_OK;
}
