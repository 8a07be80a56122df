/* Proving a store anew, without trusting anything that opening it believes: verify.c goes through
 * the folder file by file, verify_tree.c makes every leaf and every node again from the records.
 */
#pragma once

#include "base/map.h"
#include "seal/checkpoint.h"
#include "store/catalogue.h"
#include "store/facts.h"
#include "store/leaves.h"
#include "store/store.h"

struct verify_root { /* a root that was signed */
	uint64_t size;
	uint8_t root[SHA256_SIZE];
	struct str where; /* the file it stands in, or empty: the outside checkpoint */
};

struct verifying {
	const struct os *os;
	const char *path; /* the store's folder */
	const struct store_verify_options *options;
	struct store_verify_result result;
	struct arena *arena;
	struct facts facts;
	bool has_verifier;
	struct verifier verifier; /* name in arena */
	struct catalogue catalogue;
	uint64_t signed_size;       /* of the newest checkpoint in the store */
	bool unfinished;            /* an intent is there: a writer stopped while sealing */
	struct buf roots;           /* struct verify_root */
	struct map *objects_wanted; /* hashes that records say are kept */
};

void verify_damage(struct verifying *v, struct str where, const char *format, ...)
    PRINTF_LIKE(3, 4);
void verify_damage_range(struct verifying *v, struct str where, uint64_t from, uint64_t to,
                         const char *format, ...) PRINTF_LIKE(5, 6);
/* What a stop explains: not damage, but not checked either. */
void verify_leftover(struct verifying *v, struct str where, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Records, leaves, levels, and all signed roots. ERR_CANCELED when progress says so. */
MUST_USE enum err verify_tree(struct verifying *v);
/* objects/, keys/, log/, quarantine/, and names that do not belong. */
void verify_files(struct verifying *v);
